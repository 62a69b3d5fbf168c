/* oci.c: a runtime's commands, executed. See oci.h; next file: oci_exec.c */
#include "oci.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static int add_words(char *const words[], struct arena *arena, struct str_list *list)
{
	for (; *words; words++)
		if (str_list_add(list, arena, *words) < 0)
			return -1;
	return 0;
}

int oci_command(const struct box *box, char *const options[], char *const args[],
		struct arena *arena, struct str_list *ret_argv)
{
	if (str_list_add(ret_argv, arena, box->runtime) < 0 ||
	    oci_globals(box, arena, ret_argv) < 0 || add_words(options, arena, ret_argv) < 0)
		return -1;
	return add_words(args, arena, ret_argv);
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
	return proc_exit_code(status);
}

static int make_pipe(int *ret_reader, int *ret_writer)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	*ret_reader = ends[0];
	*ret_writer = ends[1];
	return 0;
}

int oci_run(const struct box *box, char *const args[], struct arena *arena,
	    struct oci_result *ret_result)
{
	auto_close int out = -1, out_end = -1, error = -1, error_end = -1;
	struct reader readers[2] = {{.text = (char *)""}, {.text = (char *)""}};
	struct str_list argv = {0};
	int streams[] = {-1, -1, -1};
	pid_t pid;

	if (oci_command(box, (char *[]){NULL}, args, arena, &argv) < 0 ||
	    make_pipe(&out, &out_end) < 0 || make_pipe(&error, &error_end) < 0)
		return -1;
	streams[1] = out_end;
	streams[2] = error_end;
	if (proc_spawn(argv.items[0], argv.items, streams, 3, false, &pid) < 0)
		return -1;
	close(TAKE_FD(out_end));
	close(TAKE_FD(error_end));
	readers[0].fd = out;
	readers[1].fd = error;
	read_both(readers, arena);
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

/* --- its commands --- */

static int run_or_fail(const struct box *box, char *const args[])
{
	auto_arena struct arena scratch = {0};
	struct oci_result result;

	if (oci_run(box, args, &scratch, &result) < 0)
		return -1;
	if (result.status != 0)
		return err_set(ECHILD, "%s", oci_error_line(result.error, &scratch));
	return 0;
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
