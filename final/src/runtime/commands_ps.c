/*
 * commands_ps.c: ps, the processes of a container: ps(1) of the machine lists all there are, and
 * the cgroup says which of them to show. Next file: commands_events.c
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "commands.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum format { FORMAT_TABLE, FORMAT_JSON };

struct ps_options {
	int format; /* enum format */
};

static const struct opt ps_options[] = {{"format", 'f', OPT_CHOICE,
					 offsetof(struct ps_options, format), "table|json",
					 "ps(1)'s table, or PIDs as JSON (default table)"},
					{0}};

struct processes {
	pid_t *pids;
	size_t count;
};

static bool has_process(const struct processes *processes, long pid)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->pids[i] == pid)
			return true;
	return false;
}

static int print_pids(const struct processes *processes, struct arena *arena)
{
	auto_json struct json_object *array = json_new_array();
	char *text;

	for (size_t i = 0; i < processes->count; i++)
		if (json_append(array, json_new_int(processes->pids[i])) < 0)
			return -1;
	if (json_text(array, JSON_ONE_LINE, arena, &text) < 0)
		return -1;
	return commands_print(text);
}

/* Which word of ps(1)'s header is PID; -1: none. */
static int pid_column(const char *header)
{
	char *copy = strdupa(header);
	int column = 0;

	for (char *rest, *word = strtok_r(copy, " \n", &rest); word;
	     word = strtok_r(NULL, " \n", &rest), column++)
		if (strcmp(word, "PID") == 0)
			return column;
	return -1;
}

static long pid_in(const char *text, int column)
{
	text += strspn(text, " ");
	for (; column > 0; column--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return strtol(text, NULL, 10);
}

static int filter_table(FILE *table, const struct processes *processes)
{
	auto_free char *text = NULL;
	size_t size = 0;
	int column;

	if (getline(&text, &size, table) < 0)
		return err_set(EINVAL, "ps printed nothing");
	column = pid_column(text);
	if (column < 0)
		return err_set(EINVAL, "ps: its table has no column PID: add pid to the options");
	printf("%s", text);
	while (getline(&text, &size, table) > 0)
		if (has_process(processes, pid_in(text, column)))
			printf("%s", text);
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

/* By absolute path, PATH is the caller's; with SIGPIPE as it was before main() ignored it. */
static int spawn_ps(char **args, int output, pid_t *ret_pid)
{
	static const char *const places[] = {"/usr/bin/ps", "/bin/ps"};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int result = ENOENT;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
		return err_set(ENOMEM, "out of memory");
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0)
		for (size_t i = 0; result == ENOENT && i < ARRAY_SIZE(places); i++)
			result = posix_spawn(ret_pid, places[i], &actions, &attributes, args,
					     environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (result == 0)
		return 0;
	return err_set(result, "ps: cannot execute %s: %s; --format json needs no ps", places[0],
		       strerror(result));
}

/* Closes the pipe at its end, so that a ps that still writes is not waited for in vain. */
static int run_filtered(char **args, const struct processes *processes, pid_t *ret_pid)
{
	auto_close int output = -1;
	auto_file FILE *table = NULL;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys("pipe");
	output = ends[1];
	table = fdopen(ends[0], "r");
	if (!table) {
		close(ends[0]);
		return err_sys("fdopen");
	}
	if (spawn_ps(args, output, ret_pid) < 0)
		return -1;
	close(TAKE_FD(output));
	return filter_table(table, processes);
}

static int print_table(char **ps_args, const struct processes *processes, struct arena *arena)
{
	char *standard[] = {"-ef", NULL};
	char **given = *ps_args ? ps_args : standard;
	struct str_list args = {0};
	int result, status = 0;
	pid_t pid = -1;

	if (str_list_add(&args, arena, "ps") < 0)
		return -1;
	for (; *given; given++)
		if (str_list_add(&args, arena, *given) < 0)
			return -1;
	result = run_filtered(args.items, processes, &pid);
	if (pid > 0 && waitpid(pid, &status, 0) < 0)
		return err_sys("wait for ps");
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return err_set(EINVAL, "ps failed: its options were not accepted");
	return result;
}

static int print_processes(const struct command_line *line, const struct container *c)
{
	const struct ps_options *options = line->values;
	struct processes processes = {0};
	pid_t init = c->torn || c->state.status == STATE_STOPPED ? 0 : c->state.pid;

	if (c->cgroup.path) {
		if (cgroup_processes(&c->cgroup, line->arena, &processes.pids, &processes.count) <
		    0)
			return err_wrap("ps");
	} else if (init > 0) {
		log_warn("container '%s' has no cgroup: only its init is known", line->operands[0]);
		processes = (struct processes){&init, 1};
	}
	if (options->format == FORMAT_JSON)
		return print_pids(&processes, line->arena);
	return print_table(line->operands + 1, &processes, line->arena);
}

static int run_ps(const struct command_line *line)
{
	struct container c;
	int result;

	if (container_open(line->rt, line->operands[0], &c) < 0)
		return -1;
	result = print_processes(line, &c);
	container_close(&c);
	return result;
}

const struct command commands_ps[] = {
	{"ps", "ID [PS-OPTION...]", "List the processes of a container, by ps(1)",
	 "husk-runtime ps web -o pid,etime,args", ps_options, sizeof(struct ps_options), OPTS_FIRST,
	 1, COMMAND_MANY, .has_id = true, .run = run_ps},
	{0}};
