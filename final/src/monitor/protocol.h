/*
 * protocol.h: what the engine and a container's monitor say to each other. The engine includes
 * this header, and nothing else of the monitor.
 *
 *	engine   writes RUN/box/ID/monitor.json, locks `lock`, executes husk-monitor DIR, with
 *	         descriptor 3 open for the report, and the lock as descriptor 4
 *	monitor  runs any OCI runtime's `create`, with the container's streams in its hands, then
 *	         `start`, and writes one report line to descriptor 3: {"pid":N} or {"error":"..."}
 *	client   connects to RUN/box/ID/attach (SOCK_SEQPACKET): frames both ways, see below
 *	monitor  at the end of the container: the file `exit`, restarts by policy, or executes
 *	         `exitCommand` (the engine, to unmount and release) and ends
 *
 * DIR, RUN/box/ID, of mode 0700, holds everything: any number of engines may come and go, and each
 * finds the monitor by what is there.
 *
 *	monitor.json   written by the engine before
 *	lock           flock(2)ed from before the monitor's start until its end: who gets it knows that
 *	               there is none
 *	attach         the socket; there before `create` begins
 *	pid            the PID of the container's init, a decimal number; gone while there is none
 *	exit           how it ended; `restarting`: it is started again, or has been since: see `pid`
 *	stopped        the engine makes it, empty: no restart follows. The same as FRAME_STOP
 *
 * At its start the monitor removes what another one left of attach, pid, exit and stopped. Every
 * process may use this. Next file: monitor.h
 */
#pragma once

#include "../base/bind.h"

#include <sys/types.h>

enum { MONITOR_REPORT_FD = 3, MONITOR_LOCK_FD = 4, MONITOR_LOG_FILES_MAX = 1000 };

/* monitor.json */
struct monitor_config {
	char *id;
	char *runtime;		      /* absolute path of the OCI runtime */
	struct str_list runtime_args; /* before the command: --root ... */
	char *bundle;
	bool terminal;	 /* process.terminal of the bundle */
	bool stdin_open; /* the container's standard input waits for clients; else it is at its end */
	bool stdin_once;      /* it ends with the first client */
	bool wait_for_client; /* `start` only when one is attached: it gets every byte */
	bool client_cleans; /* the client that is attached at the end does what exit_command would */
	struct {
		char *driver;	    /* "json-file", "none", "syslog" */
		char *path;	    /* of json-file: log.json */
		uint64_t max_size;  /* bytes; 0: no limit */
		uint32_t max_files; /* with the current one; 0 is 1 */
		char *tag;	    /* of syslog */
	} log;
	struct {
		char *policy;	  /* "no", "on-failure", "always", "unless-stopped" */
		uint32_t maximum; /* of on-failure; 0: any number */
	} restart;
	struct str_list exit_command;
};

extern const struct bind_table monitor_config_table;

/* The line on descriptor 3. */
struct monitor_report {
	int64_t pid; /* of the container's init */
	char *error; /* in the place of pid: the runtime's own line */
};

extern const struct bind_table monitor_report_table;

/* The file `exit`, atomically written; also the payload of FRAME_EXIT. */
struct monitor_exit {
	int64_t code; /* as a shell's $?: 128 + n for a signal; 125 to 127: it was never executed */
	bool oom_killed;
	bool restarting;	  /* the monitor will start it again */
	uint32_t restarts;	  /* how often until now, and with the one that follows */
	char *started, *finished; /* RFC 3339 */
	char *error;		  /* a start that failed: the runtime's own line */
};

extern const struct bind_table monitor_exit_table;

/*
 * A frame is one datagram: type, length, and that many bytes of data. A client that does not read
 * is not waited for longer than its socket's buffer: it is dropped, the container is not held up by
 * it; by the one that `wait_for_client` waited for it is (a pipeline in the shell throttles its
 * container).
 */
enum frame_type {
	/* Client -> monitor. No bytes: its end, which the container gets if stdin_once. */
	FRAME_STDIN = 1,
	/*
	 * Monitor -> client; a terminal's output too. Without bytes, from the client that was waited
	 * for: nobody reads this stream any more, so that a program gets EPIPE as in a pipeline.
	 */
	FRAME_STDOUT,
	FRAME_STDERR,
	FRAME_RESIZE, /* client -> monitor: struct frame_size */
	FRAME_EXIT,   /* monitor -> client: struct monitor_exit as JSON; the last one */
	FRAME_STOP,   /* client -> monitor: the user stops it, no restart follows */
	FRAME_CLEAN,  /* client -> monitor: I do what exit_command would do */
};

enum { FRAME_DATA = 8192, FRAME_HEADER = 8 };

struct frame {
	uint32_t type;
	uint32_t length; /* of data */
	char data[FRAME_DATA];
};

struct frame_size {
	uint16_t rows, columns;
};

/*
 * recv(2) without waiting. A peer that has closed with something of ours unread gives ECONNRESET
 * once, before what it has sent: so it is asked once more. Its end comes after that.
 */
ssize_t frame_receive(int fd, void *ret_data, size_t size, int flags) MUST_CHECK;
