/*
 * network_internal.h: what the files network_*.c share; nobody else includes it.
 *
 *	network.c          networks with names: DATA/networks/NAME.json
 *	network_choose.c   free subnets, gateways, bridge names
 *	network_bridge.c   a network's bridge
 *	network_switch.c   ip_forward and its like
 *	network_rules.c    the firewall as a whole, and what goes with the last box
 *	network_ports.c    published ports: claims, and who has what is taken
 *	network_attach.c   a box goes into its networks
 *	network_claim.c    its place in one: address, names, ports
 *	network_cable.c    its veth pairs
 *	network_release.c  and out again
 *	network_collect.c  what boxes left that are no more
 *	network_names.c    what they are called in each other's hosts files
 *	network_files.c    hosts and resolv.conf as a whole
 *
 * `leases` is what lease_lock() returned: who has it may change what all boxes share.
 */
#pragma once

#include "firewall.h"
#include "lease.h"
#include "network.h"

/* A network's texts, understood. */
struct network_range {
	struct ip_subnet subnet, subnet6; /* subnet6.base.family 0: no IPv6 */
	struct ip gateway, gateway6;
};

int network_read_range(const struct network *network, struct network_range *ret_range) MUST_CHECK;
int network_choose(const struct place *place, struct network *network) MUST_CHECK;

/* What of this machine overlaps with a subnet, but for interface `own`; NULL: nothing does. */
struct rtnl;
int network_find_holder(const struct rtnl *rtnl, int own, const struct ip_subnet *subnet,
			const char **ret_holder) MUST_CHECK;

/* "bridge" has no names: docker's rule for the default network. */
bool network_has_names(const char *name);

/* Finds the bridge as it should be, or makes it. *ret_made: rules are to be written. */
int network_bridge_up(const struct place *place, int leases, const struct network *network,
		      bool *ret_made) MUST_CHECK;

/* Whether a link is a bridge that this place has made; its alias says so, whatever became of RUN. */
struct rtnl_link;
bool network_is_our_bridge(const struct place *place, const struct rtnl_link *link);

/* A bridge of another place, whose rules are not ours to touch; is_bridge is false if there is none. */
struct rtnl;
int network_find_stranger(const struct place *place, const struct rtnl *rtnl,
			  struct rtnl_link *ret_link) MUST_CHECK;

/* Packets may pass between the bridge and the outside. */
int network_set_forwarding(int leases, const struct network *network) MUST_CHECK;
int network_set_switch(const char *name, const char *value) MUST_CHECK;
int network_restore_switches(int leases) MUST_CHECK;

/*
 * Takes away the bridges that nobody has a lease at, or only the box `except` (NULL: none), and with
 * the last one everything of the host's that is ours; writes the rules if that changes them, or
 * `changed` says so.
 */
int network_settle(const struct place *place, int leases, const char *except,
		   bool changed) MUST_CHECK;
int network_write_rules(const struct place *place, int leases) MUST_CHECK;

/* Ports of the box that lead to endpoint; a host port of 0 becomes a free one. */
int network_claim_ports(int leases, struct box *box,
			const struct box_endpoint *endpoint) MUST_CHECK;

struct network_dropped {
	bool any;
	uint32_t *udp; /* ports of the host: rtnl_forget_udp() when the rules have changed */
	size_t udp_count;
};

/* Ports of an ID that lead to an address; NULL: all of them. */
int network_drop_ports(int leases, const char *id, const char *address, struct arena *arena,
		       struct network_dropped *ret_dropped) MUST_CHECK;
void network_forget_udp(const struct box *box);
int network_read_ports(int leases, struct arena *arena, struct firewall *firewall) MUST_CHECK;

/* A box, one of its networks, and what that means. */
struct network_joint {
	struct box *box;
	struct box_endpoint *endpoint;
	struct network network;
	struct network_range range;
};
int network_open_joint(struct box *box, struct box_endpoint *endpoint,
		       struct network_joint *ret_joint) MUST_CHECK;
void network_close_joint(struct network_joint *joint);
#define auto_network_joint __attribute__((cleanup(network_close_joint)))

/* Lease, bridge, ports, rules: fills in the endpoint. */
int network_enter(int leases, struct network_joint *joint) MUST_CHECK;

/* The cable, addresses and routes inside. */
struct netns;
int network_plug(const struct netns *netns, struct network_joint *joint) MUST_CHECK;
struct rtnl;
int network_add_routes(const struct rtnl *inside, const struct network_joint *joint) MUST_CHECK;

/* Deletes the cables of an ID that are plugged into bridge; NULL: into any. */
int network_unplug(const char *id, const char *bridge) MUST_CHECK;

/* Everything of an ID: cables, namespace file, ports, leases. Idempotent. */
int network_release(const struct place *place, const char *id) MUST_CHECK;

/* The same in one network; the namespace stays. */
int network_leave(const struct place *place, const char *id,
		  const struct network *network) MUST_CHECK;

/* Hosts files of the boxes that have a lease in `name`; of one that has left it; all sections of a
 * box, as text. */
int network_refresh_all(const struct place *place, int leases, const char *name) MUST_CHECK;
int network_drop_section(const struct box *box, const char *name) MUST_CHECK;
int network_print_sections(const struct box *box, FILE *stream) MUST_CHECK;
int network_note_names(int leases, const struct box *box,
		       const struct box_endpoint *endpoint) MUST_CHECK;
