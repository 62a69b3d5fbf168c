/*
 * child.h: a process of its own for what reads a stranger's bytes: a parser that is tricked can do
 * little, one that crashes is a message, one that is ended leaves the engine alive.
 *
 *	static int work(const struct child *child) { ... child_report(child, 'O', path, n) ... }
 *	child_run(&(struct child){.name = "unpacking", .work = work, .root_fd = dir, ...})
 *
 * The child has three descriptors at most, few capabilities, no_new_privs, and with root_fd that
 * directory as its "/", on a mount from which nothing can be executed: a library or a configuration
 * that a tar has just put there is not loaded. Its error record becomes ours. Next file: ../image/layer.h
 */
#pragma once

#include "../base/scope.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct child {
	const char *name; /* for messages: "unpacking" */
	int (*work)(const struct child *child);
	void *job;
	int input_fd, output_fd; /* -1: none */
	int root_fd;		 /* -1: it stays where we are */
	uint64_t capabilities;	 /* to keep, of what we have: bits of CAP_* */
	/* What the child reports, in our process; -1 ends it. NULL: it reports nothing. */
	int (*take)(void *job, char kind, const char *data, size_t length);
	int report_fd; /* child_run() sets it */
};

enum { CHILD_REPORT_MAX = PATH_MAX };

int child_run(const struct child *child) MUST_CHECK;

/* In the child. Kind 'E' is taken: the error record. */
int child_report(const struct child *child, char kind, const void *data, size_t length) MUST_CHECK;

/* The two halves, for who has to do something meanwhile: read what the child writes. */
struct child_process {
	int pid, report_fd;
};
int child_start(const struct child *child, struct child_process *ret_process) MUST_CHECK;
int child_finish(const struct child *child, struct child_process *process) MUST_CHECK;
