/*
 * box_state.c: what a box is really doing: box.json says what was meant, the monitor's lock and its
 * files say what is so. See box.h; next file: ../engine/life.h
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"
#include "../monitor/protocol.h"
#include "box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

enum { NUMBER_MAX = 32, NOBODY_KNOWS = 137 };

/* RUN/box/ID, or -1: there is none. */
static int open_run_dir(const struct box *box)
{
	auto_close int boxes_fd =
		openat(box->place->run_fd, "box", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (boxes_fd < 0)
		return -1;
	return openat(boxes_fd, box->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The monitor holds its lock for as long as it lives. */
static bool is_locked(int run_fd)
{
	auto_close int fd = openat(run_fd, "lock", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

bool box_has_monitor(const struct box *box)
{
	auto_close int run_fd = open_run_dir(box);

	return run_fd >= 0 && is_locked(run_fd);
}

/* It is gone, or on its way: then it has no files any more. */
static bool is_over(pid_t pid, int pidfd)
{
	struct proc_stat stat;

	return proc_wait(pidfd, 0) || proc_stat(pid, &stat) < 0 || (stat.flags & PROC_EXITING);
}

int box_open_root(const struct box *box, int *ret_fd)
{
	auto_close int pidfd = -1, fd = -1;
	int64_t pid = box->state.pid;
	char path[40];

	if (proc_open(pid, box->state.start_time, &pidfd) < 0) {
		if (err_last()->code != ESRCH)
			return -1;
	} else {
		snprintf(path, sizeof(path), "/proc/%ld/root", (long)pid);
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			err_sys("open %s", path);
	}
	/* Asked after it was opened: it may be that of another process by now. */
	if (pidfd < 0 || is_over(pid, pidfd))
		return err_set(ESRCH, "container %s ended meanwhile", box->name);
	*ret_fd = TAKE_FD(fd);
	return *ret_fd < 0 ? -1 : 0;
}

/* The monitor's file `pid`; 0: none. */
static int64_t read_pid(int run_fd)
{
	auto_close int fd = openat(run_fd, "pid", O_RDONLY | O_CLOEXEC);
	char text[NUMBER_MAX] = "";

	if (fd < 0 || fd_read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return strtoll(text, NULL, 10);
}

/* The monitor's file `exit`. */
static bool read_exit(int run_fd, struct arena *arena, struct monitor_exit *ret_exit)
{
	auto_close int fd = run_fd < 0 ? -1 : openat(run_fd, "exit", O_RDONLY | O_CLOEXEC);
	auto_json struct json_object *json = NULL;
	struct monitor_exit end = {0};

	if (fd < 0 || json_read(fd, "exit", &json) < 0 ||
	    bind_read(&monitor_exit_table, json, "exit", arena, &end) < 0)
		return false;
	*ret_exit = end;
	return true;
}

static void take_exit(struct box_state *state, const struct monitor_exit *end)
{
	state->exit_code = end->code;
	state->oom_killed = end->oom_killed;
	state->restarts = end->restarts;
	state->error = end->error;
	if (end->started)
		state->started = end->started;
	state->finished = end->finished;
}

/* It may have been started again since we wrote its file: another PID. */
static void take_pid(struct box_state *state, int64_t pid)
{
	struct proc_stat stat;

	state->status = state->status == BOX_PAUSED ? BOX_PAUSED : BOX_RUNNING;
	if (state->pid == pid || proc_stat(pid, &stat) < 0)
		return;
	state->pid = pid;
	state->start_time = stat.start_time;
}

static void observe_monitored(struct box *box, int run_fd)
{
	struct box_state *state = &box->state;
	struct monitor_exit end;
	int64_t pid = read_pid(run_fd);
	bool ended = read_exit(run_fd, &box->arena, &end);

	if (ended) {
		state->restarts = end.restarts;
		state->exit_code = end.code;
	}
	if (pid > 0) {
		take_pid(state, pid);
		return;
	}
	if (!ended) { /* about to begin, or to write how it ended */
		if (state->starting)
			state->status = BOX_CREATED;
		return;
	}
	take_exit(state, &end);
	state->status = end.restarting ? BOX_RESTARTING : BOX_EXITED;
	state->pid = 0;
}

static void observe_alone(struct box *box, int run_fd)
{
	struct box_state *state = &box->state;
	struct monitor_exit end;
	auto_close int pidfd = -1;

	if (state->pid && proc_open(state->pid, state->start_time, &pidfd) == 0)
		return; /* runs without its monitor, which was killed */
	box->leftover = true;
	if (read_exit(run_fd, &box->arena, &end)) {
		take_exit(state, &end);
	} else if (!state->starting) {
		state->exit_code = NOBODY_KNOWS;
		state->error = (char *)"it ended unseen: its monitor was killed, or the machine "
				       "was started anew";
	}
	state->status = state->starting && !state->started ? BOX_CREATED : BOX_EXITED;
	state->pid = 0;
}

/* By another one: each open(2) has its own lock. */
static bool is_busy(const struct box *box)
{
	auto_close int fd = openat(box->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void box_observe(struct box *box, bool locked)
{
	auto_close int run_fd = -1;
	bool at_rest = box->state.status == BOX_CREATED || box->state.status == BOX_EXITED;
	struct err saved = *err_last();

	box->held |= box->state.status != BOX_REMOVING && (!at_rest || box->state.starting);
	if (box->state.status == BOX_REMOVING)
		box->leftover = true;
	if (box->leftover || (at_rest && !box->state.starting))
		return;
	/* Somebody is starting or releasing it: that is no leftover. */
	if (at_rest && !locked && is_busy(box))
		return;
	run_fd = open_run_dir(box);
	if (run_fd >= 0 && is_locked(run_fd))
		observe_monitored(box, run_fd);
	else
		observe_alone(box, run_fd);
	err_adopt(&saved);
}
