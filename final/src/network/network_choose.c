/*
 * network_choose.c: what a new network is made of, as far as nobody said so: a subnet that is free,
 * its gateway, a name for the bridge. See network.h; next file: network_bridge.c
 */
#include "../base/err.h"
#include "../store/clock.h"
#include "network_internal.h"
#include "rtnl.h"

#include <string.h>
#include <sys/random.h>

/* What is taken: other networks, and the addresses and routes of this machine. */
struct taken {
	struct arena *arena;
	struct entry {
		struct ip_subnet subnet;
		const char *whose;
		struct entry *next;
	} * first;
	struct str_list bridges;
	int own; /* index of an interface that does not count; -1: none. 0 leads nowhere */
};

static int add_subnet(struct taken *taken, const struct ip_subnet *subnet, const char *whose)
{
	struct entry *entry = arena_alloc(taken->arena, sizeof(*entry));

	if (!entry)
		return -1;
	*entry = (struct entry){*subnet, whose, taken->first};
	taken->first = entry;
	return 0;
}

static int add_network(struct network *network, void *data)
{
	struct taken *taken = data;
	struct network_range range;
	char *whose = arena_format(taken->arena, "network '%s'", network->name);
	char *bridge = arena_format(taken->arena, "%s", network->bridge);

	if (!whose || !bridge || str_list_add(&taken->bridges, taken->arena, bridge) < 0)
		return -1;
	if (network_read_range(network, &range) < 0)
		return -1;
	if (range.subnet6.base.family && add_subnet(taken, &range.subnet6, whose) < 0)
		return -1;
	return add_subnet(taken, &range.subnet, whose);
}

/* A box of ours that is up has an address twice in here, which does no harm. */
static int add_address(int index, const struct ip_subnet *address, void *data)
{
	struct taken *taken = data;

	return index == taken->own
		       ? 0
		       : add_subnet(taken, address, "an interface of this machine (ip address)");
}

static const char a_route[] = "a route of this machine (ip route)";

static int add_route(int index, const struct ip_subnet *to, void *data)
{
	struct taken *taken = data;

	return index == taken->own ? 0 : add_subnet(taken, to, a_route);
}

static int look_at_machine(const struct rtnl *rtnl, struct taken *taken)
{
	return rtnl_each_route(rtnl, add_route, taken) < 0
		       ? -1
		       : rtnl_each_address(rtnl, add_address, taken);
}

static int look_around(const struct place *place, struct taken *taken)
{
	auto_rtnl struct rtnl rtnl = {0};

	if (network_each(place, add_network, taken) < 0 || rtnl_open(&rtnl) < 0)
		return -1;
	return look_at_machine(&rtnl, taken);
}

static const char *holder_of(const struct taken *taken, const struct ip_subnet *subnet)
{
	for (const struct entry *entry = taken->first; entry; entry = entry->next)
		/* A wider route gives way to ours. */
		if (ip_is_within(subnet, &entry->subnet) ||
		    (entry->whose != a_route && ip_is_within(&entry->subnet, subnet)))
			return entry->whose;
	return NULL;
}

int network_find_holder(const struct rtnl *rtnl, int own, const struct ip_subnet *subnet,
			const char **ret_holder)
{
	auto_arena struct arena scratch = {0};
	struct taken taken = {.arena = &scratch, .own = own};

	if (look_at_machine(rtnl, &taken) < 0)
		return -1;
	*ret_holder = holder_of(&taken, subnet);
	return 0;
}

/* 10.90.0.0/24, 10.90.1.0/24 ...: next to the default network's 10.89.0.0/16. */
static int free_subnet(const struct taken *taken, struct ip_subnet *ret)
{
	struct ip_subnet subnet = {.base = {AF_INET, {10, 90}}, .prefix = 24};

	for (int n = 0; n < 256; n++) {
		subnet.base.bytes[2] = (uint8_t)n;
		if (!holder_of(taken, &subnet)) {
			*ret = subnet;
			return 0;
		}
	}
	return err_set(ENOSPC, "no subnet of 10.90.0.0/16 is free: give one, --subnet "
			       "ADDRESS/PREFIX");
}

/* RFC 4193: fd, 40 bits at random, and then ours to number. */
static int free_subnet6(const struct taken *taken, struct ip_subnet *ret)
{
	struct ip_subnet subnet = {.base = {AF_INET6, {0xfd}}, .prefix = 64};

	do {
		if (getrandom(subnet.base.bytes + 1, 5, 0) != 5)
			return err_sys("choose an IPv6 subnet");
	} while (holder_of(taken, &subnet));
	*ret = subnet;
	return 0;
}

static int check_free(const struct taken *taken, const char *text, struct ip_subnet *ret)
{
	const char *holder;

	if (ip_parse_subnet(text, ret) < 0)
		return -1;
	holder = holder_of(taken, ret);
	if (holder)
		return err_set(EADDRINUSE,
			       "subnet %s overlaps with %s: choose another one, or leave "
			       "it out",
			       text, holder);
	return 0;
}

/* Fills in the text of the gateway, or checks it. */
static int settle_gateway(const struct ip_subnet *subnet, struct arena *arena, char **gateway)
{
	struct ip ip = ip_nth(subnet, 1);
	uint32_t number;

	if (*gateway && ip_parse(*gateway, &ip) < 0)
		return err_wrap("gateway");
	number = ip_number(subnet, &ip);
	if (!ip_is_in(subnet, &ip) || number == 0 || number > ip_last(subnet))
		return err_set(EINVAL, "gateway %s is no host's address in %s", *gateway,
			       ip_subnet_text(subnet).text);
	*gateway = arena_format(arena, "%s", ip_text(&ip).text);
	return *gateway ? 0 : -1;
}

static int choose4(const struct taken *taken, struct network *network)
{
	struct ip_subnet subnet;

	if (network->subnet ? check_free(taken, network->subnet, &subnet)
			    : free_subnet(taken, &subnet))
		return -1;
	if (subnet.base.family != AF_INET)
		return err_set(EINVAL, "subnet %s: expected one of IPv4", network->subnet);
	network->subnet = arena_format(&network->arena, "%s", ip_subnet_text(&subnet).text);
	return network->subnet ? settle_gateway(&subnet, &network->arena, &network->gateway) : -1;
}

/* A box has the same number in both subnets, so that one lease is for both. */
static int choose6(const struct taken *taken, struct network *network)
{
	struct ip_subnet subnet, subnet6;

	if (!network->subnet6 && !network->ipv6)
		return network->gateway6 ? err_set(EINVAL,
						   "gateway %s: no IPv6 subnet has it: "
						   "--ipv6, or --subnet",
						   network->gateway6)
					 : 0;
	if (network->subnet6 ? check_free(taken, network->subnet6, &subnet6)
			     : free_subnet6(taken, &subnet6))
		return -1;
	if (subnet6.base.family != AF_INET6)
		return err_set(EINVAL, "subnet %s: expected one of IPv6", network->subnet6);
	if (ip_parse_subnet(network->subnet, &subnet) < 0)
		return -1;
	if (ip_last(&subnet6) < ip_last(&subnet))
		return err_set(EINVAL,
			       "subnet %s has fewer addresses than %s: take a shorter prefix",
			       ip_subnet_text(&subnet6).text, network->subnet);
	network->subnet6 = arena_format(&network->arena, "%s", ip_subnet_text(&subnet6).text);
	return network->subnet6 ? settle_gateway(&subnet6, &network->arena, &network->gateway6)
				: -1;
}

static bool is_bridge_taken(const struct taken *taken, const struct rtnl *rtnl, const char *name)
{
	struct rtnl_link link;

	return str_list_has(&taken->bridges, name) || rtnl_find(rtnl, name, &link) == 0;
}

static int choose_bridge(const struct taken *taken, struct network *network)
{
	auto_rtnl struct rtnl rtnl = {0};
	char name[16];
	unsigned int n = 1;

	if (rtnl_open(&rtnl) < 0)
		return -1;
	do
		snprintf(name, sizeof(name), "husk%u", n++);
	while (is_bridge_taken(taken, &rtnl, name));
	network->bridge = arena_format(&network->arena, "%s", name);
	return network->bridge ? 0 : -1;
}

int network_choose(const struct place *place, struct network *network)
{
	auto_arena struct arena scratch = {0};
	struct taken taken = {.arena = &scratch, .own = -1};

	if (look_around(place, &taken) < 0 || choose4(&taken, network) < 0 ||
	    choose6(&taken, network) < 0 || choose_bridge(&taken, network) < 0)
		return -1;
	return clock_now(&network->arena, &network->created);
}
