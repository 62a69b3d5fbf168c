/*
 * firewall.c: the rules, in the language of nft(8), given to the kernel by libnftables. See
 * firewall.h; next file: network.h
 */
#include "firewall.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../store/library.h"

#include <nftables/libnftables.h>
#include <string.h>
#include <sys/socket.h>

/*
 * `add` of what is there does nothing, so after the flushes the table is as if it were new, while
 * connections that it translates go on.
 *
 *	guard        For host -> 127.0.0.1:PORT to be translated, the kernel must route 127.0.0.0/8
 *	             over the bridge (route_localnet). So must be refused what comes the other way,
 *	             CVE-2020-8558, or claims to come from there.
 *	published    from outside, or from a box, to a port of an address of the host, but never to
 *	             its 127.0.0.1; "_at": ports that are published on one address only
 *	own          the same for programs of the host, which never pass the hook prerouting; but not
 *	             for ::1, as IPv6 has no route_localnet: it is refused at once, and clients go on
 *	             to 127.0.0.1
 *	passing      what is forwarded: see network_rules()
 *	leaving      from the host's 127.0.0.1: an answer to that would not leave the box
 */
static const char table[] =
	"add table inet husk\n"
	"add map inet husk ports { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"add map inet husk ports_at { type ipv4_addr . inet_proto . inet_service : "
	"ipv4_addr . inet_service; }\n"
	"add map inet husk ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	"add map inet husk ports6_at { type ipv6_addr . inet_proto . inet_service : "
	"ipv6_addr . inet_service; }\n"
	"add set inet husk bridges { type ifname; }\n"
	"add chain inet husk guard { type filter hook prerouting priority -300; }\n"
	"add chain inet husk published { type nat hook prerouting priority -100; }\n"
	"add chain inet husk own { type nat hook output priority -100; }\n"
	"add chain inet husk passing { type filter hook forward priority 0; }\n"
	"add chain inet husk leaving { type nat hook postrouting priority 100; }\n"
	"flush table inet husk\n"
	"flush map inet husk ports\n"
	"flush map inet husk ports_at\n"
	"flush map inet husk ports6\n"
	"flush map inet husk ports6_at\n"
	"flush set inet husk bridges\n"
	"add rule inet husk guard iifname @bridges ip daddr 127.0.0.0/8 drop\n"
	"add rule inet husk guard iifname @bridges ip saddr 127.0.0.0/8 drop\n"
	"add rule inet husk published ip daddr 127.0.0.0/8 accept\n"
	"add rule inet husk own ip6 daddr ::1 accept\n"
	"add rule inet husk leaving ip saddr 127.0.0.0/8 oifname @bridges masquerade\n";

/* Of the chains published and own; %s is the chain. A port on one address goes before all others. */
static const char translation[] = "add rule inet husk %1$s meta nfproto ipv4 fib daddr type local "
				  "dnat ip to ip daddr . meta l4proto . th dport map @ports_at\n"
				  "add rule inet husk %1$s meta nfproto ipv4 fib daddr type local "
				  "dnat ip to meta l4proto . th dport map @ports\n"
				  "add rule inet husk %1$s meta nfproto ipv6 fib daddr type local "
				  "dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6_at\n"
				  "add rule inet husk %1$s meta nfproto ipv6 fib daddr type local "
				  "dnat ip6 to meta l4proto . th dport map @ports6\n";

/*
 * Between boxes of one network (such frames pass here only if br_netfilter is loaded) all goes,
 * unless they are isolated; from and to an internal one nothing else does.
 */
static void network_rules(FILE *stream, const struct firewall_network *network)
{
	const char *bridge = network->bridge;

	fprintf(stream, "add element inet husk bridges { \"%s\" }\n", bridge);
	if (!network->isolate)
		fprintf(stream,
			"add rule inet husk passing iifname \"%1$s\" oifname \"%1$s\" accept\n",
			bridge);
	if (network->internal)
		fprintf(stream,
			"add rule inet husk passing iifname \"%1$s\" drop\n"
			"add rule inet husk passing oifname \"%1$s\" drop\n",
			bridge);
}

/*
 * Leaving: to elsewhere by the host's own address, as nobody there knows ours; and from a box
 * through a published port: else the answer would come back directly, from an address that nobody
 * asked.
 */
static void subnet_rules(FILE *stream, const struct firewall_network *network,
			 const struct ip_subnet *subnet)
{
	const char *family = subnet->base.family == AF_INET6 ? "ip6" : "ip";
	struct ip_text text = ip_subnet_text(subnet);

	if (network->internal || !subnet->base.family)
		return;
	fprintf(stream,
		"add rule inet husk leaving %1$s saddr %2$s oifname != \"%3$s\" masquerade\n"
		"add rule inet husk leaving %1$s saddr %2$s oifname \"%3$s\" ct status dnat "
		"masquerade\n",
		family, text.text, network->bridge);
}

/*
 * What else is forwarded to a box: answers, and what was sent to a published port. So a machine of
 * the same LAN that routes our subnets by this host reaches no port that is not published.
 */
static const char other_passing[] =
	"add rule inet husk passing ct state established,related accept\n"
	"add rule inet husk passing ct status dnat accept\n"
	"add rule inet husk passing oifname @bridges drop\n";

static void add_port(FILE *stream, const struct firewall_port *port, const struct ip *to)
{
	const char *six = to->family == AF_INET6 ? "6" : "";

	fprintf(stream, "add element inet husk ports%s%s { ", six,
		port->host_ip.family ? "_at" : "");
	if (port->host_ip.family)
		fprintf(stream, "%s . ", ip_text(&port->host_ip).text);
	fprintf(stream, "%s . %u : %s . %u }\n", port->protocol, port->host, ip_text(to).text,
		port->container);
}

/* 0.0.0.0 means all addresses too, but of its family only. */
static void port_elements(FILE *stream, const struct firewall_port *port)
{
	struct firewall_port any = *port;
	int family = port->host_ip.family;

	if (family && ip_is_any(&port->host_ip))
		any.host_ip.family = 0;
	if (family != AF_INET6)
		add_port(stream, &any, &port->address);
	if (family != AF_INET && port->address6.family)
		add_port(stream, &any, &port->address6);
}

static int write_rules(const struct firewall *firewall, char **ret_text)
{
	size_t size;
	FILE *stream = open_memstream(ret_text, &size);

	if (!stream)
		return err_sys("firewall rules");
	fputs(table, stream);
	fprintf(stream, translation, "published");
	fprintf(stream, translation, "own");
	for (size_t i = 0; i < firewall->networks.count; i++) {
		const struct firewall_network *network = &firewall->networks.items[i];

		network_rules(stream, network);
		subnet_rules(stream, network, &network->subnet);
		subnet_rules(stream, network, &network->subnet6);
	}
	fputs(other_passing, stream);
	for (size_t i = 0; i < firewall->ports.count; i++)
		port_elements(stream, &firewall->ports.items[i]);
	return fclose(stream) == 0 ? 0 : err_sys("firewall rules");
}

/* clang-format off */
#define NFTABLES(X) \
	X(nft_ctx_new) \
	X(nft_ctx_free) \
	X(nft_ctx_buffer_error) \
	X(nft_ctx_buffer_output) \
	X(nft_ctx_get_error_buffer) \
	X(nft_ctx_get_output_buffer) \
	X(nft_run_cmd_from_buffer)

struct nftables {
	NFTABLES(LIBRARY_FIELD)
};

/* clang-format on */

static int load(struct nftables *ret_lib)
{
	static const char *const names[] = {NFTABLES(LIBRARY_NAME)};

	return library_load("libnftables.so.1", names, ARRAY_SIZE(names), ret_lib);
}

static int apply(const char *commands)
{
	struct nftables lib;
	struct nft_ctx *nft;
	const char *text;

	if (load(&lib) < 0)
		return -1;
	nft = lib.nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft)
		return err_set(ENOMEM, "nftables: out of memory");
	lib.nft_ctx_buffer_error(nft);
	if (lib.nft_run_cmd_from_buffer(nft, commands) == 0)
		return 0;
	text = lib.nft_ctx_get_error_buffer(nft);
	return err_set(EIO,
		       "nftables refuses the rules (--net none and --net host do without): %.*s",
		       (int)strcspn(text, "\n"), text);
}

/*
 * The child tells the result as soon as it is known: closing the library's socket waits until the
 * kernel has freed what was removed, which nobody else needs to wait for.
 */
static void run_here(const char *commands, int channel)
{
	struct err result = {0};

	if (apply(commands) < 0)
		result = *err_last();
	if (fd_send(channel, -1, &result, sizeof(result)) < 0)
		_exit(1);
	/* Somebody may read our output to its end. */
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	_exit(0);
}

/*
 * In a child: short of memory or of files, the library calls exit(3), and there would be nobody to
 * clean up. The child shares our lock on the leases, flock(2): it outlives us if we are killed, and
 * nobody changes what it is about to write.
 */
static int run(const char *commands, struct firewall_run *ret_run)
{
	auto_close int parent = -1, child = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys("make a socket pair");
	parent = pair[0];
	child = pair[1];
	pid = fork();
	if (pid == 0) {
		close(TAKE_FD(parent));
		run_here(commands, child);
	}
	if (pid < 0)
		return err_sys("fork");
	ret_run->channel = TAKE_FD(parent);
	return 0;
}

int firewall_begin(const struct firewall *firewall, struct firewall_run *ret_run)
{
	auto_free char *commands = NULL;

	if (!firewall->networks.count)
		return run("add table inet husk\ndelete table inet husk\n", ret_run);
	if (write_rules(firewall, &commands) < 0)
		return -1;
	return run(commands, ret_run);
}

/* Its parent's end reaps the child: what it still does then takes longer than what it was for. */
int firewall_end(struct firewall_run *run)
{
	auto_close int channel = TAKE_FD(run->channel);
	struct err result = {0};
	int unused = -1;
	ssize_t length = fd_receive(channel, &unused, &result, sizeof(result));

	if (length < 0)
		return -1;
	if (length != sizeof(result))
		return err_set(EIO, "nftables: libnftables gave up");
	if (!result.code)
		return 0;
	err_adopt(&result);
	return -1;
}

/* In what `nft list chains` prints, a chain's hook and policy follow its table and its name. */
static int find_drop(char *text, struct arena *arena, char **ret_chain)
{
	char where[128] = "", chain[128] = "";

	for (char *line; (line = strsep(&text, "\n"));) {
		sscanf(line, "table %127[^{]", where); /* "ip filter " */
		sscanf(line, " chain %127[^ {]", chain);
		if (!strstr(line, " hook forward ") || !strstr(line, "policy drop;"))
			continue;
		*ret_chain = arena_format(arena, "chain %s of table %.*s", chain,
					  (int)strlen(where) - 1, where);
		return *ret_chain ? 0 : -1;
	}
	return 0;
}

int firewall_find_drop(struct arena *arena, char **ret_chain)
{
	struct nftables lib;
	struct nft_ctx *nft;
	char *text = NULL;
	int result;

	*ret_chain = NULL;
	if (load(&lib) < 0)
		return -1;
	nft = lib.nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft)
		return err_set(ENOMEM, "nftables: out of memory");
	lib.nft_ctx_buffer_output(nft);
	lib.nft_ctx_buffer_error(nft);
	if (lib.nft_run_cmd_from_buffer(nft, "list chains") == 0)
		text = arena_format(arena, "%s", lib.nft_ctx_get_output_buffer(nft));
	result = text ? find_drop(text, arena, ret_chain) : 0;
	lib.nft_ctx_free(nft);
	return result;
}
