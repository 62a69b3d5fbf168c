/*
 * logs_entry.h: one line of a log file:
 *
 *	{"log":"text\n","stream":"stdout","time":"2024-05-01T10:20:30.123456789Z"}
 *
 *	logs_entry_parse(line, length, &entry)     in place: line is changed
 *
 * Not by json.h: a log has millions of lines, and one form. Next file: logs_files.h
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct logs_entry {
	bool is_error; /* standard error */
	char *text;    /* within the line; may hold any byte */
	size_t length;
	const char *time; /* ends with NUL */
};

/* `length` without the line end. False: it is no entry: half a line that a crash left, or foreign. */
bool logs_entry_parse(char *line, size_t length, struct logs_entry *ret_entry);
