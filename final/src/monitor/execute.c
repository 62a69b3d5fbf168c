/* execute.c: running other programs. See execute.h; next file: streams.h */
#include "execute.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/json.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { LOG_MAX = 1 << 20, ERRORS_MAX = 4096 };

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

static void take_streams(const int streams[3])
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (dup2(streams[fd], fd) < 0)
			_exit(127);
}

int execute_start(char *const argv[], const int streams[3], pid_t *ret_pid)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys("fork");
	if (pid == 0) {
		if (streams)
			take_streams(streams);
		execute(argv);
	}
	*ret_pid = pid;
	return 0;
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

/* The value of a member that is a string, or "". */
static const char *text_of(const struct json_object *line, const char *key)
{
	size_t length;

	for (struct json_cursor c = json_first(line); json_next(&c);)
		if (strcmp(c.key, key) == 0 && json_kind(c.value) == JSON_STRING)
			return json_string(c.value, &length);
	return "";
}

/* One line of the log. */
static bool take_error(const char *text, size_t length)
{
	auto_json struct json_object *line = NULL;
	const char *level;

	if (json_parse(text, length, EXECUTE_LOG, &line) < 0)
		return false;
	level = text_of(line, "level");
	if (strcmp(level, "error") != 0 && strcmp(level, "fatal") != 0)
		return false;
	err_set(EIO, "%s", text_of(line, "msg"));
	return true;
}

/* The last error is the one that ended it. */
static bool find_in_log(int dir_fd)
{
	auto_arena struct arena arena = {0};
	bool found = false;
	char *text;
	size_t end;

	if (fd_read_file(dir_fd, EXECUTE_LOG, LOG_MAX, &arena, &text, &end) == 0) {
		while (end > 0 && !found) {
			const char *newline = memrchr(text, '\n', end - 1);
			size_t begin = newline ? (size_t)(newline + 1 - text) : 0;

			found = take_error(text + begin, end - begin);
			end = begin;
		}
	}
	return found;
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
