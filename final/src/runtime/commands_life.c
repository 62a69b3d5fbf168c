/*
 * commands_life.c: the life of a container: create, start, run, exec, kill, pause, resume, state,
 * delete. What they do is elsewhere; here is only how it is asked for. Next file: container.h
 */
#include "../base/err.h"
#include "../base/log.h"
#include "commands.h"

#include <regex.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#define AT(member) offsetof(struct run_options, member)

/* create takes what run takes, without the first two. */
static const struct opt run_options[] = {
	{"detach", 'd', OPT_FLAG, AT(detach), NULL, "do not wait for its end"},
	{"keep", 0, OPT_FLAG, AT(keep), NULL, "do not delete it at its end"},
	{"bundle", 'b', OPT_TEXT, AT(create.bundle), "DIR",
	 "the bundle (default the working directory)"},
	{"config", 'f', OPT_TEXT, AT(create.config), "FILE", "instead of the bundle's config.json"},
	{"console-socket", 0, OPT_TEXT, AT(create.console_socket), "SOCKET",
	 "unix socket that gets the terminal's descriptor"},
	{"pid-file", 0, OPT_TEXT, AT(create.pid_file), "FILE", "gets the PID of the init"},
	{"pidfd-socket", 0, OPT_TEXT, AT(create.pidfd_socket), "SOCKET",
	 "unix socket that gets the pidfd of the init"},
	{"preserve-fds", 0, OPT_U32, AT(create.preserve_fds), "N",
	 "pass on descriptors 3 to 2 + N as well"},
	{"no-pivot", 0, OPT_FLAG, AT(create.no_pivot), NULL,
	 "no pivot_root(2): for a rootfs on a ramdisk"},
	{"no-new-keyring", 0, OPT_FLAG, AT(create.no_new_keyring), NULL,
	 "share the session keyring of the caller"},
	{"no-subreaper", 0, OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};

static int run_create(const struct command_line *line)
{
	struct run_options *options = line->values;

	options->create.id = line->operands[0];
	return create_container(line->rt, &options->create);
}

static int run_run(const struct command_line *line)
{
	struct run_options *options = line->values;
	int status = 0;

	options->create.id = line->operands[0];
	if (run_container(line->rt, options, &status) < 0)
		return -1;
	return status;
}
#undef AT

static int run_start(const struct command_line *line)
{
	return start_container(line->rt, line->operands[0]);
}

#define AT(member) offsetof(struct exec_options, member)

static const struct opt exec_options[] = {
	{"process", 'p', OPT_TEXT, AT(process_file), "FILE", "process.json: says everything"},
	{"tty", 't', OPT_FLAG, AT(tty), NULL, "with a terminal"},
	{"detach", 'd', OPT_FLAG, AT(detach), NULL, "do not wait for its end"},
	{"cwd", 0, OPT_TEXT, AT(cwd), "DIR", "working directory"},
	{"env", 'e', OPT_LIST, AT(env), "NAME=VALUE", "add to the environment"},
	{"user", 'u', OPT_TEXT, AT(user), "UID[:GID]", "user and group, by number"},
	{"additional-gids", 'g', OPT_LIST, AT(additional_gids), "GID", "one more group"},
	{"cap", 'c', OPT_LIST, AT(caps), "CAP", "one more capability"},
	{"no-new-privs", 0, OPT_FLAG, AT(no_new_privs), NULL, "set no_new_privs"},
	{"apparmor", 0, OPT_TEXT, AT(apparmor), "PROFILE", "AppArmor profile"},
	{"process-label", 0, OPT_TEXT, AT(process_label), "LABEL", "SELinux label"},
	{"cgroup", 0, OPT_TEXT, AT(cgroup), "[CONTROLLER:]PATH", "a cgroup below the container's"},
	{"console-socket", 0, OPT_TEXT, AT(console_socket), "SOCKET",
	 "unix socket that gets the terminal's descriptor"},
	{"pid-file", 0, OPT_TEXT, AT(pid_file), "FILE", "gets the PID"},
	{"pidfd-socket", 0, OPT_TEXT, AT(pidfd_socket), "SOCKET",
	 "unix socket that gets the pidfd"},
	{"preserve-fds", 0, OPT_U32, AT(preserve_fds), "N",
	 "pass on descriptors 3 to 2 + N as well"},
	{"ignore-paused", 0, OPT_FLAG, AT(ignore_paused), NULL, "also if the container is paused"},
	{"no-subreaper", 0, OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};
#undef AT

static int run_exec(const struct command_line *line)
{
	struct exec_options *options = line->values;
	int status = 0;

	options->id = line->operands[0];
	options->args = line->operands + 1;
	if (line->count < 2 && !options->process_file)
		return err_set(EINVAL,
			       "exec: which program? Give it after the ID, or --process FILE");
	if (line->count > 1 && options->process_file)
		return err_set(EINVAL,
			       "exec: --process %s says which program: none after the ID, please",
			       options->process_file);
	if (exec_in_container(line->rt, options, &status) < 0)
		return -1;
	return status;
}

struct kill_options {
	bool all;
};

static const struct opt kill_options[] = {{"all", 'a', OPT_FLAG, offsetof(struct kill_options, all),
					   NULL, "to every process in it, not the init alone"},
					  {0}};

/* "RTMIN+3", "RTMAX-1": signal(7). */
static int realtime_signal(const char *name)
{
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	int64_t offset = 0;
	int signal;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	if (name[5] && (name[5] != (from_min ? '+' : '-') ||
			str_to_i64(name + 6, 0, SIGRTMAX - SIGRTMIN, &offset) < 0))
		return -1;
	signal = from_min ? SIGRTMIN + offset : SIGRTMAX - offset;
	return signal;
}

static int named_signal(const char *name)
{
	static const struct {
		const char *name;
		int signal;
	} others[] = {{"CLD", SIGCHLD}, {"IOT", SIGABRT}, {"IO", SIGIO}, {"UNUSED", SIGSYS}};

	for (int signal = 1; signal < __SIGRTMIN; signal++)
		if (sigabbrev_np(signal) && strcasecmp(sigabbrev_np(signal), name) == 0)
			return signal;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcasecmp(others[i].name, name) == 0)
			return others[i].signal;
	return realtime_signal(name);
}

/* 0 is allowed: it asks whether the container can be signalled, kill(2). */
static int parse_signal(const char *text, int *ret_signal)
{
	int64_t number;
	int signal;

	if (*text >= '0' && *text <= '9') {
		if (str_to_i64(text, 0, SIGRTMAX, &number) < 0)
			return err_wrap("signal");
		*ret_signal = number;
		return 0;
	}
	signal = named_signal(strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text);
	if (signal < 0)
		return err_set(EINVAL,
			       "unknown signal '%s': expected a name such as TERM or RTMIN+1, or a "
			       "number up to %d",
			       text, SIGRTMAX);
	*ret_signal = signal;
	return 0;
}

static int run_kill(const struct command_line *line)
{
	const struct kill_options *options = line->values;
	int signal = SIGTERM;

	if (line->count > 1 && parse_signal(line->operands[1], &signal) < 0)
		return err_wrap("kill");
	return kill_container(line->rt, line->operands[0], signal, options->all);
}

static int run_pause(const struct command_line *line)
{
	return pause_container(line->rt, line->operands[0], true);
}

static int run_resume(const struct command_line *line)
{
	return pause_container(line->rt, line->operands[0], false);
}

static int print_state(const struct command_line *line, struct container *c)
{
	char *text;

	if (c->torn)
		return err_set(EINVAL,
			       "container '%s': its record cannot be read; delete --force "
			       "removes what is left of it",
			       line->operands[0]);
	if (state_format_oci(&c->state, line->arena, &text) < 0)
		return -1;
	return commands_print(text);
}

static int run_state(const struct command_line *line)
{
	struct container c;
	int result;

	if (container_open(line->rt, line->operands[0], &c) < 0)
		return -1;
	result = print_state(line, &c);
	container_close(&c);
	return result;
}

struct delete_options {
	bool force, regex;
};

static const struct opt delete_options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct delete_options, force), NULL,
	 "kill it first if it runs; no error if there is none"},
	{"regex", 'r', OPT_FLAG, offsetof(struct delete_options, regex), NULL,
	 "the ID is an extended regular expression: all that match"},
	{0}};

struct matches {
	regex_t regex;
	struct str_list ids;
	struct arena *arena;
};

static int add_match(struct container *c, void *data)
{
	struct matches *matches = data;
	char *id;

	if (regexec(&matches->regex, c->state.id, 0, NULL, 0) != 0)
		return 0;
	id = arena_format(matches->arena, "%s", c->state.id);
	return id ? str_list_add(&matches->ids, matches->arena, id) : -1;
}

/* Goes on after a failure, since the others can still be deleted; the last error is returned. */
static int delete_matches(const struct command_line *line, bool force)
{
	struct matches matches = {.arena = line->arena};
	char why[200];
	int result = regcomp(&matches.regex, line->operands[0], REG_EXTENDED | REG_NOSUB);

	if (result != 0) {
		regerror(result, &matches.regex, why, sizeof(why));
		return err_set(EINVAL, "delete --regex '%s': %s", line->operands[0], why);
	}
	result = container_each(line->rt, add_match, &matches);
	regfree(&matches.regex);
	for (size_t i = 0; result >= 0 && i < matches.ids.count; i++)
		if (delete_container(line->rt, matches.ids.items[i], force) < 0) {
			if (i + 1 < matches.ids.count)
				log_failure();
			result = -1;
		}
	return result;
}

static int run_delete(const struct command_line *line)
{
	const struct delete_options *options = line->values;

	if (options->regex)
		return delete_matches(line, options->force);
	if (spec_check_id(line->operands[0]) < 0)
		return err_wrap("delete");
	return delete_container(line->rt, line->operands[0], options->force);
}

const struct command commands_life[] = {
	{"create", "ID", "Make a container and leave it waiting for start",
	 "husk-runtime create --bundle /srv/web web", run_options + 2, sizeof(struct run_options),
	 OPTS_ANYWHERE, 1, 1, .has_id = true, .creates = true, .run = run_create},
	{"start", "ID", "Execute the program of a created container", "husk-runtime start web",
	 NULL, 0, OPTS_ANYWHERE, 1, 1, .has_id = true, .run = run_start},
	{"run", "ID", "Create, start, wait and delete; its exit status is ours",
	 "husk-runtime run --bundle /srv/web web", run_options, sizeof(struct run_options),
	 OPTS_ANYWHERE, 1, 1, .has_id = true, .creates = true, .run = run_run},
	{"exec", "ID [PROGRAM [ARGUMENT...]]", "Execute one more program in a running container",
	 "husk-runtime exec --tty web /bin/sh", exec_options, sizeof(struct exec_options),
	 OPTS_FIRST, 1, COMMAND_MANY, .has_id = true, .run = run_exec},
	{"kill", "ID [SIGNAL]", "Send a signal, TERM if none is named, to the init",
	 "husk-runtime kill web HUP", kill_options, sizeof(struct kill_options), OPTS_ANYWHERE, 1,
	 2, .has_id = true, .run = run_kill},
	{"pause", "ID", "Freeze all processes of a container", "husk-runtime pause web", NULL, 0,
	 OPTS_ANYWHERE, 1, 1, .has_id = true, .run = run_pause},
	{"resume", "ID", "Let the processes of a paused container go on", "husk-runtime resume web",
	 NULL, 0, OPTS_ANYWHERE, 1, 1, .has_id = true, .run = run_resume},
	{"state", "ID", "Print the state of a container as JSON", "husk-runtime state web", NULL, 0,
	 OPTS_ANYWHERE, 1, 1, .has_id = true, .run = run_state},
	{"delete", "ID", "Remove a stopped container and all that it held",
	 "husk-runtime delete --force web", delete_options, sizeof(struct delete_options),
	 OPTS_ANYWHERE, 1, 1, .run = run_delete},
	{0}};
