/*
 * network_release.c: what a box has in the kernel and in RUN is taken away, by its leases alone: its
 * file may say less, or be gone. See network_internal.h; next file: network_collect.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../base/store.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>
#include <sys/file.h>

/* The leases of an ID, in one network or in all. */
static int own_leases(int leases, const char *id, const char *network, struct arena *arena,
		      struct lease_list *ret_list)
{
	struct lease_list list = {0};
	size_t kept = 0;

	if (lease_read(leases, arena, &list) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.items[i].id, id) == 0 &&
		    (!network || strcmp(list.items[i].network, network) == 0))
			list.items[kept++] = list.items[i];
	list.count = kept;
	*ret_list = list;
	return 0;
}

static int drop_leases(const struct place *place, int leases, const struct lease_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct lease *lease = &list->items[i];

		if (lease_drop(leases, lease) < 0)
			return -1;
		if (network_has_names(lease->network) &&
		    network_refresh_all(place, leases, lease->network) < 0)
			log_warn("%s", err_last()->text);
	}
	return 0;
}

/* Whether somebody else is in one of the networks of `own`: then its bridge stays. */
static int is_shared(int leases, const char *id, const struct lease_list *own, struct arena *arena,
		     bool *ret_shared)
{
	struct lease_list all;

	*ret_shared = false;
	if (lease_read(leases, arena, &all) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		for (size_t j = 0; j < own->count; j++)
			*ret_shared |= strcmp(all.items[i].id, id) != 0 &&
				       strcmp(all.items[i].network, own->items[j].network) == 0;
	return 0;
}

/* Deleted without the lock, since the kernel takes its time for each. */
static int unplug_unlocked(int leases, const char *id)
{
	if (flock(leases, LOCK_UN) < 0)
		return err_sys("unlock leases");
	if (network_unplug(id, NULL) < 0)
		return -1;
	return store_lock(leases) < 0 ? err_wrap("leases") : 0;
}

/*
 * The cables before the leases: whoever gets an address next must be alone with it. The last box's
 * cable goes with the bridge.
 */
static int release(const struct place *place, const char *id)
{
	auto_arena struct arena scratch = {0};
	auto_lease int leases = -1;
	struct lease_list list;
	struct network_dropped dropped;
	bool shared;

	if (netns_remove(place, id) < 0 || lease_lock(place, &leases) < 0)
		return -1;
	if (own_leases(leases, id, NULL, &scratch, &list) < 0 ||
	    is_shared(leases, id, &list, &scratch, &shared) < 0)
		return -1;
	if (shared && unplug_unlocked(leases, id) < 0)
		return -1;
	if (network_drop_ports(leases, id, NULL, &scratch, &dropped) < 0 ||
	    network_settle(place, leases, id, dropped.any) < 0)
		return -1;
	if (dropped.udp_count)
		rtnl_forget_udp(dropped.udp, dropped.udp_count);
	return drop_leases(place, leases, &list);
}

int network_release(const struct place *place, const char *id)
{
	return release(place, id) < 0 ? err_wrap("network of container %.12s", id) : 0;
}

static int leave(const struct place *place, const char *id, const struct network *network)
{
	auto_arena struct arena scratch = {0};
	auto_lease int leases = -1;
	struct network_dropped dropped;
	struct lease_list list;

	if (lease_lock(place, &leases) < 0 ||
	    own_leases(leases, id, network->name, &scratch, &list) < 0)
		return -1;
	if (!list.count)
		return 0;
	/* Ports lead to the address in one network; who leaves that has none any more. */
	if (network_unplug(id, network->bridge) < 0 ||
	    network_drop_ports(leases, id, list.items[0].address, &scratch, &dropped) < 0 ||
	    drop_leases(place, leases, &list) < 0 ||
	    network_settle(place, leases, NULL, dropped.any) < 0)
		return -1;
	if (dropped.udp_count)
		rtnl_forget_udp(dropped.udp, dropped.udp_count);
	return 0;
}

int network_leave(const struct place *place, const char *id, const struct network *network)
{
	return leave(place, id, network) < 0 ? err_wrap("network of container %.12s", id) : 0;
}
