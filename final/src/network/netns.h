/*
 * netns.h: network namespaces as files: RUN/netns/ID, a bind mount of what /proc/PID/ns/net means,
 * keeps a namespace while no process is in it (network_namespaces(7), mount_namespaces(7)).
 *
 *	netns_prepare(place)                  with lease_lock() held: RUN/netns becomes a mount that
 *	                                      nothing is propagated from
 *	netns_create(place, id, &netns)       a new one; what one left that was killed is replaced
 *	netns_open(place, id, &netns)         that of a box that runs
 *	netns_close(&netns)
 *	netns_remove(place, id)               idempotent; processes that are in it keep the namespace
 *	netns_forget(place)                   with the lock held, when no box has a lease
 *
 * A short-lived child enters the namespace, not the caller. Next file: firewall.h
 */
#pragma once

#include "../store/place.h"
#include "rtnl.h"

struct netns {
	int fd;		    /* the namespace */
	struct rtnl inside; /* a socket that was made in there */
};

int netns_prepare(const struct place *place) MUST_CHECK;

/*
 * Loopback is up; interfaces that come later take no router advertisements (CVE-2020-13401) and use
 * their IPv6 addresses at once.
 */
int netns_create(const struct place *place, const char *id, struct netns *ret_netns) MUST_CHECK;

/* ENOENT if the box has none. */
int netns_open(const struct place *place, const char *id, struct netns *ret_netns) MUST_CHECK;
void netns_close(struct netns *netns);
#define auto_netns __attribute__((cleanup(netns_close)))

int netns_remove(const struct place *place, const char *id) MUST_CHECK;
void netns_forget(const struct place *place);

/* The IDs that have a file. */
int netns_list(const struct place *place, struct arena *arena, struct str_list *ret_ids) MUST_CHECK;
