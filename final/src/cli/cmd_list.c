/*
 * cmd_list.c: ps, port, container prune. Which boxes, and in what order: list.c. Next file:
 * cmd_top.c
 */
#include "../base/err.h"
#include "../engine/life.h"
#include "../network/ports.h"
#include "../store/clock.h"
#include "command.h"
#include "format.h"
#include "list.h"
#include "prune.h"

#include <string.h>

/* --- ps --- */

struct ps_options {
	struct list_options list;
	struct format_options format;
	bool latest;
};

#define AT(member) offsetof(struct ps_options, member)

static const struct opt ps_options[] = {
	{"all", 'a', OPT_FLAG, AT(list.all), NULL, "those that do not run, too"},
	{"filter", 'f', OPT_LIST, AT(list.filters), "KEY=VALUE",
	 "id, name, status, exited, label, ancestor, network, volume"},
	{"sort", 0, OPT_TEXT, AT(list.sort), "KEY",
	 "created (default), id, name, image, status, command, runningfor"},
	{"last", 'n', OPT_OPT_U32, AT(list.last), "N", "the newest N, running or not"},
	{"latest", 'l', OPT_FLAG, AT(latest), NULL, "the newest one, running or not"},
	FORMAT_OPTIONS(struct ps_options, format),
	{0}};

#undef AT

static const struct format_column ps_columns[] = {{"ID", "CONTAINER ID", FORMAT_ID},
						  {"Image", "IMAGE"},
						  {"Command", "COMMAND", 20},
						  {"RunningFor", "CREATED"},
						  {"Status", "STATUS"},
						  {"Ports", "PORTS"},
						  {"Names", "NAMES"},
						  {"State", NULL},
						  {"CreatedAt", NULL},
						  {"Labels", NULL},
						  {"Mounts", NULL},
						  {"Networks", NULL},
						  {"Pid", NULL},
						  {"ExitCode", NULL},
						  {0}};

static int fill_mounts(struct format *list, const struct box *box, struct arena *arena)
{
	struct str_list mounts = {0};

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];

		if (str_list_add(&mounts, arena, m->source ? m->source : m->target) < 0)
			return -1;
	}
	format_list(list, "Mounts", &mounts);
	return 0;
}

static int fill_networks(struct format *list, const struct box *box, struct arena *arena)
{
	struct str_list networks = {0};

	for (size_t i = 0; i < box->endpoints.count; i++)
		if (str_list_add(&networks, arena, box->endpoints.items[i].network) < 0)
			return -1;
	if (networks.count == 0 && str_list_add(&networks, arena, box->network_mode) < 0)
		return -1;
	format_list(list, "Networks", &networks);
	return 0;
}

static int fill_row(struct format *list, const struct box *box, struct arena *arena)
{
	format_row(list);
	format_text(list, "ID", box->id);
	format_text(list, "Image", box->image ? box->image : box->rootfs);
	format_set(list, "Command", "\"%s\"", list_command(box, arena));
	format_set(list, "RunningFor", "%s ago", clock_age(box->created, arena));
	format_text(list, "Status", list_status(box, arena));
	format_text(list, "Ports", list_ports(box, arena));
	format_text(list, "Names", box->name);
	format_text(list, "State", bind_name_of(box_status_names, box->state.status));
	format_text(list, "CreatedAt", box->created);
	format_map(list, "Labels", &box->labels);
	format_number(list, "Pid", box->state.pid, NULL);
	format_number(list, "ExitCode", box->state.exit_code, NULL);
	return fill_mounts(list, box, arena) < 0 ? -1 : fill_networks(list, box, arena);
}

/* What was met and has ended unseen is cleared away, now that it has been shown. */
static int collect(const struct command_line *line, const struct list *boxes)
{
	size_t count;

	for (size_t i = 0; i < boxes->count; i++)
		if (boxes->items[i].leftover)
			return life_collect(line->place, false, &count);
	return 0;
}

static int run_ps(const struct command_line *line)
{
	struct ps_options *options = line->values;
	struct format format;
	struct list boxes;
	int result = 0;

	if (options->latest)
		options->list.last = (struct opt_u32){.set = true, .value = 1};
	if (format_open(ps_columns, &options->format, line->arena, &format) < 0 ||
	    list_open(line->place, &options->list, line->arena, &boxes) < 0)
		return -1;
	for (size_t i = 0; i < boxes.count && result == 0; i++)
		result = fill_row(&format, &boxes.items[i], line->arena);
	if (result == 0)
		result = format_close(&format);
	if (result == 0)
		result = collect(line, &boxes);
	list_close(&boxes);
	return result;
}

/* --- port --- */

static bool is_port(const struct box_port *port, const char *wanted)
{
	char number[24], full[32];

	snprintf(number, sizeof(number), "%u", port->container);
	snprintf(full, sizeof(full), "%u/%s", port->container, port->protocol);
	return strcmp(wanted, full) == 0 ||
	       (strcmp(wanted, number) == 0 && strcmp(port->protocol, "tcp") == 0);
}

static int print_ports(const struct command_line *line, struct box *box)
{
	const char *wanted = line->count > 1 ? line->operands[1] : NULL;
	bool any = false;

	for (size_t i = 0; i < box->ports.count; i++) {
		const struct box_port *port = &box->ports.items[i];
		const char *address = port->host_ip ? port->host_ip : "0.0.0.0";
		bool brackets = strchr(address, ':');

		if (wanted && !is_port(port, wanted))
			continue;
		any = true;
		if (!wanted)
			printf("%u/%s -> ", port->container, port->protocol);
		printf("%s%s%s:%u\n", brackets ? "[" : "", address, brackets ? "]" : "",
		       port->host);
	}
	if (wanted && !any)
		return err_set(ENOENT, "container %s publishes no port %s", box->name, wanted);
	return command_flush();
}

static int run_port(const struct command_line *line)
{
	return command_with(line, print_ports);
}

/* --- container prune --- */

static const struct opt prune_options[] = {PRUNE_FORCE,
					   {"filter", 0, OPT_LIST,
					    offsetof(struct prune_options, filters), "KEY=VALUE",
					    "only those: as of ps"},
					   {0}};

static int prune_one(const struct command_line *line, const char *id)
{
	struct box box;
	int result;

	if (command_find(line, id, &box) < 0)
		return -1;
	result = life_remove(&box, false, false); /* EBUSY: it was started meanwhile */
	box_close(&box);
	return result;
}

int prune_containers(const struct command_line *line)
{
	const struct prune_options *options = line->values;
	struct list_options which = {.all = true, .filters = options->filters};
	int result = prune_confirm(line, "This removes all containers that do not run.");
	struct str_list ids = {0};
	struct list boxes;

	if (result <= 0)
		return result;
	if (list_open(line->place, &which, line->arena, &boxes) < 0)
		return -1;
	for (size_t i = 0; i < boxes.count && result > 0; i++)
		if (!life_is_active(&boxes.items[i]) &&
		    str_list_add(&ids, line->arena, boxes.items[i].id) < 0)
			result = -1;
	if (result > 0)
		result = prune_each(line, &ids, prune_one);
	list_close(&boxes);
	return result;
}

const struct command cmd_list[] = {
	{"ps", "container ls|container list", "", "List containers",
	 "husk ps -a --filter status=exited", ps_options, sizeof(struct ps_options), OPTS_ANYWHERE,
	 0, 0, .run = run_ps},
	{"port", NULL, "CONTAINER [PORT[/udp]]", "List published ports", "husk port web 80", NULL,
	 0, OPTS_ANYWHERE, 1, 2, 'c', .run = run_port},
	{"container prune", NULL, "", "Remove containers that do not run",
	 "husk container prune -f", prune_options, sizeof(struct prune_options), OPTS_ANYWHERE, 0,
	 0, .run = prune_containers},
	{0}};
