/* err.c: the error record. See err.h for the three calls; next file: fd.h */
#include "err.h"

#include <stdarg.h>
#include <string.h>

static struct err last;

static void shorten(int wanted)
{
	if (wanted >= ERR_TEXT)
		memcpy(last.text + ERR_TEXT - 4, "...", 4);
}

int err_set(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	last.code = code;
	shorten(vsnprintf(last.text, ERR_TEXT, format, args));
	va_end(args);
	return -1;
}

int err_sys(const char *format, ...)
{
	int code = errno, length;
	va_list args;

	va_start(args, format);
	last.code = code;
	length = vsnprintf(last.text, ERR_TEXT, format, args);
	va_end(args);
	if (length < ERR_TEXT)
		length += snprintf(last.text + length, ERR_TEXT - length, ": %s", strerror(code));
	shorten(length);
	return -1;
}

int err_wrap(const char *format, ...)
{
	struct err inner = last;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(last.text, ERR_TEXT, format, args);
	va_end(args);
	if (length < ERR_TEXT)
		length += snprintf(last.text + length, ERR_TEXT - length, ": %s", inner.text);
	shorten(length);
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
