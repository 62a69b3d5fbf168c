/* execute.c: running other programs. See execute.h; next file: streams.h */
#include "execute.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"
#include "../base/runtime_error.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { ERRORS_MAX = 4096 };

/* CHILD: a blocked signal would stay blocked in whatever is executed. */
static void execute(char *const argv[])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "execute %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Itself: the interpreter of a script of that name could not find it by our descriptor. */
static bool is_husk_runtime(const char *path)
{
	const char *slash = strrchr(path, '/');
	auto_close int fd = -1;
	char magic[SELFMAG];

	if (strcmp(slash ? slash + 1 : path, "husk-runtime") != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && fd_read(fd, magic, SELFMAG) == SELFMAG &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/*
 * For `create`, which is what needs streams, husk-runtime would execute itself once more, sealed:
 * one program less. Our descriptor is closed while it is at work already, and nobody waits for that.
 */
int execute_start(char *const argv[], const int streams[3], pid_t *ret_pid)
{
	static const int none[] = {-1, -1, -1};
	auto_close int sealed = -1;
	char path[32];

	if (streams && is_husk_runtime(argv[0]) && proc_open_sealed(argv[0], &sealed) == 0)
		snprintf(path, sizeof(path), "/proc/self/fd/%d", sealed);
	return proc_spawn(sealed < 0 ? argv[0] : path, argv, streams ? streams : none, 3, false,
			  ret_pid);
}

/* A pipe that only this process holds tells the child when it has ended. */
int execute_at_end(char *const argv[])
{
	int alive[2];
	pid_t pid;
	char end;

	if (pipe2(alive, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	pid = fork();
	if (pid < 0)
		return err_sys("fork");
	if (pid == 0) {
		close(alive[1]);
		if (fd_read(alive[0], &end, 1) != 0)
			_exit(1);
		execute(argv);
	}
	return 0; /* alive[1] stays open until we end */
}

/* --- why it failed --- */

static bool find_in_log(int dir_fd)
{
	auto_arena struct arena arena = {0};
	char *text;

	runtime_error_read(dir_fd, EXECUTE_LOG, &arena, &text);
	if (text)
		err_set(EIO, "%s", text);
	return text;
}

static bool find_in_pipe(int fd)
{
	char text[ERRORS_MAX + 1];
	ssize_t length = fd < 0 ? -1 : fd_read(fd, text, ERRORS_MAX);
	const char *line;

	while (length > 0 && text[length - 1] == '\n')
		length--;
	if (length <= 0)
		return false;
	text[length] = '\0';
	line = strrchr(text, '\n');
	err_set(EIO, "%s", str_printable(line ? (char *)line + 1 : text));
	return true;
}

int execute_error(int dir_fd, const char *runtime, int status, int errors_fd)
{
	if (find_in_log(dir_fd) || find_in_pipe(errors_fd))
		return -1;
	if (WIFSIGNALED(status))
		return err_set(EIO, "%s was killed by signal %d", runtime, WTERMSIG(status));
	return err_set(EIO, "%s failed with status %d and gave no reason", runtime,
		       WEXITSTATUS(status));
}
