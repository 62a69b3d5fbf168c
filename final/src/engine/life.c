/*
 * life.c: starting a box, and releasing what it held. The table of stages is the table of contents:
 * one column makes, the other takes back. See life.h; next file: life_monitor.c
 */
#include "life.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/runtime_error.h"
#include "../base/store.h"
#include "../base/tree.h"
#include "../network/network.h"
#include "../store/clock.h"
#include "bundle.h"
#include "events.h"
#include "oci.h"
#include "rootfs.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

enum { MONITOR_WAIT_MS = 10000, POLL_MAX_MS = 50 };

struct start {
	struct box *box;
	struct life_attach *attach;
	struct bundle_context context;
	struct arena arena;
};

/* --- the stages: run, and undo --- */

static int make_run_dir(struct start *s)
{
	auto_close int dir_fd = -1;
	char path[80];

	snprintf(path, sizeof(path), "box/%s", s->box->id);
	return place_open_dir(s->box->place->run_fd, path, &dir_fd);
}

static int remove_run_dir(struct box *box)
{
	auto_close int boxes_fd = -1;

	if (place_open_dir(box->place->run_fd, "box", &boxes_fd) < 0)
		return -1;
	return tree_remove(boxes_fd, box->id);
}

static int mount_rootfs(struct start *s)
{
	char *path;

	if (rootfs_mount(s->box, &s->arena, &path) < 0)
		return -1;
	s->context.rootfs = path;
	return 0;
}

static int unmount_rootfs(struct box *box)
{
	return rootfs_unmount(box);
}

static int attach_network(struct start *s)
{
	char *path = NULL;

	/* What was leased is in the record before anything is made of it: hosts of others read it. */
	if (network_attach(s->box) < 0 || box_save(s->box) < 0 ||
	    network_namespace(s->box, &s->arena, &path) < 0)
		return -1;
	s->context.netns = path;
	s->context.new_netns = !path && strcmp(s->box->network_mode, "none") == 0;
	return 0;
}

static int write_bundle(struct start *s)
{
	/* Who came in meanwhile is not in our hosts file yet: now there is one to be put into. */
	return bundle_write(s->box, &s->context) < 0 ? -1 : network_refresh(s->box);
}

static int start_monitor(struct start *s)
{
	struct box_state *state = &s->box->state;
	struct proc_stat stat;

	if (life_start_monitor(s->box, s->attach, &state->pid) < 0)
		return -1;
	/* It may be over already: then the monitor's files say so. */
	state->start_time = proc_stat(state->pid, &stat) == 0 ? stat.start_time : 0;
	return 0;
}

/* The monitor ends with its container; it may be the caller, in the last thing it does. */
static int end_container(struct box *box)
{
	if (oci_delete(box) < 0)
		return -1;
	if (!life_wait_monitor(box, MONITOR_WAIT_MS))
		return err_set(EBUSY, "its monitor, process %ld, does not end",
			       (long)box->state.monitor_pid);
	return 0;
}

/* clang-format off */
static const struct stage {
	const char *name; /* leads the error text where the reason alone would not say enough */
	int (*run)(struct start *s);
	int (*undo)(struct box *box);
} stages[] = {
	{NULL, make_run_dir, remove_run_dir},
	{"root file system", mount_rootfs, unmount_rootfs},
	{"network", attach_network, network_detach},
	{NULL, write_bundle, NULL},
	{NULL, start_monitor, end_container},
};

/* clang-format on */

/* Walks back from row `count` - 1 to row `first`; the first failure is what is returned. */
static int undo(struct box *box, size_t first, size_t count)
{
	struct err failure = {0};

	while (count-- > first)
		if (stages[count].undo && stages[count].undo(box) < 0 && !failure.code)
			failure = *err_last();
	if (!failure.code)
		return 0;
	err_adopt(&failure);
	return -1;
}

/* --- the end --- */

static void tell_end(struct box *box)
{
	char code[24];
	struct str_pair pair = {.key = (char *)"exitCode", .value = code};
	struct str_map attributes = {.items = &pair, .count = 1};

	snprintf(code, sizeof(code), "%ld", (long)box->state.exit_code);
	if (box->state.oom_killed)
		events_add(box, "oom", NULL);
	events_add(box, "die", &attributes);
}

int life_save(struct box *box)
{
	return box_save(box) == 0 || err_is_full() ? 0 : -1;
}

/*
 * How it ended is in a file of the directory that goes last: so the record has it before, and still
 * says that there is something to release.
 */
static int release(struct box *box)
{
	struct box_state *state = &box->state;
	bool tell = state->status == BOX_EXITED && !state->starting;

	if (undo(box, 1, ARRAY_SIZE(stages)) < 0)
		return err_wrap("container %s: release", box->name);
	state->starting = true;
	if (!state->finished && clock_now(&box->arena, &state->finished) < 0)
		return -1;
	if (life_save(box) < 0 || undo(box, 0, 1) < 0)
		return err_wrap("container %s: release", box->name);
	state->starting = false;
	box->leftover = box->held = false;
	if (tell)
		tell_end(box);
	return life_save(box);
}

/* The monitor's word is not enough: it may not have seen the end yet. */
static bool is_alive(const struct box *box)
{
	auto_close int pidfd = -1;

	return life_is_active(box) &&
	       (!box->state.pid || proc_open(box->state.pid, box->state.start_time, &pidfd) == 0);
}

int life_lock_at_rest(struct box *box)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (int waited = 0; waited < MONITOR_WAIT_MS; waited += pause.tv_nsec / 1000000) {
		if (box_lock(box) < 0)
			return -1;
		if (!box->held || is_alive(box) || (box->leftover && release(box) == 0))
			return 0;
		box_unlock(box);
		if (box->leftover)
			return -1;
		/* Whoever sees the end may be a little before the monitor's own. */
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < POLL_MAX_MS * 1000000)
			pause.tv_nsec *= 2;
	}
	return err_set(EBUSY, "container %s: its monitor does not end", box->name);
}

int life_release(struct box *box)
{
	if (life_lock_at_rest(box) < 0)
		return -1;
	box_unlock(box);
	return 0;
}

/* --- the beginning --- */

static int begin(struct box *box)
{
	struct box_state *state = &box->state;

	if (life_is_active(box))
		return err_set(EALREADY, "container %s is %s already", box->name,
			       bind_name_of(box_status_names, state->status));
	if (state->status == BOX_REMOVING)
		return err_set(EBUSY, "container %s is being removed", box->name);
	*state = (struct box_state){
		.status = state->status, .starting = true, .started = state->started};
	return box_save(box);
}

/* Keeps the cause in the error record, and in box.json for `inspect`. */
static int give_up(struct box *box, size_t count)
{
	struct box_state *state = &box->state;
	struct err cause = *err_last();
	bool from_runtime = cause.code == ECHILD;

	state->exit_code = from_runtime ? runtime_error_status(cause.text) : 125;
	state->error = json_make_utf8(cause.text);
	state->pid = 0;
	if (undo(box, 0, count) < 0)
		log_warn("not everything of %s could be released (%s): husk gc", box->name,
			 err_last()->text);
	else
		state->starting = false;
	if (box_save(box) < 0)
		log_warn("%s", err_last()->text);
	state->error = NULL;
	err_adopt(&cause);
	return -1;
}

static int walk(struct start *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		if (stages[i].run(s) == 0)
			continue;
		if (stages[i].name)
			err_wrap("%s", stages[i].name);
		return give_up(s->box, i + 1);
	}
	return 0;
}

static int record_start(struct box *box)
{
	box->state.status = BOX_RUNNING;
	box->state.starting = false;
	if (clock_now(&box->arena, &box->state.started) < 0 || box_save(box) < 0)
		return -1;
	events_add(box, "start", NULL);
	return 0;
}

int life_start(struct box *box, struct life_attach *attach)
{
	struct start s = {.box = box, .attach = attach};
	int result;

	result = life_lock_at_rest(box);
	box->state.exit_code = 125;
	if (result < 0)
		return -1;
	result = begin(box);
	if (result == 0)
		result = walk(&s);
	if (result == 0)
		result = record_start(box);
	box_unlock(box);
	arena_free(&s.arena);
	return result;
}
