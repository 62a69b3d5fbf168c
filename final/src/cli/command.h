/*
 * command.h: the command line of `husk`. One row per command; the rows of one group are at the end
 * of cmd_GROUP.c, under the functions they name.
 *
 *	return command_run(argc, argv);         the whole of main()
 *
 * Exit status: 125 husk itself failed, 126 and 127 the command cannot be executed, is not there;
 * else the command's own. Next file: command.c
 */
#pragma once

#include "../base/opts.h"
#include "../store/place.h"

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
	const char *name;			  /* "run", "network create" */
	const char *alias;			  /* "enter" of shell; others behind a '|'; NULL */
	const char *operands, *summary, *example; /* summary NULL: help does not show it */
	const struct opt *options;
	size_t values_size;
	enum opts_order order;
	size_t least, most;
	char live; /* what completions offer for operands: c boxes, i images, n networks, v volumes */
	int (*run)(const struct command_line *line); /* exit status, or -1 with the error record */
	bool placeless; /* line->place is NULL: nothing is opened, nor made */
};

extern const struct command cmd_run[], cmd_life[], cmd_list[], cmd_inspect[], cmd_exec[], cmd_top[],
	cmd_cp[], cmd_logs[], cmd_stats[], cmd_update[], cmd_config[], cmd_complete[], cmd_image[],
	cmd_network[], cmd_volume[], cmd_disk[], cmd_system[];

int command_run(int argc, char **argv);

/* help: the list of commands, or one command: "run", "network create". ENOENT with the nearest. */
int command_print_help(char *const words[]) MUST_CHECK;

/* help --table: everything a line per option or command, with tabs: tools/command-docs reads it. */
void command_print_table(void);

/* A box by name, ID or its beginning; what it has left is released first (life.h). */
struct box;
int command_find(const struct command_line *line, const char *name, struct box *ret_box) MUST_CHECK;

/* The box that the first operand names, for as long as `run` runs; what that returns. */
int command_with(const struct command_line *line,
		 int (*run)(const struct command_line *line, struct box *box)) MUST_CHECK;

/*
 * `run` with each operand: a box's name. It returns 0, and the name is printed, or 1, and it is not.
 * A failure is said, and the next one is looked at; the exit status is EXIT_HUSK then.
 */
int command_each_name(const struct command_line *line,
		      int (*run)(const struct command_line *line, const char *name)) MUST_CHECK;
int command_each(const struct command_line *line,
		 int (*run)(const struct command_line *line, struct box *box)) MUST_CHECK;

/* The same, up to 50 at once, each in a process of its own: nobody waits for another one's time. */
int command_at_once_name(const struct command_line *line,
			 int (*run)(const struct command_line *line, const char *name)) MUST_CHECK;
int command_at_once(const struct command_line *line,
		    int (*run)(const struct command_line *line, struct box *box)) MUST_CHECK;

/* --all: the operands of *line become the names of the boxes for which is_meant() says so. */
int command_take_all(struct command_line *line, bool all,
		     bool (*is_meant)(const struct box *box)) MUST_CHECK;

/* --label KEY[=VALUE] */
int command_labels(const struct str_list *texts, struct arena *arena,
		   struct str_map *map) MUST_CHECK;

/* Text and a line end to standard output; ENOSPC and EPIPE are seen. */
int command_print(const char *text) MUST_CHECK;
int command_flush(void) MUST_CHECK;
