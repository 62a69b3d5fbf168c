/*
 * ns.h: namespaces, and the process that is born in them.
 *
 *	PARENT  ns_plan(spec, &plan)           which are new, which are joined (opened by path)
 *	PARENT  ns_spawn(&plan, cgroup_fd, &c) one clone3(2); 0 in the child, 1 in the parent
 *	INIT    ns_enter(&plan)                joins by setns(2) what the clone could not give
 *	PARENT  ns_map_ids(&child, spec)       uid_map and gid_map, while the child waits
 *	INIT    ns_become_root()               after that, in a new user namespace
 *	INIT    ns_new_cgroup(&plan)           after it has been moved: the namespace begins there
 *
 * A new pid or time namespace holds only children, so one that is joined is entered by the parent
 * around the clone, and left again. `exec` enters everything before the birth: whoever is in the
 * container may have CAP_SYS_PTRACE, and shall never see a process in there that still has the
 * machine's root or a descriptor of the machine (CVE-2016-9962). Next file: idmap.h
 */
#pragma once

#include "../spec/spec.h"

#include <sys/types.h>

enum { NS_KINDS = 8 };

struct ns_plan {
	uint64_t new_flags;  /* CLONE_NEW* that are made */
	uint64_t join_flags; /* and those that are joined ... */
	struct {
		int flag, fd;
	} join[NS_KINDS]; /* ... by these descriptors, user first */
	int join_count;
	const struct spec *spec;

	/* Of `exec`; NULL for `create`: what is done from outside, by a process that nobody inside
	 * sees, before it joins all, and then bears the one that stays. */
	int (*prepare)(void *data);
	void *data;
};

struct ns_child {
	pid_t pid; /* as the parent sees it */
	int pidfd;
};

int ns_plan(const struct spec *spec, struct ns_plan *ret_plan) MUST_CHECK;
void ns_plan_close(struct ns_plan *plan);

/* For `exec`: every namespace of a running process, by its pidfd (setns(2), Linux 5.8). */
int ns_plan_of_process(const struct spec *spec, int pidfd, pid_t pid,
		       struct ns_plan *ret_plan) MUST_CHECK;

/*
 * cgroup_fd: a directory of cgroup v2 the child is born in, or -1. Returns 0 in the child, which
 * cannot be traced, nor its /proc/PID be looked into, if it is in a PID namespace with others.
 */
int ns_spawn(struct ns_plan *plan, int cgroup_fd, struct ns_child *ret_child) MUST_CHECK;

int ns_map_ids(const struct ns_child *child, const struct spec *spec) MUST_CHECK;
int ns_enter(const struct ns_plan *plan) MUST_CHECK;
int ns_become_root(void) MUST_CHECK;
int ns_new_cgroup(const struct ns_plan *plan) MUST_CHECK;

/* UTS names, config.md "Hostname", "Domainname". INIT. */
int ns_set_names(const struct spec *spec) MUST_CHECK;

/* "pid", "network" ...: as config.json calls it. */
const char *ns_name(int flag);
