/* oci.c: a runtime's commands, executed. See oci.h; next file: oci_exec.c */
#include "oci.h"
#include "../base/err.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* --- where it is --- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *search_path(const char *name, struct arena *arena)
{
	const char *path = getenv("PATH");
	char *copy, *part;

	copy = arena_format(arena, "%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
	while (copy && (part = strsep(&copy, ":"))) {
		char *found = arena_format(arena, "%s/%s", *part ? part : ".", name);

		if (found && is_program(found))
			return found;
	}
	return NULL;
}

static char *search_beside(const char *name, struct arena *arena)
{
	char self[PATH_MAX], path[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length <= 0)
		return NULL;
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), i ? "%s/../libexec/husk/%s" : "%s/%s", self, name);
		if (is_program(path))
			return arena_format(arena, "%s", path);
	}
	return NULL;
}

int oci_find_program(const char *name, struct arena *arena, char **ret_path)
{
	char *path = search_beside(name, arena);

	if (!path)
		path = search_path(name, arena);
	if (!path)
		return err_set(ENOENT, "%s: not found, neither beside husk nor on PATH", name);
	*ret_path = path;
	return 0;
}

int oci_find_runtime(const char *name, struct arena *arena, char **ret_path)
{
	auto_free char *real = NULL;
	const char *found = name;
	char *path;

	if (!name || !*name)
		name = "husk-runtime";
	if (!strchr(name, '/')) {
		if (oci_find_program(name, arena, &path) < 0)
			return err_wrap("runtime");
		found = path;
	} else if (!is_program(name)) {
		return err_set(ENOENT, "runtime %s: there is no such program", name);
	}
	real = realpath(found, NULL);
	if (!real)
		return err_sys("runtime %s", found);
	*ret_path = arena_format(arena, "%s", real);
	return *ret_path ? 0 : -1;
}

/* --- calling it --- */

int oci_globals(const struct box *box, struct arena *arena, struct str_list *ret_args)
{
	char *root = place_run(box->place, arena, "runtime");

	if (!root || str_list_add(ret_args, arena, (char *)"--root") < 0)
		return -1;
	return str_list_add(ret_args, arena, root);
}

static int command_line(const struct box *box, char *const args[], struct arena *arena,
			struct str_list *ret_argv)
{
	if (str_list_add(ret_argv, arena, box->runtime) < 0 ||
	    oci_globals(box, arena, ret_argv) < 0)
		return -1;
	for (; *args; args++)
		if (str_list_add(ret_argv, arena, *args) < 0)
			return -1;
	return 0;
}

static int spawn(char *const argv[], int out_fd, int error_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE); /* ignored by us, and that is inherited */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
	error = posix_spawn(ret_pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	errno = error;
	return error ? err_sys("execute %s", argv[0]) : 0;
}

/* What comes of one pipe. */
struct reader {
	int fd;
	char *text;
	size_t length, room;
};

/* False at its end. What is too much is read and dropped, so that the writer can end. */
static bool read_some(struct reader *reader, struct arena *arena)
{
	char dropped[4096];
	ssize_t got;

	if (reader->length + 1 >= reader->room && reader->room < OCI_OUTPUT_MAX) {
		size_t room = reader->room ? 4 * reader->room : 4096;
		char *more = arena_alloc(arena, room);

		if (!more)
			return false;
		if (reader->length)
			memcpy(more, reader->text, reader->length);
		reader->text = more;
		reader->room = room;
	}
	if (reader->length + 1 >= reader->room)
		return fd_read(reader->fd, dropped, sizeof(dropped)) > 0;
	got = fd_read(reader->fd, reader->text + reader->length, reader->room - reader->length - 1);
	if (got <= 0)
		return false;
	reader->length += got;
	reader->text[reader->length] = '\0';
	return true;
}

static void read_both(struct reader readers[2], struct arena *arena)
{
	struct pollfd fds[2] = {{.fd = readers[0].fd, .events = POLLIN},
				{.fd = readers[1].fd, .events = POLLIN}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents && !read_some(&readers[i], arena))
				fds[i].fd = -1;
	}
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int oci_run(const struct box *box, char *const args[], struct arena *arena,
	    struct oci_result *ret_result)
{
	struct reader readers[2] = {{.text = (char *)""}, {.text = (char *)""}};
	struct str_list argv = {0};
	int out[2], error[2];
	pid_t pid;

	if (command_line(box, args, arena, &argv) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	if (pipe2(error, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_sys("make a pipe");
	}
	if (spawn(argv.items, out[1], error[1], &pid) < 0)
		pid = -1;
	close(out[1]);
	close(error[1]);
	readers[0].fd = out[0];
	readers[1].fd = error[0];
	if (pid > 0)
		read_both(readers, arena);
	close(out[0]);
	close(error[0]);
	if (pid < 0)
		return -1;
	*ret_result = (struct oci_result){
		.status = wait_for(pid), .output = readers[0].text, .error = readers[1].text};
	return 0;
}

/* --- what it says --- */

/* The value of msg="..." as logrus writes it, with its escapes undone. */
static char *unquote(const char *from, struct arena *arena)
{
	char *text = arena_format(arena, "%s", from), *to = text;

	if (!text)
		return NULL;
	for (const char *c = text; *c && *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
		*to++ = *c;
	}
	*to = '\0';
	return text;
}

/* "husk-runtime: ", or the time with which crun begins: "2026-03-01T10:00:00.123456Z: " */
static const char *skip_prefix(const char *line)
{
	const char *colon = strstr(line, ": ");

	if (str_has_prefix(line, "husk-runtime: "))
		return colon + 2;
	if (colon && *line >= '0' && *line <= '9' &&
	    strspn(line, "0123456789-T:.Z") >= (size_t)(colon - line))
		return colon + 2;
	return line;
}

char *oci_error_line(const char *text, struct arena *arena)
{
	char *copy = arena_format(arena, "%s", text), *last = NULL, *found;

	if (!copy)
		return (char *)"out of memory";
	for (char *line; (line = strsep(&copy, "\n"));)
		if (*line)
			last = line;
	if (!last)
		return (char *)"failed without a word";
	found = strstr(last, "msg=\"");
	if (found)
		return unquote(found + strlen("msg=\""), arena);
	return str_printable((char *)skip_prefix(last));
}

int oci_status_of_error(const char *text)
{
	if (!strcasestr(text, "exec")) /* of a mount, a log, a device: not of the program */
		return 125;
	if (strcasestr(text, "permission denied") || strcasestr(text, "exec format error") ||
	    strcasestr(text, "is a directory"))
		return 126;
	if (strcasestr(text, "executable file not found") ||
	    strcasestr(text, "executable file `") /* crun: ... not found in $PATH */ ||
	    strcasestr(text, "no such file or directory"))
		return 127;
	return 125;
}

/* --- its commands --- */

static int run_or_fail(const struct box *box, char *const args[])
{
	struct arena scratch = {0};
	struct oci_result result;
	int failed = oci_run(box, args, &scratch, &result);

	if (failed == 0 && result.status != 0)
		failed = err_set(ECHILD, "%s", oci_error_line(result.error, &scratch));
	arena_free(&scratch);
	return failed;
}

int oci_kill(const struct box *box, int signal, bool all)
{
	char number[16];
	char *const one[] = {(char *)"kill", box->id, number, NULL};
	char *const every[] = {(char *)"kill", (char *)"--all", box->id, number, NULL};

	snprintf(number, sizeof(number), "%d", signal);
	return run_or_fail(box, all ? every : one);
}

int oci_pause(const struct box *box, bool pause)
{
	char *const args[] = {(char *)(pause ? "pause" : "resume"), box->id, NULL};

	return run_or_fail(box, args);
}

int oci_delete(const struct box *box)
{
	char *const args[] = {(char *)"delete", (char *)"--force", box->id, NULL};
	char path[100];

	snprintf(path, sizeof(path), "runtime/%s", box->id);
	if (faccessat(box->place->run_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return run_or_fail(box, args);
}
