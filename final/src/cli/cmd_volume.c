/* cmd_volume.c: named volumes. See command.h; next file: ../engine/volume.h */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "../engine/events.h"
#include "../engine/volume.h"
#include "command.h"
#include "confirm.h"
#include "format.h"

#include <string.h>

static int flush(void)
{
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

/* --- create --- */

struct create_options {
	struct str_list labels;
};

static const struct opt create_options[] = {{"label", 'l', OPT_LIST,
					     offsetof(struct create_options, labels), "KEY=VALUE",
					     "a label; may be given many times"},
					    {"driver", 'd', OPT_IGNORED_TEXT, 0, NULL, NULL},
					    {0}};

static int read_labels(const struct str_list *texts, struct arena *arena, struct str_map *ret_map)
{
	struct str_pair *items = arena_alloc(arena, (texts->count + 1) * sizeof(*items));

	if (!items)
		return -1;
	for (size_t i = 0; i < texts->count; i++) {
		size_t length = strcspn(texts->items[i], "=");

		if (length == 0)
			return err_set(EINVAL, "--label '%s': expected KEY=VALUE", texts->items[i]);
		items[i].key = arena_copy(arena, texts->items[i], length);
		items[i].value = texts->items[i] + length + (texts->items[i][length] == '=');
		if (!items[i].key)
			return -1;
	}
	*ret_map = (struct str_map){items, texts->count};
	return 0;
}

static int run_create(const struct command_line *line)
{
	const struct create_options *options = line->values;
	struct str_map labels;
	char *name;

	if (read_labels(&options->labels, line->arena, &labels) < 0 ||
	    volume_create(line->place, line->operands[0], &labels, line->arena, &name) < 0)
		return -1;
	events_add_other(line->place, "volume", "create", name, name);
	printf("%s\n", name);
	return flush();
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
};

static bool has_label(const struct volume *volume, const char *wanted)
{
	const char *equal = strchr(wanted, '=');
	size_t length = strcspn(wanted, "=");

	for (size_t i = 0; i < volume->labels.count; i++)
		if (strlen(volume->labels.items[i].key) == length &&
		    memcmp(volume->labels.items[i].key, wanted, length) == 0 &&
		    (!equal || strcmp(volume->labels.items[i].value, equal + 1) == 0))
			return true;
	return false;
}

/* 1: it is to be shown. */
static int passes(const struct command_line *line, const struct volume *volume, const char *filter)
{
	const char *value = strchr(filter, '=');
	char *by;
	int used;

	value = value ? value + 1 : "";
	if (str_has_prefix(filter, "name="))
		return strstr(volume->name, value) != NULL;
	if (str_has_prefix(filter, "label="))
		return has_label(volume, value);
	if (strcmp(filter, "dangling=true") == 0 || strcmp(filter, "dangling=false") == 0) {
		used = volume_find_use(line->place, volume->name, line->arena, &by);
		return used < 0 ? -1 : (used == 0) == (*value == 't');
	}
	return err_set(
		EINVAL,
		"--filter '%s': expected name=TEXT, label=KEY[=VALUE] or dangling=true|false",
		filter);
}

static int take_volume(struct volume *volume, void *data)
{
	struct listing *list = data;
	const struct ls_options *options = list->line->values;

	for (size_t i = 0; i < options->filters.count; i++) {
		int pass = passes(list->line, volume, options->filters.items[i]);

		if (pass <= 0)
			return pass;
	}
	format_row(&list->format);
	format_text(&list->format, "Driver", "local");
	format_text(&list->format, "Name", volume->name);
	format_text(&list->format, "Mountpoint", volume->path);
	format_text(&list->format, "CreatedAt", volume->created);
	format_map(&list->format, "Labels", &volume->labels);
	format_text(&list->format, "Scope", "local");
	return 0;
}

static int run_ls(const struct command_line *line)
{
	const struct ls_options *options = line->values;
	struct listing list = {.line = line};

	if (format_open(options->format.quiet ? quiet_columns : ls_columns, &options->format,
			line->arena, &list.format) < 0 ||
	    volume_each(line->place, take_volume, &list) < 0)
		return -1;
	return format_close(&list.format);
}

/* --- inspect --- */

struct inspect_options {
	const char *format;
};

static const struct opt inspect_options[] = {
	{"format", 'f', OPT_TEXT, offsetof(struct inspect_options, format), "TEMPLATE",
	 "a template such as '{{.Mountpoint}}' (default: JSON)"},
	{0}};

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

static int run_inspect(const struct command_line *line)
{
	const struct inspect_options *options = line->values;
	auto_json struct json_object *array = json_new_array();

	if (!array)
		return err_set(ENOMEM, "out of memory");
	for (size_t i = 0; i < line->count; i++) {
		struct volume volume;
		int result;

		if (volume_find(line->place, line->operands[i], &volume) < 0)
			return -1;
		result = add_object(&volume, array);
		volume_free(&volume);
		if (result < 0)
			return -1;
	}
	return format_objects(options->format, array, line->arena);
}

/* --- rm, prune --- */

struct rm_options {
	bool force;
};

static const struct opt rm_options[] = {{"force", 'f', OPT_FLAG, offsetof(struct rm_options, force),
					 NULL, "say nothing about those that are not there"},
					{0}};

static int run_rm(const struct command_line *line)
{
	const struct rm_options *options = line->values;
	int status = 0;

	for (size_t i = 0; i < line->count; i++) {
		if (volume_remove(line->place, line->operands[i]) == 0) {
			events_add_other(line->place, "volume", "destroy", line->operands[i],
					 line->operands[i]);
			printf("%s\n", line->operands[i]);
		} else if (!options->force || err_last()->code != ENOENT) {
			log_failure();
			status = EXIT_HUSK;
		}
	}
	return flush() < 0 ? -1 : status;
}

struct prune_options {
	bool all, force;
};

static const struct opt prune_options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct prune_options, all), NULL, "those with a name too"},
	{"force", 'f', OPT_FLAG, offsetof(struct prune_options, force), NULL, "do not ask"},
	{0}};

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

static int run_prune(const struct command_line *line)
{
	const struct prune_options *options = line->values;
	struct pruning p = {.line = line};
	int yes = confirm(options->force,
			  options->all
				  ? "This removes all volumes that no container uses."
				  : "This removes volumes without a name that no container uses.");

	if (yes <= 0)
		return yes;
	if (volume_each(line->place, find_unused, &p) < 0)
		return -1;
	for (size_t i = 0; i < p.names.count; i++) {
		/* One that a container has taken meanwhile stays. */
		if (volume_remove(line->place, p.names.items[i]) < 0) {
			if (err_last()->code != EBUSY && err_last()->code != ENOENT)
				return -1;
			continue;
		}
		events_add_other(line->place, "volume", "destroy", p.names.items[i],
				 p.names.items[i]);
		printf("%s\n", p.names.items[i]);
	}
	return flush();
}

const struct command cmd_volume[] = {
	{"volume create", NULL, "[NAME]", "Make a volume", "husk volume create data",
	 create_options, sizeof(struct create_options), OPTS_ANYWHERE, 0, 1, .run = run_create},
	{"volume ls", "volume list", "", "List volumes", "husk volume ls --filter dangling=true",
	 ls_options, sizeof(struct ls_options), OPTS_ANYWHERE, 0, 0, .run = run_ls},
	{"volume inspect", NULL, "VOLUME...", "Show all that is known of volumes",
	 "husk volume inspect --format '{{.Mountpoint}}' data", inspect_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'v', run_inspect},
	{"volume rm", "volume remove", "VOLUME...", "Remove volumes and what is in them",
	 "husk volume rm data", rm_options, sizeof(struct rm_options), OPTS_ANYWHERE, 1,
	 COMMAND_MANY, 'v', run_rm},
	{"volume prune", NULL, "", "Remove volumes that no container uses",
	 "husk volume prune --force", prune_options, sizeof(struct prune_options), OPTS_ANYWHERE, 0,
	 0, .run = run_prune},
	{0}};
