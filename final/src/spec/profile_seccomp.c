/*
 * profile_seccomp.c: the system calls of a hardened container, as linux.seccomp. What is not
 * allowed is answered by EPERM, and calls newer than the newest one here by ENOSYS, which lets a C
 * library fall back. No architectures are listed: the machine's own alone, so that calls of i386
 * and x32 are refused as a whole. Last of the commands' files.
 */
#include "profile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Names that a machine lacks are left out when the filter is compiled. */
static const char *const allowed[] = {
	/* files: by path, by descriptor, and about them */
	"open openat openat2 creat close close_range read readv pread64 preadv preadv2 write "
	"writev",
	"pwrite64 pwritev pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice",
	"copy_file_range truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 "
	"fadvise64_64",
	"arm_fadvise64_64 readahead sync syncfs fsync fdatasync sync_file_range sync_file_range2",
	"dup dup2 dup3 fcntl fcntl64 flock pipe pipe2",
	"stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx access faccessat",
	"faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat "
	"rmdir",
	"link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mknod mknodat",
	"chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat",
	"umask utime utimes utimensat utimensat_time64 futimesat statfs statfs64 fstatfs fstatfs64",
	"getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr",
	"removexattr lremovexattr fremovexattr getxattrat setxattrat listxattrat removexattrat",
	"name_to_handle_at inotify_init inotify_init1 inotify_add_watch inotify_rm_watch chroot",
	/* waiting, for one or for many */
	"poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create",
	"epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd",
	"signalfd4 timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime",
	"timerfd_gettime64 io_setup io_submit io_getevents io_pgetevents io_pgetevents_time64",
	"io_cancel io_destroy",
	/* memory */
	"brk mmap mmap2 munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall",
	"munlockall memfd_create membarrier pkey_alloc pkey_free pkey_mprotect remap_file_pages",
	"process_madvise process_mrelease map_shadow_stack mseal cacheflush",
	/* processes and threads */
	"fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid",
	"getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list get_robust_list",
	"futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue rseq arch_prctl",
	"set_thread_area get_thread_area set_tls prctl pidfd_open pidfd_send_signal pidfd_getfd",
	"sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam",
	"sched_getscheduler sched_setscheduler sched_getattr sched_setattr sched_get_priority_max",
	"sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 getpriority",
	"setpriority ioprio_get ioprio_set getrlimit ugetrlimit setrlimit prlimit64 getrusage "
	"times",
	"getcpu restart_syscall seccomp ptrace riscv_flush_icache riscv_hwprobe",
	/* who they are */
	"getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32",
	"getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid",
	"setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid",
	"setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset",
	/* signals, and time */
	"kill tkill tgkill pause alarm signal sigaction sigprocmask sigpending sigsuspend "
	"sigreturn",
	"rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigtimedwait_time64",
	"rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigaltstack getitimer",
	"setitimer timer_create timer_settime timer_settime64 timer_gettime timer_gettime64",
	"timer_getoverrun timer_delete nanosleep clock_nanosleep clock_nanosleep_time64",
	"clock_gettime clock_gettime64 clock_getres clock_getres_time64 gettimeofday time",
	/* sockets, and other ways to talk */
	"bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt",
	"send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64 msgget msgsnd",
	"msgrcv msgctl semget semop semtimedop semtimedop_time64 semctl shmget shmat shmdt shmctl",
	"ipc mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive",
	"mq_timedreceive_time64 mq_notify mq_getsetattr",
	/* the system, and security modules' own sandboxes, which only take away */
	"uname sysinfo getrandom landlock_create_ruleset landlock_add_rule landlock_restrict_self",
};

/*
 * Families that have a network namespace, or need none: not AF_VSOCK, which talks to the machine
 * below, nor AF_ALG, CVE-2026-31431.
 */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

/* clone(2) with none of these: a new user namespace gives every capability inside. */
static const uint64_t namespace_flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
					CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/* Rules that are being made: as many as there is room for. */
struct rules {
	struct spec_seccomp_rule *items;
	size_t count;
	struct arena *arena;
};

enum { RULES_MAX = 80 };

static int add_rule(struct rules *rules, const char *names, struct spec_seccomp_rule rule)
{
	if (profile_add_words(names, rules->arena, &rule.names) < 0)
		return -1;
	rules->items[rules->count++] = rule;
	return 0;
}

/* Allows the call when the bits of `mask` in an argument are `value`. */
static int allow_if(struct rules *rules, const char *names, uint32_t argument, uint64_t mask,
		    uint64_t value)
{
	struct spec_seccomp_arg *arg = arena_alloc(rules->arena, sizeof(*arg));
	struct spec_seccomp_rule rule = {.action = SECCOMP_RET_ALLOW};

	if (!arg)
		return -1;
	*arg = (struct spec_seccomp_arg){
		.index = argument, .value = mask, .value_two = value, .op = SECCOMP_OP_MASKED_EQ};
	rule.args.items = arg;
	rule.args.count = 1;
	return add_rule(rules, names, rule);
}

/*
 * ioctl(2) but for two requests, whose text a shell outside would read as typed: CVE-2017-5226,
 * CVE-2023-28100. The kernel looks at the low 32 bits, so "not equal", which compares 64, is no
 * answer: CVE-2019-10063. Instead: every request that differs from both, by the first bit, from the
 * top, in which it does. Below the bit where the two part, they are told apart one by one.
 */
static int allow_ioctls(struct rules *rules)
{
	const uint32_t refused[] = {TIOCSTI, TIOCLINUX};

	for (uint32_t bit = 1U << 31; bit; bit >>= 1) {
		uint32_t mask = ~(bit - 1); /* this bit and those above */

		for (int i = 0; i < 2; i++) {
			uint32_t other = refused[!i], value = (refused[i] ^ bit) & mask;

			/* Both say the same so far: once is enough; or: the other one is there. */
			if ((i == 1 && ((refused[0] ^ refused[1]) & mask) == 0) ||
			    (other & mask) == value)
				continue;
			if (allow_if(rules, "ioctl", 1, mask, value) < 0)
				return -1;
		}
	}
	return 0;
}

static int fill_rules(struct rules *rules)
{
	struct spec_seccomp_rule always = {.action = SECCOMP_RET_ALLOW};
	struct spec_seccomp_rule later = {.action = SECCOMP_RET_ERRNO,
					  .errno_ret = {.set = true, .value = ENOSYS}};

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (profile_add_words(allowed[i], rules->arena, &always.names) < 0)
			return -1;
	rules->items[rules->count++] = always;
	if (allow_if(rules, "clone", 0, namespace_flags, 0) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (allow_if(rules, "socket socketpair", 0, UINT32_MAX, families[i]) < 0)
			return -1;
	if (allow_ioctls(rules) < 0)
		return -1;
	/* Its flags are in memory, where no filter can look; the C library then uses clone(2). */
	return add_rule(rules, "clone3", later);
}

int profile_seccomp(struct arena *arena, struct spec_seccomp **ret_seccomp)
{
	struct spec_seccomp *seccomp = arena_alloc(arena, sizeof(*seccomp));
	struct rules rules = {.arena = arena};

	rules.items = arena_alloc(arena, RULES_MAX * sizeof(*rules.items));
	if (!seccomp || !rules.items || fill_rules(&rules) < 0)
		return -1;
	seccomp->default_action = SECCOMP_RET_ERRNO;
	seccomp->default_errno_ret = (struct opt_u32){.set = true, .value = EPERM};
	seccomp->syscalls.items = rules.items;
	seccomp->syscalls.count = rules.count;
	*ret_seccomp = seccomp;
	return 0;
}
