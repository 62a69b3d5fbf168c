/*
 * commands.c: global options, the table of commands, and the one place where an error is printed.
 * See commands.h; next file: commands_life.c
 */
#include "commands.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum rootless { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };
enum cgroup_manager { MANAGER_CGROUPFS, MANAGER_DISABLED, MANAGER_SYSTEMD };

struct global_options {
	struct log_options log;
	int log_format, log_level; /* enum log_format, enum log_level */
	const char *root;
	int rootless, cgroup_manager; /* the enums above */
	bool debug, systemd_cgroup, version;
};

#define AT(member) offsetof(struct global_options, member)

static const struct opt global_options[] = {
	{"root", 0, OPT_TEXT, AT(root), "DIR",
	 "directory of all records (default /run/husk/runtime)"},
	{"log", 0, OPT_TEXT, AT(log.path), "FILE", "append messages to FILE, not standard error"},
	{"log-format", 0, OPT_CHOICE, AT(log_format), "text|json",
	 "format of messages (default text)"},
	{"log-level", 0, OPT_CHOICE, AT(log_level), "error|warning|info|debug",
	 "messages up to this level (default warning)"},
	{"debug", 0, OPT_FLAG, AT(debug), NULL, "same as --log-level debug"},
	{"rootless", 0, OPT_CHOICE, AT(rootless), "auto|true|false",
	 "go on without cgroups that may not be made (default auto)"},
	{"cgroup-manager", 0, OPT_CHOICE, AT(cgroup_manager), "cgroupfs|disabled|systemd",
	 "who makes cgroups (default cgroupfs; systemd is refused)"},
	{"systemd-cgroup", 0, OPT_FLAG, AT(systemd_cgroup), NULL,
	 "same as --cgroup-manager systemd"},
	{"version", 'v', OPT_FLAG, AT(version), NULL, "print the version"},
	{"criu", 0, OPT_IGNORED_TEXT, 0, "FILE", NULL},
	{0}};

static const struct command *const groups[] = {commands_life,	commands_list,	 commands_ps,
					       commands_events, commands_update, commands_spec,
					       commands_info};

static const struct opt *options_of(const struct command *command)
{
	static const struct opt none[] = {{0}};

	return command->options ? command->options : none;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct command *command = groups[i]; command->name; command++)
			if (strcmp(command->name, name) == 0)
				return command;
	return NULL;
}

static int refuse_command(const char *name)
{
	const char *names[32], *nearest;
	size_t count = 0;
	char typed[32];

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct command *command = groups[i]; command->name; command++)
			if (count < ARRAY_SIZE(names) - 1)
				names[count++] = command->name;
	names[count] = NULL;
	snprintf(typed, sizeof(typed), "%s", name);
	nearest = opts_nearest(str_printable(typed), names);
	if (nearest)
		return err_set(ENOENT, "unknown command '%s': did you mean %s?", typed, nearest);
	return err_set(ENOENT, "unknown command '%s': husk-runtime --help lists them", typed);
}

static void print_usage(void)
{
	printf("husk-runtime: runs OCI containers for engines such as podman and containerd\n\n"
	       "Usage: husk-runtime [OPTION...] COMMAND [OPTION...] [OPERAND...]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct command *command = groups[i]; command->name; command++)
			printf("  %-9s %s\n", command->name, command->summary);
	printf("\nOptions before the command:\n");
	opts_print_help(global_options);
	printf("\nhusk-runtime COMMAND --help shows a command's options.\n");
}

int commands_print_help(const char *name)
{
	const struct command *command;

	if (!name) {
		print_usage();
		return 0;
	}
	command = find_command(name);
	if (!command)
		return refuse_command(name);
	printf("Usage: husk-runtime %s%s%s%s\n\n%s.\n", name,
	       command->options ? " [OPTION...]" : "", *command->operands ? " " : "",
	       command->operands, command->summary);
	if (command->options) {
		printf("\nOptions:\n");
		opts_print_help(command->options);
	}
	printf("\nExample: %s\n", command->example);
	return 0;
}

static void print_option_rows(const char *command, const struct opt *options)
{
	for (; options->name; options++)
		if (opts_is_shown(options))
			printf("option\t%s\t%s\t%.1s\t%s\t%s\n", command, options->name,
			       &options->letter, options->value ? options->value : "",
			       options->help);
}

void commands_print_table(void)
{
	print_option_rows("", global_options);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct command *command = groups[i]; command->name; command++) {
			printf("command\t%s\t%s\t%s\t%s\n", command->name, command->operands,
			       command->summary, command->example);
			print_option_rows(command->name, options_of(command));
		}
}

int commands_print(const char *text)
{
	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		return err_sys("write to standard output");
	return 0;
}

static char *default_root(bool real_root, struct arena *arena)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");

	if (!real_root && runtime_dir && *runtime_dir == '/')
		return arena_format(arena, "%s/husk/runtime", runtime_dir);
	if (geteuid() != 0)
		return arena_format(arena, "/run/user/%u/husk/runtime", geteuid());
	return arena_format(arena, "/run/husk/runtime");
}

/* Commands change the working directory to the bundle: a relative --root must not follow. */
static char *absolute_root(const char *root, struct arena *arena)
{
	auto_free char *here = *root == '/' ? NULL : getcwd(NULL, 0);

	if (!here)
		return arena_format(arena, "%s", root);
	return arena_format(arena, "%s/%s", here, root);
}

static int fill_runtime(const struct global_options *options, char **argv, struct arena *arena,
			struct runtime *ret_rt)
{
	bool real_root = proc_is_real_root();
	char *root = options->root ? absolute_root(options->root, arena)
				   : default_root(real_root, arena);

	if (!root)
		return -1;
	*ret_rt = (struct runtime){
		.root = root,
		.rootless = options->rootless == ROOTLESS_AUTO ? !real_root
							       : options->rootless == ROOTLESS_TRUE,
		.no_cgroups = options->cgroup_manager == MANAGER_DISABLED,
		.argv = argv,
	};
	return 0;
}

static int refuse_systemd(void)
{
	return err_set(EOPNOTSUPP, "--systemd-cgroup: there is no systemd driver: let the engine "
				   "use cgroupfs (podman --cgroup-manager cgroupfs, containerd "
				   "SystemdCgroup = false, dockerd --exec-opt "
				   "native.cgroupdriver=cgroupfs)");
}

static int check_operands(const struct command *command, const struct str_list *operands)
{
	if (operands->count < command->least || operands->count > command->most)
		return err_set(EINVAL, "too %s operands: usage: husk-runtime %s%s%s%s",
			       operands->count < command->least ? "few" : "many", command->name,
			       command->options ? " [OPTION...]" : "",
			       *command->operands ? " " : "", command->operands);
	return command->has_id ? spec_check_id(operands->items[0]) : 0;
}

static int run_command(const struct command *command, const struct runtime *rt, char **argv,
		       struct arena *arena)
{
	void *values = arena_alloc(arena, command->values_size + 1);
	struct str_list operands;
	int result;

	if (!values)
		return -1;
	result = opts_parse(options_of(command), command->order, argv, arena, values, &operands);
	if (result < 0)
		return err_wrap("%s", command->name);
	if (result > 0)
		return commands_print_help(command->name);
	if (check_operands(command, &operands) < 0)
		return err_wrap("%s", command->name);
	return command->run(&(struct command_line){.rt = rt,
						   .values = values,
						   .operands = operands.items,
						   .count = operands.count,
						   .arena = arena});
}

static int run(char **argv, struct arena *arena)
{
	struct global_options options = {.log_level = LOG_WARNING};
	const struct command *command;
	struct str_list operands;
	struct runtime rt;
	int result;

	result = opts_parse(global_options, OPTS_FIRST, argv + 1, arena, &options, &operands);
	if (result < 0)
		return -1;
	if (options.version) {
		commands_print_version();
		return 0;
	}
	if (result > 0 || operands.count == 0) {
		print_usage();
		return result > 0 ? 0 : 1;
	}
	options.log.format = options.log_format;
	options.log.level = options.debug ? LOG_DEBUG : options.log_level;
	if (log_open(&options.log) < 0 || fill_runtime(&options, argv, arena, &rt) < 0)
		return -1;
	command = find_command(operands.items[0]);
	if (!command)
		return refuse_command(operands.items[0]);
	if (command->creates &&
	    (options.systemd_cgroup || options.cgroup_manager == MANAGER_SYSTEMD))
		return refuse_systemd();
	return run_command(command, &rt, operands.items + 1, arena);
}

int commands_run(int argc, char **argv)
{
	struct arena arena = {0};
	int status = argc > 0 ? run(argv, &arena) : 1;

	if (status < 0) {
		log_failure();
		status = 1;
	}
	arena_free(&arena);
	return status;
}
