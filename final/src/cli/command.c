/*
 * command.c: global options, the tables of commands, and the one place where an error is printed.
 * See command.h; next file: command_each.c
 */
#include "command.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../engine/life.h"
#include "../engine/userns.h"
#include "../store/box.h"
#include "command_tables.h"
#include "config.h"

#include <string.h>

struct global_options {
	const char *data, *state, *runtime;
	int log_level; /* enum log_level */
	bool debug, version;
};

#define AT(member) offsetof(struct global_options, member)

const struct opt command_globals[] = {
	{"data", 0, OPT_TEXT, AT(data), "DIR",
	 "images, containers, volumes (default /var/lib/husk)"},
	{"state", 0, OPT_TEXT, AT(state), "DIR", "what a reboot takes along (default /run/husk)"},
	{"runtime", 0, OPT_TEXT, AT(runtime), "NAME|PATH",
	 "OCI runtime of new containers (default husk-runtime)"},
	{"log-level", 0, OPT_CHOICE, AT(log_level), "error|warning|info|debug",
	 "messages up to this level (default warning)"},
	{"debug", 'D', OPT_FLAG, AT(debug), NULL, "same as --log-level debug"},
	{"version", 'v', OPT_FLAG, AT(version), NULL, "print the version"},
	{0}};

const struct command_group command_groups[] = {
	{"Containers", "container", cmd_run}, {NULL, "container", cmd_life},
	{NULL, "container", cmd_exec},	      {NULL, "container", cmd_list},
	{NULL, "container", cmd_top},	      {NULL, "container", cmd_logs},
	{NULL, "container", cmd_stats},	      {NULL, "container", cmd_update},
	{NULL, "container", cmd_cp},	      {"Images", "image", cmd_image},
	{"Networks", "network", cmd_network}, {"Volumes", "volume", cmd_volume},
	{"System", "system", cmd_inspect},    {NULL, "system", cmd_disk},
	{NULL, "system", cmd_system},	      {NULL, "config", cmd_config},
	{NULL, "system", cmd_complete},	      {0}};

/* --- finding a command --- */

static bool is_named(const struct command *command, const char *name)
{
	return strcmp(command->name, name) == 0 || str_find_word(command->alias, name) >= 0;
}

/* diff, commit and export are listed with images, and are of containers. */
const char *command_family(const struct command_group *group, const struct command *command)
{
	return command->live == 'c' ? "container" : group->family;
}

/* family: NULL, or what the command must be of. */
static const struct command *find_name(const char *name, const char *family)
{
	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands; command->name; command++)
			if (is_named(command, name) &&
			    (!family || strcmp(command_family(group, command), family) == 0))
				return command;
	return NULL;
}

/* "network create"; "container run" is "run": docker's long spelling. */
const struct command *command_find_words(char *const words[], size_t *ret_used)
{
	const struct command *command = NULL;
	char both[64];

	*ret_used = 1;
	if (words[0] && words[1] && *words[1] != '-') {
		snprintf(both, sizeof(both), "%s %s", words[0], words[1]);
		command = find_name(both, NULL);
		if (!command)
			command = find_name(words[1], words[0]);
		*ret_used = command ? 2 : 1;
	}
	return command ? command : words[0] ? find_name(words[0], NULL) : NULL;
}

/* --- running it --- */

static int set_variable(const char *name, const char *value)
{
	return value && setenv(name, value, 1) < 0 ? err_sys("set %s", name) : 0;
}

/* As variables: the monitor and what it executes get them, too. */
static int set_globals(const struct global_options *options)
{
	if (set_variable("HUSK_DATA", options->data) < 0 ||
	    set_variable("HUSK_STATE", options->state) < 0 ||
	    set_variable("HUSK_RUNTIME", options->runtime) < 0)
		return -1;
	return log_open(&(struct log_options){
		.level = options->debug ? LOG_DEBUG : (enum log_level)options->log_level});
}

static int check_operands(const struct command *command, const struct str_list *operands)
{
	size_t most = command->most == (size_t)COMMAND_MANY ? SIZE_MAX : command->most;

	if (operands->count >= command->least && operands->count <= most)
		return 0;
	return err_set(EINVAL, "too %s operands: usage: husk %s%s%s%s",
		       operands->count < command->least ? "few" : "many", command->name,
		       command->options ? " [OPTION...]" : "", *command->operands ? " " : "",
		       command->operands);
}

static int execute(const struct command *command, const struct config *config,
		   const struct command_line *line)
{
	struct command_line placed = *line;
	struct place place;
	int status;

	if (command->placeless)
		return command->run(line);
	if (config_set_places(config) < 0 || userns_enter() < 0 || place_open(&place) < 0)
		return -1;
	placed.place = &place;
	status = command->run(&placed);
	place_close(&place);
	return status;
}

static int prepare_and_execute(const struct command *command, char **argv,
			       const struct config *config, struct arena *arena)
{
	static const struct opt none[] = {{0}};
	const struct opt *options = command->options ? command->options : none;
	struct command_line line = {.arena = arena, .config = config};
	struct str_list operands;
	int result;

	line.values = arena_alloc(arena, command->values_size + 1);
	if (!line.values || (command->options &&
			     config_apply(config, command->name, options, arena, line.values) < 0))
		return -1;
	result = opts_parse(options, command->order, argv, arena, line.values, &operands);
	if (result > 0)
		return command_print_help((char *const[]){(char *)command->name, NULL});
	if (result < 0 || check_operands(command, &operands) < 0)
		return err_wrap("%s", command->name);
	line.operands = operands.items;
	line.count = operands.count;
	return execute(command, config, &line);
}

static int set_flags(struct config *config, const struct global_options *options)
{
	return config_set_flag(config, "data", options->data) < 0 ||
			       config_set_flag(config, "state", options->state) < 0 ||
			       config_set_flag(config, "runtime", options->runtime) < 0
		       ? -1
		       : 0;
}

static int run_command(const struct command *command, const struct global_options *options,
		       char **argv, struct arena *arena)
{
	struct config config;
	int status = -1;

	/* Help, and what a monitor calls to clean up, do without: it must not fail for a comma. */
	if (config_load(&config) < 0 && !command->placeless && command->summary)
		return -1;
	if (set_flags(&config, options) == 0)
		status = prepare_and_execute(command, argv, &config, arena);
	config_free(&config);
	return status;
}

/* "network" alone, or with --help; or a word that is no command. */
static int help_family(char **words)
{
	bool asked = words[1] && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0);

	if (asked)
		words[1] = NULL;
	if (command_print_help(words) < 0)
		return -1;
	return asked ? 0 : EXIT_HUSK;
}

static int run_words(char **argv, struct arena *arena)
{
	struct global_options options = {.log_level = LOG_WARNING};
	const struct command *command;
	struct str_list operands;
	size_t used;
	int result = opts_parse(command_globals, OPTS_FIRST, argv + 1, arena, &options, &operands);

	if (result < 0 || set_globals(&options) < 0)
		return -1;
	if (options.version)
		return command_print("husk " HUSK_VERSION);
	if (result > 0 || operands.count == 0) {
		if (command_print_help((char *const[]){NULL}) < 0)
			return -1;
		return result > 0 ? 0 : EXIT_HUSK;
	}
	command = command_find_words(operands.items, &used);
	if (!command)
		return help_family(operands.items);
	return run_command(command, &options, operands.items + used, arena);
}

int command_run(int argc, char **argv)
{
	struct arena arena = {0};
	int status = EXIT_HUSK;

	/* What our caller forgot to close would live as long as a monitor. */
	if (argc > 0)
		status =
			fd_close_on_exec_from(STDERR_FILENO + 1) < 0 ? -1 : run_words(argv, &arena);
	if (status < 0) {
		log_failure();
		status = EXIT_HUSK;
	}
	arena_free(&arena);
	return status;
}

/* --- what commands share --- */

int command_flush(void)
{
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

int command_print(const char *text)
{
	printf("%s\n", text);
	return command_flush();
}

int command_labels(const struct str_list *texts, struct arena *arena, struct str_map *map)
{
	for (size_t i = 0; i < texts->count; i++)
		if (str_map_set(map, arena, texts->items[i]) < 0)
			return err_wrap("--label");
	return 0;
}
