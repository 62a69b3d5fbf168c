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
	bool all, attach, interactive;
	struct str_list filters;
	const char *detach_keys;
};

#define AT(member) offsetof(struct start_options, member)

static const struct opt start_options[] = {
	{"all", 0, OPT_FLAG, AT(all), NULL, "all that do not run"},
	{"filter", 'f', OPT_LIST, AT(filters), "KEY=VALUE",
	 "with --all: as of ps; restart-policy=always after the machine was started"},
	{"attach", 'a', OPT_FLAG, AT(attach), NULL, "with its output here, until it ends"},
	{"interactive", 'i', OPT_FLAG, AT(interactive), NULL, "with our standard input, too"},
	{"detach-keys", 0, OPT_TEXT, AT(detach_keys), "KEYS",
	 "keys that leave it running (default ctrl-p,ctrl-q)"},
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
static bool may_be_started(const struct box *box)
{
	const char *policy = box->restart.policy ? box->restart.policy : "no";

	return !life_is_active(box) &&
	       !(box->state.stopped && strcmp(policy, "unless-stopped") == 0);
}

static int take_filtered(struct command_line *line, const struct str_list *filters)
{
	const struct list_options wanted = {.all = true, .filters = *filters};
	struct list list;

	if (list_open(line->place, &wanted, line->arena, &list) < 0)
		return -1;
	line->count = 0;
	line->operands = arena_alloc(line->arena, (list.count + 1) * sizeof(*line->operands));
	for (size_t i = 0; i < list.count && line->operands; i++)
		if (may_be_started(&list.items[i]))
			line->operands[line->count++] =
				arena_format(line->arena, "%s", list.items[i].id);
	list_close(&list);
	return line->operands ? 0 : -1;
}

static int run_start(const struct command_line *line)
{
	const struct start_options *options = line->values;
	struct command_line chosen = *line;

	if (options->filters.count && (!options->all || line->count))
		return err_set(EINVAL, "start: --filter chooses of --all: give both, and no names");
	if (options->filters.count ? take_filtered(&chosen, &options->filters) < 0
				   : command_take_all(&chosen, options->all, may_be_started) < 0)
		return -1;
	if (!options->attach && !options->interactive)
		return command_each(&chosen, start_one);
	if (chosen.count != 1)
		return err_set(EINVAL, "start: --attach and --interactive take one container");
	return command_with(&chosen, start_attached);
}

/* --- stop, restart --- */

/* The options of stop, restart, kill, pause and unpause: all begin with --all. */
struct signal_options {
	bool all;
	struct opt_u32 time;
	const char *signal;
};

#define AT(member) offsetof(struct signal_options, member)
#define ALL(of_what)                                                                               \
	{                                                                                          \
		"all", 'a', OPT_FLAG, AT(all), NULL, of_what                                       \
	}

/* `run` at once with the boxes that are named, or with all for which is_meant() says so. */
static int each_or_all(const struct command_line *line, bool (*is_meant)(const struct box *box),
		       int (*run)(const struct command_line *line, struct box *box))
{
	const struct signal_options *options = line->values;
	struct command_line chosen = *line;

	if (command_take_all(&chosen, options->all, is_meant) < 0)
		return -1;
	return command_at_once(&chosen, run);
}

static const struct opt stop_options[] = {
	ALL("all that run"),
	{"time", 't', OPT_OPT_U32, AT(time), "SECONDS",
	 "until KILL is sent (default 10, or --stop-timeout)"},
	{"timeout", 0, OPT_OPT_U32, AT(time), "SECONDS", "the same as --time"},
	{0}};

static uint32_t seconds_of(const struct command_line *line, const struct box *box)
{
	const struct signal_options *options = line->values;

	return options->time.set ? options->time.value : box->stop_timeout;
}

static int stop_one(const struct command_line *line, struct box *box)
{
	return life_stop(box, seconds_of(line, box));
}

static int run_stop(const struct command_line *line)
{
	return each_or_all(line, life_is_active, stop_one);
}

static int restart_one(const struct command_line *line, struct box *box)
{
	if (box->remove)
		return err_set(EINVAL, "container %s was run with --rm: stopped, it is removed",
			       box->name);
	if (life_stop(box, seconds_of(line, box)) < 0)
		return -1;
	/* Somebody else may start it first: it runs anew all the same. */
	if (life_start(box, NULL) < 0 && err_last()->code != EALREADY)
		return -1;
	events_add(box, "restart", NULL);
	return 0;
}

static int run_restart(const struct command_line *line)
{
	const struct signal_options *options = line->values;
	struct command_line chosen = *line;

	/* One after the other: one may be in the network of another one. */
	if (command_take_all(&chosen, options->all, life_is_active) < 0)
		return -1;
	return command_each(&chosen, restart_one);
}

/* --- kill --- */

static const struct opt kill_options[] = {
	ALL("all that run"),
	{"signal", 's', OPT_TEXT, AT(signal), "SIGNAL", "a name or a number (default KILL)"},
	{0}};

static int kill_one(const struct command_line *line, struct box *box)
{
	const struct signal_options *options = line->values;
	int signal = SIGKILL;

	if (options->signal && signals_parse(options->signal, &signal) < 0)
		return err_wrap("kill");
	return life_kill(box, signal);
}

static int run_kill(const struct command_line *line)
{
	return each_or_all(line, life_is_active, kill_one);
}

/* --- pause, unpause --- */

static const struct opt pause_options[] = {ALL("all that run"), {0}};
static const struct opt unpause_options[] = {ALL("all that are paused"), {0}};

static bool is_running(const struct box *box)
{
	return box->state.status == BOX_RUNNING;
}

static bool is_paused(const struct box *box)
{
	return box->state.status == BOX_PAUSED;
}

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
	return each_or_all(line, is_running, pause_one);
}

static int run_unpause(const struct command_line *line)
{
	return each_or_all(line, is_paused, unpause_one);
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

static int rename_box(const struct command_line *line, struct box *box)
{
	int result;

	if (box_lock(box) < 0)
		return -1;
	result = rename_locked(box, line->operands[1]);
	box_unlock(box);
	return result;
}

static int run_rename(const struct command_line *line)
{
	return command_with(line, rename_box);
}

/* --- rm --- */

struct rm_options {
	bool all, force, volumes;
};

#undef AT
#define AT(member) offsetof(struct rm_options, member)

static const struct opt rm_options[] = {
	ALL("all of them"),
	{"force", 'f', OPT_FLAG, AT(force), NULL,
	 "also if it is running: it is killed; nothing is said of those that are not there"},
	{"volumes", 'v', OPT_FLAG, AT(volumes), NULL, "its volumes without a name, too"},
	{0}};

static int rm_one(const struct command_line *line, const char *name)
{
	const struct rm_options *options = line->values;
	struct box box;
	int result;

	if (box_find(line->place, name, &box) < 0) {
		if (!options->force || err_last()->code == ENOTUNIQ)
			return -1;
		return life_remove_broken(line->place, name);
	}
	result = life_remove(&box, options->force, options->volumes || box.remove);
	box_close(&box);
	return result;
}

static bool is_any(const struct box *box)
{
	(void)box;
	return true;
}

static int run_rm(const struct command_line *line)
{
	const struct rm_options *options = line->values;
	struct command_line chosen = *line;

	if (command_take_all(&chosen, options->all, is_any) < 0)
		return -1;
	return command_at_once_name(&chosen, rm_one);
}

const struct command cmd_life[] = {
	{"start", NULL, "[CONTAINER...]", "Start stopped containers", "husk start -a web",
	 start_options, sizeof(struct start_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_start},
	{"stop", NULL, "[CONTAINER...]", "Stop containers: a signal, then KILL",
	 "husk stop -t 5 web", stop_options, sizeof(struct signal_options), OPTS_ANYWHERE, 0,
	 COMMAND_MANY, 'c', .run = run_stop},
	{"restart", NULL, "[CONTAINER...]", "Stop and start containers", "husk restart web",
	 stop_options, sizeof(struct signal_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_restart},
	{"kill", NULL, "[CONTAINER...]", "Send a signal to containers", "husk kill -s HUP web",
	 kill_options, sizeof(struct signal_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_kill},
	{"pause", NULL, "[CONTAINER...]", "Freeze all processes of containers", "husk pause web",
	 pause_options, sizeof(struct signal_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_pause},
	{"unpause", NULL, "[CONTAINER...]", "Let paused containers go on", "husk unpause web",
	 unpause_options, sizeof(struct signal_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c',
	 .run = run_unpause},
	{"wait", NULL, "CONTAINER...", "Wait for containers to end; print their exit statuses",
	 "husk wait web", NULL, 0, OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', .run = run_wait},
	{"rename", NULL, "CONTAINER NAME", "Give a container another name", "husk rename web www",
	 NULL, 0, OPTS_ANYWHERE, 2, 2, 'c', .run = run_rename},
	{"rm", "remove", "[CONTAINER...]", "Remove containers", "husk rm -f web", rm_options,
	 sizeof(struct rm_options), OPTS_ANYWHERE, 0, COMMAND_MANY, 'c', .run = run_rm},
	{0}};
