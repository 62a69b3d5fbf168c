/*
 * test_sysctl.c: which kernel parameters a container may set, and that they are its own.
 *
 * Tests: kernel/sysctl.c base/err.c base/fd.c base/path.c base/str.c base/sys.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/ns.h"
#include "kernel/sysctl.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

/* The two questions that sysctl.c asks of other files, so that those need not be linked. */
const struct spec_namespace *spec_find_namespace(const struct spec *spec, int flag)
{
	for (size_t i = 0; i < spec->linux.namespaces.count; i++)
		if (spec->linux.namespaces.items[i].flag == flag)
			return &spec->linux.namespaces.items[i];
	return NULL;
}

const char *ns_name(int flag)
{
	return flag == CLONE_NEWNET ? "network" : "ipc or uts";
}

static struct spec_namespace namespaces[] = {
	{CLONE_NEWNET, NULL}, {CLONE_NEWIPC, NULL}, {CLONE_NEWUTS, NULL}};

static int check(const char *key, size_t count)
{
	struct str_pair pair = {(char *)key, "1"};
	struct spec spec = {0};

	spec.linux.sysctl.items = &pair;
	spec.linux.sysctl.count = 1;
	spec.linux.namespaces.items = (void *)namespaces;
	spec.linux.namespaces.count = count;
	return sysctl_check(&spec);
}

static void test_allowed(void **state)
{
	const char *const keys[] = {
		"net.ipv4.ip_forward",
		"net/ipv4/ip_forward",
		"net.ipv4.conf.eth0/1.forwarding",
		"net/ipv4/conf/eth0.1/forwarding",
		"kernel.shmmax",
		"kernel.shm_rmid_forced",
		"kernel/msgmni",
		"kernel.sem",
		"fs.mqueue.msg_max",
		"kernel.domainname",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (check(keys[i], 3) < 0)
			print_error("%s: %s\n", keys[i], err_last()->text);
		assert_int_equal(check(keys[i], 3), 0);
		assert_int_equal(check(keys[i], 0), -1); /* it would be the machine's */
	}
}

static void test_refused(void **state)
{
	const char *const keys[] = {
		"kernel.core_pattern", /* CVE-2022-0811 */
		"kernel/core_pattern",
		"kernel.hostname",
		"kernel.shm/../core_pattern",
		"kernel/shm/../core_pattern",
		"net/../kernel/core_pattern",
		"net...kernel.core_pattern",
		"net.ipv4.",
		"net//ipv4/ip_forward",
		"/net/ipv4/ip_forward",
		".net.ipv4",
		"net",
		"",
		".",
		"..",
		"net.ipv4.ip_forward\n",
		"net.ipv4\n.ip_forward=1+kernel.core_pattern",
		"kernel.semaphore",
		"kernel.sem.x",
		"fs.file-max",
		"fs.mqueue",
		"vm.overcommit_memory",
		"kernelXshmmax",
		"user.max_user_namespaces",
	};
	char *long_key = malloc(5000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (check(keys[i], 3) == 0)
			print_error("'%s' was allowed\n", keys[i]);
		assert_int_equal(check(keys[i], 3), -1);
	}
	memset(long_key, 'a', 4999);
	memcpy(long_key, "net.", 4);
	long_key[4999] = '\0';
	assert_int_equal(check(long_key, 3), -1);
	free(long_key);
}

static void test_joined_namespace(void **state)
{
	struct spec_namespace own = {CLONE_NEWNET, "/proc/self/ns/net"};
	struct str_pair pair = {"net.ipv4.ip_forward", "1"};
	struct spec spec = {0};

	(void)state;
	spec.linux.sysctl.items = &pair;
	spec.linux.sysctl.count = 1;
	spec.linux.namespaces.items = (void *)&own;
	spec.linux.namespaces.count = 1;
	assert_int_equal(sysctl_check(&spec), -1);
	own.path = "/no/such/namespace";
	assert_int_equal(sysctl_check(&spec), -1);
}

enum { GOOD = 0, BAD = 1, FAILED = 2 };

static int apply(const char *key, const char *value)
{
	struct str_pair pair = {(char *)key, (char *)value};
	struct spec spec = {0};
	int proc_fd, result;

	spec.linux.sysctl.items = &pair;
	spec.linux.sysctl.count = 1;
	if (sysctl_open_proc(&proc_fd) < 0)
		return -1;
	result = sysctl_apply(proc_fd, &spec);
	close(proc_fd);
	return result;
}

static int apply_in_namespaces(void)
{
	struct arena arena = {0};
	char *text;

	if (unshare(CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS) < 0)
		return FAILED;
	if (apply("kernel.shmmni", "1234") < 0 || apply("kernel/domainname", "example") < 0 ||
	    apply("net.ipv4.conf.lo.forwarding", "1") < 0) {
		fprintf(stderr, "%s\n", err_last()->text);
		return FAILED;
	}
	if (fd_read_file(AT_FDCWD, "/proc/sys/kernel/shmmni", 100, &arena, &text, NULL) < 0 ||
	    strcmp(text, "1234\n") != 0)
		return BAD;
	if (apply("kernel.shm_nothing", "1") == 0 || err_last()->code != ENOENT)
		return BAD;
	if (apply("kernel.shm_rmid_forced", "many") == 0)
		return BAD;
	arena_free(&arena);
	return GOOD;
}

static void test_apply(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(apply_in_namespaces());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, W_EXITCODE(GOOD, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_joined_namespace),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests_name("sysctl", tests, NULL, NULL);
}
