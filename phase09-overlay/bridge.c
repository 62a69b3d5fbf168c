/*
 * bridge.c: the bridge and the switches of the host's network. See bridge.h.
 */
#include "bridge.h"
#include "firewall.h"
#include "husk.h"
#include "lease.h"
#include "netlink.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

static const char forward_path[] = "/proc/sys/net/ipv4/ip_forward";

/* A switch is a file of /proc/sys/net that holds a number, sysctl(8). Returns it, or -1. */
static int read_switch(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 1)
		fail("read", path);
	if (fd >= 0)
		close(fd);
	return *text ? atoi(text) : -1;
}

static int set_switch(const char *path, int value)
{
	int now = read_switch(path), fd, written = -1;

	if (now < 0 || now == value) /* then it does not matter if /proc/sys is read-only */
		return now < 0 ? -1 : 0;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		written = dprintf(fd, "%d", value);
	if (written < 0)
		fail("set", path);
	if (fd >= 0)
		close(fd);
	return written < 0 ? -1 : 0;
}

/*
 * We give out IPv4 only, but IPv6 configures itself: a container that plays router could tell the
 * host where to send its packets, CVE-2020-13401.
 */
int bridge_refuse_ipv6(const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", device);
	if (access(path, F_OK) < 0)
		return 0; /* a kernel without IPv6 */
	if (set_switch(path, 0) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);
	return set_switch(path, 1);
}

int bridge_agree(int leases, struct net *net)
{
	char wanted[NET_TEXT], used[NET_TEXT];

	net_show_subnet(net, wanted);
	if (lease_find(leases, "subnet", used, sizeof(used)) == 0) {
		if (net->prefix && strcmp(wanted, used) != 0) {
			fprintf(stderr,
				"husk: --subnet=%s: other containers run in %s; end them, or "
				"leave it out\n",
				wanted, used);
			return -1;
		}
		return net_parse_subnet(used, &net->subnet, &net->prefix);
	}
	if (if_nametoindex(BRIDGE)) {
		errno = EEXIST;
		return fail("create (whose is it? ip link delete " BRIDGE ") bridge", BRIDGE);
	}
	if (!net->prefix)
		net_parse_subnet("10.87.0.0/24", &net->subnet, &net->prefix);
	net_show_subnet(net, wanted);
	return lease_take(leases, "subnet", wanted) < 0 ? fail("note subnet", wanted) : 0;
}

/* Between its devices the host passes nothing on unless it is told to. */
static int set_forwarding(int leases)
{
	int now = read_switch(forward_path);

	if (now < 0)
		return -1;
	/* Noted first: whoever finds the note knows that it was 0, whatever it is now. */
	if (now == 0 && lease_take(leases, "ip_forward", "0") < 0 && errno != EEXIST)
		return fail("note", forward_path);
	return set_switch(forward_path, 1);
}

int bridge_set_up(int leases, const struct net *net)
{
	if (netlink_make_bridge(BRIDGE, net_gateway(net)) < 0 && errno != EEXIST)
		return fail("create (--net=none does without) bridge", BRIDGE);
	if (bridge_refuse_ipv6(BRIDGE) < 0)
		return -1;
	if (set_switch("/proc/sys/net/ipv4/conf/" BRIDGE "/route_localnet", 1) < 0)
		return -1; /* firewall.c says what for */
	if (netlink_add_address(BRIDGE, net_gateway(net), net->prefix) < 0)
		return fail("give an address to", BRIDGE);
	if (netlink_set_up(BRIDGE) < 0)
		return fail("set up", BRIDGE);
	return set_forwarding(leases);
}

int bridge_remove(int leases)
{
	char value[NET_TEXT];

	if (lease_find(leases, "subnet", value, sizeof(value)) < 0)
		return 0;
	if (firewall_remove() < 0)
		return -1;
	if (netlink_delete(BRIDGE) < 0 && errno != ENODEV)
		return fail("delete bridge", BRIDGE);
	if (lease_find(leases, "ip_forward", value, sizeof(value)) == 0 &&
	    set_switch(forward_path, 0) < 0)
		return -1;
	return lease_drop(leases, "ip_forward") < 0 ? -1 : lease_drop(leases, "subnet");
}
