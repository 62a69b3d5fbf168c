/*
 * network_bridge.c: the bridge of a network, which comes with its first box. See network_internal.h;
 * next file: network_switch.c
 */
#include "../base/err.h"
#include "network_internal.h"
#include "rtnl.h"

#include <limits.h>
#include <string.h>

/* CVE-2020-13401: a box that plays router could tell the host where to send its packets. */
static int set_bridge_switches(const char *bridge)
{
	char name[80];

	snprintf(name, sizeof(name), "net/ipv6/conf/%s/accept_ra", bridge);
	if (network_set_switch(name, "0") < 0)
		return -1;
	snprintf(name, sizeof(name), "net/ipv4/conf/%s/route_localnet", bridge);
	return network_set_switch(name, "1"); /* firewall.c says what for */
}

static int give_addresses(const struct rtnl *rtnl, const struct network *network,
			  const struct network_range *range)
{
	if (!range->subnet6.base.family && rtnl_set_no_ipv6(rtnl, network->bridge) < 0)
		return -1;
	if (rtnl_add_address(rtnl, network->bridge, &range->gateway, range->subnet.prefix) < 0)
		return -1;
	if (range->subnet6.base.family &&
	    rtnl_add_address(rtnl, network->bridge, &range->gateway6, range->subnet6.prefix) < 0)
		return -1;
	return rtnl_set_up(rtnl, network->bridge);
}

struct overlap {
	const struct network_range *range;
	const char *bridge;
	int index; /* of another interface; 0: none */
	int own;
};

static int look_for_overlap(int index, const struct ip_subnet *address, void *data)
{
	struct overlap *overlap = data;

	if (index != overlap->own && (ip_overlap(address, &overlap->range->subnet) ||
				      (overlap->range->subnet6.base.family &&
				       ip_overlap(address, &overlap->range->subnet6))))
		overlap->index = index;
	return 0;
}

/* Somebody else may have set up the same subnet since the network was made. */
static int check_overlap(const struct rtnl *rtnl, const struct network *network,
			 const struct network_range *range)
{
	struct overlap overlap = {.range = range};
	struct rtnl_link link;

	if (rtnl_find(rtnl, network->bridge, &link) == 0)
		overlap.own = link.index;
	if (rtnl_each_address(rtnl, look_for_overlap, &overlap) < 0)
		return -1;
	if (overlap.index)
		return err_set(
			EADDRINUSE,
			"network '%s': its subnet %s is that of interface %d of this machine "
			"(ip address) too: use another network, husk network create",
			network->name, network->subnet, overlap.index);
	return 0;
}

/* Ours by our note, or by its alias: RUN may have been emptied while the bridge was up. */
static int make_bridge(const struct place *place, const struct rtnl *rtnl, int leases,
		       const struct network *network, const struct network_range *range)
{
	const struct ip_mac mac = ip_mac(&range->gateway);
	char note[NAME_MAX];
	struct rtnl_link link;

	snprintf(note, sizeof(note), "%s/.bridge", network->name);
	if (lease_note_first(leases, note, network->bridge) == 0) {
		if (rtnl_find(rtnl, network->bridge, &link) == 0 &&
		    strcmp(link.alias, place->run) != 0) {
			if (lease_drop_note(leases, note) < 0)
				return -1;
			return err_set(EEXIST,
				       "network '%s': an interface %s exists, whose is it? ip "
				       "link delete %s",
				       network->name, network->bridge, network->bridge);
		}
	} else if (err_last()->code != EEXIST) {
		return -1;
	}
	if (rtnl_make_bridge(rtnl, network->bridge, &mac, rtnl_group(network->bridge)) < 0 &&
	    err_last()->code != EEXIST)
		return -1;
	return rtnl_set_alias(rtnl, network->bridge, place->run);
}

static int set_up(const struct place *place, const struct rtnl *rtnl, int leases,
		  const struct network *network)
{
	struct network_range range;

	if (network_read_range(network, &range) < 0 || check_overlap(rtnl, network, &range) < 0)
		return -1;
	if (make_bridge(place, rtnl, leases, network, &range) < 0)
		return -1;
	if (set_bridge_switches(network->bridge) < 0 || give_addresses(rtnl, network, &range) < 0)
		return -1;
	return network_set_forwarding(leases, network);
}

/* All that is needed is there, rules too; somebody may have run `nft flush ruleset`. */
static int find_up(const struct rtnl *rtnl, int leases, const struct network *network, bool *ret_up)
{
	auto_arena struct arena scratch = {0};
	struct rtnl_link link;
	char note[NAME_MAX], *text;

	*ret_up = false;
	snprintf(note, sizeof(note), "%s/.up", network->name);
	if (lease_find_note(leases, note, &scratch, &text) < 0)
		return -1;
	if (!text || rtnl_find(rtnl, network->bridge, &link) < 0)
		return 0;
	return rtnl_has_table("husk", ret_up);
}

int network_bridge_up(const struct place *place, int leases, const struct network *network,
		      bool *ret_made)
{
	auto_rtnl struct rtnl rtnl = {0};
	bool is_up;

	if (rtnl_open(&rtnl) < 0 || find_up(&rtnl, leases, network, &is_up) < 0)
		return -1;
	if (!is_up && set_up(place, &rtnl, leases, network) < 0)
		return -1;
	*ret_made = !is_up;
	return 0;
}
