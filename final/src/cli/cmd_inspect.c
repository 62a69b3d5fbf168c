/*
 * cmd_inspect.c: inspect: everything about a container, an image, a network, a volume, as docker
 * shows it. Without a word on which, a name is looked for in that order. Next file: cmd_logs.c
 */
#include "cmd_inspect.h"
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "../store/box.h"
#include "format.h"
#include "inspect.h"

struct inspect_options {
	const char *format;
	int type; /* 0: all; else a row of kinds, from 1 on */
};

#define FORMAT                                                                                     \
	{                                                                                          \
		"format", 'f', OPT_TEXT, offsetof(struct inspect_options, format), "TEMPLATE",     \
			"a template, as '{{.Name}}', or json"                                      \
	}

static const struct opt inspect_options[] = {
	FORMAT,
	{"type", 0, OPT_CHOICE, offsetof(struct inspect_options, type),
	 "all|container|image|network|volume", "what the names are of (default all)"},
	{"size", 's', OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};
static const struct opt kind_options[] = {FORMAT, {0}};

static int add_box(const struct command_line *line, const char *name, struct json_object *array)
{
	struct box box;
	int result;

	if (command_find(line, name, &box) < 0)
		return -1;
	result = json_append(array, inspect_box(&box, line->arena));
	box_close(&box);
	return result;
}

static int (*const kinds[])(const struct command_line *line, const char *name,
			    struct json_object *array) = {
	[1] = add_box,
	[2] = cmd_image_inspect,
	[3] = cmd_network_inspect,
	[4] = cmd_volume_inspect,
};

/* The first one that has the name; if none has, what the first one said. */
static int add(const struct command_line *line, const char *name, int type,
	       struct json_object *array)
{
	struct err cause = {0};

	if (type > 0)
		return kinds[type](line, name, array);
	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i](line, name, array) == 0)
			return 0;
		if (i == 1)
			cause = *err_last();
		if (cause.code != ENOENT)
			break;
	}
	err_adopt(&cause);
	return -1;
}

/* Those that are found are shown, whatever becomes of the others. */
static int inspect(const struct command_line *line, int type)
{
	const struct inspect_options *options = line->values;
	auto_json struct json_object *array = json_new_array();
	int status = 0;

	for (size_t i = 0; i < line->count; i++)
		if (add(line, line->operands[i], type, array) < 0) {
			log_failure();
			status = EXIT_HUSK;
		}
	if (json_count(array) == 0 && options->format)
		return status;
	return format_objects(options->format, array, line->arena) < 0 ? -1 : status;
}

static int run_inspect(const struct command_line *line)
{
	return inspect(line, ((const struct inspect_options *)line->values)->type);
}

static int run_container(const struct command_line *line)
{
	return inspect(line, 1);
}

static int run_image(const struct command_line *line)
{
	return inspect(line, 2);
}

static int run_network(const struct command_line *line)
{
	return inspect(line, 3);
}

static int run_volume(const struct command_line *line)
{
	return inspect(line, 4);
}

const struct command cmd_inspect[] = {
	{"inspect", NULL, "NAME...",
	 "Show all that is known of containers, images, networks, volumes",
	 "husk inspect --format '{{.State.Status}}' web", inspect_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', run_inspect},
	{"container inspect", NULL, "CONTAINER...", "Show all that is known of containers",
	 "husk container inspect --format '{{.State.Status}}' web", kind_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', run_container},
	{"image inspect", NULL, "IMAGE...", "Show all that is known of images",
	 "husk image inspect --format '{{.Config.Cmd}}' busybox", kind_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'i', run_image},
	{"network inspect", NULL, "NETWORK...", "Show all that is known of networks",
	 "husk network inspect --format '{{.Subnet}}' app", kind_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'n', run_network},
	{"volume inspect", NULL, "VOLUME...", "Show all that is known of volumes",
	 "husk volume inspect --format '{{.Mountpoint}}' data", kind_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'v', run_volume},
	{0}};
