/*
 * cmd_changes.h: what a container has changed: diff, commit, export. Their rows are in cmd_image.c.
 * Next file: cmd_changes.c
 */
#pragma once

#include "command.h"

struct cmd_commit_values {
	const char *author, *message;
	struct str_list changes;
	int pause; /* 0: yes, 1: no */
};
struct cmd_export_values {
	const char *output;
};
struct cmd_diff_values {
	int format; /* 0: a line each, 1: JSON */
};

extern const struct opt cmd_commit_options[], cmd_export_options[], cmd_diff_options[];

int cmd_commit(const struct command_line *line) MUST_CHECK;
int cmd_export(const struct command_line *line) MUST_CHECK;
int cmd_diff(const struct command_line *line) MUST_CHECK;
