/* err.c: the error record. See err.h for the three calls; next file: fd.h */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static struct err last;

/* Built aside: what goes into the new text may be the old one. */
static void set(int code, const char *tail, const char *format, va_list args)
{
	struct err next = {.code = code};
	int length = vsnprintf(next.text, ERR_TEXT, format, args);

	if (length < ERR_TEXT && tail)
		length += snprintf(next.text + length, ERR_TEXT - length, ": %s", tail);
	if (length >= ERR_TEXT)
		memcpy(next.text + ERR_TEXT - 4, "...", 4);
	last = next;
}

int err_set(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(code, NULL, format, args);
	va_end(args);
	return -1;
}

int err_sys(const char *format, ...)
{
	int code = errno;
	va_list args;

	va_start(args, format);
	set(code, strerror(code), format, args);
	va_end(args);
	return -1;
}

int err_wrap(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(last.code, last.text, format, args);
	va_end(args);
	return -1;
}

const struct err *err_last(void)
{
	return &last;
}

void err_adopt(const struct err *err)
{
	last = *err;
	last.text[ERR_TEXT - 1] = '\0'; /* it may come from another process */
}

bool err_is_full(void)
{
	return err_last()->code == ENOSPC || err_last()->code == EDQUOT;
}
