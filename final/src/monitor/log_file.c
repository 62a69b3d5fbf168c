/* log_file.c: the json-file driver. See log_file.h; next file: log_escape.c */
#include "log_file.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/stamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { AROUND_TEXT = 128 }; /* {"log":"\n","stream":"stdout","time":"..."}, and its line end */

_Static_assert(LOG_FILE_BUFFER >= 6 * LOG_FILE_TEXT + AROUND_TEXT, "one entry fits");

struct file_name {
	char text[80];
};

/* "log.json.3"; 0: "log.json" itself. */
static struct file_name name_of(const struct log_file *log, uint32_t number)
{
	struct file_name name;

	if (number)
		snprintf(name.text, sizeof(name.text), "%s.%u", log->name, number);
	else
		snprintf(name.text, sizeof(name.text), "%s", log->name);
	return name;
}

/* --- opening --- */

static int open_at(const struct log_file *log, const char *name, int flags, int *ret_fd)
{
	auto_close int fd = openat(
		log->dir_fd, name,
		O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("open log file %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(EINVAL, "log file %s: is not a regular file", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* A monitor that was killed may have left half an entry: it gets a line of its own. */
static int end_last_entry(struct log_file *log)
{
	off_t size = lseek(log->fd, 0, SEEK_END);
	char last = '\n';

	if (size < 0 || (size > 0 && pread(log->fd, &last, 1, size - 1) < 0))
		return err_sys("read log file %s", log->name);
	if (last != '\n' && fd_write(log->fd, "\n", 1) < 0)
		return err_wrap("log file %s", log->name);
	log->size = size + (last != '\n');
	return 0;
}

/* Of a time when more were kept, or of a monitor that did not come to remove the last one. */
static void remove_surplus(const struct log_file *log)
{
	for (uint32_t number = log->max_files;
	     unlinkat(log->dir_fd, name_of(log, number).text, 0) == 0; number++)
		;
}

static int open_in(const char *path, struct log_file *log)
{
	const char *slash = strrchr(path, '/');
	auto_free char *directory = slash ? strndup(path, slash - path + 1) : NULL;

	if (!directory || !slash[1] || strlen(slash + 1) >= sizeof(log->name))
		return err_set(EINVAL,
			       "log file '%s': expected an absolute path with a name of at most "
			       "%zu bytes",
			       path, sizeof(log->name) - 1);
	snprintf(log->name, sizeof(log->name), "%s", slash + 1);
	log->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->dir_fd < 0)
		return err_sys("open directory %s of the log", directory);
	if (open_at(log, log->name, 0, &log->fd) < 0)
		return -1;
	remove_surplus(log);
	return end_last_entry(log);
}

int log_file_open(const char *path, uint64_t max_size, uint32_t max_files, struct log_file *ret_log)
{
	ret_log->dir_fd = ret_log->fd = -1;
	ret_log->max_size = max_size;
	ret_log->max_files = max_files ? max_files : 1;
	if (!path)
		return err_set(EINVAL, "log driver json-file: no path");
	if (open_in(path, ret_log) == 0)
		return 0;
	log_file_close(ret_log);
	return -1;
}

/* --- writing --- */

/* All of it, or as many entries as there is space for. Returns whether it was all. */
static bool write_entries(struct log_file *log, const char *data, size_t length)
{
	size_t written = 0;
	const char *newline;
	ssize_t got;

	while (written < length) {
		got = write(log->fd, data + written, length - written);
		if (got <= 0 && errno != EINTR)
			break;
		written += got > 0 ? got : 0;
	}
	if (written == length) {
		log->size += length;
		return true;
	}
	if (!log->dropped)
		log->dropped_because = errno;
	newline = memrchr(data, '\n', written);
	log->size += newline ? newline + 1 - data : 0;
	for (const char *at = newline ? newline + 1 : data; at < data + length; at++)
		log->dropped += *at == '\n';
	if (ftruncate(log->fd, log->size) < 0)
		return false; /* half an entry stays: readers pass over it */
	return false;
}

static size_t format(char *ret, const char *stream, const char *time, const char *text,
		     size_t length, bool ended)
{
	static const char begin[] = "{\"log\":\"";
	char *next = ret + sizeof(begin) - 1;

	memcpy(ret, begin, sizeof(begin) - 1);
	next += log_file_escape(next, text, length);
	next += snprintf(next, AROUND_TEXT - sizeof(begin),
			 "%s\",\"stream\":\"%s\",\"time\":\"%s\"}\n", ended ? "\\n" : "", stream,
			 time);
	return next - ret;
}

/* True when the log takes entries again; the number that it did not take is said in one. */
static bool write_note(struct log_file *log)
{
	char text[160], line[6 * sizeof(text) + AROUND_TEXT];
	uint64_t dropped = log->dropped;
	int length = snprintf(text, sizeof(text), "husk-monitor: %lu lines were not written: %s",
			      (unsigned long)dropped, strerror(log->dropped_because));

	if (write_entries(log, line,
			  format(line, "stderr", stamp_now().text, text, length, true))) {
		log->dropped = 0;
		return true;
	}
	log->dropped = dropped; /* the note itself is not one of them */
	return false;
}

static void drop(struct log_file *log)
{
	for (size_t i = 0; i < log->used; i++)
		log->dropped += log->buffer[i] == '\n';
}

void log_file_flush(struct log_file *log)
{
	if (log->used == 0)
		return;
	if (log->dropped && !write_note(log))
		drop(log);
	else
		write_entries(log, log->buffer, log->used);
	log->used = 0;
}

/* --- rotation --- */

/* Removes the file that is one too many, unless a reader is in it who may still come to an end. */
static void remove_doomed(struct log_file *log)
{
	struct file_name doomed = name_of(log, log->max_files);
	auto_close int fd =
		openat(log->dir_fd, doomed.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	    stamp_milliseconds() < log->patient_until)
		return;
	unlinkat(log->dir_fd, doomed.text, 0);
	log->is_doomed = false;
}

bool log_file_is_held(struct log_file *log)
{
	if (log->is_doomed)
		remove_doomed(log);
	return log->is_doomed;
}

/* The new file is made first, under another name: if that fails, nothing has changed. */
static int rotate(struct log_file *log)
{
	struct file_name fresh, from, to;
	int fd;

	snprintf(fresh.text, sizeof(fresh.text), "%s.new", log->name);
	unlinkat(log->dir_fd, fresh.text, 0);
	if (open_at(log, fresh.text, O_EXCL, &fd) < 0)
		return -1;
	/* From the oldest down, so that a reader finds each file at its number or at one above. */
	for (uint32_t number = log->max_files; number > 0; number--) {
		from = name_of(log, number - 1);
		to = name_of(log, number);
		if (renameat(log->dir_fd, from.text, log->dir_fd, to.text) == 0 &&
		    number == log->max_files)
			log->is_doomed = true;
	}
	if (renameat(log->dir_fd, fresh.text, log->dir_fd, log->name) < 0) {
		close(fd);
		return err_sys("rename log file %s", fresh.text);
	}
	close(log->fd);
	log->fd = fd;
	log->size = 0;
	log->patient_until = stamp_milliseconds() + LOG_FILE_PATIENCE;
	if (log->is_doomed)
		remove_doomed(log);
	return 0;
}

void log_file_add(struct log_file *log, const char *stream, const char *time, const char *text,
		  size_t length, bool ended)
{
	char *entry;
	size_t size;

	if (sizeof(log->buffer) - log->used < 6 * length + AROUND_TEXT)
		log_file_flush(log);
	entry = log->buffer + log->used;
	size = format(entry, stream, time, text, length, ended);
	if (log->max_size && log->size + log->used > 0 &&
	    log->size + log->used + size > log->max_size) {
		log_file_flush(log);
		/* A log that cannot be rotated does not grow: as if the disk were full. */
		if (rotate(log) < 0) {
			log->dropped_because =
				log->dropped ? log->dropped_because : err_last()->code;
			log->dropped++;
			return;
		}
		memmove(log->buffer, entry, size);
	}
	log->used += size;
}

void log_file_close(struct log_file *log)
{
	if (log->fd >= 0) {
		log_file_flush(log);
		close(log->fd);
	}
	if (log->is_doomed)
		unlinkat(log->dir_fd, name_of(log, log->max_files).text, 0);
	if (log->dir_fd >= 0)
		close(log->dir_fd);
	log->dir_fd = log->fd = -1;
	log->is_doomed = false;
}
