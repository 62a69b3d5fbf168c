/*
 * ns.c: namespaces, made by one clone3(2). See ns.h for who calls what, and when.
 */
#include "ns.h"
#include "husk.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What ns_wait() listens to. */
static void watched_signals(sigset_t *ret_set)
{
	const int watched[] = {SIGCHLD, SIGINT,	 SIGTERM, SIGHUP,
			       SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

	sigemptyset(ret_set);
	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		sigaddset(ret_set, watched[i]);
}

void ns_watch_signals(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL); /* a caller that ignores it would make waitpid(2) fail */
	watched_signals(&set);
	sigaddset(&set, SIGPIPE); /* of a child that died early ns_release() learns by EPIPE */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int ns_spawn(struct ns_child *ret_child, uint64_t flags, int cgroup_fd,
	     int (*run)(struct config *cfg), struct config *cfg)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	int go[2];
	pid_t pid;
	sigset_t none;
	char byte;

	if (cgroup_fd >= 0) { /* born inside: there is no instruction without limits */
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = cgroup_fd;
	}
	if (pipe2(go, O_CLOEXEC) < 0)
		return fail("create", "sync pipe");
	pid = syscall(SYS_clone3, &args, sizeof(args)); /* glibc has no wrapper */
	if (pid == 0) {
		close(go[1]);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		/* Nothing to read at the end of the pipe: the parent gave up, or died. */
		_exit(read(go[0], &byte, 1) == 1 ? run(cfg) : EXIT_HUSK);
	}
	close(go[0]);
	if (pid < 0) {
		fail("clone", "namespaces (make doctor shows what is missing)");
		close(go[1]);
		return -1;
	}
	*ret_child = (struct ns_child){.pid = pid, .go = go[1]};
	return 0;
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd, written;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("open", path);
	written = write(fd, text, strlen(text));
	if (written < 0)
		fail("write", path);
	close(fd);
	return written < 0 ? -1 : 0;
}

int ns_map_user(const struct ns_child *child, const struct id_range *range)
{
	char uid_line[64], gid_line[64];

	snprintf(uid_line, sizeof(uid_line), "0 %u %u", range->uid, range->count);
	snprintf(gid_line, sizeof(gid_line), "0 %u %u", range->gid, range->count);
	/* Without "deny" a group that withholds access could be left: CVE-2014-8989. */
	if (geteuid() != 0 && write_proc(child->pid, "setgroups", "deny") < 0)
		return -1;
	if (write_proc(child->pid, "gid_map", gid_line) < 0)
		return -1;
	return write_proc(child->pid, "uid_map", uid_line);
}

int ns_release(struct ns_child *child)
{
	int written = write(child->go, "g", 1);

	if (written < 0)
		fail("release", "container");
	close(child->go);
	child->go = -1;
	return written < 0 ? -1 : 0;
}

int ns_wait(struct ns_child *child,
	    void (*on_signal)(struct ns_child *child, const siginfo_t *info))
{
	siginfo_t info;
	int status = 0, sig;
	sigset_t set;

	if (child->go >= 0)
		close(child->go);
	watched_signals(&set);
	while (waitpid(child->pid, &status, WNOHANG) == 0) {
		sig = sigwaitinfo(&set, &info);
		if (sig > 0 && sig != SIGCHLD)
			on_signal(child, &info);
	}
	if (child->stopped_by)
		return 128 + child->stopped_by;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int ns_isolate_mounts(void)
{
	/* systemd makes / shared: mounts made in the new namespace would appear on the host. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("make private", "/");
	return 0;
}

int ns_set_hostname(const char *name)
{
	return sethostname(name, strlen(name)) < 0 ? fail("set hostname", name) : 0;
}

int ns_mount_proc(const char *target)
{
	/* A procfs shows the PID namespace of the process that mounts it. */
	if (mount("proc", target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail("mount proc on", target);
	return 0;
}
