/*
 * life.h: a box from created to gone. Every step can be killed; what it leaves, gc and the next
 * step find by box.json.
 *
 *	life_start(box, attach)     layers mounted, network up, bundle written, monitor running
 *	life_stop(box, seconds)     stop signal, then KILL
 *	life_wait(box, &code)       until it has exited
 *	life_release(box)           after its end: network, mounts, the runtime's record; idempotent
 *	life_remove(box, force)     and its folder
 *	life_collect(place, &count) gc: boxes whose monitor died, leases, links, rules, mounts of nobody
 *
 * life_release() is the undo column of life_start(): one table, as in runtime/create.c.
 */
#pragma once

#include "box.h"

struct life_attach {
	bool wanted; /* the caller attaches: the monitor waits with `start` until it has */
	int fd;	     /* life_start(): the connection */
};

int life_start(struct box *box, struct life_attach *attach) MUST_CHECK;
int life_stop(struct box *box, uint32_t seconds) MUST_CHECK;
int life_wait(struct box *box, int64_t *ret_code) MUST_CHECK;
int life_release(struct box *box) MUST_CHECK;
int life_remove(struct box *box, bool force, bool volumes) MUST_CHECK;
int life_collect(const struct place *place, bool dry_run, size_t *ret_count) MUST_CHECK;
