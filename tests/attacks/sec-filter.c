/*
 * sec-filter: which system calls the filter of this container lets through, all of them, and none
 * is made: a filter of our own on top of it hands every call to our parent, which answers it with
 * an error that no kernel gives. What the container's filter refuses never gets there, since a
 * refusal outranks a notification: seccomp(2). Prints a line for each: NUMBER or NAME, and
 * "allowed", the name of an error, or "killed".
 */
#define _GNU_SOURCE
#include "attack.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

#define HIGH_BIT (1UL << (sizeof(long) * 8 - 1))

/* The last one is a number that no kernel has yet. ALLOWED: no call has this error. */
enum { NUMBERS = 520, ALLOWED = EHWPOISON, KILLED = -1, UNTRIED = -2 };

/* The same calls with other arguments: what a filter looks at besides the number. */
static const struct call {
	const char *name;
	long number, arguments[3];
} named[] = {
	{"clone-newuser", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
	{"clone-newns", SYS_clone, {CLONE_NEWNS | SIGCHLD}},
	{"unshare-newuser", SYS_unshare, {CLONE_NEWUSER}},
	{"socket-alg", SYS_socket, {AF_ALG, SOCK_SEQPACKET}},
	{"socket-vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM}},
	{"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM}},
	{"ioctl-tiocsti", SYS_ioctl, {0, TIOCSTI}},
	{"ioctl-tiocsti-high", SYS_ioctl, {0, TIOCSTI | HIGH_BIT}},
	{"ioctl-tioclinux", SYS_ioctl, {0, TIOCLINUX}},
	{"ioctl-tioclinux-high", SYS_ioctl, {0, TIOCLINUX | HIGH_BIT}},
	{"ioctl-tcgets", SYS_ioctl, {0, TCGETS}},
};

enum { NAMED = sizeof(named) / sizeof(*named), CALLS = NUMBERS + NAMED };

/* Shared by the two processes: the caller may make no call to tell of anything. */
static struct {
	volatile int listener, next, done;
	volatile int answers[CALLS];
} * shared;

static struct call call_of(int i)
{
	if (i >= NUMBERS)
		return named[i - NUMBERS];
	if (i == SYS_socket || i == SYS_socketpair)
		return (struct call){.number = i, .arguments = {AF_UNIX, SOCK_STREAM}};
	return (struct call){.number = i};
}

static int call_all(void *unused)
{
	struct sock_filter notify = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog program = {.len = 1, .filter = &notify};

	(void)unused;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(1);
	shared->listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				   SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	while (shared->next < CALLS) {
		int i = shared->next++;
		struct call call = call_of(i);

		shared->answers[i] = KILLED; /* unless we are there to write something else */
		errno = 0;
		syscall(call.number, call.arguments[0], call.arguments[1], call.arguments[2], 0, 0,
			0);
		shared->answers[i] = errno;
	}
	shared->done = 1;
	for (;;) /* to end would be a call, too */
		;
}

static void answer(int listener)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp response = {.error = -ALLOWED};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return;
	response.id = call.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* One process that calls, until it is done, or was killed for a call. */
static int run_caller(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;
	int ended = 0;

	shared->listener = UNTRIED;
	/* The same table of descriptors: the listener is ours, too. */
	pid = clone(call_all, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	if (pid < 0)
		return blocked("clone");
	while (shared->listener == UNTRIED && !ended)
		ended = waitpid(pid, NULL, WNOHANG) > 0 || usleep(1000) < 0;
	if (shared->listener < 0)
		return blocked("seccomp");
	while (!shared->done && !ended) {
		struct pollfd ready = {.fd = shared->listener, .events = POLLIN};

		if (poll(&ready, 1, 20) > 0 && (ready.revents & POLLIN))
			answer(shared->listener);
		else
			ended = waitpid(pid, NULL, WNOHANG) > 0;
	}
	if (!ended) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(shared->listener);
	return 0;
}

int main(void)
{
	started();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return blocked("mmap");
	while (!shared->done)
		if (run_caller() != 0)
			return 1;
	for (int i = 0; i < CALLS; i++) {
		int seen = shared->answers[i];
		const char *name = seen == ALLOWED  ? "allowed"
				   : seen == KILLED ? "killed"
						    : strerrorname_np(seen);

		if (i < NUMBERS)
			printf("%d %s\n", i, name);
		else
			printf("%s %s\n", named[i - NUMBERS].name, name);
	}
	return 0;
}
