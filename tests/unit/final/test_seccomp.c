/*
 * test_seccomp.c: what the compiled filters answer: run here instruction by instruction (bpf.h), for
 * other architectures too, and a few of them by the kernel.
 *
 * Tests: kernel/seccomp.c kernel/seccomp_install.c kernel/seccomp_cache.c base/err.c base/fd.c
 * Tests: base/log.c base/path.c base/store.c base/str.c base/sys.c base/tree.c -lseccomp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/store.h"
#include "base/tree.h"
#include "bpf.h"
#include "kernel/seccomp.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#define LIST(...)                                                                                  \
	{                                                                                          \
		(char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
	}
#define RULES(...)                                                                                 \
	{                                                                                          \
		(struct spec_seccomp_rule[]){__VA_ARGS__},                                         \
			sizeof((struct spec_seccomp_rule[]){__VA_ARGS__}) /                        \
				sizeof(struct spec_seccomp_rule)                                   \
	}
#define ARGS(...)                                                                                  \
	{                                                                                          \
		(struct spec_seccomp_arg[]){__VA_ARGS__},                                          \
			sizeof((struct spec_seccomp_arg[]){__VA_ARGS__}) /                         \
				sizeof(struct spec_seccomp_arg)                                    \
	}
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))
#define ALLOW SECCOMP_RET_ALLOW

static struct arena arena;

/* The architecture the tests run on: numbers are the kernel headers'. */
#if defined(__x86_64__)
enum { NATIVE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE = AUDIT_ARCH_AARCH64 };
#else
#error "name the architecture here"
#endif

static uint32_t run(const struct seccomp_bpf *bpf, uint32_t arch, int number, uint64_t first,
		    uint64_t second)
{
	const struct seccomp_data data = {.nr = number, .arch = arch, .args = {first, second}};

	return bpf_run(bpf->code, bpf->length / sizeof(struct sock_filter), &data);
}

static struct seccomp_bpf compile(const struct spec_seccomp *seccomp)
{
	struct seccomp_bpf bpf = {0};

	if (seccomp_compile(seccomp, -1, &arena, &bpf) < 0)
		print_error("%s\n", err_last()->text);
	assert_non_null(bpf.code);
	return bpf;
}

static void test_actions(void **state)
{
	const struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ALLOW,
		.syscalls = RULES({.names = LIST("mkdirat"), .action = SECCOMP_RET_ERRNO},
				  {.names = LIST("chdir", "fchdir"),
				   .action = SECCOMP_RET_ERRNO,
				   .errno_ret = {true, EXDEV}},
				  {.names = LIST("chroot"),
				   .action = SECCOMP_RET_ERRNO,
				   .errno_ret = {true, 0}},
				  {.names = LIST("ptrace"), .action = SECCOMP_RET_KILL_PROCESS},
				  {.names = LIST("reboot"), .action = SECCOMP_RET_KILL_THREAD},
				  {.names = LIST("swapon"), .action = SECCOMP_RET_TRAP},
				  {.names = LIST("swapoff"), .action = SECCOMP_RET_LOG},
				  {.names = LIST("sync"),
				   .action = SECCOMP_RET_TRACE,
				   .errno_ret = {true, 77}},
				  {.names = LIST("acct"), .action = SECCOMP_RET_TRACE},
				  {.names = LIST("mount"), .action = SECCOMP_RET_USER_NOTIF},
				  {.names = LIST("umount2"), .action = SECCOMP_RET_ALLOW}),
		.listener_path = "/x",
	};
	const struct seccomp_bpf bpf = compile(&profile);

	(void)state;
	assert_int_equal(run(&bpf, NATIVE, SYS_mkdirat, 0, 0), ERRNO(EPERM));
	assert_int_equal(run(&bpf, NATIVE, SYS_chdir, 0, 0), ERRNO(EXDEV));
	assert_int_equal(run(&bpf, NATIVE, SYS_fchdir, 0, 0), ERRNO(EXDEV));
	assert_int_equal(run(&bpf, NATIVE, SYS_chroot, 0, 0), ERRNO(0));
	assert_int_equal(run(&bpf, NATIVE, SYS_ptrace, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(run(&bpf, NATIVE, SYS_reboot, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(run(&bpf, NATIVE, SYS_swapon, 0, 0), SECCOMP_RET_TRAP);
	assert_int_equal(run(&bpf, NATIVE, SYS_swapoff, 0, 0), SECCOMP_RET_LOG);
	assert_int_equal(run(&bpf, NATIVE, SYS_sync, 0, 0), SECCOMP_RET_TRACE | 77);
	assert_int_equal(run(&bpf, NATIVE, SYS_acct, 0, 0), SECCOMP_RET_TRACE | EPERM);
	assert_int_equal(run(&bpf, NATIVE, SYS_mount, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(run(&bpf, NATIVE, SYS_umount2, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_getpid, 0, 0), ALLOW);
	/* A list of what is denied says nothing about newer calls. */
	assert_int_equal(run(&bpf, NATIVE, 5000, 0, 0), ALLOW);
}

static void test_comparisons(void **state)
{
	const struct {
		int op;
		uint64_t value, value_two, yes, no;
	} cases[] = {
		{SECCOMP_OP_EQ, 5, 0, 5, 6},
		{SECCOMP_OP_EQ, 1UL << 32, 0, 1UL << 32, 0},
		{SECCOMP_OP_EQ, 5, 0, 5, 1UL << 32 | 5},
		{SECCOMP_OP_NE, 5, 0, 6, 5},
		{SECCOMP_OP_NE, 5, 0, 1UL << 32 | 5, 5},
		{SECCOMP_OP_LT, 5, 0, 4, 5},
		{SECCOMP_OP_LE, 5, 0, 5, 6},
		{SECCOMP_OP_GE, 5, 0, 5, 4},
		{SECCOMP_OP_GE, 5, 0, 1UL << 63, 4},
		{SECCOMP_OP_GT, 5, 0, 6, 5},
		{SECCOMP_OP_GT, UINT64_MAX - 1, 0, UINT64_MAX, UINT64_MAX - 1},
		{SECCOMP_OP_MASKED_EQ, 0x7e020000, 0, 0x11, 0x10000000},
		{SECCOMP_OP_MASKED_EQ, 0xf0, 0x20, 0x2f, 0x3f},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct spec_seccomp profile = {
			.default_action = SECCOMP_RET_ERRNO,
			.syscalls = RULES({.names = LIST("dup3"), .action = ALLOW},
					  {.names = LIST("dup"),
					   .action = ALLOW,
					   .args = ARGS({0, cases[i].value, cases[i].value_two,
							 cases[i].op})}),
		};
		const struct seccomp_bpf bpf = compile(&profile);

		assert_int_equal(run(&bpf, NATIVE, SYS_dup, cases[i].yes, 0), ALLOW);
		assert_int_equal(run(&bpf, NATIVE, SYS_dup, cases[i].no, 0), ERRNO(EPERM));
	}
}

/* Of different arguments: all have to hold. Of the same one: any. */
static void test_several_comparisons(void **state)
{
	const struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ERRNO,
		.syscalls =
			RULES({.names = LIST("dup3"),
			       .action = ALLOW,
			       .args = ARGS({0, 1, 0, SECCOMP_OP_EQ}, {1, 2, 0, SECCOMP_OP_EQ})},
			      {.names = LIST("dup"),
			       .action = ALLOW,
			       .args = ARGS({0, 1, 0, SECCOMP_OP_EQ}, {0, 2, 0, SECCOMP_OP_EQ})}),
	};
	const struct seccomp_bpf bpf = compile(&profile);

	(void)state;
	assert_int_equal(run(&bpf, NATIVE, SYS_dup3, 1, 2), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_dup3, 1, 1), ERRNO(EPERM));
	assert_int_equal(run(&bpf, NATIVE, SYS_dup3, 2, 2), ERRNO(EPERM));
	assert_int_equal(run(&bpf, NATIVE, SYS_dup, 1, 0), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_dup, 2, 0), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_dup, 3, 0), ERRNO(EPERM));
}

static void test_newer_than_the_profile(void **state)
{
	struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ERRNO,
		.default_errno_ret = {true, EACCES},
		.syscalls =
			RULES({.names = LIST("read", "openat2", "no_such_call"), .action = ALLOW}),
	};
	struct seccomp_bpf bpf = compile(&profile);

	(void)state;
	assert_int_equal(run(&bpf, NATIVE, SYS_read, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_openat2, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, NATIVE, SYS_openat2 - 1, 0, 0), ERRNO(EACCES));
	assert_int_equal(run(&bpf, NATIVE, SYS_openat2 + 1, 0, 0), ERRNO(ENOSYS));
	assert_int_equal(run(&bpf, NATIVE, 5000, 0, 0), ERRNO(ENOSYS));
	/* What a tracer leaves of a call it takes back, seccomp(2): no call at all. */
	assert_int_equal(run(&bpf, NATIVE, -1, 0, 0), ERRNO(EACCES));
	/* Who says "kill" means it. */
	profile.default_action = SECCOMP_RET_KILL_PROCESS;
	bpf = compile(&profile);
	assert_int_equal(run(&bpf, NATIVE, 5000, 0, 0), SECCOMP_RET_KILL_PROCESS);
}

#if defined(__x86_64__)
static void test_architectures(void **state)
{
	struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ERRNO,
		.syscalls = RULES({.names = LIST("read", "getpid", "openat2"), .action = ALLOW}),
	};
	struct seccomp_bpf bpf = compile(&profile);
	const int x32 = 0x40000000;

	(void)state;
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, 39, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, x32 | 39, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, x32 | 5000, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(run(&bpf, AUDIT_ARCH_I386, 20, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(run(&bpf, AUDIT_ARCH_AARCH64, 172, 0, 0), SECCOMP_RET_KILL_THREAD);

	profile.architectures = (struct str_list)LIST("SCMP_ARCH_X86", "SCMP_ARCH_X32");
	bpf = compile(&profile);
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, 39, 0, 0), ALLOW); /* always */
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, 38, 0, 0), ERRNO(EPERM));
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, x32 | 39, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, x32 | 38, 0, 0), ERRNO(EPERM));
	assert_int_equal(run(&bpf, AUDIT_ARCH_X86_64, x32 | 438, 0, 0), ERRNO(ENOSYS));
	assert_int_equal(run(&bpf, AUDIT_ARCH_I386, 20, 0, 0), ALLOW);
	assert_int_equal(run(&bpf, AUDIT_ARCH_I386, 39, 0, 0), ERRNO(EPERM));
	assert_int_equal(run(&bpf, AUDIT_ARCH_I386, 438, 0, 0), ERRNO(ENOSYS));
	assert_int_equal(run(&bpf, AUDIT_ARCH_AARCH64, 172, 0, 0), SECCOMP_RET_KILL_THREAD);
}
#endif

static void test_odd_architectures(void **state)
{
	struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ERRNO,
		/* The other byte order: left out. */
		.architectures = LIST("SCMP_ARCH_S390X", "SCMP_ARCH_PPC64"),
		.syscalls = RULES({.names = LIST("read"), .action = ALLOW}),
	};
	struct seccomp_bpf bpf = compile(&profile);

	(void)state;
	assert_int_equal(run(&bpf, NATIVE, SYS_read, 0, 0), ALLOW);
	profile.architectures = (struct str_list)LIST("SCMP_ARCH_Z80");
	assert_int_equal(seccomp_compile(&profile, -1, &arena, &bpf), -1);
	assert_string_equal(err_last()->text,
			    "linux.seccomp.architectures: 'SCMP_ARCH_Z80' is not known");
}

static void test_refused_notify(void **state)
{
	struct spec_seccomp profile = {
		.default_action = ALLOW,
		.syscalls = RULES({.names = LIST("mount"), .action = SECCOMP_RET_USER_NOTIF}),
	};
	struct seccomp_bpf bpf;

	(void)state;
	assert_true(seccomp_has_listener(&profile));
	assert_int_equal(seccomp_compile(&profile, -1, &arena, &bpf), -1); /* no listenerPath */
	profile.listener_path = "/x";
	assert_int_equal(seccomp_compile(&profile, -1, &arena, &bpf), 0);
	profile.syscalls.items[0].names = (struct str_list)LIST("read", "write");
	assert_int_equal(seccomp_compile(&profile, -1, &arena, &bpf), -1);
	profile.syscalls.items[0].names = (struct str_list)LIST("mount");
	profile.default_action = SECCOMP_RET_USER_NOTIF;
	assert_int_equal(seccomp_compile(&profile, -1, &arena, &bpf), -1);
}

static int change_file(int dir_fd, off_t offset)
{
	int fd = openat(dir_fd, "seccomp-00", O_RDWR);
	char byte = 0;

	for (int i = 0; i < 64 && fd < 0; i++) {
		char name[32];

		snprintf(name, sizeof(name), "seccomp-%02d", i);
		fd = openat(dir_fd, name, O_RDWR);
	}
	if (fd < 0 || lseek(fd, offset, offset < 0 ? SEEK_END : SEEK_SET) < 0 ||
	    read(fd, &byte, 1) != 1 || lseek(fd, -1, SEEK_CUR) < 0)
		return -1;
	byte ^= 1;
	return write(fd, &byte, 1) == 1 ? close(fd) : -1;
}

static int remove_path(const char *path)
{
	auto_close int tmp_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return tree_remove(tmp_fd, strrchr(path, '/') + 1);
}

static void test_cache(void **state)
{
	struct spec_seccomp profile = {
		.default_action = SECCOMP_RET_ERRNO,
		.syscalls = RULES({.names = LIST("read"), .action = ALLOW}),
	};
	struct seccomp_bpf plain, first, second;
	char path[] = "/tmp/husk-test-XXXXXX";
	int dir_fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(store_open(path, 0700, &dir_fd), 0);
	plain = compile(&profile);
	assert_int_equal(seccomp_compile(&profile, dir_fd, &arena, &first), 0);
	assert_int_equal(seccomp_compile(&profile, dir_fd, &arena, &second), 0);
	assert_int_equal(first.length, plain.length);
	assert_memory_equal(first.code, plain.code, plain.length);
	assert_int_equal(second.length, plain.length);
	assert_memory_equal(second.code, plain.code, plain.length);

	/* A hit is a hit: what is in the file is what comes back (the low byte of an instruction). */
	assert_int_equal(change_file(dir_fd, 24 + 4), 0);
	assert_int_equal(seccomp_compile(&profile, dir_fd, &arena, &second), 0);
	assert_memory_not_equal(second.code, plain.code, plain.length);

	/* Another profile in the file, by a byte at its end: compiled anew, and replaced. */
	assert_int_equal(change_file(dir_fd, -2), 0);
	assert_int_equal(seccomp_compile(&profile, dir_fd, &arena, &second), 0);
	assert_memory_equal(second.code, plain.code, plain.length);

	/* Another version of the format. */
	assert_int_equal(change_file(dir_fd, 24 + 4), 0);
	assert_int_equal(change_file(dir_fd, 0), 0);
	assert_int_equal(seccomp_compile(&profile, dir_fd, &arena, &second), 0);
	assert_memory_equal(second.code, plain.code, plain.length);
	close(dir_fd);
	assert_int_equal(remove_path(path), 0);
}

/* Everything that the program depends on makes another key: none may come back for another. */
static void test_cache_tells_apart(void **state)
{
	struct spec_seccomp profiles[] = {
		{.default_action = ALLOW},
		{.default_action = SECCOMP_RET_LOG},
		{.default_action = SECCOMP_RET_ERRNO},
		{.default_action = SECCOMP_RET_ERRNO, .default_errno_ret = {true, EACCES}},
		{.default_action = ALLOW, .architectures = LIST("SCMP_ARCH_X86_64")},
		{.default_action = ALLOW, .architectures = LIST("SCMP_ARCH_AARCH64")},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"), .action = SECCOMP_RET_ERRNO})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup3"), .action = SECCOMP_RET_ERRNO})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"),
				    .action = SECCOMP_RET_ERRNO,
				    .errno_ret = {true, EACCES}})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"),
				    .action = SECCOMP_RET_ERRNO,
				    .args = ARGS({0, 1, 0, SECCOMP_OP_EQ})})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"),
				    .action = SECCOMP_RET_ERRNO,
				    .args = ARGS({0, 1, 0, SECCOMP_OP_NE})})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"),
				    .action = SECCOMP_RET_ERRNO,
				    .args = ARGS({1, 1, 0, SECCOMP_OP_EQ})})},
		{.default_action = ALLOW,
		 .syscalls = RULES({.names = LIST("dup"),
				    .action = SECCOMP_RET_ERRNO,
				    .args = ARGS({0, 1UL << 32 | 1, 0, SECCOMP_OP_EQ})})},
	};
	char path[] = "/tmp/husk-test-XXXXXX";
	int dir_fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(store_open(path, 0700, &dir_fd), 0);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(profiles); i++) {
		const struct spec_seccomp *profile = &profiles[i % ARRAY_SIZE(profiles)];
		const struct seccomp_bpf plain = compile(profile);
		struct seccomp_bpf kept;

		assert_int_equal(seccomp_compile(profile, dir_fd, &arena, &kept), 0);
		assert_int_equal(kept.length, plain.length);
		assert_memory_equal(kept.code, plain.code, plain.length);
	}
	close(dir_fd);
	assert_int_equal(remove_path(path), 0);
}

/* ---- by the kernel, in processes of their own ---- */

static int child_status(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int install(const struct spec_seccomp *profile, int *ret_listener)
{
	struct seccomp_bpf bpf = {0};

	if (seccomp_compile(profile, -1, &arena, &bpf) < 0)
		return -1;
	return seccomp_install(&bpf, profile, ret_listener);
}

static int denied(void)
{
	const struct spec_seccomp profile = {.default_action = ALLOW,
					     .flags = SECCOMP_FILTER_FLAG_LOG |
						      SECCOMP_FILTER_FLAG_TSYNC | 1 << 5,
					     .syscalls = RULES({.names = LIST("chdir"),
								.action = SECCOMP_RET_ERRNO,
								.errno_ret = {true, EXDEV}})};
	int listener = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (install(&profile, &listener) < 0)
		return 2;
	return listener == -1 && chdir("/") < 0 && errno == EXDEV ? 0 : 1;
}

static int killed(void)
{
	const struct spec_seccomp profile = {
		.default_action = ALLOW,
		.syscalls = RULES({.names = LIST("chdir"), .action = SECCOMP_RET_KILL_PROCESS})};
	int listener;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (install(&profile, &listener) < 0)
		return 2;
	return chdir("/") ? 1 : 0;
}

static int without_right(void)
{
	const struct spec_seccomp profile = {.default_action = ALLOW};
	int listener;

	if (setuid(1000) < 0)
		return 2;
	return install(&profile, &listener) < 0 && err_last()->code == EACCES &&
			       strstr(err_last()->text, "noNewPrivileges")
		       ? 0
		       : 1;
}

static int too_long(void)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	const struct seccomp_bpf bpf = {.code = code, .length = sizeof(code)};
	const struct spec_seccomp profile = {.default_action = ALLOW};
	int listener;

	return seccomp_install(&bpf, &profile, &listener) < 0 &&
			       strstr(err_last()->text, "4097 instructions, the kernel takes 4096")
		       ? 0
		       : 1;
}

static void test_installed(void **state)
{
	(void)state;
	assert_int_equal(child_status(denied), 0);
	assert_int_equal(WTERMSIG(child_status(killed)), SIGSYS);
	assert_int_equal(child_status(too_long), 0);
	if (geteuid() == 0)
		assert_int_equal(child_status(without_right), 0);
}

static const struct spec_seccomp notify_profile = {
	.default_action = ALLOW,
	.flags = SECCOMP_FILTER_FLAG_TSYNC,
	.syscalls = RULES({.names = LIST("chdir"), .action = SECCOMP_RET_USER_NOTIF}),
	.listener_path = "/tmp/husk-test-listener",
	.listener_metadata = "a \"quoted\" \\ \n text",
};

/* What an agent does: takes the descriptor, answers one call with EXDEV. */
static int answer_one(int listening, char *text, size_t size)
{
	struct seccomp_notif_resp response = {.error = -EXDEV};
	struct seccomp_notif request = {0};
	int sock = accept(listening, NULL, NULL), fd = -1;
	ssize_t length = sock < 0 ? -1 : fd_receive(sock, &fd, text, size - 1);

	if (length < 0 || fd < 0)
		return -1;
	text[length] = '\0';
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return -1;
	response.id = request.id;
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0)
		return -1;
	return close(fd) | close(sock);
}

static int notify(void)
{
	int listener = -1;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (install(&notify_profile, &listener) < 0 || listener < 0 ||
	    seccomp_send_listener(&notify_profile, listener, 42, "{\"id\":\"x\"}") < 0) {
		fprintf(stderr, "%s\n", err_last()->text);
		return 2;
	}
	return chdir("/") < 0 && errno == EXDEV ? 0 : 1;
}

static void test_listener(void **state)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[1000];
	pid_t pid;

	(void)state;
	strcpy(address.sun_path, notify_profile.listener_path);
	unlink(address.sun_path);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 1), 0);
	pid = fork();
	if (pid == 0)
		_exit(notify());
	assert_int_equal(answer_one(listening, text, sizeof(text)), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(text, "{\"ociVersion\":\"1.2.1\",\"fds\":[\"seccompFd\"],\"pid\":42,"
				  "\"metadata\":\"a \\\"quoted\\\" \\\\ \\u000a text\","
				  "\"state\":{\"id\":\"x\"}}");
	close(listening);
	unlink(address.sun_path);
	assert_int_equal(seccomp_send_listener(&notify_profile, 0, 42, "{}"), -1);
	assert_non_null(strstr(err_last()->text, notify_profile.listener_path));
}

static void test_lists(void **state)
{
	struct str_list names;

	(void)state;
	assert_int_equal(seccomp_list_actions(&arena, &names), 0);
	assert_int_equal(names.count, 9);
	assert_string_equal(names.items[0], "SCMP_ACT_ALLOW");
	assert_int_equal(seccomp_list_architectures(&arena, &names), 0);
	assert_true(names.count >= 15);
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
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_several_comparisons),
		cmocka_unit_test(test_newer_than_the_profile),
#if defined(__x86_64__)
		cmocka_unit_test(test_architectures),
#endif
		cmocka_unit_test(test_odd_architectures),
		cmocka_unit_test(test_refused_notify),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_tells_apart),
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, free_arena);
}
