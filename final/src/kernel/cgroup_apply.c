/*
 * cgroup_apply.c: does the writes of a plan, and says of one that fails what it was about.
 * Next file: cgroup_v2.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <string.h>

/* What there is to say about a value that the kernel refused. */
static const struct {
	const char *file, *hint;
} hints[] = {
	{"memory.limit_in_bytes", "it must not be above memory and swap together (memory.swap)"},
	{"memory.memsw.limit_in_bytes", "it must not be below memory.limit"},
	{"memory.kmem.limit_in_bytes", "kernels since 5.16 have no limit of the kind: remove it"},
	{"memory.swappiness", "0 to 100"},
	{"cpu.shares", "2 to 262144"},
	{"cpu.max", "quota and period are microseconds: at least 1000, a period at most 1000000"},
	{"cpu.cfs_quota_us", "microseconds: at least 1000, and not below cpu.burst"},
	{"cpu.cfs_period_us", "microseconds: 1000 to 1000000"},
	{"cpu.cfs_burst_us", "microseconds: not above cpu.quota"},
	{"cpu.max.burst", "microseconds: not above cpu.quota"},
	{"cpu.rt_runtime_us", "it must not be above what the parent cgroup has left"},
	{"cpu.idle", "0 or 1"},
	{"cpuset.cpus", "a list as 0-3,7 of CPUs that this machine and the parent cgroup have"},
	{"cpuset.mems", "a list as 0-1 of memory nodes that this machine and the parent have"},
	{"pids.max", "1 or more"},
	{"io.max", "expected a whole disk, not a partition"},
};

static const char *hint_of(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strcmp(hints[i].file, file) == 0)
			return hints[i].hint;
	return "see the kernel's cgroup documentation for its range";
}

/* The kernel's own ENOTSUPP, which has no name outside of it: old kmem limits. */
enum { KERNEL_ENOTSUPP = 524 };

static int explain(const struct cgroup *cg, const struct cgroup_write *write, int code)
{
	const char *name = write->controller == CGROUP_CONTROLLERS
				   ? NULL
				   : cgroup_controller_name(write->controller, write->version);
	const char *property = write->property, *file = write->file, *text = write->text;

	switch (code) {
	case ENOENT:
		return err_set(
			ENOTSUP,
			"linux.resources.%s: the cgroup controller %.*s lacks the file %s on "
			"this kernel; remove the property",
			property, name ? (int)strlen(name) : (int)strcspn(file, "."),
			name ? name : file, file);
	case EINVAL:
	case ERANGE:
	case KERNEL_ENOTSUPP:
	case EOPNOTSUPP:
		return err_set(EINVAL, "linux.resources.%s: the kernel refuses '%s' for %s: %s",
			       property, text, file, hint_of(file));
	case EBUSY:
		return err_set(EBUSY,
			       "linux.resources.%s: the kernel refuses '%s' for %s now: more than "
			       "that is in use",
			       property, text, file);
	case ENODEV:
	case ENXIO:
		return err_set(code, "linux.resources.%s: there is no device as in '%s' for %s",
			       property, text, file);
	case EACCES:
	case EPERM:
		return err_set(code,
			       "linux.resources.%s: no permission to write %s of cgroup %s; run as "
			       "root, have a cgroup delegated to you, or remove the limit",
			       property, file, cg->path);
	default:
		errno = code;
		return err_sys("linux.resources.%s: write '%s' to %s of cgroup %s", property, text,
			       file, cg->path);
	}
}

/* Raw; but -1 with errno 0 if ready() has set the error. */
static int write_one(const struct cgroup *cg, const struct cgroup_write *write,
		     int (*ready)(const struct cgroup *cg, const struct cgroup_write *write))
{
	const char *mount =
		write->version == CGROUP_V2 ? cg->host->v2 : cg->host->v1[write->controller];

	if (cgroup_file_write(mount, cg->path, write->file, write->text) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (ready(cg, write) < 0) {
		errno = 0;
		return -1;
	}
	if (cgroup_file_write(mount, cg->path, write->file, write->text) == 0)
		return 0;
	if (errno == ENOENT && write->other_file)
		return cgroup_file_write(mount, cg->path, write->other_file, write->other_text);
	return errno == ENOENT && write->may_lack ? 0 : -1;
}

/*
 * Values that bound one another (memory and memory + swap; quota, period and burst) can be written
 * in one order when they rise and in another when they fall. So what is refused is tried again
 * after the others, as long as one more of them succeeds each time.
 */
int cgroup_plan_apply(const struct cgroup *cg, struct cgroup_plan *plan,
		      enum cgroup_version version,
		      int (*ready)(const struct cgroup *cg, const struct cgroup_write *write))
{
	const struct cgroup_write *refused;
	int code;
	bool progress;

	do {
		refused = NULL;
		progress = false;
		code = 0;
		for (size_t i = 0; i < plan->count; i++) {
			struct cgroup_write *write = &plan->items[i];

			if (write->done || write->version != version)
				continue;
			write->done = write_one(cg, write, ready) == 0;
			progress |= write->done;
			if (write->done)
				continue;
			if (errno != EINVAL)
				return errno ? explain(cg, write, errno) : -1;
			if (!refused) {
				refused = write;
				code = errno;
			}
		}
	} while (refused && progress);
	return refused ? explain(cg, refused, code) : 0;
}

int cgroup_check_memory(const struct cgroup *cg, const struct spec_memory *memory)
{
	enum cgroup_version version = cgroup_binding(cg->host, CGROUP_MEMORY);
	const char *file = version == CGROUP_V2 ? "memory.current" : "memory.usage_in_bytes";
	char text[32];
	int64_t usage;

	if (!memory->check_before_update.value || !memory->limit.set || memory->limit.value <= 0 ||
	    version == CGROUP_UNBOUND)
		return 0;
	if (cgroup_file_read(cgroup_mount(cg->host, CGROUP_MEMORY, version), cg->path, file, text,
			     sizeof(text)) < 0 ||
	    str_to_i64(text, 0, INT64_MAX, &usage) < 0)
		return 0; /* not in it yet: it uses nothing */
	if (usage <= memory->limit.value)
		return 0;
	return err_set(EBUSY,
		       "linux.resources.memory.limit %lld: %lld bytes are in use, and "
		       "checkBeforeUpdate is set",
		       (long long)memory->limit.value, (long long)usage);
}
