/*
 * rtnl.h: network interfaces, as ip(8) makes them: messages to the kernel, rtnetlink(7). libmnl lays
 * them out; no other file knows it.
 *
 *	auto_rtnl struct rtnl host = {0};
 *	rtnl_open(&host)                      of our own network namespace
 *	rtnl_adopt(fd, &inside)               a socket that was made in another one, netns.h: a netlink
 *	                                      socket stays where it was made
 *	rtnl_make_bridge(&host, "husk0", &mac), rtnl_make_veth(&host, &veth), rtnl_set_up(&inside, "eth0")
 *
 * The error record has the kernel's errno: EEXIST for a name that is taken, ENODEV for an interface
 * that is not there. Needs CAP_NET_ADMIN over the namespace. Next file: netns.h
 */
#pragma once

#include "ip.h"

struct mnl_socket;

struct rtnl {
	struct mnl_socket *socket; /* NULL: not open */
};

int rtnl_open(struct rtnl *ret_rtnl) MUST_CHECK;

/* A socket(AF_NETLINK, ..., NETLINK_ROUTE); taken over in any case. */
int rtnl_adopt(int fd, struct rtnl *ret_rtnl) MUST_CHECK;
void rtnl_close(struct rtnl *rtnl);
#define auto_rtnl __attribute__((cleanup(rtnl_close)))

enum { RTNL_ALIAS = 256 };

struct rtnl_link {
	int index, master; /* master: of the bridge it is a port of; 0: none */
	char name[16];
	char alias[RTNL_ALIAS]; /* free text that stays with it: ip link set alias */
	struct ip_mac mac;
	bool is_bridge, is_veth;
};

/* ENODEV if there is none of that name. */
int rtnl_find(const struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link) MUST_CHECK;
int rtnl_each_link(const struct rtnl *rtnl, int (*each)(const struct rtnl_link *link, void *data),
		   void *data) MUST_CHECK;

/* Each address of each interface, with its prefix: the subnets that are in use here. */
int rtnl_each_address(const struct rtnl *rtnl,
		      int (*each)(int index, const struct ip_subnet *address, void *data),
		      void *data) MUST_CHECK;

/* Each route of the main table but default ones: where it leads, and its interface, 0: none. */
int rtnl_each_route(const struct rtnl *rtnl,
		    int (*each)(int index, const struct ip_subnet *to, void *data),
		    void *data) MUST_CHECK;

/* A switch in software, which is an interface of the host as well. */
int rtnl_make_bridge(const struct rtnl *rtnl, const char *name, const struct ip_mac *mac,
		     uint32_t group) MUST_CHECK;

/* A cable: one end plugged into a bridge, the other born in another network namespace. */
struct rtnl_veth {
	const char *name;
	struct ip_mac mac;
	int bridge;	     /* index */
	uint32_t group, mtu; /* mtu: 0: as it is */
	const char *peer;
	struct ip_mac peer_mac;
	int peer_netns; /* descriptor */
};
int rtnl_make_veth(const struct rtnl *rtnl, const struct rtnl_veth *veth) MUST_CHECK;

/*
 * Of a bridge's port. Hairpin: a frame may leave by the port it came from: a box talks to its own
 * published port. Isolated: no frame goes to another isolated port, Linux 4.18.
 */
int rtnl_set_port(const struct rtnl *rtnl, const char *name, bool hairpin,
		  bool isolated) MUST_CHECK;

/* Before it is set up: the kernel makes no link-local address for it; ip link set addrgenmode none. */
int rtnl_set_no_ipv6(const struct rtnl *rtnl, const char *name) MUST_CHECK;

/* Usable at once: no duplicate address detection, RFC 4862, since a lease is unique. */
int rtnl_add_address(const struct rtnl *rtnl, const char *name, const struct ip *address,
		     uint32_t prefix) MUST_CHECK;
int rtnl_add_default_route(const struct rtnl *rtnl, const struct ip *gateway) MUST_CHECK;
int rtnl_set_up(const struct rtnl *rtnl, const char *name) MUST_CHECK;
int rtnl_set_alias(const struct rtnl *rtnl, const char *name, const char *alias) MUST_CHECK;

/* Takes the other end of a cable along, wherever that is. Gone already is success. */
int rtnl_delete(const struct rtnl *rtnl, const char *name) MUST_CHECK;

/*
 * Interfaces of one group go at once: the kernel waits for everybody who may still look at them
 * (RCU), and that takes as long for many as for one. A bridge and its ports have the group that
 * belongs to its name. None there is success.
 */
uint32_t rtnl_group(const char *bridge);
int rtnl_delete_group(const struct rtnl *rtnl, uint32_t group) MUST_CHECK;

/* Whether nftables has a table of family inet with that name. */
int rtnl_has_table(const char *name, bool *ret_has) MUST_CHECK;

/*
 * Connection tracking forgets every UDP flow to these ports of the host: a client that goes on
 * sending from one port would otherwise be led where the port led before, for as long as it sends.
 * Best effort: a kernel without ctnetlink keeps them for 30 seconds of silence.
 */
void rtnl_forget_udp(const uint32_t *ports, size_t count);
