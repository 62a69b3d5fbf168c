/*
 * clock.h: points of time, as RFC 3339 has them, and as people read and type them.
 *
 *	clock_now(&arena, &text)             "2026-03-01T10:00:00.123456789Z"
 *	clock_parse("10m", &ns)              ago; or RFC 3339, or seconds since 1970
 *	clock_age(text, &arena)              "5 minutes", "About an hour", as docker says
 */
#pragma once

#include "../base/str.h"

int clock_now(struct arena *arena, char **ret_text) MUST_CHECK;

/* Nanoseconds since 1970. EINVAL with what may be typed. */
int clock_parse(const char *text, int64_t *ret_ns) MUST_CHECK;

/* How long from then until now. "" if the text is none. */
char *clock_age(const char *text, struct arena *arena);
