/*
 * floor.h: what floor.c and floor_cgroup.c share.
 *
 *	PARENT  cgroup_create -> clone -> wait -> cgroup_remove
 *	CHILD   cgroup_enter, before anything is unmounted; cgroup_mount, before pivot_root
 *
 * All of them do nothing where there is no cgroup to be made.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <linux/filter.h>

struct plan {
	const char *rootfs, *state, *program;
	const char *cgroup;	 /* its name below each hierarchy, or NULL */
	const char *hierarchies; /* v1: "memory,cpu", folders below /sys/fs/cgroup; or NULL */
	const char *unified;	 /* v2: where it is mounted, or NULL */
	int cgroup2;		 /* v2: the cgroup's directory, for CLONE_INTO_CGROUP; or -1 */
	struct sock_fprog filter;
};

/* Ends the program with "floor: WHAT: reason" if RESULT is negative. */
void check(long result, const char *what);

/* The cgroup with its limits, empty. */
void cgroup_create(struct plan *plan);
/* Makes the cgroup that exists the one that clone_process uses. v2 only. */
void cgroup_open(struct plan *plan);
/* v1: moves the calling process, which has one thread, into it. v2: clone3 has done that. */
void cgroup_enter(const struct plan *plan);
/* Read-only below sys/fs/cgroup of the working directory. */
void cgroup_mount(const struct plan *plan);
void cgroup_remove(const struct plan *plan);

#endif
