/*
 * names.c: what config.json calls the kernel's numbers. See tables.h; next file: check.c
 *
 * Numbers come from the kernel's headers. Those that the oldest supported headers (5.15) lack are
 * written out: the kernel's interface never changes them.
 */
#include "tables.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/personality.h>
#include <sys/resource.h>

/* config-linux.md, "Namespaces"; namespaces(7) */
const struct bind_name spec_namespace_names[] = {
	{"pid", CLONE_NEWPID},	 {"network", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},	 {"mount", CLONE_NEWNS},      {"user", CLONE_NEWUSER},
	{"time", CLONE_NEWTIME}, {"cgroup", CLONE_NEWCGROUP}, {NULL},
};

/* setrlimit(2) */
const struct bind_name spec_rlimit_names[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
	{NULL},
};

/* sched_setattr(2). SCHED_ISO is a reserved number: the kernel will say EINVAL. */
const struct bind_name spec_scheduler_policies[] = {
	{"SCHED_OTHER", SCHED_NORMAL},
	{"SCHED_FIFO", SCHED_FIFO},
	{"SCHED_RR", SCHED_RR},
	{"SCHED_BATCH", SCHED_BATCH},
	{"SCHED_ISO", 4},
	{"SCHED_IDLE", SCHED_IDLE},
	{"SCHED_DEADLINE", SCHED_DEADLINE},
	{NULL},
};

const struct bind_name spec_scheduler_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
	{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
	{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
	{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
	{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
	{NULL},
};

/* ioprio_set(2) */
const struct bind_name spec_io_classes[] = {
	{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
	{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
	{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
	{NULL},
};

/* mknod(1); "u", unbuffered, is "c" to Linux */
const struct bind_name spec_device_types[] = {
	{"c", 'c'}, {"u", 'c'}, {"b", 'b'}, {"p", 'p'}, {NULL},
};

const struct bind_name spec_device_rule_types[] = {
	{"a", 'a'},
	{"c", 'c'},
	{"b", 'b'},
	{NULL},
};

/* seccomp(2). SCMP_ACT_KILL is libseccomp's old name: the thread dies, not the process. */
const struct bind_name spec_seccomp_actions[] = {
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
	{NULL},
};

const struct bind_name spec_seccomp_ops[] = {
	{"SCMP_CMP_NE", SECCOMP_OP_NE},
	{"SCMP_CMP_LT", SECCOMP_OP_LT},
	{"SCMP_CMP_LE", SECCOMP_OP_LE},
	{"SCMP_CMP_EQ", SECCOMP_OP_EQ},
	{"SCMP_CMP_GE", SECCOMP_OP_GE},
	{"SCMP_CMP_GT", SECCOMP_OP_GT},
	{"SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ},
	{NULL},
};

const struct bind_name spec_seccomp_flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5}, /* Linux 5.19 */
	{NULL},
};

/* set_mempolicy(2) */
const struct bind_name spec_memory_policy_modes[] = {
	{"MPOL_DEFAULT", MPOL_DEFAULT},
	{"MPOL_PREFERRED", MPOL_PREFERRED},
	{"MPOL_BIND", MPOL_BIND},
	{"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
	{"MPOL_LOCAL", MPOL_LOCAL},
	{"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
	{"MPOL_WEIGHTED_INTERLEAVE", 6}, /* Linux 6.9 */
	{NULL},
};

const struct bind_name spec_memory_policy_flags[] = {
	{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
	{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
	{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
	{NULL},
};

/* personality(2): LINUX32 makes uname(2) name a 32-bit machine */
const struct bind_name spec_personalities[] = {
	{"LINUX", PER_LINUX},
	{"LINUX32", PER_LINUX32},
	{NULL},
};
