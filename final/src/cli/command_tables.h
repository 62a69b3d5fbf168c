/*
 * command_tables.h: what command.c and command_help.c share: the tables, and how a name is found in
 * them. Next file: command_help.c
 */
#pragma once

#include "command.h"

struct command_group {
	const char *title; /* NULL: goes on with the one before */
	const struct command *commands;
};

extern const struct command_group command_groups[]; /* ends with one without commands */
extern const struct opt command_globals[];

/* NULL: there is none. *ret_used: how many words its name has. */
const struct command *command_find_words(char *const words[], size_t *ret_used);
