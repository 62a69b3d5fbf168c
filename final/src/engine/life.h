/*
 * life.h: a box from created to gone. Every step can be killed; what it leaves, gc and the next
 * step find by box.json.
 *
 *	life_start(box, attach)     layers mounted, network up, bundle written, monitor running
 *	life_stop(box, seconds)     stop signal, then KILL
 *	life_wait(box, &code)       until it has exited
 *	life_release(box)           after its end: network, mounts, the runtime's record; idempotent
 *	life_remove(box, force)     and its folder
 *	life_settle(box)            what a command does first with a box that it found
 *	life_collect(place, &count) gc: boxes whose monitor died, leases, links, rules, mounts of nobody
 *
 * life_release() is the undo column of life_start(): one table, as in runtime/create.c. The box's
 * lock is held while it is started and while it is released, never while it runs.
 * Files: life.c, life_monitor.c, life_end.c, life_collect.c. Next file: life.c
 */
#pragma once

#include "../store/box.h"

struct life_attach {
	bool wanted; /* the caller attaches: the monitor waits with `start` until it has */
	bool once;   /* -i without -d: standard input ends with this client */
	int fd;	     /* life_start(): the connection */
};

/*
 * attach: NULL, or filled in. A failure leaves nothing but the box; box->state.exit_code is then
 * what the caller exits with: 125 to 127.
 */
int life_start(struct box *box, struct life_attach *attach) MUST_CHECK;

/* One that was run with --rm is gone after that. */
int life_stop(struct box *box, uint32_t seconds) MUST_CHECK;
int life_wait(struct box *box, int64_t *ret_code) MUST_CHECK;
int life_release(struct box *box) MUST_CHECK;

/*
 * Takes the box's lock. The box is active then, or nothing is held of a run that has ended: that is
 * released here. EBUSY: such a run's monitor does not end.
 */
int life_lock_at_rest(struct box *box) MUST_CHECK;
int life_remove(struct box *box, bool force, bool volumes) MUST_CHECK;

/* Releases what ended unseen, removes what should have been removed. ENOENT: it is gone now. */
int life_settle(struct box *box) MUST_CHECK;
int life_collect(const struct place *place, bool dry_run, size_t *ret_count) MUST_CHECK;

/* A signal to its init. KILL and its stop signal are the user's: no restart follows. */
int life_kill(struct box *box, int signal) MUST_CHECK;

/* Of one whose record cannot be read: all that its ID names. 1: there is none, or no longer. */
int life_remove_broken(const struct place *place, const char *name) MUST_CHECK;

/*
 * box_save(), for what a full disk must not hold up: ending a box and removing it, which makes room.
 * The record is behind then, and whoever reads it next looks for himself.
 */
int life_save(struct box *box) MUST_CHECK;

/* Whether it has a process, or will have one again. */
bool life_is_active(const struct box *box);

/* The signal that ends it: the box's, SIGTERM. */
int life_stop_signal(const struct box *box);

/* life_monitor.c: starts husk-monitor; waits for its report; *ret_pid: the container's init. */
int life_start_monitor(struct box *box, struct life_attach *attach, int64_t *ret_pid) MUST_CHECK;

/* Until the monitor is no more; false: it still is, after that time. */
bool life_wait_monitor(const struct box *box, int milliseconds);
