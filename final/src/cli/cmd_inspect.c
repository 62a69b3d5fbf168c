/*
 * cmd_inspect.c: inspect: everything about containers, as docker shows it. What is no container is
 * looked for among images. Next file: cmd_logs.c
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "../image/image.h"
#include "cmd_image_move.h"
#include "command.h"
#include "format.h"
#include "inspect.h"

struct inspect_options {
	const char *format;
};

static const struct opt inspect_options[] = {{"format", 'f', OPT_TEXT,
					      offsetof(struct inspect_options, format), "TEMPLATE",
					      "a template, as '{{.State.Status}}', or json"},
					     {"type", 0, OPT_IGNORED_TEXT, 0, "TYPE", NULL},
					     {"size", 's', OPT_IGNORED_FLAG, 0, NULL, NULL},
					     {0}};

static int add_image(const struct command_line *line, const char *name, struct json_object *array)
{
	struct json_object *object;
	struct image image;
	int result;

	if (image_find(line->place, name, &image) < 0)
		return -1;
	result = cmd_image_object(&image, line->arena, &object);
	if (result == 0)
		result = json_append(array, object);
	image_free(&image);
	return result;
}

static int add(const struct command_line *line, const char *name, struct json_object *array)
{
	struct box box;
	int result;

	if (command_find(line, name, &box) < 0) {
		struct err cause = *err_last();

		if (cause.code == ENOENT && add_image(line, name, array) == 0)
			return 0;
		err_adopt(&cause);
		return -1;
	}
	result = json_append(array, inspect_box(&box, line->arena));
	box_close(&box);
	return result;
}

/* Those that are found are shown, whatever becomes of the others. */
static int run_inspect(const struct command_line *line)
{
	const struct inspect_options *options = line->values;
	auto_json struct json_object *array = json_new_array();
	int status = 0;

	for (size_t i = 0; i < line->count; i++)
		if (add(line, line->operands[i], array) < 0) {
			log_failure();
			status = EXIT_HUSK;
		}
	if (json_count(array) == 0 && options->format)
		return status;
	if (format_objects(options->format, array, line->arena) < 0)
		return -1;
	return status;
}

const struct command cmd_inspect[] = {
	{"inspect", "container inspect", "CONTAINER...", "Everything about containers, as JSON",
	 "husk inspect --format '{{.State.Status}}' web", inspect_options,
	 sizeof(struct inspect_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_inspect},
	{0}};
