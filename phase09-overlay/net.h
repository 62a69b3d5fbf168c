/*
 * net.h: the network of a container: a network namespace, network_namespaces(7), and a cable from
 * it to a bridge that all containers and the host share.
 *
 *	PARENT                            CHILD
 *	net_check(cfg)
 *	net_create(cfg)
 *	ns_spawn(...)                     is born in its own network namespace: no device is up
 *	net_attach(cfg, child.pid)
 *	ns_release(&child)                net_set_up(cfg)      before rootfs_open()
 *	                                  net_files(cfg)       after rootfs_enter()
 *	ns_wait(&child, ...)
 *	net_remove(cfg->name)             after every end, also after a failure
 *
 * Functions return 0, or -1 after they have printed why.
 */
#ifndef NET_H
#define NET_H

#include <stdint.h>
#include <sys/types.h>

struct config;

enum net_mode {
	NET_BRIDGE, /* eth0 with an address of its own; needs root */
	NET_NONE,   /* loopback only */
	NET_HOST    /* no network namespace: everything of the host's network is in reach */
};

struct port {
	int host, inside;
	const char *protocol; /* "tcp" or "udp" */
};

enum { NET_TEXT = 32 };	      /* an address or a subnet, written down */
enum { MAX_NAMESERVERS = 3 }; /* resolv.conf(5) */

/* Addresses are numbers: 10.87.0.1 is 0x0a570001. */
struct net {
	enum net_mode mode;
	int mode_asked; /* by an option: then it is that mode or none */
	uint32_t subnet;
	int prefix; /* of `subnet`, in bits; 0: none was asked for */
	struct port *ports;
	int port_count;
	uint32_t nameservers[MAX_NAMESERVERS];
	int nameserver_count;
	uint32_t address; /* set by net_create(); 0: none */
};

/* BOTH: an IPv4 address as inet_pton(3) takes it. 0, or -1 without a message. */
int net_parse_address(const char *text, uint32_t *ret);

/* BOTH: "10.87.0.0/24", 8 to 30 bits, nothing behind them set. 0, or -1 without a message. */
int net_parse_subnet(const char *text, uint32_t *ret_subnet, int *ret_prefix);

/* BOTH: the other way; ret holds NET_TEXT bytes. */
void net_show_subnet(const struct net *net, char *ret);

/* BOTH: the first address of the subnet is the bridge's own. */
uint32_t net_gateway(const struct net *net);

/*
 * PARENT, before anything is made: adds CLONE_NEWNET to cfg->namespaces if the mode wants it, and
 * refuses what does not go together. Without root the default is NET_NONE.
 */
int net_check(struct config *cfg);

/*
 * PARENT: leases an address and the ports of cfg, and sees to it that the bridge, the routing and
 * the firewall are there.
 */
int net_create(struct config *cfg);

/* PARENT: lays the cable between the bridge and the child. */
int net_attach(const struct config *cfg, pid_t pid);

/* CHILD: loopback, eth0 and the default route. */
int net_set_up(const struct config *cfg);

/*
 * CHILD: /etc/hosts, /etc/hostname and /etc/resolv.conf of this container, in memory, over those
 * of the root file system. One that is not there, or that is a volume, is left alone.
 */
int net_files(const struct config *cfg);

/*
 * PARENT: removes everything of that container: its ports, its cable, its address; with the last
 * container also the bridge and the firewall, and ip_forward becomes what it was.
 */
int net_remove(const char *name);

#endif
