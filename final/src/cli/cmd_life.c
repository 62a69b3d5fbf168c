/*
 * cmd_life.c: start, stop, restart, kill, pause, unpause, wait, rename, rm. See life.h for what they
 * do; next file: cmd_exec.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../engine/attach.h"
#include "../engine/events.h"
#include "../engine/life.h"
#include "../engine/oci.h"
#include "../network/network.h"
#include "../store/signals.h"
#include "command.h"
#include "list.h"

#include <signal.h>
#include <string.h>

/* --- start --- */

struct start_options {
	bool attach, interactive, all;
	struct str_list filters;
	const char *detach_keys;
};

#define AT(member) offsetof(struct start_options, member)

static const struct opt start_options[] = {
	{"attach", 'a', OPT_FLAG, AT(attach), NULL, "with its output here, until it ends"},
	{"interactive", 'i', OPT_FLAG, AT(interactive), NULL, "with our standard input, too"},
	{"detach-keys", 0, OPT_TEXT, AT(detach_keys), "KEYS",
	 "keys that leave it running (default ctrl-p,ctrl-q)"},
	{"all", 0, OPT_FLAG, AT(all), NULL,
	 "all that do not run, but for those that --filter leaves"},
	{"filter", 'f', OPT_LIST, AT(filters), "KEY=VALUE",
	 "with --all: as of ps; restart-policy=always after the machine was started"},
	{0}};

#undef AT

static int start_one(const struct command_line *line, struct box *box)
{
	(void)line;
	return life_is_active(box) ? 0 : life_start(box, NULL);
}

static int start_attached(const struct command_line *line, struct box *box)
{
	const struct start_options *options = line->values;
	struct life_attach attach = {.wanted = true, .once = options->interactive, .fd = -1};
	struct attach_options how = {
		.terminal = box->terminal,
		.input = options->interactive && box->stdin_open,
		.forward_signals = true,
		.cleans = true,
		.detach_keys = options->detach_keys,
	};
	struct monitor_exit exit = {0};
	auto_close int fd = -1;
	bool detached;

	if (life_is_active(box))
		return err_set(EALREADY, "container %s is running: husk attach %s", box->name,
			       box->name);
	if (life_start(box, &attach) < 0) {
		log_failure();
		return box->state.exit_code;
	}
	fd = attach.fd;
	if (attach_relay(fd, box, &how, &exit, &detached) < 0)
		return -1;
	if (detached)
		return 0;
	if (box->remove ? life_remove(box, true, true) < 0 : life_release(box) < 0)
		log_failure();
	return exit.code;
}

/* What was stopped by the user while it was to run unless stopped stays so. */
static int start_all(const struct command_line *line)
{
	const struct start_options *options = line->values;
	const struct list_options wanted = {.all = true, .filters = options->filters};
	struct command_line found = *line;
	struct list list;
	int status = -1;

	if (list_open(line->place, &wanted, line->arena, &list) < 0)
		return -1;
	found.count = 0;
	found.operands = arena_alloc(line->arena, (list.count + 1) * sizeof(*found.operands));
	for (size_t i = 0; i < list.count && found.operands; i++) {
		const struct box *box = &list.items[i];
		const char *policy = box->restart.policy ? box->restart.policy : "no";

		if (life_is_active(box) ||
		    (box->state.stopped && strcmp(policy, "unless-stopped") == 0))
			continue;
		found.operands[found.count++] = box->id;
	}
	if (found.operands)
		status = command_each(&found, start_one);
	list_close(&list);
	return status;
}

static int run_start(const struct command_line *line)
{
	const struct start_options *options = line->values;
	struct box box;
	int status;

	if (options->all != (line->count == 0) || (options->filters.count && !options->all))
		return err_set(EINVAL, "start: expected containers, or --all and perhaps --filter");
	if (options->all)
		return start_all(line);
	if (!options->attach && !options->interactive)
		return command_each(line, start_one);
	if (line->count > 1)
		return err_set(EINVAL, "start: --attach takes one container");
	if (command_find(line, line->operands[0], &box) < 0)
		return -1;
	status = start_attached(line, &box);
	box_close(&box);
	return status;
}

/* --- stop, restart --- */

struct stop_options {
	struct opt_u32 time;
};

static const struct opt stop_options[] = {
	{"time", 't', OPT_OPT_U32, offsetof(struct stop_options, time), "SECONDS",
	 "until KILL is sent (default 10, or --stop-timeout)"},
	{"timeout", 0, OPT_OPT_U32, offsetof(struct stop_options, time), "SECONDS",
	 "the same as --time"},
	{0}};

static uint32_t seconds_of(const struct command_line *line, const struct box *box)
{
	const struct stop_options *options = line->values;

	return options->time.set ? options->time.value : box->stop_timeout;
}

static int stop_one(const struct command_line *line, struct box *box)
{
	return life_stop(box, seconds_of(line, box));
}

static int run_stop(const struct command_line *line)
{
	return command_each(line, stop_one);
}

static int restart_one(const struct command_line *line, struct box *box)
{
	if (box->remove)
		return err_set(EINVAL, "container %s was run with --rm: stopped, it is removed",
			       box->name);
	if (life_stop(box, seconds_of(line, box)) < 0 || life_start(box, NULL) < 0)
		return -1;
	events_add(box, "restart", NULL);
	return 0;
}

static int run_restart(const struct command_line *line)
{
	return command_each(line, restart_one);
}

/* --- kill --- */

struct kill_options {
	const char *signal;
};

static const struct opt kill_options[] = {{"signal", 's', OPT_TEXT,
					   offsetof(struct kill_options, signal), "SIGNAL",
					   "a name or a number (default KILL)"},
					  {0}};

static int kill_one(const struct command_line *line, struct box *box)
{
	const struct kill_options *options = line->values;
	int signal = SIGKILL;

	if (options->signal && signals_parse(options->signal, &signal) < 0)
		return err_wrap("kill");
	return life_kill(box, signal);
}

static int run_kill(const struct command_line *line)
{
	return command_each(line, kill_one);
}

/* --- pause, unpause --- */

static int change_pause(struct box *box, int from, int to)
{
	if (box->state.status != from)
		return err_set(EINVAL, "container %s is %s, not %s", box->name,
			       bind_name_of(box_status_names, box->state.status),
			       bind_name_of(box_status_names, from));
	if (oci_pause(box, to == BOX_PAUSED) < 0)
		return err_wrap("container %s", box->name);
	box->state.status = to;
	if (box_save(box) < 0)
		return -1;
	events_add(box, to == BOX_PAUSED ? "pause" : "unpause", NULL);
	return 0;
}

static int pause_or_not(struct box *box, int from, int to)
{
	int result;

	if (box_lock(box) < 0)
		return -1;
	result = change_pause(box, from, to);
	box_unlock(box);
	return result;
}

static int pause_one(const struct command_line *line, struct box *box)
{
	(void)line;
	return pause_or_not(box, BOX_RUNNING, BOX_PAUSED);
}

static int unpause_one(const struct command_line *line, struct box *box)
{
	(void)line;
	return pause_or_not(box, BOX_PAUSED, BOX_RUNNING);
}

static int run_pause(const struct command_line *line)
{
	return command_each(line, pause_one);
}

static int run_unpause(const struct command_line *line)
{
	return command_each(line, unpause_one);
}

/* --- wait, rename --- */

static int wait_one(const struct command_line *line, struct box *box)
{
	int64_t code;
	char *text;

	if (life_wait(box, &code) < 0)
		return -1;
	text = arena_format(line->arena, "%ld", (long)code);
	return text && command_print(text) == 0 ? 1 : -1;
}

static int run_wait(const struct command_line *line)
{
	return command_each(line, wait_one);
}

static int rename_locked(struct box *box, const char *name)
{
	if (box_rename(box, name) < 0 || network_refresh(box) < 0)
		return -1;
	events_add(box, "rename", NULL);
	return 0;
}

static int run_rename(const struct command_line *line)
{
	struct box box;
	int result;

	if (command_find(line, line->operands[0], &box) < 0)
		return -1;
	result = box_lock(&box);
	if (result == 0) {
		result = rename_locked(&box, line->operands[1]);
		box_unlock(&box);
	}
	box_close(&box);
	return result;
}

/* --- rm --- */

struct rm_options {
	bool force, volumes;
};

static const struct opt rm_options[] = {{"force", 'f', OPT_FLAG, offsetof(struct rm_options, force),
					 NULL, "also if it is running: it is killed"},
					{"volumes", 'v', OPT_FLAG,
					 offsetof(struct rm_options, volumes), NULL,
					 "its volumes without a name, too"},
					{0}};

static int rm_one(const struct command_line *line, const char *name)
{
	const struct rm_options *options = line->values;
	struct box box;
	int result;

	if (box_find(line->place, name, &box) < 0) {
		if (!options->force || err_last()->code == ENOENT)
			return -1;
		return life_remove_broken(line->place, name);
	}
	result = life_remove(&box, options->force, options->volumes || box.remove);
	box_close(&box);
	return result;
}

static int run_rm(const struct command_line *line)
{
	int status = 0;

	for (size_t i = 0; i < line->count; i++)
		if (rm_one(line, line->operands[i]) < 0 || command_print(line->operands[i]) < 0) {
			log_failure();
			status = EXIT_HUSK;
		}
	return status;
}

const struct command cmd_life[] = {
	{"start", NULL, "CONTAINER...", "Start stopped containers", "husk start -a web",
	 start_options, sizeof(struct start_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_start},
	{"stop", NULL, "CONTAINER...", "Stop containers: a signal, then KILL", "husk stop -t 5 web",
	 stop_options, sizeof(struct stop_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c',
	 .run = run_stop},
	{"restart", NULL, "CONTAINER...", "Stop and start containers", "husk restart web",
	 stop_options, sizeof(struct stop_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c',
	 .run = run_restart},
	{"kill", NULL, "CONTAINER...", "Send a signal to containers", "husk kill -s HUP web",
	 kill_options, sizeof(struct kill_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c',
	 .run = run_kill},
	{"pause", NULL, "CONTAINER...", "Freeze all processes of containers", "husk pause web",
	 NULL, 0, OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_pause},
	{"unpause", NULL, "CONTAINER...", "Let paused containers go on", "husk unpause web", NULL,
	 0, OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_unpause},
	{"wait", NULL, "CONTAINER...", "Wait for containers to end; print their exit statuses",
	 "husk wait web", NULL, 0, OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_wait},
	{"rename", NULL, "CONTAINER NAME", "Give a container another name", "husk rename web www",
	 NULL, 0, OPTS_ANYWHERE, 2, 2, 'c', .run = run_rename},
	{"rm", "remove", "CONTAINER...", "Remove containers", "husk rm -f web", rm_options,
	 sizeof(struct rm_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_rm},
	{0}};
