/*
 * runtime_error.h: what OCI runtimes say when they fail: their log in JSON lines, --log-format json.
 *
 *	runtime_error_read(dir_fd, "runtime.log", &arena, &text)     the last error in it
 *	runtime_error_status(text)                                   docker's exit status for it
 *
 * BOTH processes. Next file: store.h
 */
#pragma once

#include "str.h"

/* *ret_text is NULL if the log has no error, or there is none. */
void runtime_error_read(int dir_fd, const char *path, struct arena *arena, char **ret_text);

/* 127: not found, 126: cannot be executed, 125: anything else. */
int runtime_error_status(const char *text);
