/* ports.c: -p, taken apart from its end: the protocol, then the container's side, then the host's.
 * See ports.h; next file: lease.h */
#include "ports.h"
#include "../base/err.h"
#include "../store/box.h"
#include "ip.h"

#include <string.h>

struct range {
	uint32_t first, last;
};

/* A specification taken apart; the texts are ours to cut. */
struct parts {
	char *ip, *host, *container; /* ip, host: NULL if not given */
	const char *protocol;
};

static int parse_range(char *text, struct range *ret)
{
	char *dash = strchr(text, '-');
	struct range range;
	int64_t first, last;

	if (dash)
		*dash = '\0';
	if (str_to_i64(text, 1, 65535, &first) < 0)
		return err_wrap("port");
	last = first;
	if (dash && str_to_i64(dash + 1, 1, 65535, &last) < 0)
		return err_wrap("port");
	if (last < first)
		return err_set(EINVAL, "range %s-%s ends before it begins", text, dash + 1);
	range = (struct range){(uint32_t)first, (uint32_t)last};
	*ret = range;
	return 0;
}

static int cut_protocol(char *text, const char **ret_protocol)
{
	char *slash = strchr(text, '/');

	*ret_protocol = "tcp";
	if (!slash)
		return 0;
	*slash = '\0';
	if (strcmp(slash + 1, "udp") == 0)
		*ret_protocol = "udp";
	else if (strcmp(slash + 1, "tcp") != 0)
		return err_set(EINVAL, "protocol '%s': only tcp and udp are published", slash + 1);
	return 0;
}

/* "[::1]:8080" and "127.0.0.1:8080": an address has a colon behind it, and may have some inside. */
static int cut_host(char *text, struct parts *parts)
{
	char *colon = strrchr(text, ':');
	size_t length;

	if (!colon) {
		parts->host = text;
		return 0;
	}
	*colon = '\0';
	parts->host = colon + 1;
	length = strlen(text);
	if (text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	} else if (strchr(text, ':')) {
		return err_set(EINVAL, "an IPv6 address is written in brackets: [%s]", text);
	}
	parts->ip = text;
	return 0;
}

static int take_apart(char *text, struct parts *ret)
{
	struct parts parts = {0};
	char *colon;

	if (cut_protocol(text, &parts.protocol) < 0)
		return -1;
	colon = strrchr(text, ':');
	parts.container = colon ? colon + 1 : text;
	if (colon) {
		*colon = '\0';
		if (cut_host(text, &parts) < 0)
			return -1;
	}
	if (parts.host && (!*parts.host || strcmp(parts.host, "0") == 0)) /* any that is free */
		parts.host = NULL;
	*ret = parts;
	return 0;
}

/* In the one spelling that inet_ntop(3) has for it, so that equal ones are equal texts. */
static int copy_ip(const char *text, struct arena *arena, char **ret_ip)
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		return err_wrap("expected [IP:]HOST:CONTAINER[/udp]");
	*ret_ip = arena_format(arena, "%s", ip_text(&ip).text);
	return *ret_ip ? 0 : -1;
}

static bool is_any(const char *text)
{
	struct ip ip;

	return !text || (ip_parse(text, &ip) == 0 && ip_is_any(&ip));
}

/* NULL and "0.0.0.0" both mean every IPv4 address; "0.0.0.0" and "::" share none. */
static bool ips_overlap(const char *a, const char *b)
{
	if (!a || !b)
		return true;
	if (!strchr(a, ':') != !strchr(b, ':'))
		return false;
	return is_any(a) || is_any(b) || strcmp(a, b) == 0;
}

bool ports_overlap(const struct box_port *a, const struct box_port *b)
{
	return a->host == b->host && a->host && strcmp(a->protocol, b->protocol) == 0 &&
	       ips_overlap(a->host_ip, b->host_ip);
}

/* Room for `more`, in one step: a range can have thousands. */
static int grow(struct ports_list *list, size_t more, struct arena *arena)
{
	struct box_port *items = arena_alloc(arena, (list->count + more) * sizeof(*items));

	if (!items)
		return -1;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	list->items = items;
	return 0;
}

static int add_one(const struct box_port *port, struct ports_list *list, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (ports_overlap(port, &list->items[i]))
			return err_set(EINVAL, "port %u of the host is given twice", port->host);
	list->items[list->count++] = *port;
	return 0;
}

static int add_range(const struct parts *parts, const struct range *host,
		     const struct range *container, struct arena *arena, struct ports_list *list)
{
	size_t before = list->count, more = container->last - container->first + 1;
	struct box_port port = {.host_ip = NULL};

	if (parts->ip && copy_ip(parts->ip, arena, &port.host_ip) < 0)
		return -1;
	port.protocol = arena_format(arena, "%s", parts->protocol);
	if (!port.protocol || grow(list, more, arena) < 0)
		return -1;
	for (uint32_t i = 0; i < more; i++) {
		port.host = host->first ? host->first + i : 0;
		port.container = container->first + i;
		if (add_one(&port, list, before) < 0)
			return -1;
	}
	return 0;
}

static int add_parts(struct parts *parts, struct arena *arena, struct ports_list *list)
{
	struct range host = {0}, container;

	if (parse_range(parts->container, &container) < 0)
		return -1;
	if (parts->host && parse_range(parts->host, &host) < 0)
		return -1;
	if (host.first && host.last - host.first != container.last - container.first)
		return err_set(EINVAL, "the host's range has %u ports, the container's %u",
			       host.last - host.first + 1, container.last - container.first + 1);
	return add_range(parts, &host, &container, arena, list);
}

int ports_add(const char *text, struct arena *arena, struct ports_list *list)
{
	struct parts parts;
	char *copy = arena_format(arena, "%s", text);

	if (!copy)
		return -1;
	if (take_apart(copy, &parts) < 0 || add_parts(&parts, arena, list) < 0)
		return err_wrap("-p %s", text);
	return 0;
}

struct ports_text ports_text(const struct box_port *port)
{
	struct ports_text ret;
	const char *ip = port->host_ip ? port->host_ip : "0.0.0.0";
	bool has_colon = strchr(ip, ':');

	snprintf(ret.text, sizeof(ret.text), "%s%.45s%s:%u->%u/%.3s", has_colon ? "[" : "", ip,
		 has_colon ? "]" : "", port->host, port->container, port->protocol);
	return ret;
}

struct ports_text ports_claim(const struct box_port *port)
{
	struct ports_text ret;
	const char *ip = port->host_ip;

	snprintf(ret.text, sizeof(ret.text), "%.3s-%u%s%.45s", port->protocol, port->host,
		 ip ? "-" : "", ip ? ip : "");
	return ret;
}
