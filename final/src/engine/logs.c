/* logs.c: a box's output, as it was and as it comes. See logs.h; next file: logs_entry.h */
#include "logs.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/path.h"
#include "../monitor/protocol.h"
#include "../store/clock.h"
#include "logs_entry.h"
#include "logs_files.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

/* A line is at most about 100 KB: 16 KiB of text, each byte six times as long. */
enum { READ_BUFFER = 256 << 10, WRITE_BUFFER = 64 << 10, PAUSE = 1000 /* milliseconds */ };

#define SECOND INT64_C(1000000000)

/* Times of entries have one width, so that they can be compared as text. */
struct moment {
	char text[40]; /* "": none */
	int64_t ns;
};

struct reader {
	const struct logs_options *options;
	struct box *box;
	struct moment since, until;
	struct logs_files files;
	int run_fd; /* RUN/box/ID; -1: the box does not run */
	char *buffer;
	FILE *last;	  /* the stream that has something in its buffer */
	bool in_line[2];  /* standard output, standard error: a line was begun */
	bool is_finished; /* `until` is over, or nobody takes what we write any more */
	int write_error;  /* errno; 0: all was taken, or our reader has gone, which is no fault */
};

/* --- one entry --- */

/* Right after a write that failed. */
static void note_failure(struct reader *r)
{
	r->is_finished = true;
	if (errno != EPIPE && !r->write_error)
		r->write_error = errno;
}

static void print_entry(struct reader *r, const struct logs_entry *entry)
{
	FILE *to = entry->is_error ? stderr : stdout;
	bool *in_line = &r->in_line[entry->is_error];

	/* In the order in which they came, if both are the same terminal. */
	if (r->last && r->last != to && fflush(r->last) != 0)
		note_failure(r);
	r->last = to;
	if (r->options->timestamps && !*in_line && fprintf(to, "%s ", entry->time) < 0)
		note_failure(r);
	if (fwrite(entry->text, 1, entry->length, to) != entry->length)
		note_failure(r);
	*in_line = entry->length == 0 || entry->text[entry->length - 1] != '\n';
}

static void take_line(struct reader *r, char *line, size_t length)
{
	struct logs_entry entry;

	if (!logs_entry_parse(line, length, &entry))
		return;
	if (r->until.text[0] && strcmp(entry.time, r->until.text) > 0) {
		r->is_finished = true;
		return;
	}
	if (r->since.text[0] && strcmp(entry.time, r->since.text) < 0)
		return;
	if (entry.is_error ? r->options->stdout_only : r->options->stderr_only)
		return;
	print_entry(r, &entry);
}

/* False: nobody takes it any more. */
static bool flush(struct reader *r)
{
	if (fflush(stdout) != 0 || fflush(stderr) != 0)
		note_failure(r);
	return !r->is_finished;
}

/* A reader that was stopped for long is not waited for by the container. */
static bool note_loss(struct reader *r, bool is_lost)
{
	if (is_lost && flush(r))
		log_warn("container %s: lines were lost: its log was rotated while they waited to "
			 "be read",
			 r->box->name);
	return true;
}

/* --- one file --- */

static void take_lines(struct reader *r, char *data, size_t length)
{
	char *end = data + length, *newline;

	for (char *line = data; line < end && !r->is_finished; line = newline + 1) {
		newline = memchr(line, '\n', end - line);
		take_line(r, line, newline - line);
	}
}

/* All whole lines that are there. Half a line is read again when its end has come. */
static int read_file(struct reader *r, struct logs_file *file)
{
	ssize_t length;
	char *end;

	while (!r->is_finished) {
		length = pread(file->fd, r->buffer, READ_BUFFER, file->offset);
		if (length < 0)
			return err_sys("read the log");
		end = length ? memrchr(r->buffer, '\n', length) : NULL;
		if (!end && length < READ_BUFFER)
			return 0;
		length = end ? end + 1 - r->buffer : length; /* no line is so long: not ours */
		if (end)
			take_lines(r, r->buffer, length);
		file->offset += length;
	}
	return 0;
}

/* The newest one stays: more may come. */
static int read_files(struct reader *r)
{
	while (r->files.count > 0 && !r->is_finished) {
		if (read_file(r, &r->files.items[0]) < 0)
			return -1;
		if (r->files.count == 1)
			break;
		logs_files_drop(&r->files);
	}
	return 0;
}

/* And those that have come since. */
static int read_on(struct reader *r)
{
	bool is_lost;

	do {
		if (read_files(r) < 0)
			return -1;
	} while (!r->is_finished && logs_files_next(&r->files, &is_lost) && note_loss(r, is_lost));
	return 0;
}

/* --- following --- */

/* What wakes us: a file of the log, and how the container ended. The path is a descriptor's. */
static int watch(const struct reader *r, int *ret_fd)
{
	auto_close int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 ||
	    inotify_add_watch(fd, path_of_fd(r->files.dir_fd).text,
			      IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 ||
	    (r->run_fd >= 0 && inotify_add_watch(fd, path_of_fd(r->run_fd).text,
						 IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR) < 0))
		return err_sys("watch the log");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Which events they were says nothing: everything is looked at again. */
static void wait_for_events(int fd, int milliseconds)
{
	char events[4096];
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (poll(&wait, 1, milliseconds) < 0)
		return; /* a signal: looked at again, too */
	while (read(fd, events, sizeof(events)) > 0)
		;
}

/* The monitor writes `exit` after the last line. Without a monitor, nothing comes any more. */
static bool has_ended(const struct reader *r)
{
	auto_close int fd = r->run_fd < 0 ? -1 : openat(r->run_fd, "exit", O_RDONLY | O_CLOEXEC);
	auto_json struct json_object *json = NULL;
	struct monitor_exit end = {0};
	auto_arena struct arena arena = {0};

	if (!box_has_monitor(r->box))
		return true;
	return fd >= 0 && json_read(fd, "exit", &json) == 0 &&
	       bind_read(&monitor_exit_table, json, "exit", &arena, &end) == 0 && !end.restarting;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static int follow(struct reader *r)
{
	auto_close int events = -1;
	bool is_over = false;

	if (watch(r, &events) < 0)
		return -1;
	while (!r->is_finished && !is_over) {
		/* Asked before the log is read: what was written until then is read. */
		is_over = has_ended(r) || (r->until.text[0] && now() > r->until.ns);
		if (read_on(r) < 0)
			return -1;
		if (flush(r) && !is_over)
			wait_for_events(events, PAUSE);
	}
	return 0;
}

/* --- the command --- */

static int parse_moment(const char *text, struct moment *ret_moment)
{
	char second[24];
	struct tm utc;
	time_t time;

	if (!text || !*text)
		return 0;
	if (clock_parse(text, &ret_moment->ns) < 0)
		return -1;
	time = ret_moment->ns / SECOND;
	strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", gmtime_r(&time, &utc));
	snprintf(ret_moment->text, sizeof(ret_moment->text), "%s.%09ldZ", second,
		 (long)(ret_moment->ns % SECOND));
	return 0;
}

static int print_all(struct reader *r)
{
	int result;

	if (r->options->tail.set && logs_files_seek(&r->files, r->options->tail.value) < 0)
		return -1;
	result = r->options->follow ? follow(r) : read_files(r);
	if (result < 0 || flush(r) || !r->write_error)
		return result;
	errno = r->write_error;
	return err_sys("write to standard %s", ferror(stdout) ? "output" : "error");
}

static int open_directories(struct reader *r, int *ret_log_fd)
{
	char path[96];

	snprintf(path, sizeof(path), "box/%s", r->box->id);
	r->run_fd = openat(r->box->place->run_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_log_fd = openat(r->box->dir_fd, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_log_fd < 0 && errno != ENOENT)
		return err_sys("open the log of container %s", r->box->name);
	return 0;
}

static int print_log(struct reader *r)
{
	auto_free char *buffer = malloc(READ_BUFFER);
	auto_close int log_fd = -1;
	int result;

	r->buffer = buffer;
	if (!buffer)
		return err_set(ENOMEM, "out of memory");
	/* Lines that are many go out in blocks. flush() comes before each waiting. */
	setvbuf(stdout, NULL, _IOFBF, WRITE_BUFFER);
	setvbuf(stderr, NULL, _IOFBF, WRITE_BUFFER);
	if (parse_moment(r->options->since, &r->since) < 0)
		return err_wrap("--since");
	if (parse_moment(r->options->until, &r->until) < 0)
		return err_wrap("--until");
	if (open_directories(r, &log_fd) < 0)
		return -1;
	if (log_fd < 0) /* it was never started */
		return 0;
	if (logs_files_open(log_fd, &r->files) < 0)
		return -1;
	result = print_all(r);
	logs_files_close(&r->files);
	return result;
}

int logs_print(struct box *box, const struct logs_options *options)
{
	struct reader reader = {.options = options, .box = box, .run_fd = -1};
	int result;

	if (box->log.driver && strcmp(box->log.driver, "json-file") != 0)
		return err_set(
			ENOTSUP,
			"container %s: its log driver is '%s', which keeps nothing here: run "
			"it with --log-driver json-file",
			box->name, box->log.driver);
	result = print_log(&reader);
	if (reader.run_fd >= 0)
		close(reader.run_fd);
	return result;
}
