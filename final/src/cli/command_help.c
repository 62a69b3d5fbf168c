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
		printf("\nThe same: husk %.*s\n", (int)strcspn(command->alias, "|"),
		       command->alias);
	if (command->options) {
		printf("\nOptions:\n");
		opts_print_help(command->options);
	}
	if (command->example)
		printf("\nExample: %s\n", command->example);
}

struct word {
	char text[TYPED]; /* "": there is none */
};

/* What is behind the first word in a command's long spelling: "ls" of "image ls". */
static struct word word_in(const char *family, const struct command_group *group,
			   const struct command *command)
{
	const char *const names[] = {command->name, command->alias};
	size_t length = strlen(family);
	struct word word = {""};

	for (size_t i = 0; i < ARRAY_SIZE(names) && command->summary; i++)
		if (names[i] && strncmp(names[i], family, length) == 0 && names[i][length] == ' ') {
			const char *rest = names[i] + length + 1;

			snprintf(word.text, sizeof(word.text), "%.*s", (int)strcspn(rest, "|"),
				 rest);
			return word;
		}
	if (command->summary && !strchr(command->name, ' ') &&
	    strcmp(command_family(group, command), family) == 0)
		snprintf(word.text, sizeof(word.text), "%s", command->name);
	return word;
}

/* "network": its commands; false: there are none. */
static bool print_family(const char *family)
{
	bool any = false;

	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands; command->name; command++) {
			struct word word = word_in(family, group, command);

			if (!*word.text)
				continue;
			if (!any)
				printf("Usage: husk %s COMMAND\n\nCommands:\n", family);
			any = true;
			printf("  %s %-*s %s\n", family, 17 - (int)strlen(family), word.text,
			       command->summary);
		}
	return any;
}

/* What people know from elsewhere, and what they do here. */
static const struct {
	const char *name, *instead;
} missing[] = {
	{"pull", "there is no registry client yet: husk load takes what skopeo has fetched"},
	{"push", "there is no registry client yet: husk save writes what skopeo can send"},
	{"login", "there is no registry client yet"},
	{"logout", "there is no registry client yet"},
	{"search", "there is no registry client yet"},
	{"build", "husk import makes an image of a folder, husk commit one of a container"},
	{"cp", "not there yet: husk exec -i NAME tar, or husk export"},
	{"pod", "there are no pods yet: --net container:NAME shares a network"},
	{"healthcheck", "there are no health checks yet"},
};

static int refuse_missing(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		if (strcmp(missing[i].name, name) == 0)
			return err_set(EOPNOTSUPP, "%s: %s", name, missing[i].instead);
	return 0;
}

/* The nearest of all commands, or of a family's; "": none is near. */
static struct word nearest(const char *typed, const char *family)
{
	struct word words[NAMES_MAX], found = {""};
	const char *names[NAMES_MAX + 1], *name;
	size_t count = 0;

	for (const struct command_group *group = command_groups; group->commands; group++)
		for (const struct command *command = group->commands;
		     command->name && count < NAMES_MAX; command++) {
			words[count] = family ? word_in(family, group, command) : (struct word){""};
			if (!family && command->summary)
				snprintf(words[count].text, TYPED, "%s", command->name);
			names[count] = words[count].text;
			count += *names[count] != '\0';
		}
	names[count] = NULL;
	name = opts_nearest(typed, names);
	if (name)
		snprintf(found.text, TYPED, "%s", name);
	return found;
}

static bool is_family(const char *word)
{
	for (const struct command_group *group = command_groups; group->commands; group++)
		if (strcmp(group->family, word) == 0)
			return true;
	return false;
}

static int refuse(char *const words[])
{
	const char *family = words[1] && is_family(words[0]) ? words[0] : NULL;
	const char *blank = family ? " " : "";
	struct word typed, near;

	snprintf(typed.text, TYPED, "%s", words[family != NULL]);
	str_printable(typed.text);
	near = nearest(typed.text, family);
	if (!family && refuse_missing(typed.text) < 0)
		return -1;
	family = family ? family : "";
	if (*near.text)
		return err_set(ENOENT, "unknown command '%s%s%s': did you mean %s%s%s?", family,
			       blank, typed.text, family, blank, near.text);
	return err_set(ENOENT, "unknown command '%s%s%s': husk %s%s--help lists them", family,
		       blank, typed.text, family, blank);
}

int command_print_help(char *const words[])
{
	const struct command *command = NULL;
	char copy[TYPED], *split[3] = {NULL}, *rest = copy;
	size_t used;

	if (!words[0]) {
		print_usage();
		return command_flush();
	}
	/* A name from the table has a blank in it; what was typed is two words. */
	snprintf(copy, sizeof(copy), "%s", words[0]);
	split[0] = strsep(&rest, " ");
	split[1] = rest ? rest : words[1];
	command = command_find_words(split, &used);
	if (command) {
		print_command(command);
		return command_flush();
	}
	if (!split[1] && print_family(words[0]))
		return command_flush();
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
			printf("command\t%s\t%s\t%s\t%s\t%.1s\t%s\t%s\n", command->name,
			       command->operands, command->summary,
			       command->example ? command->example : "", &command->live,
			       command->alias ? command->alias : "",
			       command_family(group, command));
			print_option_rows(command->name, command->options);
		}
}
