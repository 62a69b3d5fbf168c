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

/* Ports lead to the address of one lease; a box that leaves that network has none any more. */
static int leave(const struct place *place, const char *id, int leases,
		 const struct lease_list *list)
{
	bool dropped = false;

	for (size_t i = 0; i < list->count; i++) {
		bool some;

		if (network_drop_ports(leases, id, list->items[i].address, &some) < 0)
			return -1;
		dropped |= some;
	}
	if (drop_leases(place, leases, list) < 0)
		return -1;
	return network_settle(place, leases, dropped);
}

/*
 * The cables before the lease: whoever gets the address next must be alone with it. They are deleted
 * without the lock, since the kernel takes its time for each.
 */
static int release(const struct place *place, const char *id, struct arena *arena)
{
	auto_close int leases = -1;
	struct lease_list list;

	if (lease_lock(place, &leases) < 0 || own_leases(leases, id, NULL, arena, &list) < 0)
		return -1;
	if (list.count) {
		if (flock(leases, LOCK_UN) < 0 || network_unplug(id, NULL) < 0)
			return -1;
		if (store_lock(leases) < 0)
			return err_wrap("leases");
	}
	if (netns_remove(place, id) < 0)
		return -1;
	return leave(place, id, leases, &list);
}

int network_release(const struct place *place, const char *id)
{
	struct arena scratch = {0};
	int result = release(place, id, &scratch);

	arena_free(&scratch);
	return result < 0 ? err_wrap("network of container %.12s", id) : 0;
}

static int leave_one(const struct place *place, const char *id, const char *network,
		     const char *bridge, struct arena *arena)
{
	auto_close int leases = -1;
	struct lease_list list;

	if (lease_lock(place, &leases) < 0 || own_leases(leases, id, network, arena, &list) < 0)
		return -1;
	if (!list.count)
		return 0;
	if (network_unplug(id, bridge) < 0)
		return -1;
	return leave(place, id, leases, &list);
}

int network_leave(const struct place *place, const char *id, const char *network,
		  const char *bridge)
{
	struct arena scratch = {0};
	int result = leave_one(place, id, network, bridge, &scratch);

	arena_free(&scratch);
	return result < 0 ? err_wrap("network of container %.12s", id) : 0;
}
