/*
 * logs.h: reading what the monitor wrote: log.json, log.json.1 ..., docker's json-file format.
 *
 *	logs_print(box, &options)     --follow, --tail, --since, --until, --timestamps, across rotation:
 *	                              no line is lost or printed twice
 *
 * A reader that follows holds flock(2) on the file that it is in, and lets go when it has the next
 * one: the monitor removes no file of a reader that keeps up (../monitor/log_file.h). Files:
 * logs.c, logs_files.c, logs_entry.c. Next file: logs.c
 */
#pragma once

#include "../store/box.h"

struct logs_options {
	bool follow; /* until the box has ended, or `until` is over */
	bool timestamps, stdout_only, stderr_only;
	struct opt_u64 tail;
	const char *since, *until; /* RFC 3339, or "10m" ago: clock.h */
};

/* ENOTSUP: the box's log driver is one that keeps nothing here. */
int logs_print(struct box *box, const struct logs_options *options) MUST_CHECK;
