/*
 * firewall.h: address translation, published ports and walls between networks, in the nftables
 * table `inet husk`; `nft list table inet husk` shows it.
 *
 *	firewall_begin(&firewall, &run)     the table says this, and nothing else; without networks
 *	                                    there is no table
 *	firewall_end(&run)                  when that is so; the caller may do other things meanwhile
 *
 * Each is one transaction, which the kernel takes whole or not at all. Rules of others are in tables
 * of others: one that drops what is forwarded (Docker's, ufw's) cannot be overridden from here. The
 * caller holds lease_lock(): the rules follow from the leases. Next file: network.h
 */
#pragma once

#include "../base/str.h"
#include "ip.h"

/* A bridge that is up. */
struct firewall_network {
	const char *bridge;
	struct ip_subnet subnet, subnet6; /* subnet6.base.family 0: no IPv6 */
	bool internal, isolate;
};

struct firewall_port {
	struct ip host_ip; /* family 0: all addresses of the host */
	uint32_t host, container;
	const char *protocol;	     /* "tcp", "udp" */
	struct ip address, address6; /* the box's; address6.family 0: none */
};

struct firewall {
	LIST_OF(struct firewall_network) networks;
	LIST_OF(struct firewall_port) ports;
};

/* A transaction that is under way. */
struct firewall_run {
	int channel;
};

int firewall_begin(const struct firewall *firewall, struct firewall_run *ret_run) MUST_CHECK;
int firewall_end(struct firewall_run *run) MUST_CHECK;

/*
 * Who else drops what is forwarded, unless his own rules accept it: "chain FORWARD of table ip
 * filter"; *ret_chain is NULL if nobody does, or we may not look.
 */
int firewall_find_drop(struct arena *arena, char **ret_chain) MUST_CHECK;
