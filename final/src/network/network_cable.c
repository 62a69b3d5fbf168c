/*
 * network_cable.c: veth pairs: one end a port of the network's bridge, the other ethN inside. See
 * network_internal.h; next file: network_release.c
 */
#include "../base/err.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>

enum { MAX_NAMES = 32 };

/* 06 marks it as of our own making, as 02 does that of addresses; the rest continues the name. */
static struct ip_mac host_mac(const char *id)
{
	struct ip_mac mac = {{0x06}};

	for (int i = 0; i < 5; i++) {
		unsigned int byte = 0;

		sscanf(id + 8 + 2 * i, "%2x", &byte);
		mac.bytes[i + 1] = (uint8_t)byte;
	}
	return mac;
}

static void host_name(const char *id, unsigned int n, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "hk%.8s%u", id, n % MAX_NAMES);
}

/* The lowest ethN, and the lowest name on our side, that are free at the moment. */
static int find_names(const struct rtnl *host, const struct rtnl *inside, const char *id,
		      char *ret_name, char *ret_peer)
{
	struct rtnl_link link;
	unsigned int n = 0;

	do
		host_name(id, n, ret_name, sizeof(link.name));
	while (rtnl_find(host, ret_name, &link) == 0 && ++n < MAX_NAMES);
	if (n == MAX_NAMES)
		return err_set(EEXIST, "interfaces hk%.8s0 to %u all exist", id, n - 1);
	n = 0;
	do
		snprintf(ret_peer, sizeof(link.name), "eth%u", n % MAX_NAMES);
	while (rtnl_find(inside, ret_peer, &link) == 0 && ++n < MAX_NAMES);
	return n < MAX_NAMES ? 0 : err_set(EEXIST, "more than %d interfaces", MAX_NAMES);
}

/* Another box whose ID begins with the same eight digits may take the name meanwhile. */
static int make_cable(const struct rtnl *host, const struct netns *netns,
		      const struct network_joint *joint, const struct ip *address, char *ret_name,
		      char *ret_peer)
{
	struct rtnl_veth veth = {.name = ret_name,
				 .mac = host_mac(joint->box->id),
				 .peer = ret_peer,
				 .peer_mac = ip_mac(address),
				 .peer_netns = netns->fd,
				 .group = rtnl_group(joint->network.bridge),
				 .mtu = joint->network.mtu};
	struct rtnl_link bridge;

	if (rtnl_find(host, joint->network.bridge, &bridge) < 0)
		return -1;
	veth.bridge = bridge.index;
	for (int tries = 0; tries < MAX_NAMES; tries++) {
		if (find_names(host, &netns->inside, joint->box->id, ret_name, ret_peer) < 0)
			return -1;
		if (rtnl_make_veth(host, &veth) == 0)
			return 0;
		if (err_last()->code != EEXIST)
			return -1;
	}
	return -1;
}

/* Not the first network with a way out: then the default route is another's. */
int network_add_routes(const struct rtnl *inside, const struct network_joint *joint)
{
	if (joint->network.internal)
		return 0;
	if (rtnl_add_default_route(inside, &joint->range.gateway) < 0 && err_last()->code != EEXIST)
		return -1;
	if (joint->range.subnet6.base.family &&
	    rtnl_add_default_route(inside, &joint->range.gateway6) < 0 &&
	    err_last()->code != EEXIST)
		return -1;
	return 0;
}

static int set_up_inside(const struct rtnl *inside, const char *name,
			 const struct network_joint *joint, const struct ip *address)
{
	const struct network_range *range = &joint->range;
	bool has6 = range->subnet6.base.family;
	struct ip six = {0};

	if (has6)
		six = ip_nth(&range->subnet6, ip_number(&range->subnet, address));
	if (!has6 && rtnl_set_no_ipv6(inside, name) < 0)
		return -1;
	if (rtnl_add_address(inside, name, address, range->subnet.prefix) < 0)
		return -1;
	if (has6 && rtnl_add_address(inside, name, &six, range->subnet6.prefix) < 0)
		return -1;
	return rtnl_set_up(inside, name) < 0 ? -1 : network_add_routes(inside, joint);
}

int network_plug(const struct netns *netns, struct network_joint *joint)
{
	auto_rtnl struct rtnl host = {0};
	char name[16], peer[16];
	struct ip address;

	if (ip_parse(joint->endpoint->address, &address) < 0 || rtnl_open(&host) < 0)
		return -1;
	if (make_cable(&host, netns, joint, &address, name, peer) < 0)
		return -1;
	if (rtnl_set_no_ipv6(&host, name) < 0 ||
	    rtnl_set_port(&host, name, true, joint->network.isolate) < 0 ||
	    rtnl_set_up(&host, name) < 0)
		return -1;
	joint->endpoint->interface = arena_format(&joint->box->arena, "%s", name);
	if (!joint->endpoint->interface)
		return -1;
	return set_up_inside(&netns->inside, peer, joint, &address);
}

int network_unplug(const char *id, const char *bridge)
{
	const struct ip_mac mac = host_mac(id);
	auto_rtnl struct rtnl host = {0};
	struct rtnl_link link, master = {0};
	char name[16];

	if (rtnl_open(&host) < 0)
		return -1;
	if (bridge && rtnl_find(&host, bridge, &master) < 0)
		return err_last()->code == ENODEV ? 0 : -1; /* its ports went with it */
	for (unsigned int n = 0; n < MAX_NAMES; n++) {
		host_name(id, n, name, sizeof(name));
		if (rtnl_find(&host, name, &link) < 0 || memcmp(&link.mac, &mac, sizeof(mac)) != 0)
			continue;
		if (bridge && link.master != master.index)
			continue;
		if (rtnl_delete(&host, name) < 0)
			return -1;
	}
	return 0;
}
