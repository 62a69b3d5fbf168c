/*
 * prune.h: what the commands that remove all that is not needed have in common, and system prune,
 * which is all of them.
 *
 *	go_on = prune_confirm(line, "This removes all ...");       --force: yes; no terminal: refused
 *	if (go_on <= 0)
 *		return go_on;
 *	... the names ...
 *	return prune_each(line, &names, remove_one);
 *
 * Next file: cmd_disk.c
 */
#pragma once

#include "command.h"

/* The values of each of these commands. */
struct prune_options {
	bool force, all, volumes;
	struct str_list filters;
};

#define PRUNE_FORCE                                                                                \
	{                                                                                          \
		"force", 'f', OPT_FLAG, offsetof(struct prune_options, force), NULL, "do not ask"  \
	}
#define PRUNE_ALL(what)                                                                            \
	{                                                                                          \
		"all", 'a', OPT_FLAG, offsetof(struct prune_options, all), NULL, what              \
	}

/* 1: go on; 0: the answer was no. */
int prune_confirm(const struct command_line *line, const char *what) MUST_CHECK;

/* command_each_name(), but what is used again, or gone, meanwhile is left out. */
int prune_each(const struct command_line *line, const struct str_list *names,
	       int (*remove)(const struct command_line *line, const char *name)) MUST_CHECK;

/* cmd_list.c, cmd_network.c, cmd_image.c, cmd_volume.c */
int prune_containers(const struct command_line *line) MUST_CHECK;
int prune_networks(const struct command_line *line) MUST_CHECK;
int prune_images(const struct command_line *line) MUST_CHECK;
int prune_volumes(const struct command_line *line) MUST_CHECK;
