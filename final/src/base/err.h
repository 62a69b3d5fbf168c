/*
 * err.h: why something failed: one record per process, one line of text.
 *
 *	if (open(...) < 0)
 *		return err_sys("open %s", path);            a leaf: what, and errno's words
 *	if (limit < 0)
 *		return err_set(EINVAL, "limit %d: ...", limit);  a leaf without errno
 *	if (mount_apply(m) < 0)
 *		return err_wrap("mount %s", m->destination);     a caller: where it happened
 *
 * All three return -1, so that a function can return what they return. main() prints the record,
 * once. The record has a fixed size and no pointers: the container's init sends it to the runtime
 * as it is, in one datagram. Every process has its own. Next file: scope.h
 */
#pragma once

#include "scope.h"

#include <stdbool.h>

enum { ERR_TEXT = 1000 };

struct err {
	int code; /* an errno value, or 0 if nothing failed */
	char text[ERR_TEXT];
};

/* Sets code and text; returns -1. A text too long for the record ends in "...". */
int err_set(int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same with errno: ": " and strerror(3) are appended. */
int err_sys(const char *format, ...) PRINTF_LIKE(1, 2);

/* Puts "format: " before the text there is, keeping the code; returns -1. */
int err_wrap(const char *format, ...) PRINTF_LIKE(1, 2);

const struct err *err_last(void);

/* Whether it failed since a disk, or somebody's share of it, is full. */
bool err_is_full(void);

/* Takes over a record: another process's, or one saved around an undo that may fail as well. */
void err_adopt(const struct err *err);
