/*
 * logger.h: the container's output, line by line, to where it is kept: one driver of a table.
 *
 *	logger_open(&config, &logger)
 *	while (... read(2) some output ...)
 *		taken = logger_take(&logger, LOGGER_STDOUT, data, length, LOGGER_MORE)
 *	logger_close(&logger)
 *
 * It takes whole lines; what it does not take the caller keeps and offers again with what follows.
 * Nothing waits in here: a driver that cannot go on says so by logger_is_held(), and the caller
 * stops to read, so that the kernel stops the container's writers. What cannot be written, since a
 * disk is full, is counted, and said in one line of the log when there is space again.
 * PARENT. Next file: log_file.h
 */
#pragma once

#include "log_file.h"
#include "log_syslog.h"
#include "protocol.h"

enum logger_stream { LOGGER_STDOUT, LOGGER_STDERR };

enum logger_rest {
	LOGGER_MORE, /* more may come: a line without its end is left */
	LOGGER_FULL, /* the caller has no room: a part of a line is an entry of its own */
	LOGGER_LAST, /* it is the last: what is left is a line */
};

struct logger {
	const struct logger_driver *driver;
	struct log_file file;
	struct log_syslog syslog;
};

/* EINVAL for an unknown driver, and what open(2) of the file says. */
int logger_open(const struct monitor_config *config, struct logger *ret_logger) MUST_CHECK;

/* How many bytes of data are done with; fewer than there are lines if it is held. */
size_t logger_take(struct logger *logger, enum logger_stream stream, const char *data,
		   size_t length, enum logger_rest rest);

/* Nothing more now; ask again in LOGGER_PAUSE milliseconds. */
bool logger_is_held(struct logger *logger);
enum { LOGGER_PAUSE = 5 };

void logger_close(struct logger *logger);
