/*
 * network_attach.c: a box goes into its networks, at its start or while it runs. A lease comes first
 * and goes last: what a box has in the kernel is found by it, at whichever step a SIGKILL came. See
 * network_internal.h; next file: network_claim.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "netns.h"
#include "network_internal.h"

#include <string.h>

enum { MAX_NETWORKS = 16 };

bool network_is_own(const struct box *box)
{
	return strcmp(box->network_mode, "none") != 0 && strcmp(box->network_mode, "host") != 0 &&
	       !str_has_prefix(box->network_mode, "container:");
}

/* --- at its start --- */

static int check_others(struct box *box)
{
	auto_arena struct arena scratch = {0};
	char *path;

	if (box->ports.count)
		log_warn("-p: with --net %s no port is published", box->network_mode);
	box->ports.count = 0;
	if (str_has_prefix(box->network_mode, "container:"))
		return network_namespace(box, &scratch, &path);
	return 0;
}

static int check_root(const struct box *box)
{
	if (proc_is_real_root())
		return 0;
	return err_set(EPERM, "--net %s needs root; --net none and --net host do not",
		       box->network_mode);
}

/* Appends one; `aliases` are copied. *ret: where it is now. */
static int add_endpoint(struct box *box, const char *network, const struct str_list *aliases,
			struct box_endpoint **ret_endpoint)
{
	size_t count = box->endpoints.count;
	struct box_endpoint *items =
		arena_alloc(&box->arena, (count + 1) * sizeof(*box->endpoints.items));
	char *name = arena_format(&box->arena, "%s", network);

	if (!items || !name)
		return -1;
	if (count)
		memcpy(items, box->endpoints.items, count * sizeof(*items));
	items[count].network = name;
	for (size_t i = 0; i < aliases->count; i++) {
		char *alias = arena_format(&box->arena, "%s", aliases->items[i]);

		if (!alias || str_list_add(&items[count].aliases, &box->arena, alias) < 0)
			return -1;
	}
	box->endpoints.items = items;
	box->endpoints.count++;
	*ret_endpoint = &items[count];
	return 0;
}

static struct box_endpoint *find_endpoint(struct box *box, const char *network)
{
	for (size_t i = 0; i < box->endpoints.count; i++)
		if (strcmp(box->endpoints.items[i].network, network) == 0)
			return &box->endpoints.items[i];
	return NULL;
}

/* The network of --net is the first one; others were added by `network connect`. */
static int list_endpoints(struct box *box)
{
	auto_network struct network network = {0};
	struct box_endpoint *endpoint;

	if (network_find(box->place, box->network_mode, &network) < 0)
		return -1;
	if (find_endpoint(box, network.name))
		return 0;
	if (add_endpoint(box, network.name, &box->network_aliases, &endpoint) < 0)
		return -1;
	if (endpoint != box->endpoints.items) {
		struct box_endpoint first = box->endpoints.items[0];

		box->endpoints.items[0] = *endpoint;
		*endpoint = first;
	}
	if (box->endpoints.count > MAX_NETWORKS)
		return err_set(EINVAL, "container %s: more than %d networks", box->name,
			       MAX_NETWORKS);
	return 0;
}

static int claim_all(struct box *box, struct network_joint *joints)
{
	auto_lease int leases = -1;

	if (lease_lock(box->place, &leases) < 0)
		return -1;
	for (size_t i = 0; i < box->endpoints.count; i++)
		if (network_open_joint(box, &box->endpoints.items[i], &joints[i]) < 0 ||
		    network_enter(leases, &joints[i]) < 0)
			return -1;
	return netns_prepare(box->place);
}

/* Others may look it up from now on. */
static int announce(const struct box *box, const char *network)
{
	auto_lease int leases = -1;

	if (!network_has_names(network))
		return 0;
	if (lease_lock(box->place, &leases) < 0)
		return -1;
	return network_refresh_all(box->place, leases, network);
}

static int join_all(struct box *box, struct network_joint *joints)
{
	auto_netns struct netns netns = {.fd = -1};

	if (claim_all(box, joints) < 0 || netns_create(box->place, box->id, &netns) < 0)
		return -1;
	for (size_t i = 0; i < box->endpoints.count; i++)
		if (network_plug(&netns, &joints[i]) < 0 ||
		    announce(box, joints[i].network.name) < 0)
			return -1;
	return 0;
}

static int attach(struct box *box)
{
	struct network_joint joints[MAX_NETWORKS] = {0};
	int result;

	if (check_root(box) < 0 || network_release(box->place, box->id) < 0 ||
	    list_endpoints(box) < 0)
		return -1;
	result = join_all(box, joints);
	for (size_t i = 0; i < ARRAY_SIZE(joints); i++)
		network_close_joint(&joints[i]);
	return result;
}

int network_attach(struct box *box)
{
	struct err cause;

	if (!network_is_own(box))
		return check_others(box);
	if (attach(box) == 0)
		return 0;
	cause = *err_last();
	if (network_detach(box) < 0)
		log_warn("%s", err_last()->text);
	err_adopt(&cause);
	return -1;
}

static void clear(struct box_endpoint *endpoint)
{
	*endpoint =
		(struct box_endpoint){.network = endpoint->network, .aliases = endpoint->aliases};
}

int network_detach(struct box *box)
{
	if (network_release(box->place, box->id) < 0)
		return -1;
	for (size_t i = 0; i < box->endpoints.count; i++)
		clear(&box->endpoints.items[i]);
	return 0;
}

/* --- while it runs --- */

/* Between two starts it has its namespace as well. */
static bool is_up(const struct box *box)
{
	int status = box->state.status;

	return status == BOX_RUNNING || status == BOX_PAUSED || status == BOX_RESTARTING;
}

static int join_one(struct box *box, struct box_endpoint *endpoint)
{
	auto_netns struct netns netns = {.fd = -1};
	auto_network_joint struct network_joint joint = {0};
	auto_lease int leases = -1;

	if (netns_open(box->place, box->id, &netns) < 0)
		return err_wrap("container %s, --net %s", box->name, box->network_mode);
	if (network_open_joint(box, endpoint, &joint) < 0 || lease_lock(box->place, &leases) < 0)
		return -1;
	if (network_enter(leases, &joint) < 0)
		return -1;
	lease_unlock(&leases);
	return network_plug(&netns, &joint);
}

int network_connect(struct box *box, const char *name, const struct str_list *aliases)
{
	/* It has left its last network: its namespace is still there. */
	bool is_bare = strcmp(box->network_mode, "none") == 0 && is_up(box);
	auto_network struct network network = {0};
	struct box_endpoint *endpoint;

	if (network_find(box->place, name, &network) < 0)
		return -1;
	if (find_endpoint(box, network.name))
		return err_set(EEXIST, "container %s is in network '%s' already", box->name,
			       network.name);
	if (!network_is_own(box) && !is_bare)
		return err_set(EINVAL, "container %s: --net %s cannot be combined with a network",
			       box->name, box->network_mode);
	if (box->endpoints.count == MAX_NETWORKS)
		return err_set(EINVAL, "container %s is in %d networks, more there cannot be",
			       box->name, MAX_NETWORKS);
	/* What is left of a `network connect` that was killed. */
	if (network_leave(box->place, box->id, &network) < 0 ||
	    add_endpoint(box, network.name, aliases, &endpoint) < 0)
		return -1;
	if (!is_up(box))
		return 0;
	if (join_one(box, endpoint) < 0) {
		struct err cause = *err_last();

		if (network_leave(box->place, box->id, &network) < 0)
			log_warn("%s", err_last()->text);
		box->endpoints.count--;
		err_adopt(&cause);
		return -1;
	}
	if (is_bare)
		box->network_mode = endpoint->network;
	return network_refresh(box);
}

/* The default route went with its interface: another network's takes its place. */
static int restore_routes(struct box *box)
{
	auto_netns struct netns netns = {.fd = -1};

	if (netns_open(box->place, box->id, &netns) < 0)
		return -1;
	for (size_t i = 0; i < box->endpoints.count; i++) {
		auto_network_joint struct network_joint joint = {0};

		if (network_open_joint(box, &box->endpoints.items[i], &joint) < 0 ||
		    network_add_routes(&netns.inside, &joint) < 0)
			return -1;
	}
	return 0;
}

int network_disconnect(struct box *box, const char *name)
{
	auto_network struct network network = {0};
	struct box_endpoint *endpoint;
	size_t index;

	if (network_find(box->place, name, &network) < 0)
		return -1;
	endpoint = find_endpoint(box, network.name);
	if (!endpoint)
		return err_set(ENOENT, "container %s is not in network '%s'", box->name,
			       network.name);
	if (network_leave(box->place, box->id, &network) < 0)
		return -1;
	index = (size_t)(endpoint - box->endpoints.items);
	box->endpoints.count--;
	memmove(endpoint, endpoint + 1, (box->endpoints.count - index) * sizeof(*endpoint));
	if (index == 0)
		box->network_mode = box->endpoints.count ? box->endpoints.items[0].network
							 : arena_format(&box->arena, "none");
	if (!box->network_mode)
		return -1;
	if (!is_up(box))
		return 0;
	return restore_routes(box) < 0 ? -1 : network_drop_section(box, network.name);
}
