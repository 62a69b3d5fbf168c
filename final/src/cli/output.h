/*
 * output.h: where an archive goes: the file of -o, or standard output.
 *
 *	output_write(options->output, write_tar, data)
 *
 * A terminal is refused, and a file that did not become whole is removed. Next file: output.c
 */
#pragma once

#include "../base/scope.h"

/* path NULL: standard output. `write` returns 0, or -1 with the error record. */
int output_write(const char *path, int (*write)(int fd, void *data), void *data) MUST_CHECK;
