/*
 * opts.h: command lines. One table per command says what it takes; parsing, --help, completions
 * and the man page come from it.
 *
 *	static const struct opt options[] = {
 *		{"bundle", 'b', OPT_TEXT, offsetof(struct create_options, bundle), "DIR", "..."},
 *		...
 *		{0}};
 *	opts_parse(options, OPTS_FIRST, argv, &arena, &values, &operands)
 *
 * The spellings are those of getopt_long(3), without abbreviations, and those of Go's flag package,
 * which callers of runc use: --name=VALUE, --name VALUE, -name VALUE, -n VALUE, -nVALUE, -abc for
 * three flags, --flag=false. "--" ends the options. The last one of two wins. A wrong option is one
 * line that names it and the nearest one there is. BOTH. Next file: json.h
 */
#pragma once

#include "str.h"

enum opt_type {
	OPT_FLAG,    /* bool */
	OPT_TEXT,    /* const char * */
	OPT_CHOICE,  /* int: which word of `value`, "text|json" */
	OPT_LIST,    /* struct str_list: may be given many times */
	OPT_U32,     /* uint32_t */
	OPT_OPT_U32, /* struct opt_u32 */
	OPT_OPT_I64, /* struct opt_i64 */
	OPT_OPT_U64, /* struct opt_u64 */
	OPT_BYTES,   /* struct opt_i64: 4096, 64M, 1GiB; -1 is no limit */
	/* Accepted because others have them; they do nothing and help does not show them. */
	OPT_IGNORED_FLAG,
	OPT_IGNORED_TEXT,
	/* Others have it and we do not: an error, which `help` ends; it is not shown either. */
	OPT_REFUSED
};

struct opt {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none */
	enum opt_type type;
	size_t offset;	   /* in the structure of values */
	const char *value; /* its name in help: "DIR"; NULL for flags */
	const char *help;
};

enum opts_order {
	OPTS_FIRST,    /* options end at the first operand: the rest belongs to a command inside */
	OPTS_ANYWHERE, /* before, between and after the operands */
};

/*
 * Sets the values that options name, and leaves the others as they are. argv ends with NULL, its
 * first word is an option or an operand. -h and --help need no entry: 1 is returned for them. -1:
 * EINVAL, with a line for a person. Lists are in the arena, texts stay in argv.
 */
int opts_parse(const struct opt *options, enum opts_order order, char **argv, struct arena *arena,
	       void *values, struct str_list *ret_operands) MUST_CHECK;

/* What OPT_BYTES takes. */
int opts_parse_bytes(const char *text, int64_t *ret_bytes) MUST_CHECK;

/* Whether help, the man page and completions show it. */
bool opts_is_shown(const struct opt *option);

/* "  -b, --bundle DIR   ..." a line each, to standard output. */
void opts_print_help(const struct opt *options);

/* The name nearest to what was typed, or NULL if none is near. Names end with NULL. */
const char *opts_nearest(const char *typed, const char *const *names);
