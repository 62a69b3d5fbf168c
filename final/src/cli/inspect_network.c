/* inspect_network.c: NetworkSettings, PortBindings. See inspect.h; next file: cmd_inspect.c */
#include "../engine/life.h"
#include "inspect.h"

#include <string.h>

static struct json_object *binding_of(const struct box_port *port, struct arena *arena)
{
	return json_new_members((struct json_member[]){
		{"HostIp", inspect_text(port->host_ip)},
		{"HostPort", inspect_text(arena_format(arena, "%u", port->host))},
		{0}});
}

static bool is_same(const struct box_port *a, const struct box_port *b)
{
	return a->container == b->container && strcmp(a->protocol, b->protocol) == 0;
}

/* {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]} */
struct json_object *inspect_port_map(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	const struct box_port *ports = box->ports.items;
	int failed = 0;

	for (size_t i = 0; i < box->ports.count; i++) {
		char *key = arena_format(arena, "%u/%s", ports[i].container, ports[i].protocol);
		struct json_object *list;
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= is_same(&ports[k], &ports[i]);
		if (seen)
			continue;
		list = json_new_array();
		for (size_t k = i; k < box->ports.count; k++)
			if (is_same(&ports[k], &ports[i]))
				failed |= json_append(list, binding_of(&ports[k], arena));
		failed |= key ? json_add(o, key, list) : -1;
	}
	return failed ? NULL : o;
}

static int add_addresses(struct json_object *o, const struct box_endpoint *e)
{
	return json_add_members(
		o, (struct json_member[]){{"IPAddress", inspect_text(e->address)},
					  {"IPPrefixLen", json_new_uint(e->prefix)},
					  {"Gateway", inspect_text(e->gateway)},
					  {"GlobalIPv6Address", inspect_text(e->address6)},
					  {"GlobalIPv6PrefixLen", json_new_uint(e->prefix6)},
					  {"IPv6Gateway", inspect_text(e->gateway6)},
					  {"MacAddress", inspect_text(e->mac)},
					  {0}});
}

static struct json_object *networks_of(const struct box *box)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < box->endpoints.count; i++) {
		const struct box_endpoint *e = &box->endpoints.items[i];
		struct json_object *network = json_new_members(
			(struct json_member[]){{"Aliases", inspect_list(&e->aliases)},
					       {"HostInterface", inspect_text(e->interface)},
					       {0}});

		failed |= add_addresses(network, e);
		failed |= json_add(o, e->network, network);
	}
	return failed ? NULL : o;
}

struct json_object *inspect_network_settings(const struct box *box, struct arena *arena)
{
	static const struct box_endpoint none;
	const struct box_endpoint *first = box->endpoints.count ? &box->endpoints.items[0] : &none;
	char *key = first->network ? place_run(box->place, arena, "netns/%s", box->id) : NULL;
	struct json_object *o = json_new_members((struct json_member[]){
		{"Bridge", inspect_text(first->bridge)},
		{"SandboxKey", inspect_text(life_is_active(box) ? key : NULL)},
		{"Ports", inspect_port_map(box, arena)},
		{"Networks", networks_of(box)},
		{0}});

	return add_addresses(o, first) ? NULL : o;
}
