/* child.c: a process that may do little. See child.h; next file: ../image/layer.h */
#include "child.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Address space: libarchive's and libzstd's largest windows, and some more. */
enum { MEMORY_MAX = 1 << 30 };

struct report {
	char kind;
	char data[CHILD_REPORT_MAX];
};

int child_report(const struct child *child, char kind, const void *data, size_t length)
{
	struct report report = {.kind = kind};

	if (length > sizeof(report.data))
		return err_set(EINVAL, "a report of %zu bytes", length);
	memcpy(report.data, data, length);
	return fd_send(child->report_fd, -1, &report, offsetof(struct report, data) + length);
}

/* Everything but the standard streams and what it needs: lock files above all. */
static int close_others(const struct child *child)
{
	int keep[] = {child->input_fd, child->output_fd, child->root_fd, child->report_fd};
	unsigned int first = STDERR_FILENO + 1;

	for (;;) {
		int next = -1;

		for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
			if (keep[i] >= (int)first && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next != (int)first && close_range(first, next < 0 ? ~0U : next - 1U, 0) < 0)
			return err_sys("close descriptors");
		if (next < 0)
			return 0;
		first = next + 1;
	}
}

/*
 * A clone of the mount, so that noexec is ours alone. Where that is not allowed (a container
 * without CAP_SYS_ADMIN) it has to do without.
 */
static int open_root(int fd)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID |
						    MOUNT_ATTR_NODEV};
	int clone = sys_open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (clone < 0)
		return fd;
	if (sys_mount_setattr(clone, "", AT_EMPTY_PATH, &attributes) < 0) {
		close(clone);
		return fd;
	}
	close(fd);
	return clone;
}

/*
 * chroot(2) is no prison for programs, but it is one for names: with "/" in the image there is no
 * outside, whatever links it has. An ordinary user may do so as root of an empty user namespace.
 */
static int enter_root(int fd)
{
	if (geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys("make a user namespace");
	fd = open_root(fd);
	if (fchdir(fd) < 0 || chroot(".") < 0)
		return err_sys("change root to a layer's directory");
	close(fd);
	return 0;
}

static int drop_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (sys_capget(&header, data) < 0)
		return err_sys("get capabilities");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= keep >> 32 * i;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sys_capset(&header, data) < 0)
		return err_sys("drop capabilities");
	return 0;
}

static int confine(const struct child *child)
{
	struct rlimit none = {0}, memory = {MEMORY_MAX, MEMORY_MAX};

	/* The sanitizers' shadow memory is terabytes of address space. */
#ifndef __SANITIZE_ADDRESS__
	if (setrlimit(RLIMIT_AS, &memory) < 0)
		return err_sys("limit memory");
#else
	(void)memory;
#endif
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_sys("limit core files");
	umask(022);
	setlocale(LC_CTYPE, "C.UTF-8"); /* names may be in any language */
	if (close_others(child) < 0 || (child->root_fd >= 0 && enter_root(child->root_fd) < 0))
		return -1;
	return drop_capabilities(child->capabilities);
}

static void run(const struct child *child, pid_t parent)
{
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	result = confine(child);
	if (result == 0)
		result = child->work(child);
	if (result < 0 && child_report(child, 'E', err_last(), sizeof(struct err)) < 0)
		_exit(2);
	_exit(result < 0);
}

int child_start(const struct child *child, struct child_process *ret_process)
{
	struct child inside = *child;
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys("make a pair of sockets");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		inside.report_fd = pair[1];
		run(&inside, parent);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys("make a process");
	}
	*ret_process = (struct child_process){.pid = pid, .report_fd = pair[0]};
	return 0;
}

static int take_error(const char *data, size_t length)
{
	struct err err;

	if (length != sizeof(err))
		return err_set(EPROTO, "a report in a wrong form");
	memcpy(&err, data, sizeof(err));
	err.text[sizeof(err.text) - 1] = '\0';
	str_printable(err.text);
	err_adopt(&err);
	return -1;
}

static int take_reports(const struct child *child, int report_fd)
{
	struct report report;
	ssize_t length;
	int fd;

	while ((length = fd_receive(report_fd, &fd, &report, sizeof(report))) > 0) {
		size_t size = length - offsetof(struct report, data);

		if (fd >= 0)
			close(fd);
		if (report.kind == 'E')
			return take_error(report.data, size);
		if (child->take && child->take(child->job, report.kind, report.data, size) < 0)
			return -1;
	}
	return length < 0 ? -1 : 0;
}

int child_finish(const struct child *child, struct child_process *process)
{
	int result = take_reports(child, process->report_fd), status = 0;

	scope_close(&process->report_fd);
	if (result < 0)
		kill(process->pid, SIGKILL);
	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (result < 0)
		return -1;
	if (WIFSIGNALED(status))
		return err_set(EIO, "%s was ended by signal %d", child->name, WTERMSIG(status));
	return status == 0 ? 0 : err_set(EIO, "%s failed", child->name);
}

int child_run(const struct child *child)
{
	struct child_process process;

	if (child_start(child, &process) < 0)
		return -1;
	return child_finish(child, &process);
}
