/*
 * log.h: what the container prints is kept in a file, and still arrives where it would have.
 *
 *	PARENT                                LOGGER (a child of husk, outside the container)
 *	log_open_streams()
 *	log_start(&log, cfg)                  is born
 *	ns_spawn(...), ns_wait(...)           copies each pipe to the stream and to the file
 *	log_finish(&log)                      ends with the last process that could write
 *
 * One file a run, DATA/logs/container_<timestamp>.log, a line of output each:
 *	2026-11-23T16:10:55.123456789Z stdout F hello world
 * Time, stream, F for a full line or P for a part of one, text: what Kubernetes calls the CRI log
 * format. The first line, of stream "husk", names the container and the command.
 */
#ifndef LOG_H
#define LOG_H

#include <sys/types.h>

struct config;

enum log_mode {
	LOG_PIPES, /* every stream but a terminal: programs behave differently on a pipe */
	LOG_ALL,
	LOG_NONE
};

struct log {
	pid_t logger;	/* 0: there is none */
	int streams[3]; /* our own 1 and 2, while pipes stand in for them; else -1 */
};

/* BOTH, first of all: a closed 0, 1 or 2 becomes /dev/null, so that no file of ours gets there. */
void log_open_streams(void);

/*
 * PARENT, before ns_spawn(): from now on what husk and the container write to 1 and 2 passes
 * through the logger. Returns 0, or -1 after it has printed why.
 */
int log_start(struct log *ret_log, const struct config *cfg);

/* PARENT, after ns_wait(): puts the streams back and waits until everything has been written. */
void log_finish(struct log *log);

/*
 * `husk logs NAME`: prints what the last container of that name printed, stdout to 1 and stderr to
 * 2, or with timestamps the lines as they are. Returns an exit status.
 */
int log_print(const char *name, int with_timestamps);

#endif
