/*
 * opts.h: command lines. One table per command says what it takes; parsing, --help, completions
 * and the man page's synopsis come from it.
 *
 *	static const struct opt options[] = {
 *		{"bundle", 'b', OPT_TEXT, offsetof(struct create_options, bundle), "DIR", "..."},
 *		...
 *		{0}};
 *	opts_parse(options, argc, argv, &values, &first)   argv[first]: the first operand
 *
 * A wrong option is one line that names it and the nearest one there is. Options end at the first
 * operand or at "--": what follows an ID belongs to the command inside. BOTH. Next file: json.h
 */
#pragma once

#include "str.h"

enum opt_type {
	OPT_FLAG,	  /* bool */
	OPT_TEXT,	  /* const char * */
	OPT_LIST,	  /* struct str_list: may be given many times */
	OPT_U32,	  /* uint32_t */
	OPT_OPT_I64,	  /* struct opt_i64 */
	OPT_OPT_U64,	  /* struct opt_u64 */
	OPT_BYTES,	  /* struct opt_i64: 64M, 1G; -1 no limit */
	OPT_IGNORED_FLAG, /* accepted for compatibility */
	OPT_IGNORED_TEXT,
	OPT_HELP
};

struct opt {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none */
	enum opt_type type;
	size_t offset;	   /* in the structure of values */
	const char *value; /* its name in help: "DIR"; NULL for flags */
	const char *help;
};

/* EINVAL with a line for a person. Lists and copies are in the arena. */
int opts_parse(const struct opt *options, int argc, char **argv, struct arena *arena, void *values,
	       int *ret_first) MUST_CHECK;

/* "  -b, --bundle DIR   ..." a line each, to standard output. */
void opts_print_help(const struct opt *options);

/* The name nearest to what was typed, or NULL if none is near. Names end with NULL. */
const char *opts_nearest(const char *typed, const char *const *names);
