/*
 * test_resources.c: values of --memory, --cpus and their like, and what becomes of them.
 *
 * Tests: engine/resources.c base/str.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "engine/resources.h"
#include "spec/spec.h"

#include <string.h>

static void test_cpus(void **state)
{
	static const struct {
		const char *text;
		int64_t quota;
	} good[] = {{"0.25", 25000}, {"2", 200000}, {"1.5", 150000},
		    {"0", -1},	     {".5", 50000}, {"0.333333", 33333}},
	  percents[] = {{"25%", 25000}, {"150%", 150000}, {"12.5", 12500}, {"0%", -1}};
	static const char *const bad[] = {"",	 ".",  "x",	"-1",	       "1e3", "0.5x",
					  "0x1", " 1", "0.001", "99999999999", "nan"};
	int64_t quota;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(resources_parse_cpus(good[i].text, &quota), 0);
		assert_int_equal(quota, good[i].quota);
	}
	for (size_t i = 0; i < ARRAY_SIZE(percents); i++) {
		assert_int_equal(resources_parse_percent(percents[i].text, &quota), 0);
		assert_int_equal(quota, percents[i].quota);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(resources_parse_cpus(bad[i], &quota), -1);
	assert_int_equal(resources_parse_percent("%", &quota), -1);
}

static void check_refused(const struct resources_options *options, const char *words)
{
	struct box_resources resources = {0}, before = {0};

	assert_int_equal(resources_merge(options, &resources), -1);
	if (!strstr(err_last()->text, words))
		fail_msg("%s", err_last()->text);
	assert_memory_equal(&resources, &before, sizeof(before));
}

static void test_refused(void **state)
{
	(void)state;
	check_refused(&(struct resources_options){.memory = {true, 1000}}, "at least 512K");
	check_refused(&(struct resources_options){.memory_swap = {true, 1 << 30}}, "--memory too");
	check_refused(&(struct resources_options){.memory = {true, 2 << 20},
						  .memory_swap = {true, 1 << 20}},
		      "at least --memory");
	check_refused(&(struct resources_options){.cpus = "1", .cpu = "1%"}, "give one");
	check_refused(&(struct resources_options){.cpus = "0.001"}, "at least 0.01");
	check_refused(&(struct resources_options){.cpu_period = {true, 1000}}, "--cpu-quota");
	check_refused(&(struct resources_options){.cpu_shares = {true, 1}}, "2 to 262144");
	check_refused(&(struct resources_options){.blkio_weight = {true, 1}}, "10 to 1000");
	check_refused(&(struct resources_options){.pids_limit = {true, -2}}, "--pids-limit");
	check_refused(&(struct resources_options){.cpuset_cpus = (char *)"a"}, "as 0-3,7");
}

static void test_merge(void **state)
{
	struct box_resources resources = {.pids_limit = {true, 512}, .memory = {true, 1 << 20}};
	struct resources_options options = {.cpu_quota = {true, 5000},
					    .cpu_period = {true, 10000},
					    .memory = {true, 64 << 20},
					    .cpuset_cpus = (char *)"0-1"};
	struct spec_resources spec = {0};

	(void)state;
	assert_int_equal(resources_merge(&options, &resources), 0);
	resources_fill(&resources, &spec);
	assert_int_equal(spec.memory.limit.value, 64 << 20);
	assert_int_equal(spec.memory.swap.value, 64 << 20);
	assert_int_equal(spec.cpu.quota.value, 50000);
	assert_int_equal(spec.cpu.period.value, 100000);
	assert_int_equal(spec.pids_limit.value, 512);
	assert_string_equal(spec.cpu.cpus, "0-1");
	options = (struct resources_options){.memory = {true, 0}, .pids_limit = {true, 0}};
	assert_int_equal(resources_merge(&options, &resources), 0);
	resources_fill(&resources, &spec);
	assert_int_equal(spec.memory.limit.value, -1);
	assert_int_equal(spec.memory.swap.value, -1);
	assert_int_equal(spec.pids_limit.value, -1);
	assert_int_equal(spec.cpu.quota.value, 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
