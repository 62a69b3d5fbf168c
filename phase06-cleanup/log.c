/*
 * log.c: pipes, and the process that empties them. See log.h for the format.
 */
#include "log.h"
#include "husk.h"
#include "ns.h"
#include "place.h"
#include "record.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const char *const stream_names[] = {"husk", "stdout", "stderr"};

void log_open_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR); /* takes the lowest free number */
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/* The file of a new run; no two runs get the same one. NULL after it has printed why. */
static FILE *create_file(void)
{
	char path[PATH_MAX], stamp[32];
	struct timespec now;
	struct tm tm;
	FILE *file;
	int fd = -1;

	if (place_make(place_data(), "logs") < 0)
		return NULL;
	do {
		clock_gettime(CLOCK_REALTIME, &now);
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", gmtime_r(&now.tv_sec, &tm));
		snprintf(path, sizeof(path), "%s/logs/container_%s.%09ldZ.log", place_data(), stamp,
			 now.tv_nsec);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EEXIST);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file)
		fail("create", path);
	return file;
}

/* A line of the log for each line of the text; the last one may be only a part. */
static void write_lines(FILE *file, int stream, const char *text, size_t size)
{
	char stamp[32];
	struct timespec now;
	struct tm tm;

	if (ferror(file))
		return; /* said so already */
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	while (size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t length = newline ? (size_t)(newline - text) : size;

		fprintf(file, "%s.%09ldZ %s %c ", stamp, now.tv_nsec, stream_names[stream],
			newline ? 'F' : 'P');
		fwrite(text, 1, length, file);
		putc('\n', file);
		length += newline != NULL;
		text += length;
		size -= length;
	}
	if (fflush(file) != 0)
		fail("write", "log; the container goes on without");
}

static int write_all(int fd, const char *text, size_t size)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	while (size > 0) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EAGAIN) { /* O_NONBLOCK, by somebody who shares it */
			poll(&writable, 1, -1);
			continue;
		}
		if (written < 0)
			return -1;
		text += written;
		size -= written;
	}
	return 0;
}

/* Copies from the pipe to the stream and to the file; returns -1 when that has come to an end. */
static int copy_some(int pipe, int stream, FILE *file)
{
	char text[1 << 16];
	ssize_t size = read(pipe, text, sizeof(text));

	if (size <= 0)
		return -1;
	write_lines(file, stream, text, size);
	/* Nobody reads any more: closing the pipe lets the container know in its turn. */
	return write_all(stream, text, size);
}

/* LOGGER: until no process is left that could write. */
static void copy_all(const int pipes[3], FILE *file)
{
	struct pollfd polled[] = {
		{.fd = -1}, {.fd = pipes[1], .events = POLLIN}, {.fd = pipes[2], .events = POLLIN}};

	while (polled[1].fd >= 0 || polled[2].fd >= 0) {
		if (poll(polled, 3, -1) < 0)
			continue;
		for (int stream = 1; stream <= 2; stream++)
			if (polled[stream].revents && copy_some(pipes[stream], stream, file) < 0) {
				close(pipes[stream]);
				polled[stream].fd = -1;
			}
	}
}

static int is_logged(const struct config *cfg, int stream)
{
	return cfg->log == LOG_ALL || (cfg->log == LOG_PIPES && !isatty(stream));
}

/*
 * For the streams that are logged: pipes, read ends for the logger, write ends for the container,
 * and a place to keep our own. Without that, log_finish() would wait for us to close the pipe.
 */
static int make_pipes(const struct config *cfg, int ret_read[3], int ret_write[3], int ret_own[3])
{
	for (int stream = 1; stream <= 2; stream++) {
		int ends[2];

		ret_read[stream] = ret_write[stream] = -1;
		if (!is_logged(cfg, stream))
			continue;
		if (pipe2(ends, O_CLOEXEC) < 0)
			return fail("create", "pipe of the log");
		ret_read[stream] = ends[0];
		ret_write[stream] = ends[1];
		ret_own[stream] = fcntl(stream, F_DUPFD_CLOEXEC, 3);
		if (ret_own[stream] < 0)
			return fail("keep", stream_names[stream]);
	}
	return 0;
}

/* LOGGER: does not outlive husk, but waits for the last word of the container. */
static void run_logger(const int pipes[3], FILE *file)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	copy_all(pipes, file);
	_exit(0);
}

int log_start(struct log *ret_log, const struct config *cfg)
{
	struct log log = {.streams = {-1, -1, -1}};
	int pipes[3] = {-1, -1, -1}, inputs[3] = {-1, -1, -1};
	char header[300];
	FILE *file;

	*ret_log = log;
	if (!is_logged(cfg, STDOUT_FILENO) && !is_logged(cfg, STDERR_FILENO))
		return 0;
	file = create_file();
	if (!file || make_pipes(cfg, pipes, inputs, log.streams) < 0)
		return -1;
	snprintf(header, sizeof(header), "container %s\n", cfg->name);
	write_lines(file, 0, header, strlen(header));
	log.logger = fork();
	if (log.logger < 0)
		return fail("fork", "the logger");
	for (int stream = 1; stream <= 2; stream++) {
		if (inputs[stream] < 0)
			continue;
		if (log.logger > 0) {
			dup2(inputs[stream], stream);
			close(pipes[stream]);
		}
		close(inputs[stream]);
	}
	if (log.logger == 0)
		run_logger(pipes, file);
	fclose(file);
	*ret_log = log;
	return 0;
}

/* A reader that has stopped reading must not keep us for ever: asked to stop, we do. */
static void give_up(struct ns_child *logger, const siginfo_t *info)
{
	if (info->si_signo != SIGWINCH)
		kill(logger->pid, SIGKILL);
}

void log_finish(struct log *log)
{
	struct ns_child logger = {.pid = log->logger, .go = -1};

	for (int stream = 1; stream <= 2; stream++) {
		if (log->streams[stream] < 0)
			continue;
		dup2(log->streams[stream], stream); /* our end of the pipe is closed with this */
		close(log->streams[stream]);
	}
	if (log->logger)
		ns_wait(&logger, give_up);
}

static int is_log(const struct dirent *entry)
{
	return strncmp(entry->d_name, "container_", 10) == 0;
}

/* Opens a log if its first line names the container, and leaves that line behind. */
static FILE *open_log_of(const char *file_name, const char *name)
{
	char path[PATH_MAX], line[512] = "", wanted[300];
	const char *begin;
	FILE *file;

	snprintf(path, sizeof(path), "%s/logs/%s", place_data(), file_name);
	snprintf(wanted, sizeof(wanted), " husk F container %s\n", name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	begin = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
	if (begin && strcmp(begin, wanted) == 0)
		return file;
	fclose(file);
	return NULL;
}

/* The newest log of that name: the names of the files sort by time. */
static FILE *find_log(const char *name)
{
	struct dirent **entries;
	char path[PATH_MAX];
	FILE *found = NULL;
	int count;

	snprintf(path, sizeof(path), "%s/logs", place_data());
	count = scandir(path, &entries, is_log, alphasort);
	while (count > 0) {
		count--;
		if (!found)
			found = open_log_of(entries[count]->d_name, name);
		free(entries[count]);
		if (count == 0)
			free(entries);
	}
	return found;
}

/* "TIME STREAM F TEXT\n" becomes "TEXT\n" on its stream; for P, a part, without the end. */
static void print_text(const char *line, size_t size)
{
	const char *stream = memchr(line, ' ', size), *text;

	if (!stream || size - (stream - line) < strlen(" stdout F \n"))
		return;
	text = stream + strlen(" stdout F ");
	size -= text - line;
	fwrite(text, 1, text[-2] == 'P' ? size - 1 : size,
	       strncmp(stream + 1, "stderr", 6) == 0 ? stderr : stdout);
}

int log_print(const char *name, int with_timestamps)
{
	FILE *file = find_log(name);
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	if (!file) {
		fprintf(stderr, "husk: logs %s: no log of that name in %s/logs\n", name,
			place_data());
		return EXIT_HUSK;
	}
	while ((size = getline(&line, &capacity, file)) > 0)
		if (with_timestamps)
			fwrite(line, 1, size, stdout);
		else
			print_text(line, size);
	free(line);
	fclose(file);
	return fflush(stdout) == 0 ? 0 : EXIT_HUSK;
}
