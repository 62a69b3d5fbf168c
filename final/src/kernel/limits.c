/* limits.c: attributes of one process. See limits.h; next file: lsm.h */
#include "limits.h"
#include "../base/err.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { WORD_BITS = 8 * sizeof(unsigned long), MAX_CPUS = 8192, MAX_NODES = 1024 };

/* struct sched_attr, the first version, sched_setattr(2). glibc has it since 2.41 only. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

int limits_set_oom_score(const struct spec_process *process)
{
	long long score = process->oom_score_adj.value;
	auto_close int fd = -1;
	struct statfs fs;
	char text[24];

	if (!process->oom_score_adj.set)
		return 0;
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return err_sys("open /proc/self/oom_score_adj");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(EPERM, "/proc is not a procfs");
	snprintf(text, sizeof(text), "%lld", score);
	if (write(fd, text, strlen(text)) >= 0)
		return 0;
	if (errno == EACCES)
		return err_set(EACCES,
			       "set process.oomScoreAdj to %lld: that is lower than this process "
			       "has, and lowering needs CAP_SYS_RESOURCE; choose a higher value",
			       score);
	return err_sys("set process.oomScoreAdj to %lld", score);
}

int limits_set_scheduler(const struct spec_process *process)
{
	const struct spec_scheduler *wanted = process->scheduler;
	struct scheduling attributes = {.size = sizeof(attributes)};

	if (!wanted)
		return 0;
	attributes.policy = wanted->policy;
	attributes.nice = wanted->nice;
	attributes.priority = wanted->priority;
	attributes.flags = wanted->flags;
	attributes.runtime = wanted->runtime;
	attributes.deadline = wanted->deadline;
	attributes.period = wanted->period;
	if (sys_sched_setattr(0, &attributes, 0) < 0)
		return err_sys("set process.scheduler (policy %d, nice %d, priority %d)",
			       wanted->policy, wanted->nice, wanted->priority);
	return 0;
}

int limits_set_io_priority(const struct spec_process *process)
{
	const struct spec_io_priority *wanted = process->io_priority;

	if (!wanted)
		return 0;
	if (sys_ioprio_set(IOPRIO_WHO_PROCESS, 0,
			   IOPRIO_PRIO_VALUE(wanted->class, (int)wanted->priority)) < 0)
		return err_sys("set process.ioPriority (class %d, priority %lld)", wanted->class,
			       (long long)wanted->priority);
	return 0;
}

/* One part of a list, "3" or "0-7"; *text is moved behind it. False: not of that form. */
static bool parse_range(const char **text, unsigned long *ret_first, unsigned long *ret_last)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*ret_first = *ret_last = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (end[1] < '0' || end[1] > '9')
			return false;
		*ret_last = strtoul(end + 1, &end, 10);
	}
	*text = end;
	return (*end == ',' || *end == '\0') && *ret_first <= *ret_last;
}

int limits_parse_list(const char *list, unsigned long *ret_words, size_t words)
{
	const char *text = list;
	unsigned long first, last;

	memset(ret_words, 0, words * sizeof(*ret_words));
	do {
		if (!parse_range(&text, &first, &last))
			return err_set(EINVAL, "'%s' is not a list of numbers like 0-3,7", list);
		if (last >= words * WORD_BITS)
			return err_set(EINVAL, "'%s': the highest number is %zu", list,
				       words * WORD_BITS - 1);
		for (unsigned long i = first; i <= last; i++)
			ret_words[i / WORD_BITS] |= 1UL << i % WORD_BITS;
	} while (*text++ == ',');
	return 0;
}

int limits_set_affinity(pid_t pid, const char *list)
{
	unsigned long cpus[MAX_CPUS / WORD_BITS];

	if (limits_parse_list(list, cpus, ARRAY_SIZE(cpus)) < 0)
		return err_wrap("process.execCPUAffinity");
	if (sched_setaffinity(pid, sizeof(cpus), (const cpu_set_t *)cpus) < 0)
		return err_sys("process.execCPUAffinity: run on CPUs %s", list);
	return 0;
}

int limits_set_memory_policy(const struct spec *spec)
{
	const struct spec_memory_policy *wanted = spec->linux.memory_policy;
	unsigned long nodes[MAX_NODES / WORD_BITS] = {0};
	bool has_nodes = wanted && wanted->nodes && *wanted->nodes;

	if (!wanted)
		return 0;
	if (has_nodes && limits_parse_list(wanted->nodes, nodes, ARRAY_SIZE(nodes)) < 0)
		return err_wrap("linux.memoryPolicy.nodes");
	/* The kernel takes one bit less than it is told, set_mempolicy(2). */
	if (sys_set_mempolicy(wanted->mode | (int)wanted->flags, has_nodes ? nodes : NULL,
			      has_nodes ? MAX_NODES + 1 : 0) < 0)
		return err_sys("set linux.memoryPolicy (mode %d, nodes '%s')", wanted->mode,
			       has_nodes ? wanted->nodes : "");
	return 0;
}

int limits_set_personality(const struct spec *spec)
{
	if (!spec->linux.personality.set)
		return 0;
	if (personality(spec->linux.personality.value) < 0)
		return err_sys("set linux.personality 0x%x", spec->linux.personality.value);
	return 0;
}

static int explain_rlimit(const struct spec_rlimit *wanted)
{
	int code = errno;
	struct rlimit now;

	if (code != EPERM || getrlimit(wanted->resource, &now) < 0 ||
	    wanted->hard <= now.rlim_max) {
		errno = code;
		return err_sys("set %s", wanted->type);
	}
	if (wanted->hard == RLIM_INFINITY)
		return err_set(EPERM,
			       "raise %s to unlimited: the hard limit is %llu and this process may "
			       "not raise it (CAP_SYS_RESOURCE); choose at most that",
			       wanted->type, (unsigned long long)now.rlim_max);
	return err_set(EPERM,
		       "raise %s to %llu: the hard limit is %llu and this process may not raise it "
		       "(CAP_SYS_RESOURCE); choose at most that",
		       wanted->type, (unsigned long long)wanted->hard,
		       (unsigned long long)now.rlim_max);
}

int limits_set_rlimits(const struct spec_process *process)
{
	for (size_t i = 0; i < process->rlimits.count; i++) {
		const struct spec_rlimit *wanted = &process->rlimits.items[i];
		struct rlimit limit = {.rlim_cur = wanted->soft, .rlim_max = wanted->hard};

		if (setrlimit(wanted->resource, &limit) < 0)
			return explain_rlimit(wanted);
	}
	return 0;
}

static int set_groups(const struct spec_user *user)
{
	if (setgroups(user->additional_gids.count, user->additional_gids.items) == 0)
		return 0;
	/*
	 * Who made the user namespace may have had to forbid it, user_namespaces(7): then there is
	 * nothing to set, but nothing to drop either.
	 */
	if (errno == EPERM && user->additional_gids.count == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(EINVAL, "process.user.additionalGids: one of them is not mapped in "
				       "the user namespace (linux.gidMappings)");
	return err_sys("set process.user.additionalGids");
}

/* EINVAL of setresuid(2) and setresgid(2) has one reason only. */
static int explain_id(const char *property, uint32_t id, const char *map)
{
	if (errno == EINVAL)
		return err_set(EINVAL,
			       "process.user.%s %u is not mapped in the user namespace (%s)",
			       property, id, map);
	return err_sys("become %s %u", property, id);
}

static int set_ids(const struct spec_user *user)
{
	uid_t real, effective, saved;
	gid_t real_group, effective_group, saved_group;

	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return explain_id("gid", user->gid, "linux.gidMappings");
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return explain_id("uid", user->uid, "linux.uidMappings");
	if (getresuid(&real, &effective, &saved) < 0 ||
	    getresgid(&real_group, &effective_group, &saved_group) < 0)
		return err_sys("look at the user");
	if (real != user->uid || effective != user->uid || saved != user->uid ||
	    real_group != user->gid || effective_group != user->gid || saved_group != user->gid)
		return err_set(EPERM, "became user %u:%u instead of %u:%u", effective,
			       effective_group, user->uid, user->gid);
	return 0;
}

int limits_set_user(const struct spec_process *process)
{
	const struct spec_user *user = &process->user;

	if (set_groups(user) < 0 || set_ids(user) < 0)
		return -1;
	umask(user->umask.set ? user->umask.value : 0022);
	return 0;
}
