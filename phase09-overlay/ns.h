/*
 * ns.h: namespaces. Starts a process that sees its own copy of what is global elsewhere.
 *
 *	PARENT                                   CHILD (PID 1 of the new namespaces)
 *	ns_watch_signals()
 *	ns_spawn(&child, flags, ..., run, cfg)   is born, and waits on a pipe
 *	ns_map_user(&child), limits, ...         (cannot do anything yet)
 *	ns_release(&child)                       run(cfg): ns_isolate_mounts(), ... execvp()
 *	ns_wait(&child, on_signal)
 *
 * A child that is never released leaves by itself as soon as ns_wait() closes the pipe.
 * Functions that return int return 0, or -1 after they have printed why; only ns_wait() differs.
 */
#ifndef NS_H
#define NS_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

struct config;

struct ns_child {
	pid_t pid;	/* as the parent sees it; inside it is 1 */
	int go;		/* our end of the pipe the child waits on; -1 once released */
	int stopped_by; /* set by an on_signal callback: ns_wait() then returns 128 + this */
};

/*
 * PARENT, first of all: from now on SIGCHLD and the signals that ask us to stop wait for ns_wait()
 * to collect them, so that none of them can end us halfway and leave something behind.
 */
void ns_watch_signals(void);

/*
 * PARENT: clones a child into the new namespaces of `flags` (CLONE_NEW*, clone(2)), inside the
 * cgroup v2 directory `cgroup_fd` (-1: in our own). After ns_release() the child calls run(cfg)
 * and exits with what it returns.
 */
int ns_spawn(struct ns_child *ret_child, uint64_t flags, int cgroup_fd,
	     int (*run)(struct config *cfg), struct config *cfg);

/* IDs outside that are 0, 1, 2, ... inside a user namespace. */
struct id_range {
	uid_t uid;
	gid_t gid;
	unsigned int count; /* 0: no user namespace */
};

/* PARENT: gives these to the child, user_namespaces(7). Not root: only the own ones, count 1. */
int ns_map_user(const struct ns_child *child, const struct id_range *range);

/* PARENT: lets the child go on. */
int ns_release(struct ns_child *child);

/*
 * PARENT: waits for the child's end; returns its exit status, or 128 + the number of the signal
 * that killed it. Calls on_signal for each signal sent to husk that has a meaning for the
 * container: SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH.
 */
int ns_wait(struct ns_child *child,
	    void (*on_signal)(struct ns_child *child, const siginfo_t *info));

/* CHILD: from here on, what is mounted inside stays inside, and the other way round. */
int ns_isolate_mounts(void);

/* CHILD: sets the hostname, 1 to 64 bytes, of the own UTS namespace. */
int ns_set_hostname(const char *name);

/* CHILD: mounts a procfs that shows the own PID namespace only, proc(5). */
int ns_mount_proc(const char *target);

#endif
