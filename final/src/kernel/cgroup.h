/*
 * cgroup.h: control groups of one container, whichever versions the machine has. PARENT, but for
 * cgroup_enter() and cgroup_mount_points().
 *
 *	cgroup_find(&host)                  which controller is bound where: v2, v1, hybrid
 *	cgroup_resolve_path(&host, ...)     cgroupsPath, or /husk-ID; checked
 *	cgroup_create(&cg)                  the directories
 *	cgroup_set(&cg, resources)          limits: before the first process is in it
 *	cgroup_open(&cg, &fd)               v2: for CLONE_INTO_CGROUP; -1 where there is none
 *	INIT  cgroup_enter(&cg, born_inside)  the process moves itself: v1, and what the clone did not do
 *	cgroup_freeze(), cgroup_stat(), cgroup_kill(), cgroup_destroy()
 *
 * Behind it is one table of functions for each version, struct cgroup_ops: cgroup_v1.c,
 * cgroup_v2.c. On a hybrid machine both are used, each for the controllers bound to it; version 2
 * freezes and kills there. A container is in the controllers that count what it uses (memory, cpu,
 * pids); in others from the first limit on, since each costs a directory. Everything but create is
 * idempotent and finds what it needs by the path alone: `delete --force` has nothing else.
 * Next file: cgroup_internal.h
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

/* A mount of the machine; also what a mount of type cgroup has inside, see below. */
struct cgroup_mount_point {
	const char *name; /* directory below the destination: "memory", "cpu,cpuacct", "unified" */
	const char *options; /* for mount(2) of type cgroup: "memory"; NULL: cgroup2 */
	const char *host;    /* where it is on the machine */
};

/* The machine, as it is mounted. */
struct cgroup_host {
	char *v2;		      /* mount point of version 2, or NULL */
	char *v2_own;		      /* the caller's own cgroup below it, "/..."; or NULL */
	uint32_t v2_controllers;      /* 1 << CGROUP_*: what its root has */
	char *v1[CGROUP_CONTROLLERS]; /* mount points; co-mounted ones share a value */
	LIST_OF(struct cgroup_mount_point) mounts; /* of both versions */
	struct arena arena;
};

struct cgroup {
	const struct cgroup_host *host;
	const char *path; /* "/husk/ID": below each mount point */
	bool rootless;	  /* no permission is no error unless a limit was asked for */
};

/* Time lost for want of a resource: percent of the last 10, 60, 300 seconds; microseconds. */
struct cgroup_pressure {
	struct {
		double avg10, avg60, avg300;
		uint64_t total;
	} some, full;
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
	struct cgroup_pressure cpu_psi, memory_psi, io_psi; /* version 2 */
	uint64_t memory_usage, memory_limit, memory_max_usage, memory_cache, memory_rss;
	uint64_t swap_usage, swap_limit; /* memory + swap, as linux.resources.memory.swap */
	uint64_t memory_failcnt;	 /* how often the limit was hit */
	uint64_t oom_kills;		 /* processes killed for its memory limit */
	struct str_map memory_raw;	 /* memory.stat, word by word */
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
 * The path below each mount point; config-linux.md, "Cgroups Path". Without cgroups_path it is
 * /husk-ID. Of a user (rootless) that, and one that is not absolute, begin beside the caller's own
 * cgroup where that can be, else below it.
 * EINVAL for ".." and for the root itself.
 */
int cgroup_resolve_path(const struct cgroup_host *host, const char *cgroups_path, const char *id,
			bool rootless, struct arena *arena, char **ret_path) MUST_CHECK;

/*
 * EBUSY if there are processes in it: then it is another's. To be asked before the path is written
 * down anywhere, since what finds it there kills whatever is in it.
 */
int cgroup_check_free(const struct cgroup *cg) MUST_CHECK;

/*
 * An empty one that exists is taken over; one with processes is refused: EBUSY. After a failure
 * nothing is left of it. Where `rootless` may not make it there is none, and that is no error.
 */
int cgroup_create(const struct cgroup *cg) MUST_CHECK;

/* False after cgroup_create() without root: where nothing may be made, nothing was asked for. */
bool cgroup_exists(const struct cgroup *cg);

/*
 * Limits; what is absent stays as it is. Resources may be NULL. An error is one line that names the
 * property, the file and the value or the controller. config-linux.md, "Cgroups"; device rules:
 * cgroup_devices.c.
 */
int cgroup_set(const struct cgroup *cg, const struct spec_resources *resources) MUST_CHECK;

/*
 * Version 2: where the configuration mounts cgroup read-write on /sys/fs/cgroup, in a cgroup
 * namespace of its own, the container's user gets the directory, to divide it: config-linux.md,
 * "Cgroup ownership". Nothing to do for anybody else, nor on version 1.
 */
int cgroup_delegate(const struct cgroup *cg, const struct spec *spec) MUST_CHECK;

/* *ret_fd is -1 if there is none to be born in. */
int cgroup_open(const struct cgroup *cg, int *ret_fd) MUST_CHECK;

/* `born_inside`: the process was born in the cgroup_open() one, so only v1 is left to do. */
int cgroup_enter(const struct cgroup *cg, bool born_inside) MUST_CHECK;

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
 * and EBUSY says which pid it is (reliability.md), if it stays for a second: it may be the beginning
 * of an `exec`. A kernel without cgroup.kill (v1) is swept until empty.
 */
int cgroup_kill(const struct cgroup *cg, int signal, ino_t pid_namespace) MUST_CHECK;

/*
 * Removes it with all below it; directories above it stay: they may be the engine's. Gone already
 * is success. EBUSY names a process that is left. One call of it is enough where every process is
 * known to be dead; else cgroup_kill() comes first.
 */
int cgroup_destroy(const struct cgroup *cg) MUST_CHECK;

/*
 * A descriptor that polls readable at every OOM kill in it, and sometimes without one: read(2) it
 * empty (4096 bytes; it does not block), then compare cgroup_oom_kills(). ENOTSUP where there is
 * no memory controller.
 */
int cgroup_watch_oom(const struct cgroup *cg, int *ret_fd) MUST_CHECK;
int cgroup_oom_kills(const struct cgroup *cg, uint64_t *ret_count) MUST_CHECK;

/*
 * For mounts of type cgroup inside: INIT, in the new cgroup namespace or not. See rootfs.c. A
 * machine with version 2 alone has one, named "". They live as long as host.
 */
int cgroup_mount_points(const struct cgroup_host *host, struct arena *arena,
			struct cgroup_mount_point **ret_points, size_t *ret_count) MUST_CHECK;
