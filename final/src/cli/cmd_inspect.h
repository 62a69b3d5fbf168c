/*
 * cmd_inspect.h: what `inspect` shows of a thing that is no container: an object more in the array.
 * Each is where the other commands for such things are: cmd_image_move.c, cmd_network.c,
 * cmd_volume.c. ENOENT: there is none of that name. Next file: cmd_inspect.c
 */
#pragma once

#include "command.h"

struct json_object;

int cmd_image_inspect(const struct command_line *line, const char *name,
		      struct json_object *array) MUST_CHECK;
int cmd_network_inspect(const struct command_line *line, const char *name,
			struct json_object *array) MUST_CHECK;
int cmd_volume_inspect(const struct command_line *line, const char *name,
		       struct json_object *array) MUST_CHECK;
