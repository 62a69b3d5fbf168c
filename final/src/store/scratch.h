/*
 * scratch.h: a directory DATA/tmp/X for what a command makes: all of it, or none, gets a
 * name elsewhere.
 *
 *	auto_scratch struct scratch scratch = SCRATCH_NONE;
 *	scratch_open(place, &scratch)        also removes what killed commands left
 *	scratch_make_dir(&scratch, "blobs", &fd)
 *	...                                  renameat(2) moves what is whole: it is one file system
 *	                                     scratch_close() removes the rest
 *	scratch_collect(place, false, &count)  gc
 *
 * Its maker holds flock(2) on it. So one that can be locked is nobody's: no process IDs are needed
 * for that, and SIGKILL is as good as an exit. Next file: digest.h
 */
#pragma once

#include "place.h"

struct scratch {
	const struct place *place;
	int fd;	       /* of the directory; -1: none */
	char name[24]; /* below DATA/tmp */
};

#define SCRATCH_NONE                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int scratch_open(const struct place *place, struct scratch *ret_scratch) MUST_CHECK;
void scratch_close(struct scratch *scratch);
#define auto_scratch __attribute__((cleanup(scratch_close)))

/* A directory in it, mode 0700, made if missing. */
int scratch_make_dir(const struct scratch *scratch, const char *name, int *ret_fd) MUST_CHECK;

/* Those of commands that are no more. dry_run: only counts them. */
int scratch_collect(const struct place *place, bool dry_run, size_t *ret_count) MUST_CHECK;
