/*
 * cmd_image_move.h: the commands that images come and go by: import, load, save. Their rows are in cmd_image.c. Next file: cmd_image_move.c
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

extern const struct opt cmd_image_import_options[], cmd_image_load_options[],
	cmd_image_save_options[];

int cmd_image_import(const struct command_line *line) MUST_CHECK;
int cmd_image_load(const struct command_line *line) MUST_CHECK;
int cmd_image_save(const struct command_line *line) MUST_CHECK;

/* The ID of an image that an event is about. "": it is gone already. */
const char *cmd_image_id(const struct command_line *line, const char *name);
