/*
 * format.h: listings: rows of named fields, shown as a table, as JSON, or by a template.
 *
 *	static const struct format_column columns[] = {
 *		{"ID", "CONTAINER ID", FORMAT_ID},
 *		{"Command", "COMMAND", 20},           at most 20 characters, unless --no-trunc
 *		{"Status", "STATUS"},
 *		{"Labels", NULL},                     templates and JSON only
 *		{0}};
 *	static const struct opt options[] = {FORMAT_OPTIONS(struct ps_options, format), ... {0}};
 *
 *	format_open(columns, &options->format, line->arena, &list)     a wrong --format is refused here
 *	for each row:
 *		format_row(&list);
 *		format_text(&list, "ID", box->id);                     whole: it is cut here
 *		format_set(&list, "Status", "Up %s", age);
 *		format_map(&list, "Labels", &box->labels);
 *	return format_close(&list)                                     prints; says what failed before
 *
 *	--format table                                as without
 *	--format 'table {{.ID}}\t{{.Names}}'          columns by choice, with titles
 *	--format json                                 one array; of a stream: one object a line
 *	--format '{{.ID}} {{.Names}}'                 one line a row: template.h; {{json .}} is an object
 *
 * Fields that a row does not set are "", in JSON too. Control characters are made harmless.
 * Widths are those of docker's tables. Next file: template.h
 */
#pragma once

#include "../base/opts.h"

struct json_object;

struct format_column {
	const char *key;   /* {{.Key}}, and the member in JSON */
	const char *title; /* of the table; NULL: it is not in it */
	int width;	   /* characters that are shown of it; 0: all; FORMAT_ID: an ID */
};

enum { FORMAT_ID = -12 }; /* the first twelve digits, without "sha256:" */

/* In a command's structure of values; filled by FORMAT_OPTIONS. */
struct format_options {
	const char *format; /* NULL: the table */
	bool quiet;	    /* the first column alone, one a line */
	bool no_trunc;
	bool no_titles;
	bool stream; /* rows go on coming: JSON has one object a line; set by the command */
};

#define FORMAT_OPTION(type, member)                                                                \
	{                                                                                          \
		"format", 0, OPT_TEXT, offsetof(type, member.format), "FORMAT",                    \
			"table, json, or a template such as '{{json .}}'"                          \
	}
#define FORMAT_QUIET(type, member)                                                                 \
	{                                                                                          \
		"quiet", 'q', OPT_FLAG, offsetof(type, member.quiet), NULL, "the IDs alone"        \
	}
#define FORMAT_NO_TRUNC(type, member)                                                              \
	{                                                                                          \
		"no-trunc", 0, OPT_FLAG, offsetof(type, member.no_trunc), NULL, "cut nothing off"  \
	}
#define FORMAT_OPTIONS(type, member)                                                               \
	FORMAT_OPTION(type, member), FORMAT_QUIET(type, member), FORMAT_NO_TRUNC(type, member)

struct format_cell;
struct format_line;

struct format {
	const struct format_column *columns;
	struct format_options options;
	struct arena *arena;
	size_t count; /* of columns */
	struct format_line *first, **end, *last;
	bool failed; /* the error record says why */
};

/* EINVAL with the way out for a template that cannot be. */
int format_open(const struct format_column *columns, const struct format_options *options,
		struct arena *arena, struct format *ret_format) MUST_CHECK;

/* What follows is of a new row. */
void format_row(struct format *format);

/* NULL is "". */
void format_text(struct format *format, const char *key, const char *text);
void format_set(struct format *format, const char *key, const char *text, ...) PRINTF_LIKE(3, 4);

/* JSON has the number; `shown` is for people: NULL: the number as well. */
void format_number(struct format *format, const char *key, int64_t value, const char *shown);
void format_bool(struct format *format, const char *key, bool value);

/* An array, "a,b"; an object, "key=value,key=value". */
void format_list(struct format *format, const char *key, const struct str_list *list);
void format_map(struct format *format, const char *key, const struct str_map *map);

/* Anything, as JSON has it; taken over. */
void format_json(struct format *format, const char *key, struct json_object *value,
		 const char *shown);

/* Prints all of it to standard output, and releases it. */
int format_close(struct format *format) MUST_CHECK;

/* `inspect`: an array of objects, or each of them by a template, to standard output. NULL: JSON. */
int format_objects(const char *template, struct json_object *array, struct arena *arena) MUST_CHECK;

/* "4.27MB", powers of 1000; "1.5MiB", powers of 1024; as docker writes them. */
struct format_size {
	char text[24];
};
struct format_size format_size(uint64_t bytes);
struct format_size format_bytes(uint64_t bytes);
