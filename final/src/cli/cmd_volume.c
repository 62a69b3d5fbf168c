/* cmd_volume.c: named volumes. See command.h; next file: ../engine/volume.h */
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/events.h"
#include "../engine/volume.h"
#include "cmd_inspect.h"
#include "filter.h"
#include "format.h"
#include "prune.h"

#include <string.h>

/* --- create --- */

struct create_options {
	struct str_list labels;
};

static const struct opt create_options[] = {{"label", 'l', OPT_LIST,
					     offsetof(struct create_options, labels), "KEY=VALUE",
					     "a label; may be given many times"},
					    {"driver", 'd', OPT_IGNORED_TEXT, 0, NULL, NULL},
					    {0}};

static int run_create(const struct command_line *line)
{
	const struct create_options *options = line->values;
	struct str_map labels = {0};
	char *name;

	if (command_labels(&options->labels, line->arena, &labels) < 0 ||
	    volume_create(line->place, line->operands[0], &labels, line->arena, &name) < 0)
		return -1;
	events_add_other(line->place, "volume", "create", name, name);
	return command_print(name);
}

/* --- ls --- */

struct ls_options {
	struct format_options format;
	struct str_list filters;
};

static const struct opt ls_options[] = {
	FORMAT_OPTIONS(struct ls_options, format),
	{"filter", 'f', OPT_LIST, offsetof(struct ls_options, filters), "KEY=VALUE",
	 "only those: name=TEXT, label=KEY[=VALUE], dangling=true (no container uses them)"},
	{0}};

static const struct format_column ls_columns[] = {{"Driver", "DRIVER", 0},
						  {"Name", "VOLUME NAME", 0},
						  {"Mountpoint", NULL, 0},
						  {"CreatedAt", NULL, 0},
						  {"Labels", NULL, 0},
						  {"Scope", NULL, 0},
						  {0}};
static const struct format_column quiet_columns[] = {{"Name", "VOLUME NAME", 0}, {0}};

struct listing {
	const struct command_line *line;
	struct format format;
	bool failed; /* the error record says why */
};

/* What a filter is asked about. */
struct candidate {
	struct listing *list;
	const struct volume *volume;
};

static bool is_name(const void *candidate, const char *value)
{
	return strstr(((const struct candidate *)candidate)->volume->name, value);
}

static bool is_label(const void *candidate, const char *value)
{
	return str_map_matches(&((const struct candidate *)candidate)->volume->labels, value);
}

static bool is_dangling(const void *data, const char *value)
{
	const struct candidate *c = data;
	char *by;
	int used =
		volume_find_use(c->list->line->place, c->volume->name, c->list->line->arena, &by);

	c->list->failed |= used < 0;
	return (used == 0) == (*value == 't');
}

static const struct filter filters[] = {{"name", is_name},
					{"label", is_label, .every = true},
					{"dangling", is_dangling, .values = "true|false"},
					{0}};

static int take_volume(struct volume *volume, void *data)
{
	struct listing *list = data;
	const struct ls_options *options = list->line->values;

	if (!filter_holds(filters, &options->filters, &(struct candidate){list, volume}))
		return 0;
	format_row(&list->format);
	format_text(&list->format, "Driver", "local");
	format_text(&list->format, "Name", volume->name);
	format_text(&list->format, "Mountpoint", volume->path);
	format_text(&list->format, "CreatedAt", volume->created);
	format_map(&list->format, "Labels", &volume->labels);
	format_text(&list->format, "Scope", "local");
	return list->failed ? -1 : 0;
}

static int run_ls(const struct command_line *line)
{
	const struct ls_options *options = line->values;
	struct listing list = {.line = line};

	if (filter_check(filters, &options->filters) < 0 ||
	    format_open(options->format.quiet ? quiet_columns : ls_columns, &options->format,
			line->arena, &list.format) < 0 ||
	    volume_each(line->place, take_volume, &list) < 0)
		return -1;
	return format_close(&list.format);
}

/* --- inspect --- */

static int add_object(const struct volume *volume, struct json_object *array)
{
	struct json_object *object = json_new_object(), *labels = json_new_object();
	int failed = json_add(object, "Name", json_new_string(volume->name));

	for (size_t i = 0; i < volume->labels.count; i++)
		failed |= json_add(labels, volume->labels.items[i].key,
				   json_new_string(volume->labels.items[i].value));
	failed |= json_add(object, "Driver", json_new_string("local"));
	failed |= json_add(object, "Mountpoint", json_new_string(volume->path));
	failed |= json_add(object, "CreatedAt",
			   json_new_string(volume->created ? volume->created : ""));
	failed |= json_add(object, "Labels", labels);
	failed |= json_add(object, "Scope", json_new_string("local"));
	failed |= json_add(object, "Anonymous", json_new_bool(volume->anonymous));
	failed |= json_append(array, object);
	return failed ? -1 : 0;
}

int cmd_volume_inspect(const struct command_line *line, const char *name, struct json_object *array)
{
	struct volume volume;
	int result;

	if (volume_find(line->place, name, &volume) < 0)
		return -1;
	result = add_object(&volume, array);
	volume_free(&volume);
	return result;
}

/* --- rm, prune --- */

struct rm_options {
	bool force;
};

static const struct opt rm_options[] = {{"force", 'f', OPT_FLAG, offsetof(struct rm_options, force),
					 NULL, "say nothing about those that are not there"},
					{0}};

static int remove_volume(const struct command_line *line, const char *name)
{
	if (volume_remove(line->place, name) < 0)
		return -1;
	events_add_other(line->place, "volume", "destroy", name, name);
	return 0;
}

static int remove_named(const struct command_line *line, const char *name)
{
	const struct rm_options *options = line->values;

	if (remove_volume(line, name) == 0)
		return 0;
	return options->force && err_last()->code == ENOENT ? 1 : -1;
}

static int run_rm(const struct command_line *line)
{
	return command_each_name(line, remove_named);
}

static const struct opt prune_options[] = {PRUNE_ALL("those with a name too"), PRUNE_FORCE, {0}};

struct pruning {
	const struct command_line *line;
	struct str_list names;
};

static int find_unused(struct volume *volume, void *data)
{
	struct pruning *p = data;
	const struct prune_options *options = p->line->values;
	char *name, *by;
	int used;

	if (!volume->anonymous && !options->all)
		return 0;
	used = volume_find_use(p->line->place, volume->name, p->line->arena, &by);
	if (used != 0)
		return used < 0 ? -1 : 0;
	name = arena_format(p->line->arena, "%s", volume->name);
	return name ? str_list_add(&p->names, p->line->arena, name) : -1;
}

int prune_volumes(const struct command_line *line)
{
	const struct prune_options *options = line->values;
	struct pruning p = {.line = line};
	int result = prune_confirm(
		line, options->all ? "This removes all volumes that no container uses."
				   : "This removes volumes without a name that no container uses.");

	if (result <= 0)
		return result;
	if (volume_each(line->place, find_unused, &p) < 0)
		return -1;
	return prune_each(line, &p.names, remove_volume);
}

const struct command cmd_volume[] = {
	{"volume create", NULL, "[NAME]", "Make a volume", "husk volume create data",
	 create_options, sizeof(struct create_options), OPTS_ANYWHERE, 0, 1, .run = run_create},
	{"volume ls", "volume list", "", "List volumes", "husk volume ls --filter dangling=true",
	 ls_options, sizeof(struct ls_options), OPTS_ANYWHERE, 0, 0, .run = run_ls},
	{"volume rm", "volume remove", "VOLUME...", "Remove volumes and what is in them",
	 "husk volume rm data", rm_options, sizeof(struct rm_options), OPTS_ANYWHERE, 1,
	 COMMAND_MANY, 'v', run_rm},
	{"volume prune", NULL, "", "Remove volumes that no container uses",
	 "husk volume prune --force", prune_options, sizeof(struct prune_options), OPTS_ANYWHERE, 0,
	 0, .run = prune_volumes},
	{0}};
