/*
 * cgroup_v1.c: control groups, version 1. Read this only if your machine still has it: WSL2,
 * older distributions, many CI machines. Everything it does cgroup.c does better on version 2.
 */
#include "cgroup_v1.h"
#include "cgroup.h"
#include "husk.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

/* In the order of enum controller; then two that we join without a limit: to count, to freeze. */
static const char *const hierarchies[] = {
	"/sys/fs/cgroup/memory",  "/sys/fs/cgroup/cpu",	    "/sys/fs/cgroup/pids",
	"/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/freezer",
};
enum { HIERARCHIES = sizeof(hierarchies) / sizeof(*hierarchies), CPUACCT = 3 };

static int is_v1(int hierarchy)
{
	struct statfs fs;
	char target[64];

	/* cpuacct is often but a link to where cpu is: once is enough. */
	if (hierarchy == CPUACCT && readlink(hierarchies[CPUACCT], target, sizeof(target)) > 0)
		return 0;
	return statfs(hierarchies[hierarchy], &fs) == 0 && fs.f_type == CGROUP_SUPER_MAGIC;
}

int cgroup_v1_has(enum controller controller)
{
	return is_v1(controller);
}

static int apply_limits(const char *name, const struct config *cfg)
{
	const struct cgroup_setting settings[] = {
		{MEMORY, "memory.limit_in_bytes", cfg->limits[MEMORY], 0},
		{MEMORY, "memory.memsw.limit_in_bytes", cfg->limits[MEMORY], 1},
		{CPU, "cpu.cfs_quota_us", cfg->limits[CPU], 0},
		{PIDS, "pids.max", cfg->limits[PIDS], 0},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		enum controller controller = settings[i].controller;

		if (cfg->limits[controller] == NO_LIMIT || !is_v1(controller))
			continue;
		if (cgroup_apply(hierarchies[controller], name, &settings[i]) < 0)
			return -1;
	}
	return 0;
}

int cgroup_v1_create(const char *name, const struct config *cfg)
{
	for (int i = 0; i < HIERARCHIES; i++) {
		if (!is_v1(i) || cgroup_make_directory(hierarchies[i], name) == 0)
			continue;
		while (--i >= 0) /* only what we made: a NAME in use belongs to another container */
			if (is_v1(i))
				cgroup_remove_directory(hierarchies[i], name);
		return -1;
	}
	if (apply_limits(name, cfg) == 0)
		return 0;
	cgroup_v1_remove(name);
	return -1;
}

int cgroup_v1_add(const char *name, pid_t pid)
{
	const struct cgroup_setting procs = {.file = "cgroup.procs", .value = pid};

	for (int i = 0; i < HIERARCHIES; i++)
		if (is_v1(i) && cgroup_apply(hierarchies[i], name, &procs) < 0)
			return -1;
	return 0;
}

long long cgroup_v1_oom_kills(const char *name)
{
	return cgroup_read_counter(hierarchies[MEMORY], name, "memory.oom_control", "oom_kill");
}

int cgroup_v1_kill(const char *name)
{
	int result = 0;

	for (int i = 0; i < HIERARCHIES; i++)
		if (is_v1(i) && cgroup_kill_processes(hierarchies[i], name) < 0)
			result = -1;
	return result;
}

int cgroup_v1_remove(const char *name)
{
	int result = 0;

	for (int i = 0; i < HIERARCHIES; i++)
		if (is_v1(i) && cgroup_remove_directory(hierarchies[i], name) < 0)
			result = -1;
	return result;
}
