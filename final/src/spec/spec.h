/*
 * spec.h: config.json as C structures, member by member in the order and by the names of the OCI
 * runtime specification 1.2.1 (config.md, config-linux.md), snake_case for camelCase.
 *
 *	spec_load(fd, "config.json", &spec)       parse, bind to the structures, check: nothing is
 *	                                          done yet, and nothing was believed without a look
 *	spec_load_process(fd, name, &spec)        a process.json of `exec`: only spec.process is set
 *	spec_free(&spec)
 *
 * All memory is in spec.arena. A pointer is NULL where the property is absent; struct opt_* where
 * absent and zero differ. Numbers that the kernel has (flags, signals, actions) are translated
 * already. No side effects; PARENT reads, INIT inherits it with the address space.
 * Next file: load.c
 */
#pragma once

#include "../base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* gnu17 has it as a macro, 1, from the times of K&R. */
#undef linux

/* The newest version whose properties are all known; every 1.x.y is read. */
#define SPEC_OCI_VERSION "1.2.1"

struct spec_user {
	uint32_t uid, gid;
	struct opt_u32 umask; /* 0 to 0777 */
	LIST_OF(uint32_t) additional_gids;
};

/* Names as config.json has them, "CAP_CHOWN": kernel/cap.c knows numbers. */
struct spec_capabilities {
	struct str_list bounding, effective, inheritable, permitted, ambient;
};

struct spec_rlimit {
	int resource;	     /* RLIMIT_* */
	char *type;	     /* as it was written */
	uint64_t soft, hard; /* RLIM_INFINITY is UINT64_MAX */
};

struct spec_scheduler {
	int policy; /* SCHED_* */
	int32_t nice;
	int32_t priority;
	uint64_t flags;			    /* SCHED_FLAG_* */
	uint64_t runtime, deadline, period; /* nanoseconds */
};

struct spec_io_priority {
	int class;	  /* IOPRIO_CLASS_*: 1 real-time, 2 best-effort, 3 idle */
	int64_t priority; /* 0 to 7 */
};

struct spec_cpu_affinity {
	char *initial, *final; /* CPU lists: "0-3,7" */
};

struct spec_process {
	bool terminal;
	struct {
		uint32_t height, width; /* characters; 0: leave as it is */
	} console_size;
	struct spec_user user;
	struct str_list args, env;
	char *cwd;
	struct spec_capabilities *capabilities; /* NULL: as the caller has them */
	LIST_OF(struct spec_rlimit) rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	char *selinux_label;
	struct opt_i64 oom_score_adj; /* -1000 to 1000 */
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
};

struct spec_id_map {
	uint32_t container_id, host_id, size;
};

struct spec_id_maps {
	struct spec_id_map *items;
	size_t count;
};

struct spec_mount {
	char *destination; /* absolute; ".." is harmless: resolved below the rootfs */
	char *source;	   /* a relative one begins at the bundle */
	char *type;
	struct str_list options; /* kernel/mount_opts.c takes them apart */
	struct spec_id_maps uid_mappings, gid_mappings;
};

struct spec_hook {
	char *path;	      /* absolute */
	struct str_list args; /* args[0] included; empty: the path alone */
	struct str_list env;
	int timeout; /* seconds; 0: none */
};

struct spec_hook_list {
	struct spec_hook *items;
	size_t count;
};

/* In the order in which they are run; config.md, "POSIX-platform Hooks". */
enum spec_hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

struct spec_namespace {
	int flag;   /* CLONE_NEW* */
	char *path; /* NULL: a new one */
};

struct spec_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_device {
	char *path;
	char type; /* 'c' (also for "u"), 'b' or 'p' */
	int64_t major, minor;
	struct opt_u32 file_mode, uid, gid;
};

struct spec_net_device {
	char *host_name; /* the key */
	char *name;	 /* inside; NULL: the same */
};

struct spec_device_rule {
	bool allow;
	char type;		     /* 'a', 'c' or 'b' */
	struct opt_i64 major, minor; /* unset: every */
	char *access;		     /* of "rwm"; NULL: all */
};

struct spec_memory {
	struct opt_i64 limit, reservation, swap; /* bytes, -1: no limit; swap: memory + swap */
	struct opt_i64 kernel, kernel_tcp;	 /* v1; deprecated by the kernel */
	struct opt_u64 swappiness;		 /* v1, 0 to 100 */
	struct opt_bool disable_oom_killer;	 /* v1 */
	struct opt_bool use_hierarchy;
	struct opt_bool check_before_update;
};

struct spec_cpu {
	struct opt_u64 shares;	      /* 2 to 262144 */
	struct opt_i64 quota;	      /* microseconds per period; <= 0: no limit */
	struct opt_u64 burst, period; /* microseconds */
	struct opt_i64 realtime_runtime;
	struct opt_u64 realtime_period; /* v1 */
	char *cpus, *mems;
	struct opt_i64 idle; /* 0 or 1 */
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u32 weight, leaf_weight; /* 10 to 1000 */
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate; /* bytes or operations a second */
};

struct spec_throttle_list {
	struct spec_throttle_device *items;
	size_t count;
};

struct spec_block_io {
	struct opt_u32 weight, leaf_weight;
	LIST_OF(struct spec_weight_device) weight_devices;
	struct spec_throttle_list read_bps, write_bps, read_iops, write_iops;
};

struct spec_hugepage_limit {
	char *page_size; /* "2MB" */
	uint64_t limit;	 /* bytes */
};

struct spec_rdma {
	char *device;
	struct opt_u32 hca_handles, hca_objects;
};

struct spec_if_priority {
	char *name;
	uint32_t priority;
};

struct spec_network {
	struct opt_u32 class_id;
	LIST_OF(struct spec_if_priority) priorities;
};

struct spec_resources {
	LIST_OF(struct spec_device_rule) devices;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct opt_i64 pids_limit; /* <= 0 (the specification says -1): no limit */
	struct spec_block_io block_io;
	LIST_OF(struct spec_hugepage_limit) hugepage_limits;
	struct spec_network network;
	LIST_OF(struct spec_rdma) rdma;
	struct str_map unified; /* v2: file -> content */
};

struct spec_seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value, value_two;
	int op; /* enum spec_seccomp_op */
};

enum spec_seccomp_op {
	SECCOMP_OP_NE = 1,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ
};

/* The kernel's actions, <linux/seccomp.h>, without data. */
struct spec_seccomp_rule {
	struct str_list names;
	uint32_t action; /* SECCOMP_RET_* */
	struct opt_u32 errno_ret;
	LIST_OF(struct spec_seccomp_arg) args;
};

struct spec_seccomp {
	uint32_t default_action; /* SECCOMP_RET_* */
	struct opt_u32 default_errno_ret;
	struct str_list architectures; /* "SCMP_ARCH_X86_64": kernel/seccomp.c knows them */
	uint32_t flags;		       /* SECCOMP_FILTER_FLAG_* */
	char *listener_path, *listener_metadata;
	LIST_OF(struct spec_seccomp_rule) syscalls;
};

struct spec_memory_policy {
	int mode;	/* MPOL_*, <linux/mempolicy.h> */
	char *nodes;	/* a list: "0,2-3" */
	uint32_t flags; /* MPOL_F_* */
};

struct spec_linux {
	LIST_OF(struct spec_namespace) namespaces;
	struct spec_id_maps uid_mappings, gid_mappings;
	struct {
		struct spec_time_offset *monotonic, *boottime;
	} time_offsets;
	LIST_OF(struct spec_device) devices;
	LIST_OF(struct spec_net_device) net_devices;
	char *cgroups_path;
	struct spec_resources *resources;
	char *rootfs_propagation; /* [r]private, [r]slave, [r]shared, [r]unbindable, checked */
	struct spec_seccomp *seccomp;
	struct str_map sysctl;
	struct str_list masked_paths, readonly_paths;
	char *mount_label;
	struct opt_u32 personality; /* PER_*, personality(2) */
	struct spec_memory_policy *memory_policy;
};

struct spec {
	char *oci_version;
	struct spec_process *process;
	struct {
		char *path; /* a relative one begins at the bundle */
		bool readonly;
	} root;
	char *hostname, *domainname;
	LIST_OF(struct spec_mount) mounts;
	struct spec_hook_list hooks[HOOK_KINDS];
	struct str_map annotations;
	struct spec_linux linux;
	struct arena arena;
};

int spec_load(int fd, const char *name, struct spec *ret_spec) MUST_CHECK;
int spec_load_process(int fd, const char *name, struct spec *ret_spec) MUST_CHECK;

/* A file of resources alone: `update --resources FILE`. They are in spec.linux.resources. */
int spec_load_resources(int fd, const char *name, struct spec *ret_spec) MUST_CHECK;
void spec_free(struct spec *spec);

/* What can be said about the values without looking at the machine; spec_load() calls it. */
int spec_check(const struct spec *spec) MUST_CHECK;
int spec_check_process(const struct spec_process *process) MUST_CHECK;
int spec_check_resources(const struct spec_resources *resources) MUST_CHECK;

/* The namespace of that CLONE_NEW* flag, or NULL: then it is the caller's. */
const struct spec_namespace *spec_find_namespace(const struct spec *spec, int flag);

/*
 * IDs of containers: [A-Za-z0-9_+-][A-Za-z0-9_+.-]*, at most 255 characters. Every command calls
 * this before it makes a path of one: CVE-class "delete -f ..".
 */
int spec_check_id(const char *id) MUST_CHECK;
