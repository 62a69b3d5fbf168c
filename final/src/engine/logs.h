/*
 * logs.h: reading what the monitor wrote: log.json, log.json.1 ..., docker's json-file format.
 *
 *	logs_print(box, &options)     --follow, --tail, --since, --until, --timestamps, across rotation:
 *	                              no line is lost or printed twice
 */
#pragma once

#include "box.h"

struct logs_options {
	bool follow, timestamps, stdout_only, stderr_only;
	struct opt_u64 tail;
	const char *since, *until; /* RFC 3339, or "10m" ago */
};

int logs_print(struct box *box, const struct logs_options *options) MUST_CHECK;
