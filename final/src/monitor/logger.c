/* logger.c: lines, and the table of drivers. See logger.h; next file: log_file.h */
#include "logger.h"
#include "../base/err.h"
#include "../base/stamp.h"

#include <string.h>

struct logger_driver {
	const char *name;
	int (*begin)(const struct monitor_config *config, struct logger *logger);
	/* One entry; `ended`: a line end belongs to it. */
	void (*add)(struct logger *logger, enum logger_stream stream, const struct stamp *stamp,
		    const char *text, size_t length, bool ended);
	void (*flush)(struct logger *logger);
	bool (*is_held)(struct logger *logger);
	void (*close)(struct logger *logger);
};

/* --- json-file --- */

static int open_file(const struct monitor_config *config, struct logger *logger)
{
	return log_file_open(config->log.path, config->log.max_size, config->log.max_files,
			     &logger->file);
}

static void add_to_file(struct logger *logger, enum logger_stream stream, const struct stamp *stamp,
			const char *text, size_t length, bool ended)
{
	log_file_add(&logger->file, stream == LOGGER_STDERR ? "stderr" : "stdout", stamp->text,
		     text, length, ended);
}

static void flush_file(struct logger *logger)
{
	log_file_flush(&logger->file);
}

static bool is_file_held(struct logger *logger)
{
	return log_file_is_held(&logger->file);
}

static void close_file(struct logger *logger)
{
	log_file_close(&logger->file);
}

/* --- syslog --- */

static int open_syslog(const struct monitor_config *config, struct logger *logger)
{
	return log_syslog_open(config->log.tag ? config->log.tag : config->id, &logger->syslog);
}

static void add_to_syslog(struct logger *logger, enum logger_stream stream,
			  const struct stamp *stamp, const char *text, size_t length, bool ended)
{
	(void)stamp, (void)ended;
	log_syslog_add(&logger->syslog, stream == LOGGER_STDERR, text, length);
}

static void close_syslog(struct logger *logger)
{
	log_syslog_close(&logger->syslog);
}

/* none has no functions at all. */
static const struct logger_driver drivers[] = {
	{"json-file", open_file, add_to_file, flush_file, is_file_held, close_file},
	{"syslog", open_syslog, add_to_syslog, NULL, NULL, close_syslog},
	{"none", NULL, NULL, NULL, NULL, NULL},
};

int logger_open(const struct monitor_config *config, struct logger *ret_logger)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strcmp(drivers[i].name, config->log.driver) != 0)
			continue;
		ret_logger->driver = &drivers[i];
		return drivers[i].begin ? drivers[i].begin(config, ret_logger) : 0;
	}
	return err_set(EINVAL, "unknown log driver '%s': expected json-file, syslog or none",
		       config->log.driver);
}

/* A part of a line does not end within a character: UTF-8's later bytes are 10xxxxxx. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t end = length;

	while (end > 0 && length - end < 3 && (text[end - 1] & 0xc0) == 0x80)
		end--;
	/* What begins at end - 1 and should be longer than what there is: it goes to the next part. */
	if (end > 1 && (text[end - 1] & 0xc0) == 0xc0) {
		unsigned char first = text[end - 1];
		size_t needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

		if (length - (end - 1) < needed)
			return end - 1;
	}
	return length;
}

/* The length of the next entry in data, 0: none yet. */
static size_t next_entry(const char *data, size_t length, enum logger_rest rest, bool *ret_ended)
{
	const char *newline = memchr(data, '\n', length);

	*ret_ended = newline || rest == LOGGER_LAST;
	if (newline)
		return newline + 1 - data;
	if (rest == LOGGER_FULL)
		return whole_characters(data, length);
	return rest == LOGGER_LAST ? length : 0;
}

size_t logger_take(struct logger *logger, enum logger_stream stream, const char *data,
		   size_t length, enum logger_rest rest)
{
	const struct logger_driver *driver = logger->driver;
	struct stamp stamp = stamp_now();
	size_t taken = 0, entry, text;
	bool ended;

	if (!driver->add)
		return length;
	while (taken < length && !logger_is_held(logger)) {
		/* Only what fills all of the caller's room is cut: there was no line end in it. */
		entry = next_entry(data + taken, length - taken,
				   taken && rest == LOGGER_FULL ? LOGGER_MORE : rest, &ended);
		if (entry == 0)
			break;
		text = data[taken + entry - 1] == '\n' ? entry - 1 : entry;
		driver->add(logger, stream, &stamp, data + taken, text, ended);
		taken += entry;
	}
	if (driver->flush)
		driver->flush(logger);
	return taken;
}

bool logger_is_held(struct logger *logger)
{
	return logger->driver && logger->driver->is_held && logger->driver->is_held(logger);
}

void logger_close(struct logger *logger)
{
	if (logger->driver && logger->driver->close)
		logger->driver->close(logger);
	logger->driver = NULL;
}
