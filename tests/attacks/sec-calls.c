/*
 * sec-calls refused|newer: makes system calls, with arguments so wrong that the kernel itself would
 * refuse every one of them, or have nothing to do; and prints which error each one got. What a
 * filter answers in the kernel's place is EPERM, or ENOSYS.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

#define HIGH_BIT (1UL << (sizeof(long) * 8 - 1))

static const struct call {
	const char *name;
	long number, arguments[5];
} refused[] = {
	/* namespaces and mounts */
	{"unshare", SYS_unshare, {CLONE_NEWUSER | 1}},
	{"clone", SYS_clone, {CLONE_NEWUSER | CLONE_FS | SIGCHLD}},
	{"setns", SYS_setns, {-1}},
	{"mount", SYS_mount, {0}},
	{"umount2", SYS_umount2, {0, -1}},
	{"pivot_root", SYS_pivot_root, {0}},
	{"fsopen", SYS_fsopen, {0}},
	{"fsconfig", SYS_fsconfig, {-1, -1}},
	{"fsmount", SYS_fsmount, {-1, -1}},
	{"fspick", SYS_fspick, {-1, 0, -1}},
	{"move_mount", SYS_move_mount, {-1, 0, -1, 0, -1}},
	{"open_tree", SYS_open_tree, {-1, 0, -1}},
	{"mount_setattr", 442, {-1, 0, -1}}, /* not in the headers of every distribution */
	{"open_by_handle_at", SYS_open_by_handle_at, {-1}},
	/* code and data for the kernel */
	{"bpf", SYS_bpf, {-1}},
	{"perf_event_open", SYS_perf_event_open, {0}},
	{"userfaultfd", SYS_userfaultfd, {-1}},
	{"io_uring_setup", SYS_io_uring_setup, {0}},
	{"io_uring_enter", SYS_io_uring_enter, {-1}},
	{"io_uring_register", SYS_io_uring_register, {-1}},
	{"init_module", SYS_init_module, {0}},
	{"finit_module", SYS_finit_module, {-1}},
	{"delete_module", SYS_delete_module, {0}},
	{"kexec_load", SYS_kexec_load, {0, 0, 0, -1}},
	/* keys */
	{"keyctl", SYS_keyctl, {-1}},
	{"add_key", SYS_add_key, {0}},
	{"request_key", SYS_request_key, {0}},
	/* the machine */
	{"reboot", SYS_reboot, {0}},
	{"swapon", SYS_swapon, {0}},
	{"swapoff", SYS_swapoff, {0}},
	{"acct", SYS_acct, {(long)"/nonexistent/file"}},
	{"settimeofday", SYS_settimeofday, {0}}, /* neither a time nor a zone: nothing is set */
	{"syslog", SYS_syslog, {10}},		 /* SYSLOG_ACTION_SIZE_BUFFER */
#ifdef SYS_iopl
	{"iopl", SYS_iopl, {0}},
	{"ioperm", SYS_ioperm, {-1, -1}},
#endif
	/* families and requests: AF_ALG, AF_VSOCK */
	{"socket-38", SYS_socket, {38, -1}},
	{"socket-40", SYS_socket, {40, -1}},
	{"ioctl-TIOCSTI", SYS_ioctl, {-1, TIOCSTI}},
	{"ioctl-TIOCSTI-high", SYS_ioctl, {-1, TIOCSTI | HIGH_BIT}},
	{"ioctl-TIOCLINUX", SYS_ioctl, {-1, TIOCLINUX}},
	{"ioctl-TIOCLINUX-high", SYS_ioctl, {-1, TIOCLINUX | HIGH_BIT}},
};

/* One line for each: a call that is expected to be refused, and what it got instead of EPERM. */
static void call_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const long *a = refused[i].arguments;

		errno = 0;
		syscall(refused[i].number, a[0], a[1], a[2], a[3], a[4]);
		if (errno != EPERM)
			printf("%s: %s\n", refused[i].name, strerrorname_np(errno));
	}
	printf("%zu calls made\n", sizeof(refused) / sizeof(*refused));
}

/*
 * What the libseccomp of the supported distributions has no name for, nor a number; with numbers
 * that no kernel has yet. From 424 on a call has the same number on every architecture.
 */
static void call_newer(void)
{
	enum { FIRST = 463, LAST = 600 };

	errno = 0;
	syscall(SYS_clone3, NULL, 0);
	if (errno != ENOSYS)
		printf("clone3: %s\n", strerrorname_np(errno));
	for (long number = FIRST; number <= LAST; number++) {
		errno = 0;
		syscall(number, -1, -1, -1, -1, -1, -1);
		if (errno != ENOSYS)
			printf("%ld: %s\n", number, strerrorname_np(errno));
	}
	puts("all calls made");
}

int main(int argc, char **argv)
{
	started();
	if (argc == 2 && strcmp(argv[1], "newer") == 0)
		call_newer();
	else
		call_refused();
	return 0;
}
