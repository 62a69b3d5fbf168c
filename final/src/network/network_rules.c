/*
 * network_rules.c: the firewall, as leases and networks say it should be, and what happens when the
 * last box has left a network. See network_internal.h; next file: network_ports.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>

/* What is about to be: `going` are the networks that nobody is in any more. */
struct rules {
	const struct place *place;
	int leases;
	struct arena *arena;
	struct str_list networks, going;
	struct firewall firewall;
};

/* The bridge that we have noted, or NULL. */
static int find_bridge(const struct rules *rules, const char *network, char **ret_bridge)
{
	char *note = arena_format(rules->arena, "%s/.bridge", network);

	return note ? lease_find_note(rules->leases, note, rules->arena, ret_bridge) : -1;
}

/* Of a network whose bridge is there, or about to be; others have no rules. */
static int add_network(struct rules *rules, const char *name)
{
	struct firewall *firewall = &rules->firewall;
	struct network network = {0};
	struct network_range range;
	char *bridge;

	if (find_bridge(rules, name, &bridge) < 0)
		return -1;
	if (!bridge || str_list_has(&rules->going, name))
		return 0;
	if (network_find(rules->place, name, &network) == 0 &&
	    network_read_range(&network, &range) == 0)
		firewall->networks.items[firewall->networks.count++] =
			(struct firewall_network){.bridge = bridge,
						  .subnet = range.subnet,
						  .subnet6 = range.subnet6,
						  .internal = network.internal,
						  .isolate = network.isolate};
	else
		log_warn("%s: it gets no rules", err_last()->text);
	network_free(&network);
	return 0;
}

static int collect(struct rules *rules)
{
	struct firewall *firewall = &rules->firewall;

	if (lease_list_networks(rules->leases, rules->arena, &rules->networks) < 0)
		return -1;
	firewall->networks.items = arena_alloc(
		rules->arena, (rules->networks.count + 1) * sizeof(*firewall->networks.items));
	if (!firewall->networks.items)
		return -1;
	for (size_t i = 0; i < rules->networks.count; i++)
		if (add_network(rules, rules->networks.items[i]) < 0)
			return -1;
	return network_read_ports(rules->leases, rules->arena, firewall);
}

int network_write_rules(const struct place *place, int leases)
{
	auto_arena struct arena scratch = {0};
	struct rules rules = {.place = place, .leases = leases, .arena = &scratch};
	struct firewall_run run;

	if (collect(&rules) < 0 || firewall_begin(&rules.firewall, &run) < 0)
		return -1;
	return firewall_end(&run);
}

/* --- the last box leaves a network --- */

static int list_going(struct rules *rules, const char *except, size_t *ret_left)
{
	struct lease_list list;
	struct str_list used = {0};

	if (lease_read(rules->leases, rules->arena, &list) < 0 ||
	    lease_list_networks(rules->leases, rules->arena, &rules->networks) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if ((!except || strcmp(list.items[i].id, except) != 0) &&
		    !str_list_has(&used, list.items[i].network) &&
		    str_list_add(&used, rules->arena, list.items[i].network) < 0)
			return -1;
	for (size_t i = 0; i < rules->networks.count; i++)
		if (!str_list_has(&used, rules->networks.items[i]) &&
		    str_list_add(&rules->going, rules->arena, rules->networks.items[i]) < 0)
			return -1;
	*ret_left = used.count;
	return 0;
}

/* Nobody takes it for ready from here on. */
static int begin_going(const struct rules *rules)
{
	for (size_t i = 0; i < rules->going.count; i++) {
		char *note = arena_format(rules->arena, "%s/.up", rules->going.items[i]);

		if (!note || lease_drop_note(rules->leases, note) < 0)
			return -1;
	}
	return 0;
}

/* The bridge with its ports, in one go; it alone if it was made otherwise. */
static int delete_bridges(const struct rules *rules, const struct rtnl *rtnl)
{
	for (size_t i = 0; i < rules->going.count; i++) {
		char *note = arena_format(rules->arena, "%s/.bridge", rules->going.items[i]);
		char *bridge;

		if (!note || find_bridge(rules, rules->going.items[i], &bridge) < 0)
			return -1;
		if (!bridge)
			continue;
		if (rtnl_delete_group(rtnl, rtnl_group(bridge)) < 0 ||
		    rtnl_delete(rtnl, bridge) < 0 || lease_drop_note(rules->leases, note) < 0)
			return -1;
	}
	return 0;
}

/* Whether there is a table that is to be changed, or is to be. */
static int has_rules(const struct rules *rules, const struct rtnl *rtnl, bool *ret_has)
{
	struct rtnl_link stranger;

	*ret_has = true;
	if (rules->firewall.networks.count)
		return 0;
	if (network_find_stranger(rules->place, rtnl, &stranger) < 0)
		return -1;
	*ret_has = false;
	return stranger.is_bridge ? 0 : rtnl_has_table("husk", ret_has);
}

/* The rules change while the bridges go: the kernel makes us wait for both. */
static int change(struct rules *rules)
{
	auto_rtnl struct rtnl rtnl = {0};
	struct firewall_run run = {-1};
	bool has;
	int result;

	if (rtnl_open(&rtnl) < 0 || begin_going(rules) < 0 || collect(rules) < 0 ||
	    has_rules(rules, &rtnl, &has) < 0)
		return -1;
	if (has && firewall_begin(&rules->firewall, &run) < 0)
		return -1;
	result = delete_bridges(rules, &rtnl);
	if (has && firewall_end(&run) < 0)
		return -1;
	return result;
}

static int settle(struct rules *rules, const char *except, bool changed)
{
	size_t left;

	if (list_going(rules, except, &left) < 0)
		return -1;
	if ((changed || rules->going.count) && change(rules) < 0)
		return -1;
	if (left)
		return 0;
	netns_forget(rules->place);
	if (network_restore_switches(rules->leases) < 0)
		return -1;
	lease_sweep(rules->leases);
	return 0;
}

int network_settle(const struct place *place, int leases, const char *except, bool changed)
{
	auto_arena struct arena scratch = {0};
	struct rules rules = {.place = place, .leases = leases, .arena = &scratch};

	return settle(&rules, except, changed);
}
