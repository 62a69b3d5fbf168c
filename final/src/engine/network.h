/*
 * network.h: networks with names, and a box's place in one.
 *
 *	network_attach(box)            namespace RUN/netns/ID, veth, addresses, routes, published ports,
 *	                               in the order of phase 08; the lease is the record
 *	network_detach(box)            all of it; idempotent
 *	network_collect(place, is_alive, &count)   leases, links and rules of boxes that are no more
 *	network_create(place, &network), network_find(), network_each(), network_remove()
 *	network_files(box, ...)        hosts, resolv.conf
 *
 * "bridge" exists always: bridge husk0, 10.89.0.0/16. Libraries: libmnl in rtnl.c, libnftables in
 * firewall.c, one transaction each. IPv6 where the network has a subnet of it.
 */
#pragma once

#include "box.h"

struct network {
	char *name, *bridge;	  /* interface, at most 15 characters */
	char *subnet, *gateway;	  /* "10.89.1.0/24" */
	char *subnet6, *gateway6; /* NULL: no IPv6 */
	bool internal;		  /* no way out */
	bool isolate;		  /* its boxes do not reach each other */
	char *created;
	struct str_map labels;
	struct arena arena;
};

extern const struct bind_table network_table;

int network_attach(struct box *box) MUST_CHECK;
int network_detach(struct box *box) MUST_CHECK;
int network_collect(const struct place *place, bool (*is_alive)(const char *id, void *data),
		    void *data, bool dry_run, size_t *ret_count) MUST_CHECK;

/* Fills in what is missing: a free subnet, its gateway, a bridge name. */
int network_create(const struct place *place, struct network *network) MUST_CHECK;
int network_find(const struct place *place, const char *name, struct network *ret) MUST_CHECK;
int network_each(const struct place *place, int (*each)(struct network *network, void *data),
		 void *data) MUST_CHECK;
int network_remove(const struct place *place, const char *name) MUST_CHECK;
void network_free(struct network *network);

/* The path of the box's network namespace, or NULL: the host's. container:ID: that box's. */
int network_namespace(const struct box *box, struct arena *arena, char **ret_path) MUST_CHECK;

/* hosts and resolv.conf as text; other boxes of a named network are in hosts by name and alias. */
int network_hosts(const struct box *box, struct arena *arena, char **ret_text) MUST_CHECK;
int network_resolv(const struct box *box, struct arena *arena, char **ret_text) MUST_CHECK;
