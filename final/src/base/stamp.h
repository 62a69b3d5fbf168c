/*
 * stamp.h: times, as files and people read them, RFC 3339 in UTC.
 *
 *	stamp_now().text          "2024-05-01T10:20:30.123456789Z"
 *	stamp_milliseconds()      of a clock that nobody sets: for how long, until when
 *
 * Every process may use it. Next file: stamp.c
 */
#pragma once

#include <stdint.h>
#include <time.h>

struct stamp {
	char text[40];
};

struct stamp stamp_now(void);
int64_t stamp_milliseconds(void);
