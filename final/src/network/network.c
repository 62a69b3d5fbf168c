/* network.c: networks with names, each a file. See network.h; next file: network_choose.c */
#include "network.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/store.h"
#include "network_internal.h"

#include <fcntl.h>
#include <string.h>

#define AT(member) BIND_AT(struct network, member)

static const struct bind_field rows[] = {
	{"name", BIND_STRING, AT(name), .required = true},
	{"bridge", BIND_STRING, AT(bridge), .required = true},
	{"subnet", BIND_STRING, AT(subnet), .required = true},
	{"gateway", BIND_STRING, AT(gateway), .required = true},
	{"subnet6", BIND_STRING, AT(subnet6)},
	{"gateway6", BIND_STRING, AT(gateway6)},
	{"internal", BIND_BOOL, AT(internal), .always = true},
	{"isolate", BIND_BOOL, AT(isolate), .always = true},
	{"mtu", BIND_UINT, AT(mtu), .max = 65535},
	{"created", BIND_STRING, AT(created)},
	{"labels", BIND_MAP, AT(labels)},
};
const struct bind_table network_table = BIND_TABLE(struct network, rows);
#undef AT

static const char default_name[] = "bridge";

bool network_has_names(const char *name)
{
	return strcmp(name, default_name) != 0;
}

void network_free(struct network *network)
{
	arena_free(&network->arena);
	*network = (struct network){0};
}

int network_read_range(const struct network *network, struct network_range *ret_range)
{
	struct network_range range = {0};

	if (ip_parse_subnet(network->subnet, &range.subnet) < 0 ||
	    ip_parse(network->gateway, &range.gateway) < 0)
		return err_wrap("network '%s'", network->name);
	if (network->subnet6 && (ip_parse_subnet(network->subnet6, &range.subnet6) < 0 ||
				 ip_parse(network->gateway6, &range.gateway6) < 0))
		return err_wrap("network '%s'", network->name);
	*ret_range = range;
	return 0;
}

static int make_default(struct network *ret)
{
	struct network network = {0};

	network.name = arena_format(&network.arena, "%s", default_name);
	network.bridge = arena_format(&network.arena, "husk0");
	network.subnet = arena_format(&network.arena, "10.89.0.0/16");
	network.gateway = arena_format(&network.arena, "10.89.0.1");
	if (!network.name || !network.bridge || !network.subnet || !network.gateway) {
		network_free(&network);
		return -1;
	}
	*ret = network;
	return 0;
}

/* A file that somebody has written by hand can lack what the rest of us relies on. */
static int check(const struct network *network, const char *name)
{
	struct network_range range;

	if (strcmp(network->name, name) != 0)
		return err_set(EINVAL, "networks/%s.json names itself '%s'", name, network->name);
	if (strlen(network->bridge) > 15)
		return err_set(EINVAL, "networks/%s.json: bridge '%s' has more than 15 characters",
			       name, network->bridge);
	if (network->subnet6 && !network->gateway6)
		return err_set(EINVAL, "networks/%s.json: subnet6 needs a gateway6", name);
	return network_read_range(network, &range);
}

static int read_file(int fd, const char *name, struct network *ret)
{
	auto_network struct network network = {0};
	auto_json struct json_object *json = NULL;
	char file[200];

	snprintf(file, sizeof(file), "networks/%s.json", name);
	if (json_read(fd, file, &json) < 0 ||
	    bind_read(&network_table, json, file, &network.arena, &network) < 0 ||
	    check(&network, name) < 0)
		return -1;
	*ret = network;
	network = (struct network){0};
	return 0;
}

static int no_such(const char *name)
{
	char typed[80];

	snprintf(typed, sizeof(typed), "%s", name);
	return err_set(ENOENT, "no such network: %s: husk network ls lists them",
		       str_printable(typed));
}

int network_find(const struct place *place, const char *name, struct network *ret)
{
	char file[200];
	auto_close int fd = -1;

	if (strcmp(name, "default") == 0)
		name = default_name;
	if (box_check_name(name) < 0)
		return no_such(name);
	snprintf(file, sizeof(file), "networks/%s.json", name);
	fd = openat(place->data_fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return read_file(fd, name, ret);
	if (errno != ENOENT)
		return err_sys("open %s", file);
	return strcmp(name, default_name) == 0 ? make_default(ret) : no_such(name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the files, without ".json" and in order, after "bridge". */
static int list_names(const struct place *place, struct arena *arena, struct str_list *ret_names)
{
	char *path = place_data(place, arena, "networks"), *name;
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	struct str_list names = {0};
	struct dirent *entry;

	if (!dir)
		return path ? err_sys("list %s", path) : -1;
	name = arena_format(arena, "%s", default_name);
	if (!name || str_list_add(&names, arena, name) < 0)
		return -1;
	while ((entry = readdir(dir))) {
		char *dot = strrchr(entry->d_name, '.');

		if (entry->d_name[0] == '.' || !dot || strcmp(dot, ".json") != 0)
			continue;
		name = arena_copy(arena, entry->d_name, dot - entry->d_name);
		if (!name)
			return -1;
		if (strcmp(name, default_name) != 0 && str_list_add(&names, arena, name) < 0)
			return -1;
	}
	qsort(names.items + 1, names.count - 1, sizeof(*names.items), compare);
	*ret_names = names;
	return 0;
}

int network_each(const struct place *place, int (*each)(struct network *network, void *data),
		 void *data)
{
	auto_arena struct arena scratch = {0};
	struct str_list names = {0};
	int result = list_names(place, &scratch, &names);

	for (size_t i = 0; i < names.count && result == 0; i++) {
		auto_network struct network network = {0};

		if (network_find(place, names.items[i], &network) == 0)
			result = each(&network, data);
		else if (err_last()->code != ENOENT) /* removed meanwhile */
			log_warn("%s: left out", err_last()->text);
	}
	return result;
}

static int check_name(const char *name)
{
	static const char *const taken[] = {"bridge", "default", "host", "none", "container"};

	if (box_check_name(name) < 0)
		return err_wrap("network");
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return err_set(EINVAL,
				       "network '%s': that name has a meaning for --net: "
				       "take another one",
				       name);
	return 0;
}

/* With the directory locked: of two that want the same subnet, one sees the other's file. */
static int create_locked(const struct place *place, int dir_fd, struct network *network)
{
	auto_network struct network other = {0};
	char file[200], *text;

	if (network_find(place, network->name, &other) == 0)
		return err_set(EEXIST, "network '%s' exists already: husk network inspect %s",
			       network->name, network->name);
	if (err_last()->code != ENOENT || network_choose(place, network) < 0)
		return -1;
	if (bind_write(&network_table, network, JSON_PRETTY, &network->arena, &text) < 0)
		return -1;
	snprintf(file, sizeof(file), "%s.json", network->name);
	return store_write_first(dir_fd, file, text, strlen(text));
}

int network_create(const struct place *place, struct network *network)
{
	auto_close int dir_fd = -1;

	if (check_name(network->name) < 0 ||
	    place_open_dir(place->data_fd, "networks", &dir_fd) < 0)
		return -1;
	if (store_lock(dir_fd) < 0 || create_locked(place, dir_fd, network) < 0)
		return err_wrap("network create");
	return 0;
}

/* Boxes that want to be in a network, with or without a lease at the moment. */
struct users {
	const char *network;
	char names[ERR_TEXT / 2];
	int count;
};

static int add_user(struct box *box, void *data)
{
	struct users *users = data;
	bool uses = strcmp(box->network_mode, users->network) == 0;
	size_t length = strlen(users->names);

	for (size_t i = 0; i < box->endpoints.count; i++)
		uses |= strcmp(box->endpoints.items[i].network, users->network) == 0;
	if (uses)
		snprintf(users->names + length, sizeof(users->names) - length, "%s%s",
			 users->count++ ? ", " : "", box->name);
	return 0;
}

/* With the leases locked: nobody enters it meanwhile. */
static int remove_file(const struct place *place, const char *name)
{
	struct users users = {.network = name};
	char file[200];

	if (box_each(place, add_user, &users) < 0)
		return -1;
	if (users.count)
		return err_set(EBUSY,
			       "network '%s' is used by %s: husk rm, or husk network "
			       "disconnect %s, first",
			       name, users.names, name);
	snprintf(file, sizeof(file), "networks/%s.json", name);
	return unlinkat(place->data_fd, file, 0) < 0 ? err_sys("remove %s", file) : 0;
}

int network_remove(const struct place *place, const char *name)
{
	auto_network struct network network = {0};
	auto_lease int leases = -1;

	if (network_find(place, name, &network) < 0)
		return -1;
	if (strcmp(network.name, default_name) == 0)
		return err_set(EINVAL, "network 'bridge' is the default one and stays");
	if (lease_lock(place, &leases) < 0)
		return -1;
	return remove_file(place, network.name);
}
