/* command_help.c: help, from the tables. See command.h; next file: run_options.h */
#include "../base/err.h"
#include "command_tables.h"

#include <string.h>

enum { NAMES_MAX = 160, TYPED = 64 };

static void print_usage(void)
{
	printf("husk: runs containers, without a daemon\n\n"
	       "Usage: husk [OPTION...] COMMAND [OPTION...] [OPERAND...]\n");
	for (const struct command_group *group = command_groups; group->commands; group++) {
		if (group->title)
			printf("\n%s:\n", group->title);
		for (const struct command *command = group->commands; command->name; command++)
			if (command->summary)
				printf("  %-18s %s\n", command->name, command->summary);
	}
	printf("\nOptions before the command:\n");
	opts_print_help(command_globals);
	printf("\nhusk COMMAND --help shows a command's options.\n");
}

static void print_command(const struct command *command)
{
	printf("Usage: husk %s%s%s%s\n\n%s.\n", command->name,
	       command->options ? " [OPTION...]" : "", *command->operands ? " " : "",
	       command->operands, command->summary ? command->summary : "For husk itself");
	if (command->alias)
		printf("\nThe same: husk %s\n", command->alias);
	if (command->options) {
		printf("\nOptions:\n");
		opts_print_help(command->options);
	}
	if (command->example)
		printf("\nExample: %s\n", command->example);
}

/* "network": the commands that begin so. */
static bool print_family(const char *word)
{
	size_t length = strlen(word);
	bool any = false;

	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands; command->name; command++) {
			if (strncmp(command->name, word, length) != 0 ||
			    command->name[length] != ' ' || !command->summary)
				continue;
			if (!any)
				printf("Usage: husk %s COMMAND\n\nCommands:\n", word);
			any = true;
			printf("  %-18s %s\n", command->name, command->summary);
		}
	return any;
}

static int refuse(char *const words[])
{
	const char *names[NAMES_MAX], *nearest = NULL;
	size_t count = 0;
	char typed[TYPED], both[TYPED * 2 + 1];

	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands; command->name; command++)
			if (command->summary && count < NAMES_MAX - 1)
				names[count++] = command->name;
	names[count] = NULL;
	snprintf(typed, sizeof(typed), "%s", words[0]);
	snprintf(both, sizeof(both), "%s %s", str_printable(typed), words[1] ? words[1] : "");
	if (words[1])
		nearest = opts_nearest(str_printable(both), names);
	if (!nearest)
		nearest = opts_nearest(typed, names);
	if (nearest)
		return err_set(ENOENT, "unknown command '%s': did you mean %s?", typed, nearest);
	return err_set(ENOENT, "unknown command '%s': husk --help lists them", typed);
}

static int flush(void)
{
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

int command_print_help(char *const words[])
{
	const struct command *command = NULL;
	char copy[TYPED], *split[3] = {NULL}, *rest = copy;
	size_t used;

	if (!words[0]) {
		print_usage();
		return flush();
	}
	/* A name from the table has a blank in it; what was typed is two words. */
	snprintf(copy, sizeof(copy), "%s", words[0]);
	split[0] = strsep(&rest, " ");
	split[1] = rest ? rest : words[1];
	command = command_find_words(split, &used);
	if (command) {
		print_command(command);
		return flush();
	}
	if (!split[1] && print_family(words[0]))
		return flush();
	return refuse(split);
}

static void print_option_rows(const char *command, const struct opt *options)
{
	for (; options && options->name; options++)
		if (opts_is_shown(options))
			printf("option\t%s\t%s\t%.1s\t%s\t%s\n", command, options->name,
			       &options->letter, options->value ? options->value : "",
			       options->help);
}

void command_print_table(void)
{
	print_option_rows("", command_globals);
	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands; command->name; command++) {
			if (!command->summary)
				continue;
			printf("command\t%s\t%s\t%s\t%s\t%.1s\t%s\n", command->name,
			       command->operands, command->summary,
			       command->example ? command->example : "", &command->live,
			       command->alias ? command->alias : "");
			print_option_rows(command->name, command->options);
		}
}
