/*
 * seccomp.c: the profile, as two tables: which calls, and which arguments are refused. See
 * seccomp.h. Each becomes a filter of its own, by libseccomp; the kernel runs both and takes the
 * stricter answer.
 */
#include "seccomp.h"
#include "caps.h"
#include "husk.h"

#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ALWAYS = -1 };

/* What is allowed, and with which capability. A name that an architecture lacks is skipped. */
static const struct allowed {
	int capability;
	const char *calls;
} allowed[] = {
	/* files: by path, by descriptor, and about them */
	{ALWAYS,
	 "open openat openat2 creat close close_range read readv pread64 preadv preadv2 write "
	 "writev pwrite64 pwritev pwritev2 lseek sendfile splice tee vmsplice copy_file_range "
	 "truncate ftruncate fallocate fadvise64 readahead sync syncfs fsync fdatasync "
	 "sync_file_range dup dup2 dup3 fcntl flock ioctl pipe pipe2"},
	{ALWAYS,
	 "stat lstat fstat newfstatat fstatat64 statx access faccessat faccessat2 readlink "
	 "readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir link linkat "
	 "symlink symlinkat unlink unlinkat rename renameat renameat2 mknod mknodat chmod "
	 "fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime utimes utimensat "
	 "futimesat statfs fstatfs getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr "
	 "listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr "
	 "name_to_handle_at inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"},
	/* waiting, for one or for many */
	{ALWAYS, "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait "
		 "epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create "
		 "timerfd_settime timerfd_gettime io_setup io_submit io_getevents io_pgetevents "
		 "io_cancel io_destroy"},
	/* memory */
	{ALWAYS,
	 "brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall "
	 "munlockall memfd_create membarrier pkey_alloc pkey_free pkey_mprotect "
	 "remap_file_pages process_madvise process_mrelease map_shadow_stack mseal"},
	/* processes and threads */
	{ALWAYS,
	 "clone fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid "
	 "getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list "
	 "get_robust_list futex futex_waitv futex_wake futex_wait futex_requeue rseq "
	 "arch_prctl prctl pidfd_open pidfd_send_signal pidfd_getfd sched_yield "
	 "sched_getaffinity sched_setaffinity sched_getparam sched_setparam "
	 "sched_getscheduler sched_setscheduler sched_getattr sched_setattr "
	 "sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority "
	 "setpriority ioprio_get ioprio_set getrlimit setrlimit prlimit64 getrusage times "
	 "getcpu restart_syscall seccomp ptrace"},
	/* who they are */
	{ALWAYS,
	 "getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid "
	 "setregid setresuid setresgid setfsuid setfsgid setgroups capget capset"},
	/* signals, and time */
	{ALWAYS,
	 "kill tkill tgkill pause alarm rt_sigaction rt_sigprocmask rt_sigpending "
	 "rt_sigtimedwait rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn "
	 "sigaltstack getitimer setitimer timer_create timer_settime timer_gettime "
	 "timer_getoverrun timer_delete nanosleep clock_nanosleep clock_gettime clock_getres "
	 "gettimeofday time"},
	/* sockets, and other ways to talk */
	{ALWAYS,
	 "socket socketpair bind listen accept accept4 connect shutdown getsockname "
	 "getpeername getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg "
	 "recvmmsg msgget msgsnd msgrcv msgctl semget semop semtimedop semctl shmget shmat "
	 "shmdt shmctl mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"},
	/* the system, and security modules' own sandboxes, which only take away */
	{ALWAYS, "uname sysinfo getrandom landlock_create_ruleset landlock_add_rule "
		 "landlock_restrict_self"},
	{CAP_SYS_ADMIN,
	 "mount umount umount2 pivot_root mount_setattr move_mount open_tree fsopen "
	 "fsconfig fsmount fspick setns unshare clone3 sethostname setdomainname bpf "
	 "quotactl fanotify_init fanotify_mark"},
	{CAP_SYS_CHROOT, "chroot"},
	{CAP_DAC_READ_SEARCH, "open_by_handle_at"},
	{CAP_SYS_BOOT, "reboot"},
	{CAP_SYS_TIME, "settimeofday stime clock_settime adjtimex clock_adjtime"},
	{CAP_SYS_PTRACE, "process_vm_readv process_vm_writev kcmp"},
	{CAP_SYS_PACCT, "acct"},
	{CAP_SYS_NICE, "mbind set_mempolicy get_mempolicy migrate_pages move_pages"},
	{CAP_SYSLOG, "syslog"},
	{CAP_PERFMON, "perf_event_open"},
	{CAP_BPF, "bpf"},
};

/* What is refused of a call that is allowed: when the bits of `mask` in an argument are `value`. */
static const struct refused {
	const char *call;
	unsigned int argument; /* counted from 0 */
	uint64_t mask, value;
	int capability; /* with it, nothing is refused */
} refused[] = {
	/* A new user namespace gives every capability inside, and with them half of the kernel. */
	{"clone", 0, CLONE_NEWUSER, CLONE_NEWUSER, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWNS, CLONE_NEWNS, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWPID, CLONE_NEWPID, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWNET, CLONE_NEWNET, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWIPC, CLONE_NEWIPC, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWUTS, CLONE_NEWUTS, CAP_SYS_ADMIN},
	{"clone", 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP, CAP_SYS_ADMIN},
	/*
	 * Text that a shell outside would read as typed, CVE-2017-5226 and CVE-2023-28100. The
	 * kernel looks at 32 bits of the request: so must we, CVE-2019-10063.
	 */
	{"ioctl", 1, UINT32_MAX, TIOCSTI, ALWAYS},
	{"ioctl", 1, UINT32_MAX, TIOCLINUX, ALWAYS},
	/* Families that know no network namespace, or had a hole of their own: CVE-2026-31431. */
	{"socket", 0, UINT32_MAX, AF_ALG, ALWAYS},
	{"socket", 0, UINT32_MAX, AF_VSOCK, ALWAYS},
	{"socketpair", 0, UINT32_MAX, AF_VSOCK, ALWAYS},
};

/* Adds the calls of a table row; remembers in is_allowed those that the architecture has. */
static int allow_calls(scmp_filter_ctx filter, const char *calls, char *is_allowed, int count)
{
	char *words = strdupa(calls), *word;

	for (word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		int number = seccomp_syscall_resolve_name(word);

		if (number < 0 || number >= count || is_allowed[number])
			continue;
		errno = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (errno)
			return fail("allow", word);
		is_allowed[number] = 1;
	}
	return 0;
}

/*
 * The C library tries new calls first, and falls back to older ones when it gets ENOSYS, but not
 * when it gets EPERM. So EPERM is for the calls up to the newest we know, ENOSYS for the rest;
 * also for clone3(2), whose flags are in memory where no filter can look.
 */
static int refuse_the_rest(scmp_filter_ctx filter, const char *is_allowed, int count)
{
	int newest = count - 1, clone3 = seccomp_syscall_resolve_name("clone3");

	while (newest > 0 && !is_allowed[newest])
		newest--;
	for (int number = 0; number <= newest; number++) {
		if (is_allowed[number] || number == clone3)
			continue;
		errno = -seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
		if (errno)
			return fail("refuse", "system call");
	}
	return 0;
}

static int load_and_release(scmp_filter_ctx filter, int result)
{
	/* no_new_privs is not libseccomp's to set: with --security=off there is no filter at all.
	 */
	if (result == 0) {
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
		seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* search by halves */
		errno = -seccomp_load(filter);
		if (errno)
			result = fail("load", "seccomp filter");
	}
	seccomp_release(filter);
	return result;
}

static int load_calls(uint64_t caps)
{
	enum { COUNT = 600 }; /* numbers of system calls, all architectures' are below */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	char is_allowed[COUNT] = {0};
	int result = 0;

	if (!filter)
		return fail("create", "seccomp filter");
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && result == 0; i++)
		if (allowed[i].capability == ALWAYS || caps_has(caps, allowed[i].capability))
			result = allow_calls(filter, allowed[i].calls, is_allowed, COUNT);
	if (result == 0)
		result = refuse_the_rest(filter, is_allowed, COUNT);
	return load_and_release(filter, result);
}

static int load_arguments(uint64_t caps)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = 0;

	if (!filter)
		return fail("create", "seccomp filter");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused) && result == 0; i++) {
		const struct refused *row = &refused[i];

		if (row->capability != ALWAYS && caps_has(caps, row->capability))
			continue;
		errno = -seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(row->call), 1,
			SCMP_CMP(row->argument, SCMP_CMP_MASKED_EQ, row->mask, row->value));
		if (errno)
			result = fail("refuse arguments of", row->call);
	}
	return load_and_release(filter, result);
}

int seccomp_apply(uint64_t caps)
{
	/* In this order, since a profile may well refuse seccomp(2) itself. */
	return load_arguments(caps) < 0 ? -1 : load_calls(caps);
}
