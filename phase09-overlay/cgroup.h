/*
 * cgroup.h: control groups, how much of the machine a container may use. cgroups(7)
 *
 *	PARENT                               CHILD
 *	cgroup_create(&cg, cfg)
 *	ns_spawn(..., cg.fd, ...)            is born inside (v2), or outside and waiting (v1)
 *	cgroup_add(&cg, child.pid)           is now inside on v1, too
 *	ns_release(&child)                   cgroup_isolate()
 *	ns_wait(&child, ...)
 *	cgroup_report(&cg, cfg)
 *	cgroup_remove(name)
 *
 * Functions that return int return 0, or -1 after they have printed why. cgroup_create() leaves
 * nothing behind when it fails. On a struct cgroup without a cgroup the others do nothing.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <sys/types.h>

struct config;

/* The controllers we use, and what a limit of each counts. */
enum controller {
	MEMORY, /* bytes; swap is not allowed on top */
	CPU,	/* microseconds of CPU time per CPU_PERIOD_US: 50000 is half of one CPU */
	PIDS,	/* processes and threads */
	CONTROLLERS
};
enum { NO_LIMIT = -1, CPU_PERIOD_US = 100000 };

struct cgroup {
	char name[256]; /* the directory below husk-course/; empty: no cgroup */
	int fd;		/* that directory, for CLONE_INTO_CGROUP; -1: v1, or no cgroup */
	int on_v1;	/* limits are enforced, or some of them, by version 1 */
};

/*
 * PARENT: makes a cgroup with the limits of cfg; its name is cfg->name. Without any limit there is
 * no cgroup. Refuses a limit whose controller is missing.
 */
int cgroup_create(struct cgroup *ret_cg, const struct config *cfg);

/* PARENT: puts the child inside where it could not be born there (v1). */
int cgroup_add(const struct cgroup *cg, pid_t pid);

/* CHILD: makes the own cgroup look like the root of them all, cgroup_namespaces(7). */
int cgroup_isolate(void);

/* PARENT: says so in one line when the kernel killed processes because memory ran out. */
void cgroup_report(const struct cgroup *cg, const struct config *cfg);

/*
 * PARENT, or `husk gc`: kills every process in the cgroup of that name. One that is not the
 * container's own is no business of ours: then it fails, and the cgroup stays.
 */
int cgroup_kill(const char *name);

/*
 * PARENT, or `husk gc`: removes the cgroup, and what the container made below it; that there is
 * none is fine. It fails, and the cgroup stays, if a process is in it.
 */
int cgroup_remove(const char *name);

/*
 * The same small steps serve both versions. `hierarchy` is a mount point such as /sys/fs/cgroup;
 * `name` is a directory below its husk-course/.
 */
struct cgroup_setting {
	enum controller controller;
	const char *file;
	long long value; /* written in decimal */
	int optional;	 /* the kernel may be built without this file */
};
extern const char *const cgroup_controllers[CONTROLLERS]; /* by their names in the kernel */
int cgroup_make_directory(const char *hierarchy, const char *name);
int cgroup_apply(const char *hierarchy, const char *name, const struct cgroup_setting *setting);
int cgroup_remove_directory(const char *hierarchy, const char *name);
int cgroup_kill_processes(const char *hierarchy, const char *name);
/* The number behind `key` in a file of "key number" lines; 0 if there is none. */
long long cgroup_read_counter(const char *hierarchy, const char *name, const char *file,
			      const char *key);

#endif
