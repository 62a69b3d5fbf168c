/*
 * config.h: what people set once: defaults of options, in files and in the environment.
 *
 *	struct config config;
 *	config_load(&config)                        files, then variables; the later one wins
 *	config_set_places(&config)                  before place_open(): data, state
 *	config_apply(&config, "run", options, &arena, values)    before opts_parse(): flags win
 *	config_free(&config)
 *
 *	/etc/husk/config.json               of the machine
 *	$XDG_CONFIG_HOME/husk/config.json   of the user; ~/.config if the variable is not set
 *	HUSK_KEY                            HUSK_PIDS_LIMIT for "pids-limit"; lists have commas
 *	--key                               options add to lists, and replace all else
 *
 * A key is the name of the option it stands for, so commands know nothing of configurations. A key
 * that is not in the table is an error with the nearest one. A file that others may write to is
 * refused: it names programs that we execute. Next file: cmd_config.c
 */
#pragma once

#include "../base/opts.h"

struct config_setting {
	const char *key, *fallback; /* fallback: what holds without, for people; "": none */
	enum opt_type type;
	const char *words;    /* of OPT_CHOICE */
	const char *option;   /* NULL: as the key */
	const char *commands; /* that take it: " run create " */
	const char *help;
};

struct config_value {
	const struct config_setting *setting;
	struct str_list texts; /* as options take them; empty: not set */
	const char *source;    /* "default", a path, "HUSK_MEMORY" */
};

enum { CONFIG_MAX = 32 };

struct config {
	struct config_value values[CONFIG_MAX];
	size_t count;
	struct arena arena;
};

/* After a failure ret_config has the defaults. */
int config_load(struct config *ret_config) MUST_CHECK;
/* An option before the command says it; NULL: it was not given. */
int config_set_flag(struct config *config, const char *key, const char *text) MUST_CHECK;
void config_free(struct config *config);

/* Places that a file names, for place_open(), unless the environment names others. */
int config_set_places(const struct config *config) MUST_CHECK;

/* Sets those of a command's options that are configured. Strings are in the arenas. */
int config_apply(const struct config *config, const char *command, const struct opt *options,
		 struct arena *arena, void *values) MUST_CHECK;

/* ENOENT with the nearest key. */
int config_find(const struct config *config, const char *key,
		const struct config_value **ret_value) MUST_CHECK;
