/*
 * command_tables.h: what command.c and command_help.c share: the tables, and how a name is found in
 * them. Next file: command_help.c
 */
#pragma once

#include "command.h"

struct command_group {
	const char *title;  /* NULL: goes on with the one before */
	const char *family; /* the first word of long spellings: "container run" */
	const struct command *commands;
};

extern const struct command_group command_groups[]; /* ends with one without commands */
extern const struct opt command_globals[];

const char *command_family(const struct command_group *group, const struct command *command);

/* NULL: there is none. *ret_used: how many words its name has. */
const struct command *command_find_words(char *const words[], size_t *ret_used);
