/* log.c: lines of text or JSON. See log.h; next file: json.h */
#include "log.h"
#include "err.h"
#include "fd.h"
#include "str.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

enum { LINE = 2 * ERR_TEXT };

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static struct {
	int fd; /* 0: not opened, standard error */
	enum log_format format;
	enum log_level level;
	void (*send)(enum log_level level, const char *text);
} logger = {.level = LOG_WARNING};

int log_open(const struct log_options *options)
{
	logger.format = options->format;
	logger.level = options->level;
	if (!options->path)
		return 0;
	logger.fd = open(options->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	if (logger.fd < 0) {
		logger.fd = 0;
		logger.format = LOG_TEXT; /* for a person: no program will read it */
		return err_sys("--log %s: open", options->path);
	}
	return 0;
}

/* RFC 8259 section 7: quotes, backslashes and control characters. */
static size_t escape(char *ret, size_t size, const char *text)
{
	size_t used = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c && used + 8 < size; c++) {
		if (*c == '"' || *c == '\\')
			used += snprintf(ret + used, size - used, "\\%c", *c);
		else if (*c < ' ')
			used += snprintf(ret + used, size - used, "\\u%04x", *c);
		else
			ret[used++] = *c;
	}
	ret[used] = '\0';
	return used;
}

static int format_json(char *line, size_t size, enum log_level level, const char *text)
{
	char stamp[40], escaped[LINE];
	time_t now = time(NULL);
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	escape(escaped, sizeof(escaped), text);
	return snprintf(line, size, "{\"level\":\"%s\",\"msg\":\"%s\",\"time\":\"%s\"}\n",
			level_names[level], escaped, stamp);
}

/* Names of files and values are from outside: they make no second line, and rule no terminal. */
static int format_text(char *line, size_t size, enum log_level level, const char *text)
{
	int length = snprintf(line, size, "%s: %s%s\n", program_invocation_short_name,
			      level == LOG_WARNING ? "warning: " : "", text);

	str_printable(line);
	if (length < (int)size)
		line[length - 1] = '\n';
	return length;
}

/* One write(2) a line: lines of processes side by side do not mix. */
static void write_line(int fd, enum log_format format, enum log_level level, const char *text)
{
	char line[LINE + 100];
	int length;

	if (format == LOG_JSON)
		length = format_json(line, sizeof(line), level, text);
	else
		length = format_text(line, sizeof(line), level, text);
	if (length >= (int)sizeof(line)) {
		length = sizeof(line) - 1;
		line[length - 1] = '\n';
	}
	if (fd_write(fd, line, length) < 0)
		return; /* nobody left to tell */
}

void log_write(enum log_level level, const char *format, ...)
{
	char text[ERR_TEXT];
	va_list args;

	if (level > logger.level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (logger.send)
		logger.send(level, text);
	else
		write_line(logger.fd ? logger.fd : STDERR_FILENO, logger.format, level, text);
}

void log_failure(void)
{
	const char *text = err_last()->text;

	if (logger.fd)
		write_line(logger.fd, logger.format, LOG_ERROR, text);
	write_line(STDERR_FILENO, logger.fd ? LOG_TEXT : logger.format, LOG_ERROR, text);
}

void log_redirect(void (*send)(enum log_level level, const char *text))
{
	if (logger.fd > 0) {
		close(logger.fd);
		logger.fd = 0;
		logger.format = LOG_TEXT;
	}
	logger.send = send;
}
