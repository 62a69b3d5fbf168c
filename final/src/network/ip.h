/*
 * ip.h: addresses and subnets of both families, as numbers that can be compared and counted.
 *
 *	ip_parse("10.89.0.2", &ip)                    inet_pton(3): no names, no zeros in front
 *	ip_parse_subnet("10.89.1.0/24", &subnet)      no bit behind the prefix is set
 *	ip_nth(&subnet, 2)                            10.89.1.2
 *	ip_text(&ip).text
 *
 * No side effects. Every process may use it. Next file: ports.h
 */
#pragma once

#include "../base/scope.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ip {
	int family;	   /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16]; /* in network order; of AF_INET the first four */
};

struct ip_subnet {
	struct ip base;
	uint32_t prefix; /* bits that all of its addresses have in common */
};

/* An address, or one with "/PREFIX", as text. */
struct ip_text {
	char text[INET6_ADDRSTRLEN + 4];
};

int ip_parse(const char *text, struct ip *ret_ip) MUST_CHECK;

/* IPv4: 8 to 30 bits, and an address that a host can have; IPv6: 8 to 126 bits, no multicast. */
int ip_parse_subnet(const char *text, struct ip_subnet *ret_subnet) MUST_CHECK;

struct ip_text ip_text(const struct ip *ip);
struct ip_text ip_subnet_text(const struct ip_subnet *subnet);

/* Bytes of an address of that family. */
size_t ip_size(const struct ip *ip);

/* The address that is n above the subnet's first one, which is no host's. */
struct ip ip_nth(const struct ip_subnet *subnet, uint32_t n);

/* The other way: n of an address; what does not fit into 32 bits is cut off. */
uint32_t ip_number(const struct ip_subnet *subnet, const struct ip *ip);

/* Greatest n that a host of the subnet can have: IPv4 keeps the last one for broadcast. */
uint32_t ip_last(const struct ip_subnet *subnet);

bool ip_equal(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip);
bool ip_is_any(const struct ip *ip); /* 0.0.0.0, :: */
bool ip_is_in(const struct ip_subnet *subnet, const struct ip *ip);
bool ip_overlap(const struct ip_subnet *a, const struct ip_subnet *b);
bool ip_is_within(const struct ip_subnet *outer, const struct ip_subnet *inner);

/*
 * A hardware address of our own making: 02 marks it as that (IEEE 802, "locally administered"), the
 * last four bytes are the IPv4 address. When an address goes from one box to the next, what
 * neighbours remember of it stays true.
 */
struct ip_mac {
	uint8_t bytes[6];
};
struct ip_mac ip_mac(const struct ip *ip);
