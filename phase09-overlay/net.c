/*
 * net.c: the network of one container. See net.h for the order of calls. Next file: lease.h
 */
#include "net.h"
#include "bridge.h"
#include "firewall.h"
#include "husk.h"
#include "lease.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int net_parse_address(const char *text, uint32_t *ret)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return -1;
	*ret = ntohl(address.s_addr);
	return 0;
}

int net_parse_subnet(const char *text, uint32_t *ret_subnet, int *ret_prefix)
{
	char address[NET_TEXT], bits[3];
	uint32_t subnet;
	int prefix, end = 0;

	if (sscanf(text, "%15[0-9.]/%2[0-9]%n", address, bits, &end) != 2 || text[end])
		return -1;
	prefix = atoi(bits);
	if (net_parse_address(address, &subnet) < 0 || prefix < 8 || prefix > 30)
		return -1;
	/* 0 is this network, 127 loopback, 224 and above are multicast and reserved. */
	if (subnet & UINT32_MAX >> prefix || subnet >> 24 == 0 || subnet >> 24 == 127 ||
	    subnet >> 24 >= 224)
		return -1;
	*ret_subnet = subnet;
	*ret_prefix = prefix;
	return 0;
}

static const char *show_address(uint32_t address, char *ret)
{
	const struct in_addr in = {htonl(address)};

	return inet_ntop(AF_INET, &in, ret, NET_TEXT);
}

void net_show_subnet(const struct net *net, char *ret)
{
	show_address(net->subnet, ret);
	snprintf(ret + strlen(ret), NET_TEXT - strlen(ret), "/%d", net->prefix);
}

uint32_t net_gateway(const struct net *net)
{
	return net->subnet + 1;
}

static int refuse(const char *option, const char *reason)
{
	fprintf(stderr, "husk: %s: %s\n", option, reason);
	return -1;
}

int net_check(struct config *cfg)
{
	struct net *net = &cfg->net;

	if (net->mode != NET_BRIDGE && net->port_count)
		return refuse("--publish", "needs --net=bridge");
	if (net->mode == NET_BRIDGE && geteuid() != 0) {
		if (net->port_count)
			return refuse("--publish", "needs root (`make lab` has it)");
		if (net->mode_asked)
			return refuse("--net=bridge",
				      "needs root (`make lab` has it); --net=none does not");
		fprintf(stderr, "husk: not root: no bridge, the network is loopback only\n");
		net->mode = NET_NONE;
	}
	if (net->mode != NET_HOST)
		cfg->namespaces |= CLONE_NEWNET;
	return 0;
}

static int take_address(int leases, struct config *cfg)
{
	struct net *net = &cfg->net;
	const uint32_t first = net_gateway(net) + 1;
	const uint32_t broadcast = net->subnet | UINT32_MAX >> net->prefix;
	char text[NET_TEXT];

	for (uint32_t address = first; address < broadcast; address++) {
		if (lease_take(leases, show_address(address, text), cfg->name) == 0) {
			net->address = address;
			return 0;
		}
		if (errno != EEXIST)
			return fail("lease", text);
	}
	net_show_subnet(net, text);
	fprintf(stderr,
		"husk: no address left in %s: all %u are leased; end a container, or all of them "
		"and take a larger --subnet\n",
		text, broadcast - first);
	return -1;
}

/* Whether a program of the host listens there: once published, nobody would reach it any more. */
static int is_port_in_use(const struct port *port)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port->host)};
	const int is_tcp = strcmp(port->protocol, "tcp") == 0;
	int fd = socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int in_use = 0;

	if (fd < 0)
		return 0;
	/* TCP: what is left of connections that have ended does not count. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &is_tcp, sizeof(is_tcp)) == 0)
		in_use = bind(fd, (const void *)&any, sizeof(any)) < 0 && errno == EADDRINUSE;
	close(fd);
	return in_use;
}

static int take_port(int leases, const struct config *cfg, const struct port *port)
{
	char name[NET_TEXT], address[NET_TEXT], value[300], owner[256] = "";

	snprintf(name, sizeof(name), "%s-%d", port->protocol, port->host);
	snprintf(value, sizeof(value), "%s %s:%d", cfg->name,
		 show_address(cfg->net.address, address), port->inside);
	if (!is_port_in_use(port)) {
		if (lease_take(leases, name, value) == 0)
			return 0;
		if (errno != EEXIST || lease_find(leases, name, owner, sizeof(owner)) < 0)
			return fail("lease", name);
	}
	fprintf(stderr, "husk: --publish=%d:%d: the host's %s port %d is taken by %s%.*s\n",
		port->host, port->inside, port->protocol, port->host,
		*owner ? "container " : "a program", (int)strcspn(owner, " "), owner);
	return -1;
}

/* With everybody's leases but those of the container `except`. */
static int write_rules(int directory, const char *except)
{
	struct lease *leases;
	char subnet[NET_TEXT];
	int count, result;

	if (lease_find(directory, "subnet", subnet, sizeof(subnet)) < 0)
		return 0; /* no bridge, no rules */
	count = lease_read(directory, &leases);
	if (count < 0)
		return -1;
	result = firewall_apply(subnet, leases, count, except);
	free(leases);
	return result;
}

/* Each step is found by net_remove(), should we end right after it. */
static int join(int directory, struct config *cfg)
{
	struct net *net = &cfg->net;
	struct lease *leases;
	int count = lease_read(directory, &leases);

	if (count < 0)
		return -1;
	free(leases);
	if (count == 0 &&
	    bridge_remove(directory) < 0) /* what one left that was killed just then */
		return -1;
	if (bridge_agree(directory, net) < 0 || take_address(directory, cfg) < 0)
		return -1;
	for (int i = 0; i < net->port_count; i++)
		if (take_port(directory, cfg, &net->ports[i]) < 0)
			return -1;
	return bridge_set_up(directory, net) < 0 ? -1 : write_rules(directory, NULL);
}

/* The nameservers of the host, but not one like 127.0.0.53, which is another machine inside. */
static void find_nameservers(struct net *net)
{
	const char *const files[] = {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"};
	char line[256], text[64];
	uint32_t address;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && !net->nameserver_count; i++) {
		FILE *stream = fopen(files[i], "re");

		while (stream && fgets(line, sizeof(line), stream))
			if (net->nameserver_count < MAX_NAMESERVERS &&
			    sscanf(line, "nameserver %63s", text) == 1 &&
			    net_parse_address(text, &address) == 0 &&
			    (address >> 24 != 127 || net->mode == NET_HOST))
				net->nameservers[net->nameserver_count++] = address;
		if (stream)
			fclose(stream);
	}
}

int net_create(struct config *cfg)
{
	int directory, result;

	if (cfg->net.mode != NET_NONE && !cfg->net.nameserver_count)
		find_nameservers(&cfg->net);
	if (cfg->net.mode != NET_BRIDGE)
		return 0;
	directory = lease_lock();
	if (directory < 0)
		return -1;
	result = join(directory, cfg);
	close(directory);
	return result;
}

/* The host's end of the cable: whoever has the address has the name. */
static void name_veth(uint32_t address, char *ret)
{
	snprintf(ret, IF_NAMESIZE, "huskc%08x", address);
}

int net_attach(const struct config *cfg, pid_t pid)
{
	char veth[IF_NAMESIZE];
	int result;

	if (cfg->net.mode != NET_BRIDGE)
		return 0;
	name_veth(cfg->net.address, veth);
	result = netlink_make_veth(veth, BRIDGE, cfg->net.address, pid);
	if (result < 0 && errno == EEXIST && netlink_delete(veth) == 0) /* somebody's leftover */
		result = netlink_make_veth(veth, BRIDGE, cfg->net.address, pid);
	if (result < 0)
		return fail("create veth", veth);
	if (bridge_refuse_ipv6(veth) < 0)
		return -1;
	if (netlink_allow_hairpin(veth) < 0 || netlink_set_up(veth) < 0)
		return fail("set up", veth);
	return 0;
}

int net_set_up(const struct config *cfg)
{
	const struct net *net = &cfg->net;

	if (net->mode == NET_HOST)
		return 0;
	if (netlink_set_up("lo") < 0) /* the kernel adds 127.0.0.1 and ::1 */
		return fail("set up", "lo");
	if (net->mode == NET_NONE)
		return 0;
	if (bridge_refuse_ipv6("eth0") < 0)
		return -1;
	if (netlink_add_address("eth0", net->address, net->prefix) < 0)
		return fail("give an address to", "eth0");
	if (netlink_set_up("eth0") < 0)
		return fail("set up", "eth0");
	return netlink_add_default_route(net_gateway(net)) < 0 ? fail("add", "default route") : 0;
}

/* Whether it exists, and no volume was mounted right there, statx(2). */
static int is_replaceable(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, 0, 0, &st) == 0 &&
	       !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Writes a file in the working directory, and shows it as `target`. */
static int cover(const char *name, const char *target, const char *text)
{
	int fd, written;

	if (!is_replaceable(target))
		return 0;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail("create", name);
	written = write(fd, text, strlen(text));
	close(fd);
	if (written < 0 || mount(name, target, NULL, MS_BIND, NULL) < 0)
		return fail("write", target);
	return 0;
}

static int cover_all(const struct config *cfg)
{
	const struct net *net = &cfg->net;
	char hosts[256], hostname[128], resolv[256] = "", address[NET_TEXT] = "127.0.1.1";

	if (net->address)
		show_address(net->address, address);
	snprintf(hosts, sizeof(hosts), "127.0.0.1\tlocalhost\n::1\tlocalhost\n%s\t%s\n", address,
		 cfg->hostname);
	snprintf(hostname, sizeof(hostname), "%s\n", cfg->hostname);
	for (int i = 0; i < net->nameserver_count; i++)
		snprintf(resolv + strlen(resolv), sizeof(resolv) - strlen(resolv),
			 "nameserver %s\n", show_address(net->nameservers[i], address));
	if (!*resolv)
		strcpy(resolv,
		       "# no nameserver can be reached from here; husk run --dns=ADDRESS\n");
	if (cover("hosts", "/etc/hosts", hosts) < 0)
		return -1;
	if (cover("hostname", "/etc/hostname", hostname) < 0)
		return -1;
	return cover("resolv.conf", "/etc/resolv.conf", resolv);
}

int net_files(const struct config *cfg)
{
	const char *const stage = "/dev/shm";
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int result;

	/* It lies over another tmpfs for a moment only; what was bound elsewhere keeps it alive. */
	if (mount("tmpfs", stage, "tmpfs", flags, "mode=755,size=64k") < 0 || chdir(stage) < 0)
		return fail("mount tmpfs on", stage);
	result = cover_all(cfg);
	if (chdir("/") < 0 || umount2(stage, MNT_DETACH) < 0)
		return fail("unmount", stage);
	return result;
}

/* Drops the ports of `name`, or its addresses, and with each address the cable. */
static int drop(int directory, const char *name, const struct lease *leases, int count, int ports)
{
	for (const struct lease *lease = leases; lease < leases + count; lease++)
		if (strcmp(lease->owner, name) == 0 && !lease->port == !ports &&
		    lease_drop(directory, lease->name) < 0)
			return -1;
	return 0;
}

static int unplug(const char *name, const struct lease *leases, int count)
{
	char veth[IF_NAMESIZE];
	uint32_t address;

	for (const struct lease *lease = leases; lease < leases + count; lease++) {
		if (strcmp(lease->owner, name) != 0 || lease->port ||
		    net_parse_address(lease->address, &address) < 0)
			continue;
		name_veth(address, veth);
		if (netlink_delete(veth) < 0 && errno != ENODEV)
			return fail("delete veth", veth);
	}
	return 0;
}

/* The address goes last: while somebody has it, nobody takes the bridge away. */
static int leave(int directory, const char *name, const struct lease *leases, int count)
{
	int others = 0, ports = 0;

	for (const struct lease *lease = leases; lease < leases + count; lease++) {
		others += strcmp(lease->owner, name) != 0;
		ports += strcmp(lease->owner, name) == 0 && lease->port;
	}
	if (others && ports && write_rules(directory, name) < 0)
		return -1;
	if (drop(directory, name, leases, count, 1) < 0 || unplug(name, leases, count) < 0)
		return -1;
	if (!others && bridge_remove(directory) < 0)
		return -1;
	if (drop(directory, name, leases, count, 0) < 0)
		return -1;
	if (!others)
		lease_leave();
	return 0;
}

int net_remove(const char *name)
{
	struct lease *leases;
	int directory, count, result = -1;

	if (!lease_exists())
		return 0;
	directory = lease_lock();
	if (directory < 0)
		return -1;
	count = lease_read(directory, &leases);
	if (count >= 0) {
		result = leave(directory, name, leases, count);
		free(leases);
	}
	close(directory);
	return result;
}
