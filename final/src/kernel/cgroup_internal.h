/*
 * cgroup_internal.h: what the files cgroup*.c share; nobody else includes it. Who calls whom:
 *
 *	cgroup_find.c      the machine: mounts, bound controllers
 *	cgroup.c           the public calls: walk over the versions there are
 *	cgroup_plan.c      linux.resources -> a list of writes, nothing is done yet; _plan_io.c
 *	cgroup_apply.c     does them, explains what fails
 *	cgroup_v1.c, _v2.c struct cgroup_ops: where directories are, how a controller is made ready
 *	cgroup_dir.c       files and directories of one cgroup in one hierarchy
 *	cgroup_delegate.c, cgroup_kill.c, cgroup_devices.c, cgroup_bpf.c, cgroup_stat.c, cgroup_oom.c
 *
 * PARENT, but for enter(). Functions that are "raw" leave errno and no error record: ENOENT and
 * EINVAL mean something here.
 * Next file: cgroup_find.c
 */
#pragma once

#include "cgroup.h"

enum cgroup_version { CGROUP_UNBOUND, CGROUP_V1, CGROUP_V2 };

/* One value for one file. */
struct cgroup_write {
	enum cgroup_version version;
	enum cgroup_controller controller;
	const char *property;		     /* "memory.limit": below linux.resources */
	const char *file, *text;	     /* memory.max, 1048576 */
	const char *other_file, *other_text; /* instead, where the kernel lacks file */
	bool may_lack;			     /* the text is what holds without the file, too */
	bool done;
};

/* Zeroed to begin with; arena_free(&plan.arena) at the end. */
struct cgroup_plan {
	struct cgroup_write *items;
	size_t count, capacity;
	struct arena arena;
};

struct cgroup_pids {
	pid_t *items; /* free() */
	size_t count, capacity;
};

struct cgroup_ops {
	int (*create)(const struct cgroup *cg);
	int (*enter)(const struct cgroup *cg);
	int (*set)(const struct cgroup *cg, struct cgroup_plan *plan,
		   const struct spec_resources *resources);
	int (*freeze)(const struct cgroup *cg, bool frozen);
	int (*is_frozen)(const struct cgroup *cg, bool *ret_frozen);
	int (*stat)(const struct cgroup *cg, struct cgroup_stat *stat);
	int (*list)(const struct cgroup *cg, struct cgroup_pids *pids);
	int (*kill)(const struct cgroup *cg, int signal, ino_t pid_namespace);
	int (*destroy)(const struct cgroup *cg);
};

extern const struct cgroup_ops cgroup_v1_ops, cgroup_v2_ops;

/* --- cgroup_find.c --- */

enum cgroup_version cgroup_binding(const struct cgroup_host *host, enum cgroup_controller c);
const char *cgroup_controller_name(enum cgroup_controller c, enum cgroup_version version);

/* The mount point of the hierarchy that a controller is bound to; NULL if it is not bound there. */
const char *cgroup_mount(const struct cgroup_host *host, enum cgroup_controller c,
			 enum cgroup_version version);

/* Walks over the hierarchies of version 1: NULL for a controller that is mounted with another. */
const char *cgroup_v1_hierarchy(const struct cgroup_host *host, enum cgroup_controller c);

/* --- cgroup_dir.c; mount: a mount point, path: below it --- */

/* Raw. Makes it, and what is missing above it. EEXIST if it is there. */
int cgroup_dir_make(const char *mount, const char *path) MUST_CHECK;
int cgroup_dir_remove(const char *mount, const char *path) MUST_CHECK;
/* Removes it if it is empty. */
void cgroup_dir_discard(const char *mount, const char *path);

/* Appends its processes and those of cgroups below it. Gone: none. */
int cgroup_dir_list(const char *mount, const char *path, struct cgroup_pids *pids) MUST_CHECK;

/* EBUSY with a process that is in it. */
int cgroup_dir_check_empty(const char *mount, const char *path) MUST_CHECK;

/* Raw. One open(2) and one write(2). */
int cgroup_file_write(const char *mount, const char *path, const char *file,
		      const char *text) MUST_CHECK;
/* Raw. What one read(2) gives, without the newline at its end. */
int cgroup_file_read(const char *mount, const char *path, const char *file, char *ret_text,
		     size_t size) MUST_CHECK;
void cgroup_sleep_ms(int milliseconds);

/* --- cgroup_plan.c --- */

int cgroup_plan_make(const struct cgroup *cg, const struct spec_resources *resources,
		     struct cgroup_plan *ret_plan) MUST_CHECK;
/* Appends a write. Its file, text and property are constants or in plan->arena; text NULL: -1. */
int cgroup_plan_add(struct cgroup_plan *plan, struct cgroup_write write) MUST_CHECK;

/* Sets the version that has write->controller; ENOTSUP if there is none. */
int cgroup_plan_bind(const struct cgroup *cg, struct cgroup_write *write) MUST_CHECK;

/* cgroup_plan_io.c */
int cgroup_plan_block_io(struct cgroup_plan *plan, const struct cgroup *cg,
			 const struct spec_block_io *io) MUST_CHECK;

/* cpu.shares (2 to 262144) as cpu.weight (1 to 10000); blockIO weights (10 to 1000) as io.weight.
 */
uint64_t cgroup_weight_of_shares(uint64_t shares);
uint64_t cgroup_weight_of_blkio(uint64_t weight);

/* Memory + swap as swap alone: *ret_swap is -1 for no limit. EINVAL without a memory limit. */
int cgroup_swap_alone(int64_t limit, int64_t memory_and_swap, int64_t *ret_swap) MUST_CHECK;

/* --- cgroup_apply.c --- */

/*
 * Does the writes of one version. For a file that is not there ready() is called first: it makes
 * the controller ready for this cgroup, or sets the error.
 */
int cgroup_plan_apply(const struct cgroup *cg, struct cgroup_plan *plan,
		      enum cgroup_version version,
		      int (*ready)(const struct cgroup *cg,
				   const struct cgroup_write *write)) MUST_CHECK;

/* memory.checkBeforeUpdate: EBUSY if more than the new limit is in use. */
int cgroup_check_memory(const struct cgroup *cg, const struct spec_memory *memory) MUST_CHECK;

/* --- cgroup_devices.c, cgroup_bpf.c --- */

enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };

/* Bits as BPF_DEVCG_ACC_*; major and minor -1: every. */
struct cgroup_device {
	bool allow;
	char type; /* 'c', 'b', 'a' */
	unsigned int access;
	int64_t major, minor;
};

struct cgroup_devices {
	struct cgroup_device *items;
	size_t count;
};

/* The rules of the configuration, and the default devices after a rule that denies everything. */
int cgroup_devices_expand(const struct spec_resources *resources, struct arena *arena,
			  struct cgroup_devices *ret_rules) MUST_CHECK;
int cgroup_devices_write(const char *mount, const char *path,
			 const struct cgroup_devices *rules) MUST_CHECK;

struct bpf_insn;
int cgroup_bpf_compile(const struct cgroup_devices *rules, struct arena *arena,
		       struct bpf_insn **ret_program, size_t *ret_count) MUST_CHECK;
/* Puts a program for these rules on a cgroup of version 2 in place of the one of last time. */
int cgroup_bpf_attach(const char *mount, const char *path,
		      const struct cgroup_devices *rules) MUST_CHECK;

/* --- cgroup_kill.c --- */

/*
 * One round: the signal for each process there. *ret_count: how many got it. EBUSY for one that is
 * not the container's, after all others got it.
 */
int cgroup_signal_each(const struct cgroup_pids *pids, int signal, ino_t pid_namespace,
		       size_t *ret_count) MUST_CHECK;

/* --- cgroup_stat.c --- */

int cgroup_stat_v1(const struct cgroup *cg, struct cgroup_stat *stat) MUST_CHECK;
int cgroup_stat_v2(const struct cgroup *cg, struct cgroup_stat *stat) MUST_CHECK;
