/*
 * execute.h: other programs, run by the monitor: the OCI runtime, and at the end the exit command.
 *
 *	execute_start(argv, streams, &pid)     the loop waits for it
 *	execute_error(dir_fd, status, fd)      why a runtime failed, in its own words: error record
 *	execute_at_end(argv)                   a program that begins when the monitor has ended
 *
 * PARENT. Next file: streams.h
 */
#pragma once

#include "../base/str.h"

#include <sys/types.h>

/* The runtime's own log, in DIR: --log. */
#define EXECUTE_LOG "runtime.log"

/* streams: its 0, 1 and 2; NULL: /dev/null. Signals are as they are for any program. */
int execute_start(char *const argv[], const int streams[3], pid_t *ret_pid) MUST_CHECK;

/*
 * Sets the error record: the last error of EXECUTE_LOG (JSON lines), else the last line in the pipe
 * errors_fd, if that is not -1, else the wait status. Returns -1.
 */
int execute_error(int dir_fd, const char *runtime, int status, int errors_fd) MUST_CHECK;

int execute_at_end(char *const argv[]) MUST_CHECK;
