/*
 * limits.h: attributes of one process: rlimits, OOM score, scheduling, user and groups. INIT (and
 * the process of `exec`), in this order; each does nothing where the configuration says nothing.
 *
 *	limits_set_oom_score(process)     /proc/self/oom_score_adj: while /proc is the machine's
 *	limits_set_scheduler(process), limits_set_io_priority(process)
 *	limits_set_memory_policy(spec), limits_set_personality(spec)
 *	limits_set_rlimits(process)       an error names the rlimit and the hard value
 *	limits_set_user(process)          groups, group, user, umask: in this order, and verified
 *
 * Without CAP_SYS_RESOURCE a hard rlimit cannot be raised nor an OOM score lowered: that is an
 * error that says so, prlimit(2), proc_pid_oom_score_adj(5). Next file: limits.c
 */
#pragma once

#include "../spec/spec.h"

int limits_set_oom_score(const struct spec_process *process) MUST_CHECK;
int limits_set_scheduler(const struct spec_process *process) MUST_CHECK;
int limits_set_io_priority(const struct spec_process *process) MUST_CHECK;
int limits_set_memory_policy(const struct spec *spec) MUST_CHECK;
int limits_set_personality(const struct spec *spec) MUST_CHECK;
int limits_set_rlimits(const struct spec_process *process) MUST_CHECK;

/*
 * Without user.umask the umask is 0022, as runc and crun have it: config.md wants the caller's,
 * but that is 0 under containerd, and then everything the container makes is writable for all.
 */
int limits_set_user(const struct spec_process *process) MUST_CHECK;

/* sched_setaffinity(2) for `exec`: before and after it has joined the cgroup. list: "0-3,7". */
int limits_set_affinity(pid_t pid, const char *list) MUST_CHECK;

/* A list of numbers ("0-3,7", cpuset(7) "List format") as bits of ret_words; no bit: EINVAL. */
int limits_parse_list(const char *list, unsigned long *ret_words, size_t words) MUST_CHECK;
