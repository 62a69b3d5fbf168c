/*
 * cmd_exec.c: exec, shell, attach: into a box that runs. exec is the runtime's own: one more process
 * in all of the box's namespaces and in its cgroup. Next file: cmd_list.c
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/proc.h"
#include "../engine/attach.h"
#include "../engine/bundle.h"
#include "../engine/events.h"
#include "../engine/life.h"
#include "../engine/oci.h"
#include "command.h"
#include "run_options.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* --- one more process --- */

struct exec_options {
	bool interactive, terminal, detach, privileged;
	struct str_list env, env_files;
	const char *workdir, *user, *detach_keys;
};

#define AT(member) offsetof(struct exec_options, member)

static const struct opt exec_options[] = {
	{"interactive", 'i', OPT_FLAG, AT(interactive), NULL, "with our standard input"},
	{"tty", 't', OPT_FLAG, AT(terminal), NULL, "with a terminal"},
	{"detach", 'd', OPT_FLAG, AT(detach), NULL, "do not wait for its end"},
	{"env", 'e', OPT_LIST, AT(env), "NAME[=VALUE]", "set a variable; alone: the one we have"},
	{"env-file", 0, OPT_LIST, AT(env_files), "FILE", "variables, one a line"},
	{"workdir", 'w', OPT_TEXT, AT(workdir), "DIR", "working directory"},
	{"user", 'u', OPT_TEXT, AT(user), "USER[:GROUP]", "names or numbers"},
	{"privileged", 0, OPT_FLAG, AT(privileged), NULL, "with every capability"},
	{"detach-keys", 0, OPT_IGNORED_TEXT, 0, "KEYS", NULL},
	{0}};

#undef AT

static int check_running(const struct box *box)
{
	if (box->state.status == BOX_PAUSED)
		return err_set(EINVAL, "container %s is paused: husk unpause %s", box->name,
			       box->name);
	if (box->state.status != BOX_RUNNING || !box->state.pid)
		return err_set(EINVAL, "container %s is not running: husk start %s", box->name,
			       box->name);
	return 0;
}

/* In the background nobody would see it, nor hold it open. */
static bool has_terminal(const struct exec_options *options)
{
	return options->terminal && !options->detach;
}

/* The size is there before the program asks for it. */
static void fill_size(struct bundle_exec *exec)
{
	struct winsize size;

	if (!exec->terminal || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	exec->rows = size.ws_row;
	exec->columns = size.ws_col;
}

static int fill(const struct command_line *line, struct bundle_exec *exec)
{
	const struct exec_options *options = line->values;

	exec->user = options->user;
	exec->workdir = options->workdir;
	exec->terminal = has_terminal(options);
	exec->privileged = options->privileged;
	fill_size(exec);
	for (size_t i = 0; i < options->env_files.count; i++)
		if (run_read_env_file(options->env_files.items[i], line->arena, &exec->env) < 0)
			return -1;
	for (size_t i = 0; i < options->env.count; i++)
		if (run_set_env(&exec->env, line->arena, options->env.items[i]) < 0)
			return -1;
	return 0;
}

static int call_runtime(struct box *box, const struct exec_options *options, char *file)
{
	char *args[8] = {(char *)"exec", (char *)"--process", file};
	size_t count = 3;
	int status;

	if (has_terminal(options))
		args[count++] = (char *)"--tty";
	if (options->detach)
		args[count++] = (char *)"--detach";
	args[count++] = box->id;
	if (oci_exec(box, args, !options->detach, options->interactive && !options->detach,
		     &status) < 0)
		return -1;
	return status;
}

/* The process in a file of the box's: it goes when the runtime has ended. */
static int exec_in(const struct command_line *line, struct box *box, int root_fd,
		   const struct bundle_exec *exec)
{
	char *path = place_run(line->place, line->arena, "box/%s", box->id);
	char *name = arena_format(line->arena, "exec-%d.json", getpid());
	char *file = arena_format(line->arena, "%s/%s", path ? path : "", name ? name : "");
	auto_close int dir_fd = -1;
	int status;

	if (!path || !name || !file)
		return -1;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 && errno == ENOENT)
		return err_set(ESRCH, "container %s ended meanwhile", box->name);
	if (dir_fd < 0)
		return err_sys("open %s", path);
	if (bundle_write_process(box, root_fd, exec, dir_fd, name) < 0)
		return -1;
	events_add(box, "exec_start", NULL);
	status = call_runtime(box, line->values, file);
	unlinkat(dir_fd, name, 0);
	return status;
}

static int exec_words(const struct command_line *line, struct box *box)
{
	struct bundle_exec exec = {.args = {line->operands + 1, line->count - 1}};
	auto_close int root_fd = -1;

	if (check_running(box) < 0 || box_open_root(box, &root_fd) < 0 || fill(line, &exec) < 0)
		return -1;
	return exec_in(line, box, root_fd, &exec);
}

static int run_exec(const struct command_line *line)
{
	const struct exec_options *options = line->values;

	if (options->terminal && options->interactive && !options->detach && !isatty(STDIN_FILENO))
		return err_set(ENOTTY, "-it: the input device is not a TTY, standard input is no "
				       "terminal: leave -t out");
	return command_with(line, exec_words);
}

/* --- shell --- */

static bool is_there(int root_fd, const char *path)
{
	auto_close int fd = -1;
	struct stat st;

	return path_open(root_fd, path, O_PATH, &fd) == 0 && fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* The user's own by passwd(5), unless it is none; else what there is. */
static const char *find_shell(int root_fd, const struct bundle_user *user)
{
	static const char *const shells[] = {"/bin/bash", "/bin/ash", "/bin/sh", "/usr/bin/sh"};

	if (user->shell && is_there(root_fd, user->shell) && !strstr(user->shell, "nologin") &&
	    !strstr(user->shell, "/false"))
		return user->shell;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (is_there(root_fd, shells[i]))
			return shells[i];
	return NULL;
}

static int shell(const struct command_line *line, struct box *box)
{
	struct exec_options *options = line->values;
	struct bundle_exec exec = {0};
	struct bundle_user user;
	auto_close int root_fd = -1;
	const char *path;

	options->interactive = true;
	options->terminal = isatty(STDIN_FILENO);
	if (check_running(box) < 0 || box_open_root(box, &root_fd) < 0 || fill(line, &exec) < 0)
		return -1;
	if (bundle_find_user(root_fd, options->user ? options->user : box->user, &box->group_add,
			     line->arena, &user) < 0)
		return -1;
	path = find_shell(root_fd, &user);
	if (!path)
		return err_set(ENOENT, "container %s has no shell: husk exec %s PROGRAM", box->name,
			       box->name);
	if (str_list_add(&exec.args, line->arena, (char *)path) < 0)
		return -1;
	for (size_t i = 1; i < line->count; i++)
		if (str_list_add(&exec.args, line->arena, line->operands[i]) < 0)
			return -1;
	return exec_in(line, box, root_fd, &exec);
}

static int run_shell(const struct command_line *line)
{
	return command_with(line, shell);
}

/* --- attach --- */

struct attach_command {
	bool no_stdin;
	int no_signals; /* which word of --sig-proxy */
	const char *detach_keys;
};

static const struct opt attach_options[] = {
	{"no-stdin", 0, OPT_FLAG, offsetof(struct attach_command, no_stdin), NULL,
	 "without our standard input"},
	{"sig-proxy", 0, OPT_CHOICE, offsetof(struct attach_command, no_signals), "true|false",
	 "false: signals end husk, not the container"},
	{"detach-keys", 0, OPT_TEXT, offsetof(struct attach_command, detach_keys), "KEYS",
	 "keys that leave it running (default ctrl-p,ctrl-q)"},
	{0}};

static int attach(const struct command_line *line, struct box *box)
{
	const struct attach_command *options = line->values;
	struct attach_options how = {
		.terminal = box->terminal,
		.input = box->stdin_open && !options->no_stdin,
		.forward_signals = !options->no_signals,
		.detach_keys = options->detach_keys,
	};
	struct monitor_exit exit = {0};
	auto_close int fd = -1;
	bool detached;

	if (check_running(box) < 0 || attach_connect(box, &fd) < 0 ||
	    attach_relay(fd, box, &how, &exit, &detached) < 0)
		return -1;
	return detached ? 0 : exit.code;
}

static int run_attach(const struct command_line *line)
{
	return command_with(line, attach);
}

const struct command cmd_exec[] = {
	{"exec", NULL, "CONTAINER PROGRAM [ARGUMENT...]", "Execute one more program in a container",
	 "husk exec -it web sh", exec_options, sizeof(struct exec_options), OPTS_FIRST, 2,
	 COMMAND_MANY, 'c', .run = run_exec},
	{"shell", "enter", "CONTAINER [ARGUMENT...]", "The login shell of a container's user",
	 "husk shell web", exec_options, sizeof(struct exec_options), OPTS_FIRST, 1, COMMAND_MANY,
	 'c', .run = run_shell},
	{"attach", NULL, "CONTAINER", "Join the terminal or the output of a container",
	 "husk attach web", attach_options, sizeof(struct attach_command), OPTS_ANYWHERE, 1, 1, 'c',
	 .run = run_attach},
	{0}};
