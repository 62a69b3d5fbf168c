/*
 * cgroup.h: control groups of one container, whichever versions the machine has. PARENT only, but
 * for cgroup_mount_points().
 *
 *	cgroup_find(&host)                             which controller is bound where: v2, v1,
 *hybrid cgroup_resolve_path(&host, spec, id, &path)    cgroupsPath, or /husk/ID; checked
 *	cgroup_create(&cg)                             directories; enables controllers on v2
 *	cgroup_set(&cg, resources)                     limits: before the first process is in it
 *	cgroup_open(&cg, &fd)                          v2: for CLONE_INTO_CGROUP; -1 where there is
 *none cgroup_add(&cg, pid)                           v1, and what CLONE_INTO_CGROUP did not do
 *	cgroup_freeze(&cg, true), cgroup_stat(&cg, &stat), cgroup_kill(&cg), cgroup_destroy(&cg)
 *
 * Behind it is one table of functions for each version, struct cgroup_ops: cgroup_v1.c,
 *cgroup_v2.c. On a hybrid machine both are used, each for the controllers bound to it. Everything
 *but create is idempotent and finds what it needs by the path alone: `delete --force` has nothing
 *else. Next file: cgroup_v2.c
 */
#pragma once

#include "../spec/spec.h"

#include <limits.h>
#include <sys/types.h>

enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUACCT, /* v1 only: the account of cpu, there a controller of its own */
	CGROUP_CPUSET,
	CGROUP_MEMORY,
	CGROUP_IO, /* blkio on v1 */
	CGROUP_PIDS,
	CGROUP_HUGETLB,
	CGROUP_RDMA,
	CGROUP_DEVICES, /* v1: a controller; v2: an eBPF program */
	CGROUP_FREEZER, /* v1: a controller; v2: every cgroup has it */
	CGROUP_NET_CLS,
	CGROUP_NET_PRIO,
	CGROUP_CONTROLLERS
};

/* The machine, as it is mounted: read once from /proc/self/mountinfo and /proc/self/cgroup. */
struct cgroup_host {
	char *v2;			  /* mount point of version 2, or NULL */
	char *v2_own;			  /* the caller's own cgroup there, "/..." */
	uint32_t v2_controllers;	  /* 1 << CGROUP_*: what its root has */
	char *v1[CGROUP_CONTROLLERS];	  /* mount points; co-mounted ones share a value */
	char *v1_own[CGROUP_CONTROLLERS]; /* the caller's own cgroup there */
	char *v1_named;			  /* name=systemd, or NULL */
	struct arena arena;
};

struct cgroup {
	const struct cgroup_host *host;
	const char *path; /* "/husk/ID": below each mount point */
	bool rootless;	  /* no permission is no error unless a limit was asked for */
};

struct cgroup_io_stat {
	uint64_t major, minor, read_bytes, write_bytes, read_ops, write_ops;
};

struct cgroup_hugetlb_stat {
	char *page_size; /* "2MB" */
	uint64_t usage, max_usage, failcnt;
};

/* Everything in bytes, nanoseconds or counts; UINT64_MAX: no limit. */
struct cgroup_stat {
	bool has_memory, has_cpu, has_pids, has_io, has_psi;
	uint64_t memory_usage, memory_limit, memory_max_usage, memory_cache, memory_rss;
	uint64_t swap_usage, swap_limit, memory_failcnt;
	uint64_t oom_kills;	   /* processes killed for its memory limit */
	struct str_map memory_raw; /* memory.stat, word by word */
	uint64_t cpu_usage_ns, cpu_user_ns, cpu_system_ns;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_ns;
	LIST_OF(uint64_t) cpu_per_cpu_ns;
	uint64_t pids_current, pids_limit;
	LIST_OF(struct cgroup_io_stat) io;
	LIST_OF(struct cgroup_hugetlb_stat) hugetlb;
	struct arena arena;
};

int cgroup_find(struct cgroup_host *ret_host) MUST_CHECK;
void cgroup_host_free(struct cgroup_host *host);

/*
 * The path below each mount point. EINVAL for "..". An absolute cgroupsPath begins at the mount
 * point; a relative one, and none, below the caller's own cgroup if rootless, else below /husk.
 */
int cgroup_resolve_path(const struct cgroup_host *host, const char *cgroups_path, const char *id,
			bool rootless, struct arena *arena, char **ret_path) MUST_CHECK;

/* EEXIST-safe: an empty one that exists is taken over; one with processes is refused. */
int cgroup_create(const struct cgroup *cg) MUST_CHECK;

/* One line that names the file, the value and the controller for a limit that cannot be set. */
int cgroup_set(const struct cgroup *cg, const struct spec_resources *resources) MUST_CHECK;
int cgroup_open(const struct cgroup *cg, int *ret_fd) MUST_CHECK;

/* `born_inside`: the process was born in the cgroup_open() one, so only v1 is left to do. */
int cgroup_add(const struct cgroup *cg, pid_t pid, bool born_inside) MUST_CHECK;

/* Waits until every process is (or no longer is) frozen; at most some seconds, then EBUSY. */
int cgroup_freeze(const struct cgroup *cg, bool frozen) MUST_CHECK;
int cgroup_is_frozen(const struct cgroup *cg, bool *ret_frozen) MUST_CHECK;
int cgroup_stat(const struct cgroup *cg, struct cgroup_stat *ret_stat) MUST_CHECK;
void cgroup_stat_free(struct cgroup_stat *stat);

/* The processes, as /proc of the caller numbers them, sub-cgroups too. */
int cgroup_processes(const struct cgroup *cg, struct arena *arena, pid_t **ret_pids,
		     size_t *ret_count) MUST_CHECK;

/*
 * SIGKILL (or another signal) to every process of the container in it, frozen or not.
 * pid_namespace: /proc/PID/ns/pid inode of the container, 0 if it has none of its own or it is not
 * known any more; with it, a process of the caller's own pid namespace is foreign: it is spared,
 * and EBUSY says which pid it is (reliability.md). A kernel without cgroup.kill (v1) is swept until
 * empty.
 */
int cgroup_kill(const struct cgroup *cg, int signal, ino_t pid_namespace) MUST_CHECK;

/* Removes it with all below it, and /husk if that is empty. Gone already is success. */
int cgroup_destroy(const struct cgroup *cg) MUST_CHECK;

/* A descriptor that polls readable (POLLIN/POLLPRI) at every OOM kill in it: events. */
int cgroup_watch_oom(const struct cgroup *cg, int *ret_fd) MUST_CHECK;
int cgroup_oom_kills(const struct cgroup *cg, uint64_t *ret_count) MUST_CHECK;

/* For mounts of type cgroup inside: INIT, in the new cgroup namespace or not. See rootfs.c. */
struct cgroup_mount_point {
	const char *name; /* directory below the destination: "memory", "cpu,cpuacct", "unified" */
	const char *options; /* for mount(2) of type cgroup: "memory"; NULL: cgroup2 */
	const char *host;    /* where it is on the machine */
};
int cgroup_mount_points(const struct cgroup_host *host, struct arena *arena,
			struct cgroup_mount_point **ret_points, size_t *ret_count) MUST_CHECK;
