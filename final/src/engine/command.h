/*
 * command.h: the command line of `husk`. One row per command; the rows of one group are at the end
 * of cmd_GROUP.c, under the functions they name.
 *
 *	return command_run(argc, argv);         the whole of main()
 *
 * Exit status: 125 husk itself failed, 126 and 127 the command cannot be executed, is not there;
 * else the command's own.
 */
#pragma once

#include "../base/opts.h"
#include "place.h"

struct config;

struct command_line {
	const struct place *place;
	const struct config *config; /* config.h */
	void *values;
	char **operands; /* NULL-terminated */
	size_t count;
	struct arena *arena;
};

enum { EXIT_HUSK = 125, COMMAND_MANY = 1 << 30 };

struct command {
	const char *name;  /* "run", "network create" */
	const char *alias; /* "enter" of shell; NULL */
	const char *operands, *summary, *example;
	const struct opt *options;
	size_t values_size;
	enum opts_order order;
	size_t least, most;
	char live; /* what completions offer for operands: c boxes, i images, n networks, v volumes */
	int (*run)(const struct command_line *line); /* exit status, or -1 with the error record */
};

extern const struct command cmd_run[], cmd_life[], cmd_list[], cmd_inspect[], cmd_exec[],
	cmd_logs[], cmd_stats[], cmd_update[], cmd_config[], cmd_complete[], cmd_image[],
	cmd_network[], cmd_volume[], cmd_system[];

int command_run(int argc, char **argv);
