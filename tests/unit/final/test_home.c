/*
 * test_home.c: home directories in an /etc/passwd that somebody else wrote.
 *
 * Tests: runtime/home.c base/err.c base/fd.c base/path.c base/str.c base/sys.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/home.h"

#include <string.h>

static struct arena arena;

static void test_lines(void **state)
{
	const struct {
		const char *text;
		uint32_t uid;
		const char *home;
	} cases[] = {
		{"root:x:0:0:root:/root:/bin/sh\n", 0, "/root"},
		{"root:x:0:0:root:/root:/bin/sh", 0, "/root"}, /* no line end */
		{"root:x:0:0:root:/root:/bin/sh\nb:x:7:7::/home/b:\n", 7, "/home/b"},
		{"a:x:7:7::/first:\nb:x:7:7::/second:\n", 7, "/first"},
		{"\n\n:::\nbroken\na:x:7:7::/a:\n", 7, "/a"},
		{"a:x:7:7::/a\n", 7, NULL}, /* a field short */
		{"a:x:7:7::relative:\n", 7, NULL},
		{"a:x:7:7:::\n", 7, NULL},
		{"a:x: 7:7::/a:\n", 7, NULL},
		{"a:x:4294967296:7::/a:\n", 0, NULL},
		{"a:x:-1:7::/a:\n", UINT32_MAX, NULL},
		{"a:x:70:7::/a:\n", 7, NULL},
		{"", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *home = home_find(cases[i].text, cases[i].uid, &arena);

		if (cases[i].home)
			assert_string_equal(home, cases[i].home);
		else
			assert_null(home);
	}
}

static void test_environment(void **state)
{
	char *with[] = {"A=1", "HOME=", "HOME=/x", NULL},
	     *empty[] = {"HOME=/x", "HOME=", "A=1", NULL};
	char *without[] = {"A=1", "XHOME=/x", "HOMES=/y", NULL};
	struct spec_process process = {.env = {with, 3}, .user = {.uid = 4000000000}};
	struct str_list env;

	(void)state;
	assert_int_equal(home_complete(&process, &arena, &env), 0);
	assert_int_equal(env.count, 3);
	process.env = (struct str_list){empty, 3};
	assert_int_equal(home_complete(&process, &arena, &env), 0);
	assert_int_equal(env.count, 2);
	assert_string_equal(env.items[0], "A=1");
	assert_string_equal(env.items[1], "HOME=/");
	assert_string_equal(empty[1], "HOME=");
	process.env = (struct str_list){without, 3};
	assert_int_equal(home_complete(&process, &arena, &env), 0);
	assert_int_equal(env.count, 4);
	assert_string_equal(env.items[3], "HOME=/");
	assert_null(env.items[4]);
	assert_null(without[3]);
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests_name("home", tests, NULL, free_arena);
}
