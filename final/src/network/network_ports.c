/*
 * network_ports.c: published ports: each is a claim in .ports, and of who has one already somebody is
 * told the name. See network_internal.h; next file: network_attach.c
 */
#include "../base/err.h"
#include "network_internal.h"
#include "ports.h"
#include "rtnl.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>

/* What a claim says: "tcp-8080-127.0.0.1" -> "ID 80 10.89.0.2 fd00::2". */
struct claim {
	struct box_port port;
	char *id, *address, *address6; /* address6: NULL if the box has none */
};

struct claims {
	struct claim *items;
	size_t count;
};

static int parse_claim(char *name, char *value, struct claim *ret_claim)
{
	struct claim claim = {.port.protocol = strsep(&name, "-")};
	const char *host = strsep(&name, "-"), *container;

	claim.port.host_ip = name;
	claim.id = strsep(&value, " ");
	container = strsep(&value, " ");
	claim.address = strsep(&value, " ");
	claim.address6 = value;
	if (!host || !container || !claim.address ||
	    str_to_u32(host, 65535, &claim.port.host) < 0 ||
	    str_to_u32(container, 65535, &claim.port.container) < 0)
		return err_set(EINVAL, "RUN/leases/.ports holds something that is no claim");
	*ret_claim = claim;
	return 0;
}

static int read_claims(int leases, struct arena *arena, struct claims *ret_claims)
{
	struct claims claims = {0};
	struct str_list names = {0};

	if (lease_list_notes(leases, ".ports", arena, &names) < 0)
		return -1;
	claims.items = arena_alloc(arena, (names.count + 1) * sizeof(*claims.items));
	if (!claims.items)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		char *path = arena_format(arena, ".ports/%s", names.items[i]), *value;

		if (!path || lease_find_note(leases, path, arena, &value) < 0)
			return -1;
		if (value && parse_claim(names.items[i], value, &claims.items[claims.count]) < 0)
			return -1;
		claims.count += value != NULL;
	}
	*ret_claims = claims;
	return 0;
}

static int fill_port(const struct claim *claim, struct firewall_port *ret_port)
{
	struct firewall_port port = {.host = claim->port.host,
				     .container = claim->port.container,
				     .protocol = claim->port.protocol};

	if (claim->port.host_ip && ip_parse(claim->port.host_ip, &port.host_ip) < 0)
		return -1;
	if (ip_parse(claim->address, &port.address) < 0)
		return -1;
	if (claim->address6 && ip_parse(claim->address6, &port.address6) < 0)
		return -1;
	*ret_port = port;
	return 0;
}

int network_read_ports(int leases, struct arena *arena, struct firewall *firewall)
{
	struct claims claims;

	if (read_claims(leases, arena, &claims) < 0)
		return -1;
	firewall->ports.count = 0;
	firewall->ports.items =
		arena_alloc(arena, (claims.count + 1) * sizeof(struct firewall_port));
	if (!firewall->ports.items)
		return -1;
	for (size_t i = 0; i < claims.count; i++)
		if (fill_port(&claims.items[i], &firewall->ports.items[firewall->ports.count++]) <
		    0)
			return -1;
	return 0;
}

/* --- is a port free? --- */

static int bind_to(const struct ip *ip, bool tcp, uint32_t *port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any.sa_family = (sa_family_t)ip->family};
	const int yes = 1;
	socklen_t size = ip->family == AF_INET6 ? sizeof(address.v6) : sizeof(address.v4);
	auto_close int fd = socket(ip->family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (ip->family == AF_INET6) {
		memcpy(&address.v6.sin6_addr, ip->bytes, sizeof(address.v6.sin6_addr));
		address.v6.sin6_port = htons((uint16_t)*port);
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) < 0)
			return -1;
	} else {
		memcpy(&address.v4.sin_addr, ip->bytes, sizeof(address.v4.sin_addr));
		address.v4.sin_port = htons((uint16_t)*port);
	}
	/* TCP: what is left of connections that have ended does not count. */
	if (tcp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
		return -1;
	if (bind(fd, &address.any, size) < 0 || getsockname(fd, &address.any, &size) < 0)
		return -1;
	*port = ntohs(ip->family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
	return 0;
}

/* Whether a program of the host listens there: once published, nobody would reach it any more. */
static int probe(const struct box_port *port, uint32_t *number)
{
	struct ip ip = {.family = AF_INET}, any6 = {.family = AF_INET6};
	bool tcp = strcmp(port->protocol, "tcp") == 0;

	if (port->host_ip && ip_parse(port->host_ip, &ip) < 0)
		return -1;
	if (bind_to(&ip, tcp, number) < 0)
		return -1;
	if (!port->host_ip && bind_to(&any6, tcp, number) < 0)
		return errno == EADDRINUSE ? -1 : 0; /* a host without IPv6 */
	return 0;
}

static int refuse_program(const struct box_port *port)
{
	if (errno == EADDRNOTAVAIL)
		return err_set(EADDRNOTAVAIL, "-p %s: this machine has no address %s",
			       ports_text(port).text, port->host_ip);
	if (errno != EADDRINUSE)
		return err_sys("-p %s", ports_text(port).text);
	return err_set(
		EADDRINUSE,
		"-p %s: a program of this machine uses %s port %u (ss -%cnp sport = :%u shows "
		"it): take another port, or end it",
		ports_text(port).text, port->protocol, port->host,
		port->protocol[0] == 't' ? 'l' : 'u', port->host);
}

static int refuse_box(const struct box *box, const struct box_port *port, const struct claim *claim)
{
	struct box holder = {.dir_fd = -1};
	char name[130];

	snprintf(name, sizeof(name), "%.12s", claim->id);
	if (box_find(box->place, claim->id, &holder) == 0) {
		snprintf(name, sizeof(name), "%s", holder.name);
		box_close(&holder);
	}
	return err_set(
		EADDRINUSE,
		"-p %s: container %s has published %s port %u already: take another port, or "
		"stop it",
		ports_text(port).text, name, port->protocol, port->host);
}

static const struct claim *find_claim(const struct claims *claims, const struct box_port *port)
{
	for (size_t i = 0; i < claims->count; i++)
		if (ports_overlap(&claims->items[i].port, port))
			return &claims->items[i];
	return NULL;
}

/* The kernel names a free one; boxes do not bind theirs, so it may be one of theirs. */
static int choose_port(const struct claims *claims, struct box_port *port)
{
	for (int tries = 0; tries < 1000; tries++) {
		uint32_t number = 0;

		port->host = 0;
		if (probe(port, &number) == 0) {
			port->host = number;
			if (!find_claim(claims, port))
				return 0;
		} else if (errno != EADDRINUSE) {
			return err_sys("-p %s", ports_text(port).text);
		}
	}
	port->host = 0;
	return err_set(EADDRNOTAVAIL, "no free port was found for port %u of the container",
		       port->container);
}

static int check_port(const struct claims *claims, const struct box *box, struct box_port *port,
		      const struct box_endpoint *endpoint)
{
	const struct claim *claim;

	if (port->host_ip && strcmp(port->host_ip, "::1") == 0)
		return err_set(
			EINVAL,
			"-p %s: Linux leads nothing from ::1 to another interface: publish it "
			"on 127.0.0.1",
			ports_text(port).text);
	if (port->host_ip && strchr(port->host_ip, ':') && !endpoint->address6)
		return err_set(EINVAL,
			       "-p %s: network '%s' has no IPv6: husk network create --ipv6",
			       ports_text(port).text, endpoint->network);
	if (!port->host)
		return choose_port(claims, port);
	claim = find_claim(claims, port);
	if (claim)
		return refuse_box(box, port, claim);
	return probe(port, &port->host) < 0 ? refuse_program(port) : 0;
}

static int take_port(int leases, const struct box *box, const struct box_port *port,
		     const struct box_endpoint *endpoint)
{
	char path[NAME_MAX], value[300];
	const char *six = endpoint->address6;

	snprintf(path, sizeof(path), ".ports/%s", ports_claim(port).text);
	snprintf(value, sizeof(value), "%s %u %s%s%s", box->id, port->container, endpoint->address,
		 six ? " " : "", six ? six : "");
	return lease_note_first(leases, path, value);
}

/* A chosen port may be one that this box took a moment ago: then another one is chosen. */
static int claim_port(int leases, const struct claims *claims, const struct box *box,
		      struct box_port *port, const struct box_endpoint *endpoint)
{
	bool choose = !port->host;

	for (;;) {
		if (choose)
			port->host = 0;
		if (check_port(claims, box, port, endpoint) < 0)
			return -1;
		if (take_port(leases, box, port, endpoint) == 0)
			return 0;
		if (!choose || err_last()->code != EEXIST)
			return -1;
	}
}

int network_claim_ports(int leases, struct box *box, const struct box_endpoint *endpoint)
{
	auto_arena struct arena scratch = {0};
	struct claims claims = {0};

	if (read_claims(leases, &scratch, &claims) < 0)
		return -1;
	for (size_t i = 0; i < box->ports.count; i++)
		if (claim_port(leases, &claims, box, &box->ports.items[i], endpoint) < 0)
			return -1;
	return 0;
}

static int drop_port(int leases, const struct claim *claim, struct network_dropped *dropped)
{
	char path[NAME_MAX];

	snprintf(path, sizeof(path), ".ports/%s", ports_claim(&claim->port).text);
	if (lease_drop_note(leases, path) < 0)
		return -1;
	dropped->any = true;
	if (strcmp(claim->port.protocol, "udp") == 0)
		dropped->udp[dropped->udp_count++] = claim->port.host;
	return 0;
}

int network_drop_ports(int leases, const char *id, const char *address, struct arena *arena,
		       struct network_dropped *ret_dropped)
{
	struct network_dropped dropped = {0};
	struct claims claims;

	if (read_claims(leases, arena, &claims) < 0)
		return -1;
	dropped.udp = arena_alloc(arena, (claims.count + 1) * sizeof(*dropped.udp));
	if (!dropped.udp)
		return -1;
	for (size_t i = 0; i < claims.count; i++)
		if (strcmp(claims.items[i].id, id) == 0 &&
		    (!address || strcmp(claims.items[i].address, address) == 0) &&
		    drop_port(leases, &claims.items[i], &dropped) < 0)
			return -1;
	*ret_dropped = dropped;
	return 0;
}

void network_forget_udp(const struct box *box)
{
	auto_arena struct arena scratch = {0};
	uint32_t *ports = arena_alloc(&scratch, (box->ports.count + 1) * sizeof(*ports));
	size_t count = 0;

	for (size_t i = 0; ports && i < box->ports.count; i++)
		if (strcmp(box->ports.items[i].protocol, "udp") == 0)
			ports[count++] = box->ports.items[i].host;
	if (count)
		rtnl_forget_udp(ports, count);
}
