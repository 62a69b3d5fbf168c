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

/* Somebody else may have set up the same subnet since the network was made. */
static int check_overlap(const struct rtnl *rtnl, const struct network *network,
			 const struct network_range *range)
{
	const char *holder, *holder6 = NULL;
	struct rtnl_link link = {.index = -1};

	if (rtnl_find(rtnl, network->bridge, &link) < 0 && err_last()->code != ENODEV)
		return -1;
	if (network_find_holder(rtnl, link.index, &range->subnet, &holder) < 0 ||
	    network_find_holder(rtnl, link.index, &range->subnet6, &holder6) < 0)
		return -1;
	if (!holder && !holder6)
		return 0;
	return err_set(EADDRINUSE,
		       "network '%s': its subnet %s overlaps with %s: use another network, husk "
		       "network create",
		       network->name, holder ? network->subnet : network->subnet6,
		       holder ? holder : holder6);
}

/* --- whose a bridge is --- */

static const char mark[] = "husk ";

static void make_alias(const struct place *place, char ret[RTNL_ALIAS])
{
	snprintf(ret, RTNL_ALIAS, "%s%s", mark, place->run);
}

bool network_is_our_bridge(const struct place *place, const struct rtnl_link *link)
{
	char alias[RTNL_ALIAS];

	make_alias(place, alias);
	return link->is_bridge && strcmp(link->alias, alias) == 0;
}

struct stranger {
	const struct place *place;
	struct rtnl_link link;
};

static int look_for_stranger(const struct rtnl_link *link, void *data)
{
	struct stranger *stranger = data;

	if (link->is_bridge && str_has_prefix(link->alias, mark) &&
	    !network_is_our_bridge(stranger->place, link))
		stranger->link = *link;
	return 0;
}

int network_find_stranger(const struct place *place, const struct rtnl *rtnl,
			  struct rtnl_link *ret_link)
{
	struct stranger stranger = {.place = place};

	if (rtnl_each_link(rtnl, look_for_stranger, &stranger) < 0)
		return -1;
	*ret_link = stranger.link;
	return 0;
}

/* The table `inet husk` and the host's switches are of one place: two would undo each other's. */
static int check_alone(const struct place *place, const struct rtnl *rtnl,
		       const struct network *network)
{
	struct rtnl_link link;
	const char *whose = link.alias + sizeof(mark) - 1;

	if (network_find_stranger(place, rtnl, &link) < 0)
		return -1;
	if (!link.is_bridge)
		return 0;
	return err_set(EBUSY,
		       "network '%s': %s is of the containers with the state directory %s, and "
		       "networks here can be of one alone: end those (HUSK_STATE=%s husk ps), or "
		       "--net none, --net host",
		       network->name, link.name, whose, whose);
}

/* Ours by our note, or by its alias: RUN may have been emptied while the bridge was up. */
static int make_bridge(const struct place *place, const struct rtnl *rtnl, int leases,
		       const struct network *network, const struct network_range *range)
{
	const struct ip_mac mac = ip_mac(&range->gateway);
	char note[NAME_MAX], alias[RTNL_ALIAS];
	struct rtnl_link link;

	snprintf(note, sizeof(note), "%s/.bridge", network->name);
	if (lease_note_first(leases, note, network->bridge) == 0) {
		if (rtnl_find(rtnl, network->bridge, &link) == 0 &&
		    !network_is_our_bridge(place, &link)) {
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
	make_alias(place, alias);
	return rtnl_set_alias(rtnl, network->bridge, alias);
}

static int set_up(const struct place *place, const struct rtnl *rtnl, int leases,
		  const struct network *network)
{
	struct network_range range;

	if (network_read_range(network, &range) < 0 || check_alone(place, rtnl, network) < 0 ||
	    check_overlap(rtnl, network, &range) < 0)
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
