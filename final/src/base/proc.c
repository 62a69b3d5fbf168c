/* proc.c: process identity. See proc.h; next file: store.h */
#include "proc.h"
#include "err.h"
#include "fd.h"
#include "sys.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

int proc_stat(pid_t pid, struct proc_stat *ret_stat)
{
	char path[48], text[1024], *rest;
	struct proc_stat stat;
	auto_close int fd = -1;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : fd_read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return errno == ENOENT || errno == ESRCH ? err_set(ESRCH, "no process %d", pid)
							 : err_sys("read %s", path);
	text[length] = '\0';
	rest = strrchr(text, ')'); /* the name before it may hold anything, ')' too */
	if (!rest || sscanf(rest + 1,
			    " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			    "%*d %*d %lu",
			    &stat.state, &stat.parent, &stat.flags, &stat.start_time) != 4)
		return err_set(EPROTO, "%s: not in the form of proc_pid_stat(5)", path);
	*ret_stat = stat;
	return 0;
}

int proc_open(pid_t pid, uint64_t start_time, int *ret_pidfd)
{
	auto_close int pidfd = sys_pidfd_open(pid, 0);
	struct proc_stat stat;

	if (pidfd < 0 && errno == EINVAL) /* the number is one of a thread by now */
		return err_set(ESRCH, "process %d has ended", pid);
	if (pidfd < 0)
		return err_sys("open process %d", pid);
	/* Asked after the pidfd was opened: if it is the same process now, the pidfd is its own. */
	if (proc_stat(pid, &stat) < 0)
		return -1;
	if (stat.start_time != start_time || stat.state == 'Z' || stat.state == 'X')
		return err_set(ESRCH, "process %d has ended", pid);
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

bool proc_wait(int pidfd, int milliseconds)
{
	struct pollfd wait = {.fd = pidfd, .events = POLLIN};
	int ready;

	do
		ready = poll(&wait, 1, milliseconds);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

bool proc_is_real_root(void)
{
	auto_file FILE *map = NULL;
	unsigned int inside, outside, count;

	if (geteuid() != 0)
		return false;
	map = fopen("/proc/self/uid_map", "re");
	return !map || fscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || count == UINT_MAX;
}

void proc_reset_signals(void)
{
	/* Those that callers ignore; a table of all 64 would be 64 system calls. */
	static const int ignored[] = {SIGHUP,  SIGINT,	SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
				      SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

extern char **environ;

int proc_spawn(const char *program, char *const argv[], const int fds[], int count, bool is_apart,
	       pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int error;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      (is_apart ? POSIX_SPAWN_SETSID : 0));
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < count; fd++)
		if (fds[fd] < 0)
			posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
		else
			posix_spawn_file_actions_adddup2(&actions, fds[fd], fd);
	if (is_apart)
		posix_spawn_file_actions_addchdir_np(&actions, "/");
	error = posix_spawn(ret_pid, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	errno = error;
	return error ? err_sys("execute %s", argv[0]) : 0;
}

int proc_open_sealed(const char *path, int *ret_fd)
{
	const struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
	auto_close int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH, &read_only) < 0)
		return -1;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int proc_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
