/*
 * network_rules.c: the firewall, as leases and networks say it should be, and what happens when the
 * last box has left a network. See network_internal.h; next file: network_ports.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "netns.h"
#include "network_internal.h"

#include <limits.h>
#include <string.h>

/* A network whose bridge is there, or about to be; others have no rules. */
static int add_network(const struct place *place, int leases, const char *name, struct arena *arena,
		       struct firewall *firewall)
{
	auto_network struct network network = {0};
	struct network_range range;
	char *note = arena_format(arena, "%s/.bridge", name), *bridge;

	if (!note || lease_find_note(leases, note, arena, &bridge) < 0)
		return -1;
	if (!bridge)
		return 0;
	if (network_find(place, name, &network) < 0 || network_read_range(&network, &range) < 0) {
		log_warn("%s: it gets no rules", err_last()->text);
		return 0;
	}
	firewall->networks.items[firewall->networks.count++] =
		(struct firewall_network){.bridge = bridge,
					  .subnet = range.subnet,
					  .subnet6 = range.subnet6,
					  .internal = network.internal,
					  .isolate = network.isolate};
	return 0;
}

static int collect(const struct place *place, int leases, struct arena *arena,
		   struct firewall *firewall)
{
	struct str_list names = {0};

	if (lease_list_networks(leases, arena, &names) < 0)
		return -1;
	firewall->networks.items =
		arena_alloc(arena, (names.count + 1) * sizeof(*firewall->networks.items));
	if (!firewall->networks.items)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (add_network(place, leases, names.items[i], arena, firewall) < 0)
			return -1;
	return network_read_ports(leases, arena, firewall);
}

static int remove_table(void)
{
	bool has;

	if (rtnl_has_table("husk", &has) < 0)
		return -1;
	return has ? firewall_remove() : 0;
}

int network_write_rules(const struct place *place, int leases)
{
	struct arena scratch = {0};
	struct firewall firewall = {0};
	int result = collect(place, leases, &scratch, &firewall);

	if (result == 0)
		result = firewall.networks.count ? firewall_apply(&firewall) : remove_table();
	arena_free(&scratch);
	return result;
}

static bool has_lease(const struct lease_list *list, const char *network)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].network, network) == 0)
			return true;
	return false;
}

/* In the order in which a SIGKILL leaves what the next one can go on with. */
static int take_down(int leases, const char *name, struct arena *arena)
{
	auto_rtnl struct rtnl rtnl = {0};
	char *up = arena_format(arena, "%s/.up", name);
	char *note = arena_format(arena, "%s/.bridge", name), *bridge;

	if (!up || !note || lease_find_note(leases, note, arena, &bridge) < 0)
		return -1;
	if (lease_drop_note(leases, up) < 0 || rtnl_open(&rtnl) < 0)
		return -1;
	if (bridge && rtnl_delete(&rtnl, bridge) < 0)
		return -1;
	return lease_drop_note(leases, note);
}

static int settle(const struct place *place, int leases, bool changed, struct arena *arena)
{
	struct lease_list list = {0};
	struct str_list names = {0};
	size_t left = 0;

	if (lease_read(leases, arena, &list) < 0 || lease_list_networks(leases, arena, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (has_lease(&list, names.items[i])) {
			left++;
			continue;
		}
		if (take_down(leases, names.items[i], arena) < 0)
			return -1;
		changed = true;
	}
	if (changed && network_write_rules(place, leases) < 0)
		return -1;
	if (left)
		return 0;
	netns_forget(place);
	return network_restore_switches(leases);
}

int network_settle(const struct place *place, int leases, bool changed)
{
	struct arena scratch = {0};
	int result = settle(place, leases, changed, &scratch);

	arena_free(&scratch);
	return result;
}
