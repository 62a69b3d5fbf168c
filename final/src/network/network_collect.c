/*
 * network_collect.c: what is left of boxes that are no more: by their leases and namespace files, and
 * if RUN was emptied, by the names and marks of interfaces. See network.h; next file: network_names.c
 */
#include "../base/err.h"
#include "../base/proc.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>

/* Every ID that has something; one that is in two lists is asked about twice, and found gone. */
static int list_ids(const struct place *place, struct arena *arena, struct lease_list *ret_leases,
		    struct str_list *ret_ids)
{
	auto_lease int leases = -1;

	if (lease_lock(place, &leases) < 0 || lease_read(leases, arena, ret_leases) < 0)
		return -1;
	return netns_list(place, arena, ret_ids);
}

struct dead {
	const char *last; /* released a moment ago */
	size_t count;
};

static int collect_id(const struct place *place, const char *id, bool dry_run, struct dead *dead)
{
	if (dead->last && strcmp(dead->last, id) == 0)
		return 0;
	dead->last = id;
	dead->count++;
	return dry_run ? 0 : network_release(place, id);
}

static bool is_listed(const struct lease_list *leases, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(leases->items[i].id, id) == 0)
			return true;
	return false;
}

/* --- interfaces that no lease and no note knows --- */

struct strays {
	const struct place *place;
	const struct rtnl *rtnl;
	struct arena *arena;
	struct lease_list leases;
	struct str_list bridges; /* of our notes */
	struct str_list names;	 /* found */
	LIST_OF(int) own;	 /* indexes of bridges with our mark */
};

static int note_bridge(const struct rtnl_link *link, void *data)
{
	struct strays *strays = data;
	int *items;

	if (!link->is_bridge || strcmp(link->alias, strays->place->run) != 0)
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

static bool has_note(const struct strays *strays, const char *name)
{
	for (size_t i = 0; i < strays->bridges.count; i++)
		if (strcmp(strays->bridges.items[i], name) == 0)
			return true;
	return false;
}

static int find_stray(const struct rtnl_link *link, void *data)
{
	struct strays *strays = data;
	bool stray = false;
	char *name;

	if (link->is_bridge)
		stray = strcmp(link->alias, strays->place->run) == 0 &&
			!has_note(strays, link->name);
	else if (link->is_veth && str_has_prefix(link->name, "hk"))
		stray = is_our_port(strays, link) && !has_lease(strays, link->name);
	if (!stray)
		return 0;
	name = arena_format(strays->arena, "%s", link->name);
	return name ? str_list_add(&strays->names, strays->arena, name) : -1;
}

static int list_bridges(int leases, struct strays *strays)
{
	struct str_list networks = {0};

	if (lease_list_networks(leases, strays->arena, &networks) < 0)
		return -1;
	for (size_t i = 0; i < networks.count; i++) {
		char *note = arena_format(strays->arena, "%s/.bridge", networks.items[i]), *bridge;

		if (!note || lease_find_note(leases, note, strays->arena, &bridge) < 0)
			return -1;
		if (bridge && str_list_add(&strays->bridges, strays->arena, bridge) < 0)
			return -1;
	}
	return 0;
}

static int collect_strays(const struct place *place, bool dry_run, struct arena *arena,
			  size_t *ret_count)
{
	auto_lease int leases = -1;
	auto_rtnl struct rtnl rtnl = {0};
	struct strays strays = {.place = place, .rtnl = &rtnl, .arena = arena};

	if (lease_lock(place, &leases) < 0 || lease_read(leases, arena, &strays.leases) < 0 ||
	    list_bridges(leases, &strays) < 0 || rtnl_open(&rtnl) < 0)
		return -1;
	if (rtnl_each_link(&rtnl, note_bridge, &strays) < 0 ||
	    rtnl_each_link(&rtnl, find_stray, &strays) < 0)
		return -1;
	for (size_t i = 0; i < strays.names.count && !dry_run; i++)
		if (rtnl_delete(&rtnl, strays.names.items[i]) < 0)
			return -1;
	*ret_count = strays.names.count;
	if (dry_run || !proc_is_real_root())
		return 0;
	return network_settle(place, leases, NULL, strays.names.count > 0);
}

static int collect(const struct place *place, bool (*is_alive)(const char *id, void *data),
		   void *data, bool dry_run, struct arena *arena, size_t *ret_count)
{
	struct lease_list leases = {0};
	struct str_list ids = {0};
	struct dead dead = {0};
	size_t strays = 0;

	if (list_ids(place, arena, &leases, &ids) < 0)
		return -1;
	for (size_t i = 0; i < leases.count; i++)
		if (!is_listed(&leases, i, leases.items[i].id) &&
		    !is_alive(leases.items[i].id, data) &&
		    collect_id(place, leases.items[i].id, dry_run, &dead) < 0)
			return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (!is_listed(&leases, leases.count, ids.items[i]) &&
		    !is_alive(ids.items[i], data) &&
		    collect_id(place, ids.items[i], dry_run, &dead) < 0)
			return -1;
	if (collect_strays(place, dry_run, arena, &strays) < 0)
		return -1;
	*ret_count = dead.count + strays;
	return 0;
}

int network_collect(const struct place *place, bool (*is_alive)(const char *id, void *data),
		    void *data, bool dry_run, size_t *ret_count)
{
	struct arena scratch = {0};
	int result = collect(place, is_alive, data, dry_run, &scratch, ret_count);

	arena_free(&scratch);
	return result;
}
