/*
 * life_end.c: stopping a box, waiting for it, removing it. See life.h; next file: life_collect.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../monitor/protocol.h"
#include "../store/signals.h"
#include "attach.h"
#include "events.h"
#include "life.h"
#include "oci.h"
#include "volume.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

enum { KILL_WAIT_MS = 10000, POLL_MS = 2, RESTART_POLL_MS = 50 };

bool life_is_active(const struct box *box)
{
	int status = box->state.status;

	return status == BOX_RUNNING || status == BOX_PAUSED || status == BOX_RESTARTING;
}

int life_stop_signal(const struct box *box)
{
	int signal;

	if (!box->stop_signal || signals_parse(box->stop_signal, &signal) < 0)
		return SIGTERM;
	return signal;
}

int life_settle(struct box *box)
{
	if (!box->leftover)
		return 0;
	if (box->state.status == BOX_REMOVING || box->remove) {
		char *name = strdupa(box->name);

		if (life_remove(box, true, box->remove) < 0)
			return -1;
		return err_set(ENOENT, "no such container: %s: it ended, and was removed", name);
	}
	return life_release(box);
}

/*
 * No restart follows. By a file, which the monitor finds when the process ends; and by a message,
 * which ends its waiting between two starts.
 */
static void tell_monitor(struct box *box)
{
	struct frame frame = {.type = FRAME_STOP};
	auto_close int fd = -1, socket = -1;
	char path[100];

	snprintf(path, sizeof(path), "box/%s/stopped", box->id);
	fd = openat(box->place->run_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (attach_connect(box, &socket) == 0)
		send(socket, &frame, FRAME_HEADER, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* For `unless-stopped`, and for who asks later. */
static int note_stop(struct box *box)
{
	int result;

	if (box_lock(box) < 0)
		return -1;
	box->state.stopped = true;
	result = life_is_active(box) ? life_save(box) : 0;
	box_unlock(box);
	return result;
}

static bool wait_process(const struct box *box, int milliseconds)
{
	auto_close int pidfd = -1;

	if (!box->state.pid || proc_open(box->state.pid, box->state.start_time, &pidfd) < 0)
		return true;
	return proc_wait(pidfd, milliseconds);
}

/* The runtime's error counts only while there is somebody to signal. */
static int signal_box(struct box *box, int signal, bool all)
{
	if (oci_kill(box, signal, all) < 0 && !wait_process(box, 0))
		return err_wrap("container %s", box->name);
	return 0;
}

static int end_process(struct box *box, int signal, int milliseconds)
{
	/* Somebody else may have resumed it already. */
	if (box->state.status == BOX_PAUSED && oci_pause(box, false) < 0)
		log_debug("%s", err_last()->text);
	if (signal != SIGKILL && signal_box(box, signal, false) < 0)
		return -1;
	if (signal != SIGKILL && wait_process(box, milliseconds))
		return 0;
	if (signal_box(box, SIGKILL, false) < 0)
		return -1;
	if (!wait_process(box, KILL_WAIT_MS))
		return err_set(EBUSY, "container %s: process %ld does not end, not by SIGKILL",
			       box->name, (long)box->state.pid);
	return 0;
}

/* Whoever came first has removed it: then that was no failure, and our copy must not say it runs. */
static int unless_gone(struct box *box)
{
	struct stat st;

	if (fstat(box->dir_fd, &st) < 0 || st.st_nlink > 0)
		return -1;
	box->state.status = BOX_EXITED;
	return 0;
}

static int stop(struct box *box, int signal, int milliseconds)
{
	if (note_stop(box) < 0)
		return unless_gone(box);
	tell_monitor(box);
	box_observe(box, false);
	if (box->state.pid && end_process(box, signal, milliseconds) < 0)
		return -1;
	return life_release(box) < 0 ? unless_gone(box) : 0;
}

int life_stop(struct box *box, uint32_t seconds)
{
	uint32_t most = INT32_MAX / 1000;

	if (!life_is_active(box))
		return 0;
	if (stop(box, life_stop_signal(box), 1000 * (seconds > most ? most : seconds)) < 0)
		return -1;
	events_add(box, "stop", NULL);
	return box->remove ? life_remove(box, true, true) : 0;
}

int life_kill(struct box *box, int signal)
{
	if (!life_is_active(box) || !box->state.pid)
		return err_set(EINVAL, "container %s is not running", box->name);
	if (signal == SIGKILL || signal == life_stop_signal(box)) {
		if (note_stop(box) < 0)
			return -1;
		tell_monitor(box);
	}
	if (signal_box(box, signal, false) < 0)
		return -1;
	/* What is frozen by version 1 of cgroups dies only when it is thawed. */
	if (signal == SIGKILL && box->state.status == BOX_PAUSED && oci_pause(box, false) < 0 &&
	    !wait_process(box, KILL_WAIT_MS))
		return -1;
	events_add(box, "kill", NULL);
	return 0;
}

/*
 * Between the end of the process and the monitor's word on it there is nothing to wait on; nor
 * between two starts.
 */
static int wait_while_active(struct box *box)
{
	struct timespec pause = {0};

	while (life_is_active(box)) {
		if (!wait_process(box, -1))
			return err_set(EINTR, "container %s: the wait was ended", box->name);
		pause.tv_nsec = (box->state.pid ? POLL_MS : RESTART_POLL_MS) * 1000000L;
		nanosleep(&pause, NULL);
		box_observe(box, false);
	}
	return 0;
}

int life_wait(struct box *box, int64_t *ret_code)
{
	char *name = strdupa(box->name);

	/* Who comes late finds the monitor's files gone: then its record says how it ended. */
	do {
		if (wait_while_active(box) < 0)
			return -1;
		if (box_read(box) < 0)
			return err_last()->code == ENOENT
				       ? err_set(ENOENT,
						 "container %s was removed before its exit status "
						 "could be read",
						 name)
				       : -1;
	} while (life_is_active(box));
	*ret_code = box->state.exit_code;
	return 0;
}

/* --- its folder --- */

static void remove_volumes(const struct place *place, const struct box *box)
{
	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];

		if (m->anonymous && volume_remove(place, m->source) < 0 &&
		    err_last()->code != EBUSY && err_last()->code != ENOENT)
			log_warn("%s", err_last()->text);
	}
}

/* Under its lock. What it holds is released first: its record is what names it. */
static int remove_folder(struct box *box, bool volumes)
{
	box->state.status = BOX_REMOVING;
	if (life_save(box) < 0 || box_delete(box) < 0)
		return -1;
	if (volumes)
		remove_volumes(box->place, box);
	events_add(box, "destroy", NULL);
	return 0;
}

int life_remove(struct box *box, bool force, bool volumes)
{
	int result;

	/* Again, as long as somebody starts it meanwhile. */
	for (;;) {
		if (life_is_active(box) && !force)
			return err_set(EBUSY,
				       "container %s is %s: stop it first, or remove it by force "
				       "(rm -f)",
				       box->name,
				       bind_name_of(box_status_names, box->state.status));
		if (life_is_active(box) && stop(box, SIGKILL, 0) < 0)
			return -1;
		if (life_lock_at_rest(box) < 0)
			return unless_gone(box);
		if (!life_is_active(box))
			break;
		box_unlock(box);
	}
	result = remove_folder(box, volumes);
	box_unlock(box);
	return result;
}
