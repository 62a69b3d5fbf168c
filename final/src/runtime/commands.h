/*
 * commands.h: the command line of husk-runtime. One row per command says what it takes; the rows
 * of one group are in commands_GROUP.c, at the end of the file, under the functions they name.
 *
 *	return commands_run(argc, argv);         the whole of main()
 *
 * A command's function finds its options in line->values (zero, but for what was given) and its
 * operands checked and counted. It returns the exit status, or -1 with the error record set.
 * PARENT. Next file: commands.c
 */
#pragma once

#include "../base/opts.h"
#include "container.h"

struct command_line {
	const struct runtime *rt;
	void *values; /* a zeroed structure of command->values_size bytes, filled by the options */
	char **operands;
	size_t count;
	struct arena *arena; /* freed when the command has returned */
};

struct command {
	const char *name, *operands, *summary, *example;
	const struct opt *options; /* NULL: none but --help */
	size_t values_size;
	enum opts_order order;
	size_t least, most; /* operands; most 0: none, COMMAND_MANY: any number */
	bool has_id;	    /* the first operand is an ID: checked before run() sees it */
	bool creates;	    /* it makes a cgroup */
	int (*run)(const struct command_line *line);
};

#define COMMAND_MANY SIZE_MAX

/* The newest version of the OCI runtime specification whose properties we know. */
#define OCI_VERSION "1.2.1"

/* Each ends with an empty row. */
extern const struct command commands_life[], commands_list[], commands_ps[], commands_events[],
	commands_update[], commands_info[], commands_spec[];

int commands_run(int argc, char **argv);

/* help: the list of commands, or one command's options. ENOENT with the nearest name. */
int commands_print_help(const char *name) MUST_CHECK;

/* help --table: everything a line per option or command, with tabs: tools/command-docs reads it. */
void commands_print_table(void);
void commands_print_version(void);

/* Prints text, made by the arena, and a line end, to standard output; ENOSPC and EPIPE are seen. */
int commands_print(const char *text) MUST_CHECK;
