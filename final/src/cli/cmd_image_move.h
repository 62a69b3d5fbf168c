/*
 * cmd_image_move.h: the commands that images come and go by, and the one that shows all of one:
 * import, load, save, image inspect. Their rows are in cmd_image.c. Next file: cmd_image_move.c
 */
#pragma once

#include "command.h"

struct cmd_image_import_values {
	struct str_list changes;
	const char *message;
};
struct cmd_image_load_values {
	const char *input;
	bool quiet;
};
struct cmd_image_save_values {
	const char *output;
	int format; /* enum image_format */
};
struct cmd_image_inspect_values {
	const char *format;
};

extern const struct opt cmd_image_import_options[], cmd_image_load_options[],
	cmd_image_save_options[], cmd_image_inspect_options[];

struct image;
struct json_object;

/* What `inspect` shows of an image; the caller frees it. */
int cmd_image_object(const struct image *image, struct arena *arena,
		     struct json_object **ret_object) MUST_CHECK;

int cmd_image_import(const struct command_line *line) MUST_CHECK;
int cmd_image_load(const struct command_line *line) MUST_CHECK;
int cmd_image_save(const struct command_line *line) MUST_CHECK;
int cmd_image_inspect(const struct command_line *line) MUST_CHECK;
