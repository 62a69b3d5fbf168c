/*
 * test_restart.c: whether a container is started again, and after how long.
 *
 * Tests: monitor/restart.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/restart.h"

static void test_policies(void **state)
{
	const struct {
		const char *policy;
		int64_t code;
		bool wanted;
	} cases[] = {
		{NULL, 0, false},	  {NULL, 1, false},	   {"no", 1, false},
		{"on-failure", 0, false}, {"on-failure", 1, true}, {"on-failure", 137, true},
		{"always", 0, true},	  {"always", 1, true},	   {"unless-stopped", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct restart restart;
		int delay = -1;

		assert_int_equal(restart_parse(cases[i].policy, 0, &restart), 0);
		assert_int_equal(restart_decide(&restart, cases[i].code, 0, &delay),
				 cases[i].wanted);
		assert_int_equal(restart.count, cases[i].wanted);
		assert_int_equal(delay, cases[i].wanted ? RESTART_DELAY : -1);
	}
}

static void test_unknown(void **state)
{
	struct restart restart;

	(void)state;
	assert_int_equal(restart_parse("Always", 0, &restart), -1);
	assert_int_equal(restart_parse("on-failure:3", 0, &restart), -1);
}

static void test_back_off(void **state)
{
	const int delays[] = {100,  200,   400,	  800,	 1600,	3200,
			      6400, 12800, 25600, 51200, 60000, 60000};
	struct restart restart;
	int delay;

	(void)state;
	assert_int_equal(restart_parse("always", 0, &restart), 0);
	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		assert_true(restart_decide(&restart, 1, RESTART_LIFE - 1, &delay));
		assert_int_equal(delay, delays[i]);
	}
	assert_true(restart_decide(&restart, 1, RESTART_LIFE, &delay));
	assert_int_equal(delay, 100);
	assert_true(restart_decide(&restart, 1, 0, &delay));
	assert_int_equal(delay, 200);
	assert_int_equal(restart.count, ARRAY_SIZE(delays) + 2);
}

static void test_maximum(void **state)
{
	struct restart restart;
	int delay;

	(void)state;
	assert_int_equal(restart_parse("on-failure", 2, &restart), 0);
	assert_true(restart_decide(&restart, 1, 0, &delay));
	assert_true(restart_decide(&restart, 1, RESTART_LIFE, &delay));
	assert_false(restart_decide(&restart, 1, 0, &delay));
	assert_int_equal(restart.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_maximum),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
