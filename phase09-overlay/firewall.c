/*
 * firewall.c: the rules, in the language of nft(8), given to the kernel by libnftables.
 * `nft list table ip husk_course` shows them.
 */
#include "firewall.h"
#include "bridge.h"
#include "husk.h"
#include "lease.h"

#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * %1$s is the bridge, %2$s the subnet. `add` of what is there does nothing, so after the two
 * flushes the table is as if it were new, while connections that it translates go on.
 *
 *	guard        For host -> 127.0.0.1:PORT to be translated, the kernel must route 127.0.0.0/8
 *	             over the bridge (route_localnet). So must be refused what comes the other way,
 *	             CVE-2020-8558, or claims to come from there.
 *	published    from outside, or from a container, to a port of any address of the host, but
 *	             never to its 127.0.0.1
 *	own          the same for programs of the host, which never pass the hook prerouting
 *	leaving      1. to the outside: by the host's own address, as nobody there knows ours
 *	             2. from the host's 127.0.0.1: an answer to that would not leave the container
 *	             3. from a container through a published port: else the answer would come back
 *	                directly, from an address that nobody asked
 */
static const char rules[] =
	"add table ip husk_course\n"
	"add map ip husk_course ports { type inet_proto . inet_service : ipv4_addr . inet_service; "
	"}\n"
	"add chain ip husk_course guard { type filter hook prerouting priority -300; }\n"
	"add chain ip husk_course published { type nat hook prerouting priority -100; }\n"
	"add chain ip husk_course own { type nat hook output priority -100; }\n"
	"add chain ip husk_course leaving { type nat hook postrouting priority 100; }\n"
	"flush table ip husk_course\n"
	"flush map ip husk_course ports\n"
	"add rule ip husk_course guard iifname \"%1$s\" ip daddr 127.0.0.0/8 drop\n"
	"add rule ip husk_course guard iifname \"%1$s\" ip saddr 127.0.0.0/8 drop\n"
	"add rule ip husk_course published ip daddr != 127.0.0.0/8 fib daddr type local "
	"dnat ip to meta l4proto . th dport map @ports\n"
	"add rule ip husk_course own fib daddr type local "
	"dnat ip to meta l4proto . th dport map @ports\n"
	"add rule ip husk_course leaving ip saddr %2$s oifname != \"%1$s\" masquerade\n"
	"add rule ip husk_course leaving ip saddr 127.0.0.0/8 oifname \"%1$s\" masquerade\n"
	"add rule ip husk_course leaving ip saddr %2$s oifname \"%1$s\" ct status dnat "
	"masquerade\n";

static int run_here(const char *commands)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	const char *error;
	int result;

	if (!nft)
		return fail("prepare", "nftables");
	nft_ctx_buffer_error(nft);
	result = nft_run_cmd_from_buffer(nft, commands);
	error = nft_ctx_get_error_buffer(nft);
	if (result < 0)
		fprintf(stderr, "husk: set up nftables (`make doctor` says more): %.*s\n",
			(int)strcspn(error, "\n"), error);
	nft_ctx_free(nft);
	return result < 0 ? -1 : 0;
}

/*
 * In a child: short of memory or of files, the library calls exit(3), and there would be nobody to
 * clean up. The child shares our lock on the leases, flock(2): it outlives us if we are killed.
 */
static int run(const char *commands)
{
	int status = -1, probe = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	pid_t child;

	if (probe < 0)
		return fail("reach (`make doctor` says more)", "nftables");
	close(probe);
	child = fork();
	if (child == 0)
		_exit(run_here(commands) < 0 ? EXIT_HUSK : 0);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return fail("start", "nftables");
	if (WIFSIGNALED(status)) /* somebody kills our helpers; doing it twice does no harm */
		return run_here(commands);
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != EXIT_HUSK)
		fprintf(stderr, "husk: set up nftables: libnftables gave up\n");
	return status ? -1 : 0;
}

int firewall_apply(const char *subnet, const struct lease *leases, int count, const char *except)
{
	char *commands = NULL;
	size_t size;
	FILE *stream = open_memstream(&commands, &size);
	int result = -1;

	if (!stream)
		return fail("allocate", "firewall rules");
	fprintf(stream, rules, BRIDGE, subnet);
	for (const struct lease *lease = leases; lease < leases + count; lease++)
		if (lease->port && (!except || strcmp(lease->owner, except) != 0))
			fprintf(stream, "add element ip husk_course ports { %s . %d : %s . %d }\n",
				lease->protocol, lease->port, lease->address, lease->inside);
	if (fclose(stream) == 0)
		result = run(commands);
	free(commands);
	return result;
}

int firewall_remove(void)
{
	return run("add table ip husk_course\ndelete table ip husk_course\n");
}
