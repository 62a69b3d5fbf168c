/*
 * test_user.c: who "www-data:adm" is, by passwd and group files that are written here. That the
 * command then is that user is tested by tests/checks/phase07.bash.
 *
 * Tests: phase07-security user.c -Wl,--wrap=fopen -Wl,--wrap=geteuid
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "husk.h"
#include "user.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* The container's /etc: the linker puts __wrap_X in the place of X, ld(1). NULL: no such file. */
static const char *passwd_text, *group_text;
static uid_t caller;

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
uid_t __wrap_geteuid(void);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const char *text;

	if (strcmp(path, "/etc/passwd") == 0)
		text = passwd_text;
	else if (strcmp(path, "/etc/group") == 0)
		text = group_text;
	else
		return __real_fopen(path, mode);
	return text ? fmemopen((char *)text, strlen(text), "r") : NULL;
}

uid_t __wrap_geteuid(void)
{
	return caller;
}

static int furnish(void **state)
{
	(void)state;
	caller = 0;
	passwd_text = "+\n"
		      "+evil\n"
		      "root:x:0:0:root:/root:/bin/sh\n"
		      "broken:x:notanumber:5::/:/bin/sh\n"
		      "short:x:7\n"
		      "\n"
		      "alice:x:1001:1002:Alice:/home/alice:/bin/sh\n"
		      "alice:x:0:0:the second of that name:/root:/bin/sh\n"
		      "1000:x:0:0:named like a number:/root:/bin/sh\n"
		      "www-data:x:33:33:www-data:/var/www:/bin/false\n"
		      "last:x:2000:2001::/last:/bin/sh";
	group_text = "root:x:0:\n"
		     "adm:x:4:alice,www-data\n"
		     "broken:x:notanumber:alice\n"
		     "readers:x:1003:alice\n"
		     "1004:x:0:\n"
		     "notalice:x:1005:alicex,xalice,ALICE\n"
		     "people:x:1002:";
	return 0;
}

static void test_valid(void **state)
{
	const char *const cases[] = {
		"root",	      "0",
		"1000",	      "1000:1000",
		"4294967294", "4294967294:4294967294",
		"0000000001", "www-data",
		"_apt",	      "a.b-c_d9",
		"root:0",     "0:root",
		"alice:adm",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"Alice",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!user_is_valid(cases[i]))
			print_error("\"%s\" is refused\n", cases[i]);
		assert_true(user_is_valid(cases[i]));
	}
}

static void test_invalid(void **state)
{
	const char *const cases[] = {
		"",
		":",
		"1000:",
		":1000",
		"a:b:c",
		"1000:1000:",
		"::",
		/* 2^32 - 1 means "no change" to setuid(2), and what is above it is cut: to 0, too
		 */
		"4294967295",
		"4294967296",
		"18446744073709551616",
		"99999999999",
		"0:4294967295",
		/* what strtoul(3) would take */
		" 0",
		"0 ",
		"+1",
		"-1",
		"-0",
		"0x0",
		"1e3",
		"1.5",
		"1,000",
		"1:-1",
		/* what begins like a number is not a name either */
		"0root",
		"1000a",
		"-root",
		".root",
		"root\n",
		"0\n0",
		"ro ot",
		"root/x",
		"../x",
		"r\xc3\xb6t",
		"root;id",
		"root\t",
		/* 33 letters: what useradd(8) does not make either */
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"a:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (user_is_valid(cases[i]))
			print_error("\"%s\" is taken\n", cases[i]);
		assert_false(user_is_valid(cases[i]));
	}
}

/* What user_find() makes of the text; its refusals go to /dev/null. */
static int find(struct user *user, const char *text)
{
	const struct config cfg = {.user = text};
	int result, saved = dup(STDERR_FILENO);

	assert_non_null(freopen("/dev/null", "w", stderr));
	result = user_find(user, &cfg);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return result;
}

static void assert_user(const char *text, uid_t uid, gid_t gid, int group_count, const char *home)
{
	struct user user;

	assert_int_equal(find(&user, text), 0);
	assert_int_equal(user.uid, uid);
	assert_int_equal(user.gid, gid);
	assert_int_equal(user.group_count, group_count);
	assert_string_equal(user.home, home);
}

static void test_names(void **state)
{
	struct user user;

	(void)state;
	assert_user("root", 0, 0, 0, "/root");
	assert_user("www-data", 33, 33, 1, "/var/www");
	assert_user("last", 2000, 2001, 0, "/last"); /* without a newline */
	assert_int_equal(find(&user, "alice"), 0);   /* the first of that name */
	assert_int_equal(user.uid, 1001);
	assert_int_equal(user.gid, 1002);
	assert_int_equal(user.group_count, 2);
	assert_int_equal(user.groups[0], 4);
	assert_int_equal(user.groups[1], 1003);
	/* With a group of its own choice it gets no others. */
	assert_user("alice:people", 1001, 1002, 0, "/home/alice");
	assert_user("alice:adm", 1001, 4, 0, "/home/alice");
	assert_user("alice:77", 1001, 77, 0, "/home/alice");
}

/* CVE-2016-3697: a user called "1000" is not user 1000. */
static void test_numbers(void **state)
{
	(void)state;
	assert_user("1000", 1000, 0, 0, "/");
	assert_user("0", 0, 0, 0, "/root");
	assert_user("1001", 1001, 1002, 2, "/home/alice");
	assert_user("0000001001", 1001, 1002, 2, "/home/alice");
	assert_user("1234:56", 1234, 56, 0, "/");
	assert_user("1234:adm", 1234, 4, 0, "/");
	assert_user("1234:1004", 1234, 1004, 0, "/"); /* and so with groups */
	assert_user("4294967294", 4294967294, 0, 0, "/");
	assert_user(NULL, 0, 0, 0, "/");
}

static void test_not_found(void **state)
{
	struct user user;

	(void)state;
	assert_int_equal(find(&user, "nobody"), -1);
	assert_int_equal(find(&user, "broken"), -1);
	assert_int_equal(find(&user, "short"), -1);
	assert_int_equal(find(&user, "ALICE"), -1);
	assert_int_equal(find(&user, "alice:nogroup"), -1);
	assert_int_equal(find(&user, "alice:broken"), -1);
	assert_int_equal(find(&user, "1000:nogroup"), -1);
	/* An image without these files has numbers only. */
	passwd_text = group_text = NULL;
	assert_int_equal(find(&user, "root"), -1);
	assert_int_equal(find(&user, "0:root"), -1);
	assert_user("1000:1000", 1000, 1000, 0, "/");
	assert_user(NULL, 0, 0, 0, "/");
}

/* As many groups as there is room for, and no more. */
static void test_many_groups(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct user user;

	(void)state;
	for (int i = 0; i < 2 * MAX_GROUPS; i++)
		fprintf(file, "g%d:x:%d:bob,alice,alice\n", i, 5000 + i);
	fclose(file);
	group_text = text;
	assert_int_equal(find(&user, "alice"), 0);
	assert_int_equal(user.group_count, MAX_GROUPS);
	free(text);
}

static int adapt(struct config *cfg)
{
	int result, saved = dup(STDERR_FILENO);

	assert_non_null(freopen("/dev/null", "w", stderr));
	result = user_adapt(cfg);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return result;
}

static void test_adapt(void **state)
{
	struct config cfg = {.limits = {1, 2, 3}};

	(void)state;
	assert_int_equal(adapt(&cfg), 0); /* root: nothing is changed */
	assert_int_equal(cfg.namespaces, 0);
	assert_int_equal(cfg.range.count, 0);
	cfg.range = (struct id_range){1000000, 1000000, 65536};
	assert_int_equal(adapt(&cfg), 0);
	assert_int_equal(cfg.namespaces, CLONE_NEWUSER);
	assert_int_equal(cfg.limits[0], 1);

	caller = 1000;
	assert_int_equal(adapt(&cfg), -1); /* a range is root's to give */
	cfg = (struct config){.limits = {1, 2, 3}, .limits_asked = 1};
	assert_int_equal(adapt(&cfg), 0);
	assert_int_equal(cfg.namespaces, CLONE_NEWUSER);
	assert_int_equal(cfg.range.uid, 1000);
	assert_int_equal(cfg.range.count, 1);
	assert_int_equal(cfg.limits[2], 3); /* asked for: they hold, or husk gives up later */
	cfg = (struct config){.limits = {1, 2, 3}};
	assert_int_equal(adapt(&cfg), 0);
	for (int i = 0; i < CONTROLLERS; i++)
		assert_int_equal(cfg.limits[i], NO_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test_setup(test_names, furnish),
		cmocka_unit_test_setup(test_numbers, furnish),
		cmocka_unit_test_setup(test_not_found, furnish),
		cmocka_unit_test_setup(test_many_groups, furnish),
		cmocka_unit_test_setup(test_adapt, furnish),
	};

	return cmocka_run_group_tests_name("phase07 user", tests, NULL, NULL);
}
