/*
 * test_limits.c: attributes of one process, as the kernel has them afterwards.
 *
 * Tests: kernel/limits.c base/err.c base/fd.c base/str.c base/sys.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "kernel/limits.h"

#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void test_lists(void **state)
{
	unsigned long words[2];

	(void)state;
	assert_int_equal(limits_parse_list("0", words, 2), 0);
	assert_int_equal(words[0], 1);
	assert_int_equal(limits_parse_list("0-3,7", words, 2), 0);
	assert_int_equal(words[0], 0x8f);
	assert_int_equal(limits_parse_list("7,0-3,2", words, 2), 0);
	assert_int_equal(words[0], 0x8f);
	assert_int_equal(limits_parse_list("63-64,127", words, 2), 0);
	assert_int_equal(words[0], 1UL << 63);
	assert_int_equal(words[1], 1UL << 63 | 1);
}

static void test_refused_lists(void **state)
{
	const char *const lists[] = {
		"",
		",",
		"1,",
		",1",
		"1,,2",
		"3-1",
		"-1",
		"1-",
		"1-2-3",
		" 1",
		"1 ",
		"+1",
		"0x1",
		"a",
		"128",
		"0-128",
		"18446744073709551616",
		"0-18446744073709551615",
		"1\n",
		"1--2",
	};
	unsigned long words[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (limits_parse_list(lists[i], words, 2) == 0)
			print_error("'%s' was taken\n", lists[i]);
		assert_int_equal(limits_parse_list(lists[i], words, 2), -1);
	}
}

/* Runs a check in a process of its own: most of what is set cannot be set back. */
static void in_child(int (*check)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int result = check();

		if (result)
			fprintf(stderr, "line %d: %s\n", result, err_last()->text);
		_exit(result ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define EXPECT(condition)                                                                          \
	if (!(condition))                                                                          \
	return __LINE__

static int nothing(void)
{
	const struct spec spec = {0};
	const struct spec_process process = {0};

	EXPECT(limits_set_oom_score(&process) == 0);
	EXPECT(limits_set_scheduler(&process) == 0);
	EXPECT(limits_set_io_priority(&process) == 0);
	EXPECT(limits_set_memory_policy(&spec) == 0);
	EXPECT(limits_set_personality(&spec) == 0);
	EXPECT(limits_set_rlimits(&process) == 0);
	return 0;
}

static int rlimits(void)
{
	struct spec_rlimit wanted[] = {{RLIMIT_NOFILE, "RLIMIT_NOFILE", 100, 200},
				       {RLIMIT_CORE, "RLIMIT_CORE", 0, 0}};
	struct spec_process process = {.rlimits = {wanted, 2}};
	struct rlimit limit;

	EXPECT(limits_set_rlimits(&process) == 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	EXPECT(limit.rlim_cur == 100 && limit.rlim_max == 200);
	/* Nobody may, once the user has changed. */
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	wanted[0].hard = 20000;
	EXPECT(limits_set_rlimits(&process) == -1 && err_last()->code == EPERM);
	EXPECT(strstr(err_last()->text, "raise RLIMIT_NOFILE to 20000: the hard limit is 200 "));
	wanted[0].hard = RLIM_INFINITY;
	EXPECT(limits_set_rlimits(&process) == -1 && strstr(err_last()->text, "to unlimited"));
	wanted[0].soft = 300, wanted[0].hard = 200;
	EXPECT(limits_set_rlimits(&process) == -1 && err_last()->code == EINVAL);
	return 0;
}

static int oom_score(void)
{
	struct spec_process process = {.oom_score_adj = {true, 500}};
	int score = 0;
	FILE *stream;

	EXPECT(limits_set_oom_score(&process) == 0);
	stream = fopen("/proc/self/oom_score_adj", "re");
	EXPECT(stream && fscanf(stream, "%d", &score) == 1 && score == 500);
	fclose(stream);
	process.oom_score_adj.value = 5000;
	EXPECT(limits_set_oom_score(&process) == -1 && err_last()->code == EINVAL);
	return 0;
}

static int scheduling(void)
{
	struct spec_scheduler batch = {.policy = SCHED_BATCH, .nice = 7};
	struct spec_io_priority idle = {.class = 3, .priority = 0};
	struct spec_io_priority low = {.class = 2, .priority = 6};
	struct spec_process process = {.scheduler = &batch, .io_priority = &idle};

	EXPECT(limits_set_scheduler(&process) == 0);
	EXPECT(sched_getscheduler(0) == SCHED_BATCH && getpriority(PRIO_PROCESS, 0) == 7);
	EXPECT(limits_set_io_priority(&process) == 0);
	EXPECT(syscall(SYS_ioprio_get, 1, 0) == 3 << 13);
	process.io_priority = &low;
	EXPECT(limits_set_io_priority(&process) == 0);
	EXPECT(syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6));
	batch.policy = 99;
	EXPECT(limits_set_scheduler(&process) == -1 && err_last()->code == EINVAL);
	return 0;
}

static int memory_and_personality(void)
{
	struct spec_memory_policy bind = {.mode = 2, .nodes = "0"};
	struct spec spec = {.linux = {.memory_policy = &bind, .personality = {true, PER_LINUX32}}};
	unsigned long nodes[16] = {0};
	int mode = -1;

	EXPECT(limits_set_personality(&spec) == 0);
	EXPECT(personality(0xffffffff) == PER_LINUX32);
	if (limits_set_memory_policy(&spec) < 0 && err_last()->code == ENOSYS)
		return 0; /* a kernel without NUMA */
	EXPECT(syscall(SYS_get_mempolicy, &mode, nodes, 1024, NULL, 0) == 0);
	EXPECT(mode == 2 && nodes[0] == 1);
	bind.nodes = "900";
	EXPECT(limits_set_memory_policy(&spec) == -1 && err_last()->code == EINVAL);
	bind.mode = 0, bind.nodes = NULL;
	EXPECT(limits_set_memory_policy(&spec) == 0);
	return 0;
}

static int user(void)
{
	uint32_t groups[] = {7, 2000};
	struct spec_process process = {
		.user = {.uid = 1234, .gid = 2345, .additional_gids = {groups, 2}}};
	gid_t list[10];

	EXPECT(limits_set_user(&process) == 0);
	EXPECT(getuid() == 1234 && geteuid() == 1234 && getgid() == 2345 && getegid() == 2345);
	EXPECT(getgroups(10, list) == 2 && list[0] == 7 && list[1] == 2000);
	EXPECT(umask(0) == 0022);
	EXPECT(setuid(0) == -1);
	/* Back to root is not possible either, and says so. */
	process.user.uid = 0;
	EXPECT(limits_set_user(&process) == -1);
	return 0;
}

static int user_of_namespace(void)
{
	struct spec_process process = {.user = {.uid = 5, .umask = {true, 077}}};

	EXPECT(unshare(CLONE_NEWUSER) == 0);
	EXPECT(limits_set_user(&process) == -1); /* nothing is mapped */
	EXPECT(strstr(err_last()->text, "not mapped"));
	return 0;
}

static int affinity(void)
{
	cpu_set_t cpus;

	EXPECT(limits_set_affinity(0, "0") == 0);
	EXPECT(sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) == 1);
	EXPECT(limits_set_affinity(0, "8000") == -1);
	EXPECT(limits_set_affinity(0, "9000") == -1);
	return 0;
}

static void test_kernel(void **state)
{
	(void)state;
	in_child(nothing);
	in_child(oom_score);
	in_child(scheduling);
	in_child(memory_and_personality);
	in_child(affinity);
}

static void test_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	in_child(rlimits);
	in_child(user);
	in_child(user_of_namespace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused_lists),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
