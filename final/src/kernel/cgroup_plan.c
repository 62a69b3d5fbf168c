/*
 * cgroup_plan.c: linux.resources of config.json as a list of writes to files: what each property
 * is called in both versions, and where the two count differently. Nothing is changed yet.
 *
 * The names of the files: Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst of the kernel.
 * Next file: cgroup_apply.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <math.h>
#include <string.h>

enum kind {
	BYTES,	  /* opt_i64; 0: not asked for, as engines mean it; -1: no limit */
	COUNT,	  /* opt_i64; 0 or less: no limit */
	SIGNED,	  /* opt_i64 */
	RUNTIME,  /* opt_i64; 0: not asked for */
	NUMBER,	  /* opt_u64 */
	PERIOD,	  /* opt_u64; 0: not asked for: the kernel would refuse it */
	SHARES,	  /* opt_u64; a weight on version 2 */
	NUMBER32, /* opt_u32 */
	FLAG,	  /* opt_bool */
	TEXT,	  /* char * */
};

#define AT(member) offsetof(struct spec_resources, member)

/* Properties with one value and one file. NULL: that version has nothing of the kind. */
static const struct row {
	const char *property;
	enum cgroup_controller controller;
	size_t member;
	enum kind kind;
	const char *v1, *v2;
} rows[] = {
	{"memory.limit", CGROUP_MEMORY, AT(memory.limit), BYTES, "memory.limit_in_bytes",
	 "memory.max"},
	{"memory.reservation", CGROUP_MEMORY, AT(memory.reservation), BYTES,
	 "memory.soft_limit_in_bytes", "memory.low"},
	{"memory.kernel", CGROUP_MEMORY, AT(memory.kernel), BYTES, "memory.kmem.limit_in_bytes",
	 NULL},
	{"memory.kernelTCP", CGROUP_MEMORY, AT(memory.kernel_tcp), BYTES,
	 "memory.kmem.tcp.limit_in_bytes", NULL},
	{"memory.swappiness", CGROUP_MEMORY, AT(memory.swappiness), NUMBER, "memory.swappiness",
	 NULL},
	{"memory.disableOOMKiller", CGROUP_MEMORY, AT(memory.disable_oom_killer), FLAG,
	 "memory.oom_control", NULL},
	{"memory.useHierarchy", CGROUP_MEMORY, AT(memory.use_hierarchy), FLAG,
	 "memory.use_hierarchy", NULL},
	/* Before shares: a cgroup that is idle has no weight. */
	{"cpu.idle", CGROUP_CPU, AT(cpu.idle), SIGNED, "cpu.idle", "cpu.idle"},
	{"cpu.shares", CGROUP_CPU, AT(cpu.shares), SHARES, "cpu.shares", "cpu.weight"},
	{"cpu.burst", CGROUP_CPU, AT(cpu.burst), NUMBER, "cpu.cfs_burst_us", "cpu.max.burst"},
	{"cpu.realtimePeriod", CGROUP_CPU, AT(cpu.realtime_period), PERIOD, "cpu.rt_period_us",
	 NULL},
	{"cpu.realtimeRuntime", CGROUP_CPU, AT(cpu.realtime_runtime), RUNTIME, "cpu.rt_runtime_us",
	 NULL},
	{"cpu.cpus", CGROUP_CPUSET, AT(cpu.cpus), TEXT, "cpuset.cpus", "cpuset.cpus"},
	{"cpu.mems", CGROUP_CPUSET, AT(cpu.mems), TEXT, "cpuset.mems", "cpuset.mems"},
	{"pids.limit", CGROUP_PIDS, AT(pids_limit), COUNT, "pids.max", "pids.max"},
	{"blockIO.leafWeight", CGROUP_IO, AT(block_io.leaf_weight), NUMBER32, "blkio.leaf_weight",
	 NULL},
	{"network.classID", CGROUP_NET_CLS, AT(network.class_id), NUMBER32, "net_cls.classid",
	 NULL},
};

uint64_t cgroup_weight_of_shares(uint64_t shares)
{
	double power;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	/*
	 * The parabola through both ends and both defaults, 1024 and 100, that runc 1.3.2 and crun
	 * 1.23 agreed on. A straight line between the ends would make 39 of 1024.
	 */
	power = log2((double)shares);
	return (uint64_t)ceil(pow(10, (power * power + 125 * power) / 612.0 - 7.0 / 34.0));
}

uint64_t cgroup_weight_of_blkio(uint64_t weight)
{
	return weight < 10 ? 1 : 1 + (weight - 10) * 9999 / 990;
}

int cgroup_swap_alone(int64_t limit, int64_t memory_and_swap, int64_t *ret_swap)
{
	if (memory_and_swap >= 0 && limit <= 0)
		return err_set(EINVAL,
			       "linux.resources.memory.swap %lld counts memory and swap together: "
			       "it needs memory.limit beside it",
			       (long long)memory_and_swap);
	if (memory_and_swap >= 0 && memory_and_swap < limit)
		return err_set(EINVAL,
			       "linux.resources.memory.swap %lld counts memory and swap together: "
			       "it must not be less than memory.limit, %lld",
			       (long long)memory_and_swap, (long long)limit);
	*ret_swap = memory_and_swap < 0 ? -1 : memory_and_swap - limit;
	return 0;
}

int cgroup_plan_add(struct cgroup_plan *plan, struct cgroup_write write)
{
	if (!write.text)
		return -1;
	if (plan->count == plan->capacity) {
		size_t capacity = plan->capacity ? 2 * plan->capacity : 32;
		struct cgroup_write *items = arena_alloc(&plan->arena, capacity * sizeof(*items));

		if (!items)
			return -1;
		if (plan->count)
			memcpy(items, plan->items, plan->count * sizeof(*items));
		plan->items = items;
		plan->capacity = capacity;
	}
	plan->items[plan->count++] = write;
	return 0;
}

static int refuse_version(const char *property)
{
	return err_set(ENOTSUP,
		       "linux.resources.%s: only cgroup version 1 has it, and on this machine its "
		       "controller is not bound there; remove it",
		       property);
}

int cgroup_plan_bind(const struct cgroup *cg, struct cgroup_write *write)
{
	const char *name = cgroup_controller_name(write->controller, CGROUP_V1);

	write->version = cgroup_binding(cg->host, write->controller);
	if (write->version != CGROUP_UNBOUND)
		return 0;
	if (write->controller == CGROUP_NET_CLS || write->controller == CGROUP_NET_PRIO)
		return refuse_version(write->property);
	return err_set(
		ENOTSUP,
		"linux.resources.%s: the cgroup controller %s is bound nowhere on this "
		"machine (/proc/cgroups lists what the kernel has); remove the limit, or boot "
		"with cgroup_enable=%s",
		write->property, name, name);
}

static bool is_asked(enum kind kind, const void *member)
{
	switch (kind) {
	case TEXT:
		return *(char *const *)member && **(char *const *)member;
	case FLAG:
		return ((const struct opt_bool *)member)->set;
	case NUMBER32:
		return ((const struct opt_u32 *)member)->set;
	case NUMBER:
		return ((const struct opt_u64 *)member)->set;
	case PERIOD:
	case SHARES:
		return ((const struct opt_u64 *)member)->set &&
		       ((const struct opt_u64 *)member)->value != 0;
	case RUNTIME:
	case BYTES:
		return ((const struct opt_i64 *)member)->set &&
		       ((const struct opt_i64 *)member)->value != 0;
	default:
		return ((const struct opt_i64 *)member)->set;
	}
}

/* The text to write for a member that is asked for. */
static char *text_of(enum kind kind, const void *member, enum cgroup_version version,
		     struct arena *arena)
{
	const struct opt_i64 *i64 = member;
	const struct opt_u64 *u64 = member;
	bool v2 = version == CGROUP_V2;

	switch (kind) {
	case TEXT:
		return *(char *const *)member;
	case FLAG:
		return ((const struct opt_bool *)member)->value ? "1" : "0";
	case NUMBER32:
		return arena_format(arena, "%u", ((const struct opt_u32 *)member)->value);
	case SHARES:
		return arena_format(arena, "%llu",
				    (unsigned long long)(v2 ? cgroup_weight_of_shares(u64->value)
							    : u64->value));
	case NUMBER:
	case PERIOD:
		return arena_format(arena, "%llu", (unsigned long long)u64->value);
	case COUNT:
		return i64->value <= 0 ? "max" : arena_format(arena, "%lld", (long long)i64->value);
	case BYTES:
		if (v2 && i64->value < 0)
			return "max";
		break;
	case SIGNED:
	case RUNTIME:
		break;
	}
	return arena_format(arena, "%lld", (long long)i64->value);
}

/* What version 2 lacks may be asked for if it is what holds there anyway. */
static bool is_harmless(const struct row *row, const void *member)
{
	switch (row->kind) {
	case BYTES:
	case SIGNED:
	case RUNTIME:
		return ((const struct opt_i64 *)member)->value <= 0;
	case FLAG: /* no OOM killer is the one thing that cannot be had */
		return row->member != AT(memory.disable_oom_killer) ||
		       !((const struct opt_bool *)member)->value;
	default:
		return false;
	}
}

static int add_row(struct cgroup_plan *plan, const struct cgroup *cg, const struct row *row,
		   const struct spec_resources *resources)
{
	const void *member = (const char *)resources + row->member;
	struct cgroup_write write = {.controller = row->controller, .property = row->property};

	if (!is_asked(row->kind, member))
		return 0;
	/* A cgroup that is idle has the least weight, and takes no other. */
	if (row->kind == SHARES && resources->cpu.idle.set && resources->cpu.idle.value == 1)
		return 0;
	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	write.text = text_of(row->kind, member, write.version, &plan->arena);
	write.file = write.version == CGROUP_V2 ? row->v2 : row->v1;
	if (!write.file)
		return is_harmless(row, member) ? 0 : refuse_version(row->property);
	return cgroup_plan_add(plan, write);
}

/* The limit that holds: of the configuration, else, for an update of swap alone, of the cgroup. */
static int64_t memory_limit(const struct cgroup *cg, const struct spec_memory *memory)
{
	char text[32];
	int64_t limit;

	if (memory->limit.set && memory->limit.value != 0)
		return memory->limit.value;
	if (cgroup_file_read(cg->host->v2, cg->path, "memory.max", text, sizeof(text)) < 0 ||
	    strcmp(text, "max") == 0 || str_to_i64(text, 0, INT64_MAX, &limit) < 0)
		return -1;
	return limit;
}

static int add_swap(struct cgroup_plan *plan, const struct cgroup *cg,
		    const struct spec_memory *memory)
{
	struct cgroup_write write = {.controller = CGROUP_MEMORY,
				     .property = "memory.swap",
				     .file = "memory.memsw.limit_in_bytes"};
	int64_t swap = memory->swap.set ? memory->swap.value : 0;

	/* Memory without a limit cannot have one together with swap. */
	if (swap == 0 && memory->limit.set && memory->limit.value < 0)
		swap = -1;
	if (swap == 0)
		return 0;
	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	if (write.version == CGROUP_V2) {
		write.file = "memory.swap.max";
		if (cgroup_swap_alone(memory_limit(cg, memory), swap, &swap) < 0)
			return -1;
	}
	write.text = swap < 0 && write.version == CGROUP_V2
			     ? "max"
			     : arena_format(&plan->arena, "%lld", (long long)swap);
	/* A kernel without swap, or that does not count it, has no such file. */
	write.may_lack = swap < 0 || (swap == 0 && write.version == CGROUP_V2);
	return cgroup_plan_add(plan, write);
}

/* Version 2 has quota and period in one file; a quota alone keeps the period, not so the reverse.
 */
static int add_cpu_max(struct cgroup_plan *plan, const struct cgroup *cg,
		       const struct spec_cpu *cpu)
{
	bool has_quota = cpu->quota.set && cpu->quota.value != 0;
	bool has_period = cpu->period.set && cpu->period.value != 0;
	struct cgroup_write write = {.version = CGROUP_V2,
				     .controller = CGROUP_CPU,
				     .property = has_quota ? "cpu.quota" : "cpu.period",
				     .file = "cpu.max"};
	char quota[64] = "max";

	if (has_quota && cpu->quota.value > 0)
		snprintf(quota, sizeof(quota), "%lld", (long long)cpu->quota.value);
	else if (!has_quota &&
		 cgroup_file_read(cg->host->v2, cg->path, write.file, quota, sizeof(quota)) == 0)
		quota[strcspn(quota, " ")] = '\0';
	write.text = has_period ? arena_format(&plan->arena, "%s %llu", quota,
					       (unsigned long long)cpu->period.value)
				: arena_format(&plan->arena, "%s", quota);
	return cgroup_plan_add(plan, write);
}

static int add_quota(struct cgroup_plan *plan, const struct cgroup *cg, const struct spec_cpu *cpu)
{
	struct cgroup_write write = {.controller = CGROUP_CPU};
	bool has_quota = cpu->quota.set && cpu->quota.value != 0;
	bool has_period = cpu->period.set && cpu->period.value != 0;

	if (!has_quota && !has_period)
		return 0;
	write.property = has_quota ? "cpu.quota" : "cpu.period";
	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	if (write.version == CGROUP_V2)
		return add_cpu_max(plan, cg, cpu);
	if (has_period) {
		write.property = "cpu.period";
		write.file = "cpu.cfs_period_us";
		write.text =
			arena_format(&plan->arena, "%llu", (unsigned long long)cpu->period.value);
		if (cgroup_plan_add(plan, write) < 0)
			return -1;
	}
	if (!has_quota)
		return 0;
	write.property = "cpu.quota";
	write.file = "cpu.cfs_quota_us";
	write.text = cpu->quota.value < 0
			     ? "-1"
			     : arena_format(&plan->arena, "%lld", (long long)cpu->quota.value);
	return cgroup_plan_add(plan, write);
}

static int add_hugepages(struct cgroup_plan *plan, const struct cgroup *cg,
			 const struct spec_hugepage_limit *limit)
{
	struct cgroup_write write = {.controller = CGROUP_HUGETLB, .property = "hugepageLimits"};
	const char *last;

	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	last = write.version == CGROUP_V2 ? "max" : "limit_in_bytes";
	if (strchr(limit->page_size, '/'))
		return err_set(EINVAL, "linux.resources.hugepageLimits: '%s' is no page size",
			       limit->page_size);
	write.text = arena_format(&plan->arena, "%llu", (unsigned long long)limit->limit);
	write.file = arena_format(&plan->arena, "hugetlb.%s.%s", limit->page_size, last);
	if (!write.file || cgroup_plan_add(plan, write) < 0)
		return -1;
	/* What is reserved is counted apart, and refused early, since Linux 5.7. */
	write.may_lack = true;
	write.file = arena_format(&plan->arena, "hugetlb.%s.rsvd.%s", limit->page_size, last);
	return write.file ? cgroup_plan_add(plan, write) : -1;
}

static int add_rdma(struct cgroup_plan *plan, const struct cgroup *cg, const struct spec_rdma *rdma)
{
	struct cgroup_write write = {
		.controller = CGROUP_RDMA, .property = "rdma", .file = "rdma.max"};
	char handles[32] = "", objects[32] = "";

	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	if (rdma->hca_handles.set)
		snprintf(handles, sizeof(handles), " hca_handle=%u", rdma->hca_handles.value);
	if (rdma->hca_objects.set)
		snprintf(objects, sizeof(objects), " hca_object=%u", rdma->hca_objects.value);
	write.text = arena_format(&plan->arena, "%s%s%s", rdma->device, handles, objects);
	return cgroup_plan_add(plan, write);
}

static int add_priority(struct cgroup_plan *plan, const struct cgroup *cg,
			const struct spec_if_priority *priority)
{
	struct cgroup_write write = {.controller = CGROUP_NET_PRIO,
				     .property = "network.priorities",
				     .file = "net_prio.ifpriomap"};

	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	write.text = arena_format(&plan->arena, "%s %u", priority->name, priority->priority);
	return cgroup_plan_add(plan, write);
}

/* A file of version 2 by its name: only a controller's, or a limit on cgroups below. */
static int add_unified(struct cgroup_plan *plan, const struct cgroup *cg,
		       const struct str_pair *pair)
{
	struct cgroup_write write = {.version = CGROUP_V2,
				     .controller = CGROUP_CONTROLLERS,
				     .property =
					     arena_format(&plan->arena, "unified.%s", pair->key),
				     .file = pair->key,
				     .text = pair->value};
	const char *dot = strchr(pair->key, '.');
	bool is_core = str_has_prefix(pair->key, "cgroup.");

	if (!write.property)
		return -1;
	if (!cg->host->v2)
		return err_set(ENOTSUP,
			       "linux.resources.unified: '%s' is a file of cgroup version 2, which "
			       "is not mounted on this machine",
			       pair->key);
	if (!dot || dot == pair->key || strchr(pair->key, '/') ||
	    (is_core && !str_has_prefix(pair->key, "cgroup.max.")))
		return err_set(
			EINVAL,
			"linux.resources.unified: '%s' is no file of a cgroup controller, as "
			"memory.high is",
			pair->key);
	return cgroup_plan_add(plan, write);
}

/* For each item of a list of the configuration. */
#define ADD_EACH(list, add_one)                                                                    \
	for (size_t i = 0; result == 0 && i < (list).count; i++)                                   \
	result = add_one(&plan, cg, &(list).items[i])

int cgroup_plan_make(const struct cgroup *cg, const struct spec_resources *resources,
		     struct cgroup_plan *ret_plan)
{
	struct cgroup_plan plan = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(rows); i++)
		result = add_row(&plan, cg, &rows[i], resources);
	if (result == 0)
		result = add_swap(&plan, cg, &resources->memory);
	if (result == 0)
		result = add_quota(&plan, cg, &resources->cpu);
	if (result == 0)
		result = cgroup_plan_block_io(&plan, cg, &resources->block_io);
	ADD_EACH(resources->hugepage_limits, add_hugepages);
	ADD_EACH(resources->rdma, add_rdma);
	ADD_EACH(resources->network.priorities, add_priority);
	ADD_EACH(resources->unified, add_unified);
	if (result < 0)
		arena_free(&plan.arena);
	else
		*ret_plan = plan;
	return result;
}
