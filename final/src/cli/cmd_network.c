/* cmd_network.c: networks with names, and who is in them. See command.h; next file: ../network/network.h */
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/events.h"
#include "../network/network.h"
#include "cmd_inspect.h"
#include "filter.h"
#include "format.h"
#include "prune.h"

#include <string.h>

static void tell(const struct command_line *line, const char *action, const char *name)
{
	events_add_other(line->place, "network", action, name, name);
}

/* --- create --- */

struct create_options {
	struct str_list subnets, gateways, labels, opts;
	bool ipv6, internal, isolate;
	const char *driver;
};

#define AT(member) offsetof(struct create_options, member)

static const struct opt create_options[] = {
	{"subnet", 0, OPT_LIST, AT(subnets), "ADDRESS/PREFIX",
	 "its addresses (default: a free 10.90.N.0/24); a second time for IPv6"},
	{"gateway", 0, OPT_LIST, AT(gateways), "ADDRESS",
	 "the host's own address in the subnet (default: the first one)"},
	{"ipv6", 0, OPT_FLAG, AT(ipv6), NULL, "IPv6 too, with a subnet that is chosen"},
	{"internal", 0, OPT_FLAG, AT(internal), NULL, "no way out of it, and none in"},
	{"isolate", 0, OPT_FLAG, AT(isolate), NULL,
	 "its containers reach what is outside, but not each other"},
	{"label", 'l', OPT_LIST, AT(labels), "KEY=VALUE", "a label; may be given many times"},
	{"opt", 'o', OPT_LIST, AT(opts), "mtu=N",
	 "the largest packet, where something on the way takes no 1500 bytes"},
	{"driver", 'd', OPT_TEXT, AT(driver), "bridge", "the only one there is"},
	{0}};
#undef AT

/* The first text with a colon is IPv6's, the first one without IPv4's. */
static int by_family(const char *option, const struct str_list *texts, char **four, char **six)
{
	for (size_t i = 0; i < texts->count; i++) {
		char **place = strchr(texts->items[i], ':') ? six : four;

		if (*place)
			return err_set(EINVAL, "--%s %s and %s: one of each family", option, *place,
				       texts->items[i]);
		*place = texts->items[i];
	}
	return 0;
}

/* docker's name for it is com.docker.network.driver.mtu. */
static int read_opts(const struct str_list *opts, struct network *network)
{
	for (size_t i = 0; i < opts->count; i++) {
		const char *text = opts->items[i], *dot = strrchr(text, '.');
		int64_t mtu;

		if (!str_has_prefix(dot ? dot + 1 : text, "mtu=") ||
		    str_to_i64(strchr(text, '=') + 1, 1280, 65535, &mtu) < 0)
			return err_set(EINVAL, "--opt %s: expected mtu=N, 1280 to 65535", text);
		network->mtu = (uint32_t)mtu;
	}
	return 0;
}

static int run_create(const struct command_line *line)
{
	const struct create_options *options = line->values;
	auto_network struct network network = {.name = line->operands[0],
					       .ipv6 = options->ipv6,
					       .internal = options->internal,
					       .isolate = options->isolate};

	if (options->driver && strcmp(options->driver, "bridge") != 0)
		return err_set(EINVAL,
			       "--driver %s: there is only bridge; --net host and --net none "
			       "need no network of their own",
			       options->driver);
	if (by_family("subnet", &options->subnets, &network.subnet, &network.subnet6) < 0 ||
	    by_family("gateway", &options->gateways, &network.gateway, &network.gateway6) < 0 ||
	    read_opts(&options->opts, &network) < 0 ||
	    command_labels(&options->labels, line->arena, &network.labels) < 0 ||
	    network_create(line->place, &network) < 0)
		return -1;
	tell(line, "create", network.name);
	return command_print(network.name);
}

/* --- ls --- */

struct ls_options {
	struct format_options format;
	struct str_list filters;
};

static const struct opt ls_options[] = {FORMAT_OPTIONS(struct ls_options, format),
					{"filter", 'f', OPT_LIST,
					 offsetof(struct ls_options, filters), "KEY=VALUE",
					 "only those: name=TEXT, label=KEY[=VALUE], driver=bridge"},
					{0}};

static const struct format_column ls_columns[] = {
	{"Name", "NAME", 0},	   {"Driver", "DRIVER", 0}, {"Subnet", "SUBNET", 0},
	{"Subnet6", "SUBNET6", 0}, {"Bridge", "BRIDGE", 0}, {"Internal", NULL, 0},
	{"Isolate", NULL, 0},	   {"IPv6", NULL, 0},	    {"CreatedAt", NULL, 0},
	{"Labels", NULL, 0},	   {"Scope", NULL, 0},	    {0}};

struct listing {
	const struct ls_options *options;
	struct format format;
};

static bool is_name(const void *network, const char *value)
{
	return strstr(((const struct network *)network)->name, value);
}

static bool is_label(const void *network, const char *value)
{
	return str_map_matches(&((const struct network *)network)->labels, value);
}

static bool is_driver(const void *network, const char *value)
{
	(void)network;
	return strcmp(value, "bridge") == 0;
}

static const struct filter filters[] = {
	{"name", is_name}, {"label", is_label, .every = true}, {"driver", is_driver}, {0}};

static int take_network(struct network *network, void *data)
{
	struct listing *list = data;

	if (!filter_holds(filters, &list->options->filters, network))
		return 0;
	format_row(&list->format);
	format_text(&list->format, "Name", network->name);
	format_text(&list->format, "Driver", "bridge");
	format_text(&list->format, "Subnet", network->subnet);
	format_text(&list->format, "Subnet6", network->subnet6);
	format_text(&list->format, "Bridge", network->bridge);
	format_bool(&list->format, "Internal", network->internal);
	format_bool(&list->format, "Isolate", network->isolate);
	format_bool(&list->format, "IPv6", network->subnet6);
	format_text(&list->format, "CreatedAt", network->created);
	format_map(&list->format, "Labels", &network->labels);
	format_text(&list->format, "Scope", "local");
	return 0;
}

static int run_ls(const struct command_line *line)
{
	struct listing list = {.options = line->values};

	if (filter_check(filters, &list.options->filters) < 0 ||
	    format_open(ls_columns, &list.options->format, line->arena, &list.format) < 0 ||
	    network_each(line->place, take_network, &list) < 0)
		return -1;
	return format_close(&list.format);
}

/* --- inspect --- */

struct members {
	const char *network;
	struct json_object *containers; /* by ID, as docker has them */
};

static int add_text(struct json_object *object, const char *key, const char *text)
{
	return json_add(object, key, json_new_string(text ? text : ""));
}

static struct json_object *with_prefix(const char *address, uint32_t prefix)
{
	char text[80];

	snprintf(text, sizeof(text), "%s/%u", address ? address : "", prefix);
	return json_new_string(address ? text : "");
}

static int add_member(struct box *box, void *data)
{
	struct members *members = data;

	for (size_t i = 0; i < box->endpoints.count; i++) {
		const struct box_endpoint *endpoint = &box->endpoints.items[i];
		struct json_object *object;
		int failed = 0;

		if (strcmp(endpoint->network, members->network) != 0 || !endpoint->address)
			continue;
		object = json_new_object();
		failed |= add_text(object, "Name", box->name);
		failed |= add_text(object, "Interface", endpoint->interface);
		failed |= add_text(object, "MacAddress", endpoint->mac);
		failed |= json_add(object, "IPv4Address",
				   with_prefix(endpoint->address, endpoint->prefix));
		failed |= json_add(object, "IPv6Address",
				   with_prefix(endpoint->address6, endpoint->prefix6));
		failed |= json_add(members->containers, box->id, object);
		if (failed)
			return -1;
	}
	return 0;
}

static int add_subnet(struct json_object *config, const char *subnet, const char *gateway)
{
	struct json_object *object;

	if (!subnet)
		return 0;
	object = json_new_object();
	if (add_text(object, "Subnet", subnet) < 0 || add_text(object, "Gateway", gateway) < 0) {
		json_free(object);
		return -1;
	}
	return json_append(config, object);
}

/* Docker's members; Bridge, Isolate and the four of the subnets are ours. */
static int add_properties(struct json_object *object, const struct network *network)
{
	struct json_object *labels = json_new_object(), *config = json_new_array();
	struct json_object *ipam = json_new_object();
	int failed = 0;

	failed |= add_text(object, "Name", network->name);
	failed |= add_text(object, "Id", network->name);
	failed |= add_text(object, "Created", network->created);
	failed |= add_text(object, "Scope", "local");
	failed |= add_text(object, "Driver", "bridge");
	failed |= add_text(object, "Bridge", network->bridge);
	failed |= json_add(object, "EnableIPv6", json_new_bool(network->subnet6));
	failed |= add_text(object, "Subnet", network->subnet);
	failed |= add_text(object, "Gateway", network->gateway);
	failed |= add_text(object, "Subnet6", network->subnet6);
	failed |= add_text(object, "Gateway6", network->gateway6);
	failed |= add_subnet(config, network->subnet, network->gateway);
	failed |= add_subnet(config, network->subnet6, network->gateway6);
	failed |= json_add(ipam, "Config", config);
	failed |= json_add(object, "IPAM", ipam);
	failed |= json_add(object, "Mtu", json_new_uint(network->mtu ? network->mtu : 1500));
	failed |= json_add(object, "Internal", json_new_bool(network->internal));
	failed |= json_add(object, "Isolate", json_new_bool(network->isolate));
	for (size_t i = 0; i < network->labels.count; i++)
		failed |= add_text(labels, network->labels.items[i].key,
				   network->labels.items[i].value);
	failed |= json_add(object, "Labels", labels);
	return failed ? -1 : 0;
}

int cmd_network_inspect(const struct command_line *line, const char *name,
			struct json_object *array)
{
	auto_network struct network network = {0};
	struct members members = {0};
	struct json_object *object;

	if (network_find(line->place, name, &network) < 0)
		return -1;
	object = json_new_object();
	if (json_append(array, object) < 0 || add_properties(object, &network) < 0)
		return -1;
	members = (struct members){network.name, json_new_object()};
	if (json_add(object, "Containers", members.containers) < 0)
		return -1;
	return box_each(line->place, add_member, &members);
}

/* --- rm, prune --- */

struct rm_options {
	bool force;
};

static const struct opt rm_options[] = {{"force", 'f', OPT_FLAG, offsetof(struct rm_options, force),
					 NULL, "say nothing about those that are not there"},
					{0}};

static int remove_network(const struct command_line *line, const char *name)
{
	if (network_remove(line->place, name) < 0)
		return -1;
	tell(line, "destroy", name);
	return 0;
}

static int remove_named(const struct command_line *line, const char *name)
{
	const struct rm_options *options = line->values;

	if (remove_network(line, name) == 0)
		return 0;
	return options->force && err_last()->code == ENOENT ? 1 : -1;
}

static int run_rm(const struct command_line *line)
{
	return command_each_name(line, remove_named);
}

static const struct opt prune_options[] = {PRUNE_FORCE, {0}};

struct pruning {
	struct arena *arena;
	struct str_list names;
};

/* "bridge" stays. */
static int list_name(struct network *network, void *data)
{
	struct pruning *pruning = data;
	char *name = arena_format(pruning->arena, "%s", network->name);

	if (strcmp(network->name, "bridge") == 0)
		return 0;
	return name ? str_list_add(&pruning->names, pruning->arena, name) : -1;
}

int prune_networks(const struct command_line *line)
{
	struct pruning pruning = {.arena = line->arena};
	int result = prune_confirm(line, "This removes all networks that no container uses.");

	if (result <= 0)
		return result;
	if (network_each(line->place, list_name, &pruning) < 0)
		return -1;
	return prune_each(line, &pruning.names, remove_network);
}

/* --- connect, disconnect --- */

struct connect_options {
	struct str_list aliases;
};

static const struct opt connect_options[] = {
	{"alias", 0, OPT_LIST, offsetof(struct connect_options, aliases), "NAME",
	 "another name that the containers of the network find it by"},
	{0}};

static const struct opt disconnect_options[] = {{"force", 'f', OPT_IGNORED_FLAG, 0, NULL, NULL},
						{0}};

static int check_aliases(const struct str_list *aliases)
{
	for (size_t i = 0; i < aliases->count; i++)
		if (box_check_name(aliases->items[i]) < 0)
			return err_wrap("--alias");
	return 0;
}

/* The box is as it was if this fails; so it is saved only after it has succeeded. */
static int change(struct box *box, const char *network, const struct str_list *aliases)
{
	int result;

	if (box_lock(box) < 0)
		return -1;
	result =
		aliases ? network_connect(box, network, aliases) : network_disconnect(box, network);
	if (result == 0)
		result = box_save(box);
	box_unlock(box);
	return result;
}

static int run_change(const struct command_line *line, const struct str_list *aliases)
{
	struct box box;
	int result;

	if (command_find(line, line->operands[1], &box) < 0)
		return -1;
	result = change(&box, line->operands[0], aliases);
	box_close(&box);
	if (result == 0)
		tell(line, aliases ? "connect" : "disconnect", line->operands[0]);
	return result;
}

static int run_connect(const struct command_line *line)
{
	const struct connect_options *options = line->values;

	return check_aliases(&options->aliases) < 0 ? -1 : run_change(line, &options->aliases);
}

static int run_disconnect(const struct command_line *line)
{
	return run_change(line, NULL);
}

const struct command cmd_network[] = {
	{"network create", NULL, "NAME", "Make a network",
	 "husk network create --subnet 10.90.5.0/24 --ipv6 app", create_options,
	 sizeof(struct create_options), OPTS_ANYWHERE, 1, 1, .run = run_create},
	{"network ls", "network list", "", "List networks", "husk network ls --format json",
	 ls_options, sizeof(struct ls_options), OPTS_ANYWHERE, 0, 0, .run = run_ls},
	{"network rm", "network remove", "NETWORK...", "Remove networks that no container uses",
	 "husk network rm app", rm_options, sizeof(struct rm_options), OPTS_ANYWHERE, 1,
	 COMMAND_MANY, 'n', run_rm},
	{"network connect", NULL, "NETWORK CONTAINER", "Put a container into one more network",
	 "husk network connect --alias db app postgres", connect_options,
	 sizeof(struct connect_options), OPTS_ANYWHERE, 2, 2, 'n', run_connect},
	{"network disconnect", NULL, "NETWORK CONTAINER", "Take a container out of a network",
	 "husk network disconnect app postgres", disconnect_options, 0, OPTS_ANYWHERE, 2, 2, 'n',
	 run_disconnect},
	{"network prune", NULL, "", "Remove all networks that no container uses",
	 "husk network prune --force", prune_options, sizeof(struct prune_options), OPTS_ANYWHERE,
	 0, 0, .run = prune_networks},
	{0}};
