/*
 * network_claim.c: a box takes its place in a network: address, names, ports; and bridge and rules are
 * there. See network_internal.h; next file: network_cable.c
 */
#include "../base/err.h"
#include "network_internal.h"

#include <limits.h>
#include <string.h>

void network_close_joint(struct network_joint *joint)
{
	network_free(&joint->network);
}

int network_open_joint(struct box *box, struct box_endpoint *endpoint,
		       struct network_joint *ret_joint)
{
	auto_network_joint struct network_joint joint = {.box = box, .endpoint = endpoint};

	if (network_find(box->place, endpoint->network, &joint.network) < 0 ||
	    network_read_range(&joint.network, &joint.range) < 0)
		return -1;
	*ret_joint = joint;
	joint.network = (struct network){0};
	return 0;
}

/* The one it asks for, from its last run, if that is free; else the lowest free one. */
static int claim_address(int leases, const struct network_joint *joint, struct ip *ret_address)
{
	const struct ip_subnet *subnet = &joint->range.subnet;
	const char *network = joint->network.name, *id = joint->box->id;
	struct ip ip;

	if (joint->endpoint->address && ip_parse(joint->endpoint->address, &ip) == 0 &&
	    ip_is_in(subnet, &ip) && lease_claim(leases, network, ip_text(&ip).text, id) == 0) {
		*ret_address = ip;
		return 0;
	}
	for (uint32_t n = 1; n <= ip_last(subnet); n++) {
		ip = ip_nth(subnet, n);
		if (ip_equal(&ip, &joint->range.gateway))
			continue;
		if (lease_claim(leases, network, ip_text(&ip).text, id) == 0) {
			*ret_address = ip;
			return 0;
		}
		if (err_last()->code != EEXIST)
			return -1;
	}
	return err_set(ENOSPC,
		       "network '%s': no address is left in %s: stop a container, or use a "
		       "network with a larger --subnet",
		       network, joint->network.subnet);
}

/* The text of an address, in the box's arena. NULL: no memory. */
static char *keep(struct box *box, const struct ip *ip)
{
	return arena_format(&box->arena, "%s", ip_text(ip).text);
}

static int fill_endpoint6(struct network_joint *joint, const struct ip *address)
{
	struct box_endpoint *endpoint = joint->endpoint;
	struct ip six;

	endpoint->address6 = endpoint->gateway6 = NULL;
	endpoint->prefix6 = 0;
	if (!joint->range.subnet6.base.family)
		return 0;
	six = ip_nth(&joint->range.subnet6, ip_number(&joint->range.subnet, address));
	endpoint->address6 = keep(joint->box, &six);
	endpoint->gateway6 = keep(joint->box, &joint->range.gateway6);
	endpoint->prefix6 = joint->range.subnet6.prefix;
	return endpoint->address6 && endpoint->gateway6 ? 0 : -1;
}

static int fill_endpoint(struct network_joint *joint, const struct ip *address)
{
	struct box_endpoint *endpoint = joint->endpoint;
	struct arena *arena = &joint->box->arena;
	const uint8_t *mac = ip_mac(address).bytes;

	endpoint->bridge = arena_format(arena, "%s", joint->network.bridge);
	endpoint->address = keep(joint->box, address);
	endpoint->gateway = keep(joint->box, &joint->range.gateway);
	endpoint->prefix = joint->range.subnet.prefix;
	endpoint->mac = arena_format(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
				     mac[3], mac[4], mac[5]);
	if (!endpoint->bridge || !endpoint->address || !endpoint->gateway || !endpoint->mac)
		return -1;
	return fill_endpoint6(joint, address);
}

/* Ports lead to the first network of a box. */
static int claim_ports(int leases, const struct network_joint *joint, bool *ret_claimed)
{
	struct box *box = joint->box;

	*ret_claimed = false;
	if (!box->ports.count || joint->endpoint != box->endpoints.items)
		return 0;
	if (joint->network.internal)
		return err_set(EINVAL, "-p: network '%s' is internal: nothing outside reaches it",
			       joint->network.name);
	if (network_claim_ports(leases, box, joint->endpoint) < 0)
		return -1;
	*ret_claimed = true;
	return 0;
}

int network_enter(int leases, struct network_joint *joint)
{
	const struct place *place = joint->box->place;
	char note[NAME_MAX];
	bool made, claimed;
	struct ip address;

	if (claim_address(leases, joint, &address) < 0 || fill_endpoint(joint, &address) < 0 ||
	    network_note_names(leases, joint->box, joint->endpoint) < 0)
		return -1;
	if (network_bridge_up(place, leases, &joint->network, &made) < 0 ||
	    claim_ports(leases, joint, &claimed) < 0)
		return -1;
	if ((made || claimed) && network_write_rules(place, leases) < 0)
		return -1;
	if (claimed)
		network_forget_udp(joint->box);
	snprintf(note, sizeof(note), "%s/.up", joint->network.name);
	return made ? lease_note(leases, note, joint->network.bridge) : 0;
}
