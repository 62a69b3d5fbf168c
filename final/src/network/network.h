/*
 * network.h: networks with names, and a box's place in one.
 *
 *	network_attach(box)            namespace RUN/netns/ID, veth, addresses, routes, published ports,
 *	                               in the order of phase 08; the lease is the record (lease.h)
 *	network_namespace(box, &arena, &path)   for config.json
 *	network_hosts(box, ...), network_resolv(box, ...)   hosts, resolv.conf
 *	network_refresh(box)           when its files are written: its names in the hosts of others
 *	network_detach(box)            all of it; idempotent
 *	network_collect(place, is_alive, &count)   leases, links and rules of boxes that are no more
 *	network_create(place, &network), network_find(), network_each(), network_remove()
 *
 * The caller of functions on a box holds box_lock() and saves it: endpoints and chosen ports change.
 * "bridge" exists always: bridge husk0, 10.89.0.0/16, unless DATA/networks/bridge.json says otherwise.
 * Libraries: libmnl in rtnl.c, libnftables in firewall.c, one transaction each. IPv6 where the network
 * has a subnet of it. Next file: network_internal.h
 */
#pragma once

#include "../store/box.h"

struct network {
	char *name, *bridge;	  /* interface, at most 15 characters */
	char *subnet, *gateway;	  /* "10.90.1.0/24" */
	char *subnet6, *gateway6; /* NULL: no IPv6 */
	bool internal;		  /* no way out */
	bool isolate;		  /* its boxes do not reach each other */
	uint32_t mtu;		  /* of its cables; 0: the kernel's 1500 */
	char *created;
	struct str_map labels;
	/* not in the file */
	bool ipv6; /* network_create(): a subnet6 is chosen if there is none */
	struct arena arena;
};

extern const struct bind_table network_table;

/* EINVAL, with a line: no root, a port that is taken, and by whom; nothing is left then. */
int network_attach(struct box *box) MUST_CHECK;
int network_detach(struct box *box) MUST_CHECK;

/* Of a running box; `aliases` may be empty. Both act on box->endpoints. */
int network_connect(struct box *box, const char *name, const struct str_list *aliases) MUST_CHECK;
int network_disconnect(struct box *box, const char *name) MUST_CHECK;

/* is_alive() is asked about every ID that has something; a box that is about to start is alive. */
int network_collect(const struct place *place, bool (*is_alive)(const char *id, void *data),
		    void *data, bool dry_run, size_t *ret_count) MUST_CHECK;

/* Fills in what is missing: a free subnet, its gateway, a bridge name. */
int network_create(const struct place *place, struct network *network) MUST_CHECK;
int network_find(const struct place *place, const char *name, struct network *ret) MUST_CHECK;

/* "bridge" first, then by name. */
int network_each(const struct place *place, int (*each)(struct network *network, void *data),
		 void *data) MUST_CHECK;

/* EBUSY with the names of boxes that use it, running or not. */
int network_remove(const struct place *place, const char *name) MUST_CHECK;
void network_free(struct network *network);
#define auto_network __attribute__((cleanup(network_free)))

/* Whether the box has a network namespace that network_attach() makes. */
bool network_is_own(const struct box *box);

/*
 * The path of the box's network namespace, or NULL: the host's, and for "none": the runtime makes a
 * new one. container:ID: that box's, which must run.
 */
int network_namespace(const struct box *box, struct arena *arena, char **ret_path) MUST_CHECK;

/* hosts and resolv.conf as text; other boxes of a named network are in hosts by name and alias. */
int network_hosts(const struct box *box, struct arena *arena, char **ret_text) MUST_CHECK;
int network_resolv(const struct box *box, struct arena *arena, char **ret_text) MUST_CHECK;

/*
 * Brings DATA/boxes/ID/hosts of this box and of those that share a named network up to date, in
 * place, as they are bind mounted. After the files were written, and after box_rename().
 */
int network_refresh(const struct box *box) MUST_CHECK;
