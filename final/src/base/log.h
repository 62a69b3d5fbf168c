/*
 * log.h: what the runtime says, to standard error or to --log FILE, as text or as JSON lines.
 *
 *	log_open(&(struct log_options){.path = "log.json", .format = LOG_JSON, ...})
 *	log_warn("unknown capability %s is left out", name);
 *	log_failure();                        the error record, once, at the end of main()
 *
 * Engines read the last line of level "error" from FILE and show it to people; podman takes its
 * exit status from words in it. JSON lines are {"level":...,"msg":...,"time":RFC 3339}, as runc
 * and crun write them. PARENT; the container's init sends its lines to the parent (sync.h).
 * Next file: json.h
 */
#pragma once

#include "scope.h"

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_TEXT, LOG_JSON };

struct log_options {
	const char *path; /* NULL: standard error */
	enum log_format format;
	enum log_level level; /* nothing above it is written */
};

/* Opens (appends to, makes) the file. Until then: text, warnings and errors, standard error. */
int log_open(const struct log_options *options) MUST_CHECK;

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_warn(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* Writes the error record. With --log it goes to standard error as well: people look there. */
void log_failure(void);

/*
 * In the container's init: lines go to `send` instead. The file is closed: init may wait for `start`
 * for days, where others inside could reach what it holds.
 */
void log_redirect(void (*send)(enum log_level level, const char *text));
