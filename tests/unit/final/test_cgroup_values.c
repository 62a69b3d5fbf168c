/*
 * test_cgroup_values.c: what linux.resources becomes on both versions: conversions, files, texts;
 * and which path a cgroup gets.
 * Tests: kernel/cgroup.c kernel/cgroup_find.c kernel/cgroup_plan.c kernel/cgroup_plan_io.c
 *	kernel/cgroup_apply.c kernel/cgroup_v1.c kernel/cgroup_v2.c kernel/cgroup_dir.c
 *	kernel/cgroup_kill.c kernel/cgroup_devices.c kernel/cgroup_bpf.c kernel/cgroup_stat.c
 *	base/err.c base/log.c base/str.c base/fd.c base/path.c base/stamp.c base/sys.c -lm
 */
#include "kernel/cgroup_internal.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The places are not there: only plans are made for them. */
static struct cgroup_host pure_v2 = {.v2 = "/nowhere",
				     .v2_own = "/user/shell",
				     .v2_controllers = 1 << CGROUP_CPU | 1 << CGROUP_CPUSET |
						       1 << CGROUP_MEMORY | 1 << CGROUP_IO |
						       1 << CGROUP_PIDS | 1 << CGROUP_HUGETLB};
static struct cgroup_host pure_v1 = {.v1 = {[CGROUP_CPU] = "/nowhere/cpu",
					    [CGROUP_CPUSET] = "/nowhere/cpuset",
					    [CGROUP_MEMORY] = "/nowhere/memory",
					    [CGROUP_IO] = "/nowhere/blkio",
					    [CGROUP_PIDS] = "/nowhere/pids",
					    [CGROUP_NET_CLS] = "/nowhere/net",
					    [CGROUP_NET_PRIO] = "/nowhere/net"}};

static struct spec_resources wanted;
static struct cgroup_plan plan;

static void make(const struct cgroup_host *host)
{
	struct cgroup cg = {.host = host, .path = "/x"};

	arena_free(&plan.arena);
	plan = (struct cgroup_plan){0};
	assert_int_equal(cgroup_plan_make(&cg, &wanted, &plan), 0);
}

static void refuses(const struct cgroup_host *host, const char *word)
{
	struct cgroup cg = {.host = host, .path = "/x"};
	struct cgroup_plan none;

	assert_int_equal(cgroup_plan_make(&cg, &wanted, &none), -1);
	if (!strstr(err_last()->text, word))
		fail_msg("'%s' is not in: %s", word, err_last()->text);
}

/* The text for a file, or "". */
static const char *text(const char *file)
{
	for (size_t i = 0; i < plan.count; i++)
		if (strcmp(plan.items[i].file, file) == 0)
			return plan.items[i].text;
	return "";
}

static int clear(void **state)
{
	(void)state;
	wanted = (struct spec_resources){0};
	arena_free(&plan.arena);
	plan = (struct cgroup_plan){0};
	return 0;
}

static void shares_as_weight(void **state)
{
	static const uint64_t pairs[][2] = {
		{0, 1},	     {2, 1},	  {3, 2},	{100, 17},	 {256, 35},
		{1024, 100}, {2000, 170}, {10240, 639}, {262144, 10000}, {999999, 10000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		assert_int_equal(cgroup_weight_of_shares(pairs[i][0]), pairs[i][1]);
	for (uint64_t shares = 3; shares <= 262144; shares++)
		assert_true(cgroup_weight_of_shares(shares) >= cgroup_weight_of_shares(shares - 1));
	assert_int_equal(cgroup_weight_of_blkio(10), 1);
	assert_int_equal(cgroup_weight_of_blkio(500), 4950);
	assert_int_equal(cgroup_weight_of_blkio(1000), 10000);
}

static void swap_alone(void **state)
{
	int64_t swap;

	(void)state;
	assert_int_equal(cgroup_swap_alone(100, 300, &swap), 0);
	assert_int_equal(swap, 200);
	assert_int_equal(cgroup_swap_alone(100, 100, &swap), 0);
	assert_int_equal(swap, 0);
	assert_int_equal(cgroup_swap_alone(-1, -1, &swap), 0);
	assert_int_equal(swap, -1);
	assert_int_equal(cgroup_swap_alone(100, 99, &swap), -1);
	assert_int_equal(cgroup_swap_alone(0, 99, &swap), -1);
	assert_int_equal(cgroup_swap_alone(-1, 99, &swap), -1);
}

static void memory_on_both(void **state)
{
	(void)state;
	wanted.memory.limit = (struct opt_i64){true, 1000};
	wanted.memory.swap = (struct opt_i64){true, 3000};
	wanted.memory.reservation = (struct opt_i64){true, 500};
	make(&pure_v2);
	assert_string_equal(text("memory.max"), "1000");
	assert_string_equal(text("memory.swap.max"), "2000");
	assert_string_equal(text("memory.low"), "500");
	assert_string_equal(text("memory.oom.group"), "");
	make(&pure_v1);
	assert_string_equal(text("memory.limit_in_bytes"), "1000");
	assert_string_equal(text("memory.memsw.limit_in_bytes"), "3000");
	assert_string_equal(text("memory.soft_limit_in_bytes"), "500");
}

static void memory_without_limit(void **state)
{
	(void)state;
	wanted.memory.limit = (struct opt_i64){true, -1};
	make(&pure_v2);
	assert_string_equal(text("memory.max"), "max");
	assert_string_equal(text("memory.swap.max"), "max");
	make(&pure_v1);
	assert_string_equal(text("memory.limit_in_bytes"), "-1");
	assert_string_equal(text("memory.memsw.limit_in_bytes"), "-1");
	/* 0 is what engines write for "not asked for". */
	wanted.memory.limit.value = 0;
	make(&pure_v2);
	assert_int_equal(plan.count, 0);
}

static void what_only_version_1_has(void **state)
{
	(void)state;
	wanted.memory.kernel = (struct opt_i64){true, 1000};
	refuses(&pure_v2, "linux.resources.memory.kernel");
	make(&pure_v1);
	assert_string_equal(text("memory.kmem.limit_in_bytes"), "1000");
	/* What holds there anyway can be asked for. */
	wanted.memory.kernel.value = -1;
	wanted.memory.disable_oom_killer = (struct opt_bool){true, false};
	make(&pure_v2);
	assert_int_equal(plan.count, 0);
	wanted.memory.disable_oom_killer.value = true;
	refuses(&pure_v2, "memory.disableOOMKiller");
}

static void realtime(void **state)
{
	(void)state;
	/* 0 is how engines say that they do not ask; the kernel of version 1 refuses it. */
	wanted.cpu.realtime_period = (struct opt_u64){true, 0};
	wanted.cpu.realtime_runtime = (struct opt_i64){true, 0};
	make(&pure_v1);
	assert_int_equal(plan.count, 0);
	make(&pure_v2);
	assert_int_equal(plan.count, 0);
	wanted.cpu.realtime_period.value = 1000000;
	refuses(&pure_v2, "cpu.realtimePeriod");
	wanted.cpu.realtime_runtime.value = 950000;
	make(&pure_v1);
	assert_string_equal(text("cpu.rt_period_us"), "1000000");
	assert_string_equal(text("cpu.rt_runtime_us"), "950000");
}

static void cpu_on_both(void **state)
{
	(void)state;
	wanted.cpu.shares = (struct opt_u64){true, 1024};
	wanted.cpu.quota = (struct opt_i64){true, 50000};
	make(&pure_v2);
	assert_string_equal(text("cpu.weight"), "100");
	assert_string_equal(text("cpu.max"), "50000"); /* the period stays */
	wanted.cpu.period = (struct opt_u64){true, 20000};
	make(&pure_v2);
	assert_string_equal(text("cpu.max"), "50000 20000");
	wanted.cpu.quota.value = -1;
	make(&pure_v2);
	assert_string_equal(text("cpu.max"), "max 20000");
	make(&pure_v1);
	assert_string_equal(text("cpu.shares"), "1024");
	assert_string_equal(text("cpu.cfs_quota_us"), "-1");
	assert_string_equal(text("cpu.cfs_period_us"), "20000");
	wanted.cpu.idle = (struct opt_i64){true, 1};
	make(&pure_v2);
	assert_string_equal(text("cpu.idle"), "1");
	assert_string_equal(text("cpu.weight"), ""); /* an idle cgroup takes none */
}

static void pids_on_both(void **state)
{
	(void)state;
	wanted.pids_limit = (struct opt_i64){true, 100};
	make(&pure_v1);
	assert_string_equal(text("pids.max"), "100");
	wanted.pids_limit.value = -1;
	make(&pure_v2);
	assert_string_equal(text("pids.max"), "max");
}

static void block_io_on_both(void **state)
{
	struct spec_throttle_device fast = {8, 0, 1048576}, none = {8, 16, 0};
	struct spec_weight_device weight = {8, 0, {true, 300}, {false, 0}};

	(void)state;
	wanted.block_io.weight = (struct opt_u32){true, 10};
	wanted.block_io.read_bps.items = &fast;
	wanted.block_io.read_bps.count = 1;
	wanted.block_io.weight_devices.items = &weight;
	wanted.block_io.weight_devices.count = 1;
	make(&pure_v2);
	assert_string_equal(text("io.max"), "8:0 rbps=1048576");
	assert_string_equal(plan.items[0].file, "io.bfq.weight");
	assert_string_equal(plan.items[0].text, "10");
	assert_string_equal(plan.items[0].other_file, "io.weight");
	assert_string_equal(plan.items[0].other_text, "1");
	assert_string_equal(plan.items[1].text, "8:0 300");
	make(&pure_v1);
	assert_string_equal(text("blkio.throttle.read_bps_device"), "8:0 1048576");
	assert_string_equal(text("blkio.weight_device"), "8:0 300");
	wanted.block_io.read_bps.items = &none;
	make(&pure_v2);
	assert_string_equal(text("io.max"), "8:16 rbps=max");
	wanted.block_io.leaf_weight = (struct opt_u32){true, 10};
	refuses(&pure_v2, "blockIO.leafWeight");
}

static void the_others(void **state)
{
	struct spec_hugepage_limit huge = {"2MB", 4194304}, hostile = {"../x", 1};
	struct spec_if_priority priority = {"eth0", 5};
	struct spec_rdma rdma = {"mlx5_1", {true, 3}, {false, 0}};

	(void)state;
	wanted.hugepage_limits.items = &huge;
	wanted.hugepage_limits.count = 1;
	make(&pure_v2);
	assert_string_equal(text("hugetlb.2MB.max"), "4194304");
	assert_string_equal(text("hugetlb.2MB.rsvd.max"), "4194304");
	refuses(&pure_v1, "controller hugetlb is bound nowhere");
	wanted.hugepage_limits.items = &hostile;
	refuses(&pure_v2, "is no page size");
	clear(NULL);
	wanted.network.class_id = (struct opt_u32){true, 1048577};
	wanted.network.priorities.items = &priority;
	wanted.network.priorities.count = 1;
	make(&pure_v1);
	assert_string_equal(text("net_cls.classid"), "1048577");
	assert_string_equal(text("net_prio.ifpriomap"), "eth0 5");
	refuses(&pure_v2, "network.classID: only cgroup version 1");
	clear(NULL);
	wanted.rdma.items = &rdma;
	wanted.rdma.count = 1;
	refuses(&pure_v2, "rdma");
	pure_v2.v2_controllers |= 1 << CGROUP_RDMA;
	make(&pure_v2);
	assert_string_equal(text("rdma.max"), "mlx5_1 hca_handle=3");
	pure_v2.v2_controllers &= ~(1U << CGROUP_RDMA);
}

static void unified(void **state)
{
	static const char *const bad[] = {"memory/high", "../memory.high", "memory",
					  ".max",	 "cgroup.procs",   "cgroup.kill"};
	struct str_pair pair = {"memory.high", "1000"};

	(void)state;
	wanted.unified.items = &pair;
	wanted.unified.count = 1;
	make(&pure_v2);
	assert_string_equal(text("memory.high"), "1000");
	refuses(&pure_v1, "version 2, which is not mounted");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		pair.key = (char *)bad[i];
		refuses(&pure_v2, "is no file of a cgroup controller");
	}
}

static void paths(void **state)
{
	static const struct {
		const char *given;
		bool rootless;
		const char *path; /* NULL: refused */
	} cases[] = {
		{NULL, false, "/husk-id"},
		{"", false, "/husk-id"},
		{"/a/b", false, "/a/b"},
		{"//a/./b//", false, "/a/b"},
		{"a/b", false, "/a/b"},
		{"/a/..b/.c", false, "/a/..b/.c"},
		{NULL, true, "/user/shell/husk-id"},
		{"a", true, "/user/shell/a"},
		{"/a", true, "/a"},
		{"/a/../b", false, NULL},
		{"..", false, NULL},
		{"/..", false, NULL},
		{"..", true, NULL},
		{"/", false, NULL},
		{"/./", false, NULL},
		{"/a\nb", false, NULL},
	};
	struct arena arena = {0};
	char *path;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int result = cgroup_resolve_path(&pure_v2, cases[i].given, "id", cases[i].rootless,
						 &arena, &path);

		assert_int_equal(result, cases[i].path ? 0 : -1);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
	arena_free(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares_as_weight, clear, clear),
		cmocka_unit_test_setup_teardown(swap_alone, clear, clear),
		cmocka_unit_test_setup_teardown(memory_on_both, clear, clear),
		cmocka_unit_test_setup_teardown(memory_without_limit, clear, clear),
		cmocka_unit_test_setup_teardown(what_only_version_1_has, clear, clear),
		cmocka_unit_test_setup_teardown(realtime, clear, clear),
		cmocka_unit_test_setup_teardown(cpu_on_both, clear, clear),
		cmocka_unit_test_setup_teardown(pids_on_both, clear, clear),
		cmocka_unit_test_setup_teardown(block_io_on_both, clear, clear),
		cmocka_unit_test_setup_teardown(the_others, clear, clear),
		cmocka_unit_test_setup_teardown(unified, clear, clear),
		cmocka_unit_test_setup_teardown(paths, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
