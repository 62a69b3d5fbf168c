/*
 * logs_files.h: a log's files, oldest first, while the monitor renames them.
 *
 *	logs_files_open(dir_fd, &files)         those that are there now
 *	logs_files_drop(&files)                 the first one, which has been read
 *	logs_files_next(&files, &is_lost)       one that has come since, after the last one
 *	logs_files_close(&files)
 *
 * Rotation renames from the oldest file down, so a file's number only grows: who looks for numbers
 * upwards meets each file at least once, and perhaps one of them twice. Next file: logs_entry.c
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LOGS_NAME "log.json"

struct logs_file {
	int fd;
	ino_t inode;
	off_t offset; /* of the next line to be read */
};

struct logs_files {
	int dir_fd;
	struct logs_file *items; /* oldest first */
	size_t count;
};

/* The newest one is locked. No files at all is no error. */
int logs_files_open(int dir_fd, struct logs_files *ret_files) MUST_CHECK;

/* No more than the last lines are left: by offsets, and by files that are dropped. */
int logs_files_seek(struct logs_files *files, uint64_t lines) MUST_CHECK;
void logs_files_drop(struct logs_files *files);

/*
 * Appends the file that follows the last one, locked; false: there is none yet. The last one is not
 * written to any more then, but may have been since it was read. *ret_lost: the last one has been
 * removed, and perhaps others that nobody has read.
 */
bool logs_files_next(struct logs_files *files, bool *ret_lost);
void logs_files_close(struct logs_files *files);
