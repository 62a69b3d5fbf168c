/*
 * network_collect.c: what is left of boxes that are no more: by their leases and namespace files, and
 * if RUN was emptied, by the names and marks of interfaces. See network.h; next file: network_names.c
 */
#include "../base/err.h"
#include "../base/proc.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>

static int add_id(struct str_list *ids, struct arena *arena, char *id)
{
	return str_list_has(ids, id) ? 0 : str_list_add(ids, arena, id);
}

/* Every ID that has something. */
static int list_ids(const struct place *place, struct arena *arena, struct str_list *ret_ids)
{
	auto_lease int fd = -1;
	struct lease_list leases;
	struct str_list ids;

	if (lease_lock(place, &fd) < 0 || lease_read(fd, arena, &leases) < 0 ||
	    netns_list(place, arena, &ids) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (add_id(&ids, arena, leases.items[i].id) < 0)
			return -1;
	*ret_ids = ids;
	return 0;
}

/* --- interfaces that no lease and no note knows --- */

struct strays {
	const struct place *place;
	struct arena *arena;
	struct lease_list leases;
	struct str_list networks, bridges; /* of our notes */
	struct str_list names;		   /* found */
	LIST_OF(int) own;		   /* indexes of bridges with our mark */
};

static int note_bridge(const struct rtnl_link *link, void *data)
{
	struct strays *strays = data;
	int *items;

	if (!network_is_our_bridge(strays->place, link))
		return 0;
	items = arena_alloc(strays->arena, (strays->own.count + 1) * sizeof(*items));
	if (!items)
		return -1;
	if (strays->own.count)
		memcpy(items, strays->own.items, strays->own.count * sizeof(*items));
	items[strays->own.count++] = link->index;
	strays->own.items = items;
	return 0;
}

static bool is_our_port(const struct strays *strays, const struct rtnl_link *link)
{
	for (size_t i = 0; i < strays->own.count; i++)
		if (strays->own.items[i] == link->master)
			return true;
	return false;
}

static bool has_lease(const struct strays *strays, const char *name)
{
	for (size_t i = 0; i < strays->leases.count; i++)
		if (strncmp(strays->leases.items[i].id, name + 2, 8) == 0)
			return true;
	return false;
}

static int find_stray(const struct rtnl_link *link, void *data)
{
	struct strays *strays = data;
	bool stray = false;
	char *name;

	if (link->is_bridge)
		stray = network_is_our_bridge(strays->place, link) &&
			!str_list_has(&strays->bridges, link->name);
	else if (link->is_veth && str_has_prefix(link->name, "hk"))
		stray = is_our_port(strays, link) && !has_lease(strays, link->name);
	if (!stray)
		return 0;
	name = arena_format(strays->arena, "%s", link->name);
	return name ? str_list_add(&strays->names, strays->arena, name) : -1;
}

/* Somebody may have switched it off, as with `sysctl --system`. */
static int heal_forwarding(const struct place *place, int leases, const char *name)
{
	auto_network struct network network = {0};

	if (network_find(place, name, &network) < 0)
		return err_last()->code == ENOENT ? 0 : -1;
	return network_set_forwarding(leases, &network);
}

static int list_bridges(int leases, struct strays *strays)
{
	const struct str_list *networks = &strays->networks;

	if (lease_list_networks(leases, strays->arena, &strays->networks) < 0)
		return -1;
	for (size_t i = 0; i < networks->count; i++) {
		char *note = arena_format(strays->arena, "%s/.bridge", networks->items[i]), *bridge;

		if (!note || lease_find_note(leases, note, strays->arena, &bridge) < 0)
			return -1;
		if (bridge && str_list_add(&strays->bridges, strays->arena, bridge) < 0)
			return -1;
	}
	return 0;
}

/* The rules are written anew in any case: somebody may have flushed them, nft(8). */
static int collect_strays(const struct place *place, bool dry_run, struct arena *arena,
			  size_t *ret_count)
{
	auto_lease int leases = -1;
	auto_rtnl struct rtnl rtnl = {0};
	struct strays strays = {.place = place, .arena = arena};

	if (lease_lock(place, &leases) < 0 || lease_read(leases, arena, &strays.leases) < 0 ||
	    list_bridges(leases, &strays) < 0 || rtnl_open(&rtnl) < 0)
		return -1;
	if (rtnl_each_link(&rtnl, note_bridge, &strays) < 0 ||
	    rtnl_each_link(&rtnl, find_stray, &strays) < 0)
		return -1;
	*ret_count = strays.names.count;
	if (dry_run || !proc_is_real_root())
		return 0;
	for (size_t i = 0; i < strays.names.count; i++)
		if (rtnl_delete(&rtnl, strays.names.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < strays.networks.count; i++)
		if (heal_forwarding(place, leases, strays.networks.items[i]) < 0)
			return -1;
	return network_settle(place, leases, NULL, true);
}

int network_collect(const struct place *place, bool (*is_alive)(const char *id, void *data),
		    void *data, bool dry_run, size_t *ret_count)
{
	auto_arena struct arena scratch = {0};
	struct str_list ids = {0};
	size_t dead = 0, strays = 0;

	if (list_ids(place, &scratch, &ids) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++) {
		if (is_alive(ids.items[i], data))
			continue;
		if (!dry_run && network_release(place, ids.items[i]) < 0)
			return -1;
		dead++;
	}
	if (collect_strays(place, dry_run, &scratch, &strays) < 0)
		return -1;
	*ret_count = dead + strays;
	return 0;
}
