/*
 * loop.h: serving everybody while the story of monitor.c waits for something.
 *
 *	loop_until(monitor, has_ended, -1)
 *
 * Streams, clients, children that have ended: whatever comes first. PARENT. Next file: loop.c
 */
#pragma once

#include "monitor.h"

/* Until is_done(monitor), or for so many milliseconds; -1: for ever; 0: one look at everything. */
int loop_until(struct monitor *monitor, bool (*is_done)(struct monitor *monitor),
	       int64_t milliseconds) MUST_CHECK;

/* What is in the container's streams now, after its end: to the log and to clients. */
int loop_drain(struct monitor *monitor) MUST_CHECK;
