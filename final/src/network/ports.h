/*
 * ports.h: what -p takes: published ports, and how they are shown.
 *
 *	ports_add("127.0.0.1:8080-8082:80-82/udp", &arena, &ports)     three more in the list
 *	ports_text(&port).text                                         "127.0.0.1:8080->80/udp"
 *
 *	[[IP:]HOST:]CONTAINER[/tcp|/udp]      HOST and CONTAINER may be ranges of the same length;
 *	                                      no HOST, or an empty one: a free port is chosen at start
 *	                                      IPv6 in brackets: [::1]:8080:80
 *
 * No side effects. Next file: lease.h
 */
#pragma once

#include "../base/str.h"

#include <netinet/in.h>

struct box_port;

/* LIST_OF(struct box_port), of box.h: both have the layout of every list. */
struct ports_list {
	struct box_port *items;
	size_t count;
};

/* A port of the host that is in the list already is refused. */
int ports_add(const char *text, struct arena *arena, struct ports_list *list) MUST_CHECK;

/* Whether both mean a port that the other one means too: all addresses overlap with each one. */
bool ports_overlap(const struct box_port *a, const struct box_port *b);

struct ports_text {
	char text[INET6_ADDRSTRLEN + 40];
};
struct ports_text ports_text(const struct box_port *port);

/* "tcp-8080", "udp-53-127.0.0.1": the name of a claim, lease.h. */
struct ports_text ports_claim(const struct box_port *port);
