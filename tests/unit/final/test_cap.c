/*
 * test_cap.c: names of capabilities, and what the kernel has in its five sets afterwards.
 *
 * Tests: kernel/cap.c base/err.c base/fd.c base/log.c base/str.c -lcap
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "kernel/cap.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/wait.h>

#define BIT(capability) (UINT64_C(1) << (capability))
#define LIST(...)                                                                                  \
	{                                                                                          \
		(char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
	}

static void test_names(void **state)
{
	struct spec_capabilities capabilities = {
		.bounding = LIST("CAP_CHOWN", "CAP_BPF", "CAP_CHOWN"),
		.effective = LIST("CAP_KILL"),
		.permitted = LIST("CAP_KILL", "CAP_SYS_ADMIN"),
		.inheritable = LIST("CAP_CHECKPOINT_RESTORE"),
	};
	struct cap_sets sets;

	(void)state;
	assert_int_equal(cap_resolve(&capabilities, &sets), 0);
	assert_int_equal(sets.bounding, BIT(CAP_CHOWN) | BIT(CAP_BPF));
	assert_int_equal(sets.effective, BIT(CAP_KILL));
	assert_int_equal(sets.permitted, BIT(CAP_KILL) | BIT(CAP_SYS_ADMIN));
	assert_int_equal(sets.inheritable, BIT(CAP_CHECKPOINT_RESTORE));
	assert_int_equal(sets.ambient, 0);
}

static void test_unknown_names(void **state)
{
	/* What libcap would take beyond the specification is unknown as well. */
	struct spec_capabilities capabilities = {
		.bounding = LIST("CAP_BOGUS", "chown", "CHOWN", "cap_chown", "5", "CAP_5", "",
				 "CAP_", "CAP_KILL\n", "all", "CAP_63", "CAP_KILL"),
	};
	struct cap_sets sets;

	(void)state;
	assert_int_equal(cap_resolve(&capabilities, &sets), 0);
	assert_int_equal(sets.bounding, BIT(CAP_KILL));
}

static void test_none(void **state)
{
	struct cap_sets sets;

	(void)state;
	assert_int_equal(cap_resolve(NULL, &sets), 0);
	assert_int_equal(sets.bounding | sets.effective | sets.permitted | sets.inheritable |
				 sets.ambient,
			 0);
}

static uint64_t read_set(const char *name)
{
	FILE *stream = fopen("/proc/self/status", "re");
	unsigned long long value = 0;
	char line[200];

	while (stream && fgets(line, sizeof(line), stream))
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), ": %llx", &value);
	if (stream)
		fclose(stream);
	return value;
}

enum { SAME = 0, OTHER = 1, FAILED = 2 };

static int restrict_and_apply(const struct cap_sets *wanted)
{
	struct cap_sets sets = *wanted;

	return cap_restrict(&sets) < 0 ? -1 : cap_apply(&sets);
}

static int apply_and_compare(const struct cap_sets *wanted, const struct cap_sets *expected,
			     int uid)
{
	struct cap_sets sets = *wanted;

	if (cap_drop_bounding(&sets) < 0 || cap_restrict(&sets) < 0 || cap_keep_over_setuid() < 0 ||
	    setuid(uid) < 0 || cap_apply(&sets) < 0) {
		fprintf(stderr, "%s\n", err_last()->text);
		return FAILED;
	}
	return read_set("CapBnd") == expected->bounding &&
			       read_set("CapEff") == expected->effective &&
			       read_set("CapPrm") == expected->permitted &&
			       read_set("CapInh") == expected->inheritable &&
			       read_set("CapAmb") == expected->ambient
		       ? SAME
		       : OTHER;
}

/* In a process of its own: there is no way back. */
static void check_apply(const struct cap_sets *wanted, const struct cap_sets *expected, int uid)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(apply_and_compare(wanted, expected, uid));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, W_EXITCODE(SAME, 0));
}

static void test_five_sets(void **state)
{
	const struct cap_sets sets = {
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETUID) | BIT(CAP_NET_RAW),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_RAW),
		.effective = BIT(CAP_KILL),
		.inheritable = BIT(CAP_NET_RAW) | BIT(CAP_CHOWN),
		.ambient = BIT(CAP_NET_RAW),
	};

	(void)state;
	check_apply(&sets, &sets, 0);
	check_apply(&sets, &sets, 1000);
}

static void test_nothing_left(void **state)
{
	const struct cap_sets none = {0};

	(void)state;
	check_apply(&none, &none, 0);
	check_apply(&none, &none, 1000);
}

/* What the rules of capset(2) do not allow is left out, not refused. */
static void test_impossible(void **state)
{
	const struct cap_sets wanted = {
		.bounding = BIT(CAP_KILL) | BIT(CAP_SETUID),
		.permitted = BIT(CAP_KILL),
		.effective = BIT(CAP_KILL) | BIT(CAP_CHOWN),
		.inheritable = BIT(CAP_NET_RAW) | BIT(CAP_KILL),
		.ambient = BIT(CAP_KILL) | BIT(CAP_SETUID),
	};
	const struct cap_sets expected = {
		.bounding = BIT(CAP_KILL) | BIT(CAP_SETUID),
		.permitted = BIT(CAP_KILL),
		.effective = BIT(CAP_KILL),
		.inheritable = BIT(CAP_KILL),
		.ambient = BIT(CAP_KILL),
	};

	(void)state;
	check_apply(&wanted, &expected, 1000);
}

/* Like a machine whose root has not all of them: "all" is what it has. */
static int ask_for_all(uint64_t lacking)
{
	struct cap_sets all = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0};
	struct cap_sets fewer = all;
	uint64_t had;

	fewer.bounding = fewer.permitted = fewer.effective = ~lacking;
	if (cap_drop_bounding(&fewer) < 0 || restrict_and_apply(&fewer) < 0)
		return FAILED;
	had = read_set("CapPrm");
	if (had & lacking || cap_drop_bounding(&all) < 0 || restrict_and_apply(&all) < 0)
		return FAILED;
	return read_set("CapPrm") == had && read_set("CapEff") == had ? SAME : OTHER;
}

static void test_more_than_the_caller_has(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(ask_for_all(BIT(CAP_SYS_RESOURCE) | BIT(CAP_SYSLOG)));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, W_EXITCODE(SAME, 0));
}

static void test_list(void **state)
{
	struct arena arena = {0};
	struct str_list names;

	(void)state;
	assert_int_equal(cap_list(&arena, &names), 0);
	assert_true(names.count >= 40);
	assert_string_equal(names.items[0], "CAP_CHOWN");
	assert_string_equal(names.items[CAP_BPF], "CAP_BPF");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_five_sets),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_more_than_the_caller_has),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("cap", tests, NULL, NULL);
}
