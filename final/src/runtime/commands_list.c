/* commands_list.c: list, the containers of the root. Next file: commands_ps.c */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "commands.h"

#include <string.h>

enum format { FORMAT_TABLE, FORMAT_JSON };

struct list_options {
	int format; /* enum format */
	bool quiet;
};

static const struct opt list_options[] = {
	{"format", 'f', OPT_CHOICE, offsetof(struct list_options, format), "table|json",
	 "format of the output (default table)"},
	{"quiet", 'q', OPT_FLAG, offsetof(struct list_options, quiet), NULL, "the IDs alone"},
	{0}};

enum { COLUMNS = 6 };

struct row {
	char *cells[COLUMNS];
	struct row *next;
};

struct list {
	struct arena *arena;
	struct row *first, **end;
	struct json_object *json; /* an array */
};

/*
 * The name of a user, from the file alone: getpwuid(3) would load libraries. "#UID" if it has none.
 */
static char *user_name(uint32_t uid, struct arena *arena)
{
	auto_file FILE *users = fopen("/etc/passwd", "re");
	auto_free char *line = NULL;
	size_t size = 0;

	while (users && getline(&line, &size, users) > 0) {
		char *rest = line, *name = strsep(&rest, ":"), *number;

		strsep(&rest, ":");
		number = strsep(&rest, ":");
		if (number && *number && strtoul(number, NULL, 10) == uid)
			return arena_format(arena, "%s", name);
	}
	return arena_format(arena, "#%u", uid);
}

static const char *status_of(const struct container *c)
{
	return c->torn ? "broken" : state_status_name(c->state.status);
}

static pid_t pid_of(const struct container *c)
{
	return c->torn || c->state.status == STATE_STOPPED ? 0 : c->state.pid;
}

static char *cell(struct arena *arena, const char *text)
{
	return arena_format(arena, "%s", text && *text ? text : "-");
}

static int add_row(struct container *c, struct list *list)
{
	struct row *row = arena_alloc(list->arena, sizeof(*row));

	if (!row)
		return -1;
	row->cells[0] = cell(list->arena, c->state.id);
	row->cells[1] = arena_format(list->arena, "%d", pid_of(c));
	row->cells[2] = cell(list->arena, status_of(c));
	row->cells[3] = cell(list->arena, c->state.bundle);
	row->cells[4] = cell(list->arena, c->state.created);
	row->cells[5] = user_name(c->state.owner, list->arena);
	for (int i = 0; i < COLUMNS; i++) {
		if (!row->cells[i])
			return -1;
		str_printable(row->cells[i]);
	}
	*list->end = row;
	list->end = &row->next;
	return 0;
}

/* One object by the names that runc and crun have: containerd's go-runc reads it. */
static int add_object(struct container *c, struct list *list)
{
	struct json_object *entry = json_new_object(), *annotations = json_new_object();
	const struct state *state = &c->state;
	int failed = 0;

	failed |= json_add(entry, "ociVersion", json_new_string(OCI_VERSION));
	failed |= json_add(entry, "id", json_new_string(state->id));
	failed |= json_add(entry, "pid", json_new_int(pid_of(c)));
	failed |= json_add(entry, "status", json_new_string(status_of(c)));
	failed |= json_add(entry, "bundle", json_new_string(state->bundle ? state->bundle : ""));
	failed |= json_add(entry, "rootfs", json_new_string(state->rootfs ? state->rootfs : ""));
	if (state->created)
		failed |= json_add(entry, "created", json_new_string(state->created));
	for (size_t i = 0; i < state->annotations.count; i++)
		failed |= json_add(annotations, state->annotations.items[i].key,
				   json_new_string(state->annotations.items[i].value));
	failed |= json_add(entry, "annotations", annotations);
	failed |= json_add(entry, "owner", json_new_string(user_name(state->owner, list->arena)));
	failed |= json_append(list->json, entry);
	return failed ? -1 : 0;
}

static int list_one(struct container *c, void *data)
{
	struct list *list = data;

	if (c->torn)
		log_warn("container '%s': its record cannot be read; delete --force %s removes "
			 "what is left of it",
			 c->state.id, c->state.id);
	return list->json ? add_object(c, list) : add_row(c, list);
}

static int print_rows(const struct list *list, bool quiet)
{
	static const char *const titles[COLUMNS] = {"ID",     "PID",	 "STATUS",
						    "BUNDLE", "CREATED", "OWNER"};
	size_t widths[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		widths[i] = strlen(titles[i]);
		for (const struct row *row = list->first; row; row = row->next)
			if (strlen(row->cells[i]) > widths[i])
				widths[i] = strlen(row->cells[i]);
	}
	for (int i = 0; i < COLUMNS && !quiet; i++)
		printf("%-*s%s", i < COLUMNS - 1 ? (int)widths[i] : 0, titles[i],
		       i < COLUMNS - 1 ? "  " : "\n");
	for (const struct row *row = list->first; row; row = row->next)
		for (int i = 0; i < (quiet ? 1 : COLUMNS); i++)
			printf("%-*s%s", !quiet && i < COLUMNS - 1 ? (int)widths[i] : 0,
			       row->cells[i], !quiet && i < COLUMNS - 1 ? "  " : "\n");
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

static int run_list(const struct command_line *line)
{
	const struct list_options *options = line->values;
	bool json = options->format == FORMAT_JSON && !options->quiet;
	auto_json struct json_object *array = json ? json_new_array() : NULL;
	struct list list = {.arena = line->arena, .json = array};
	char *text;

	list.end = &list.first;
	if (container_each(line->rt, list_one, &list) < 0)
		return -1;
	if (!json)
		return print_rows(&list, options->quiet);
	if (json_text(array, JSON_ONE_LINE, line->arena, &text) < 0)
		return -1;
	return commands_print(text);
}

const struct command commands_list[] = {
	{"list", "", "List the containers of the root", "husk-runtime list --format json",
	 list_options, sizeof(struct list_options), OPTS_ANYWHERE, 0, 0, .run = run_list},
	{0}};
