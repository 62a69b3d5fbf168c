/*
 * streams.h: the container's standard streams: pipes, or a terminal.
 *
 *	streams_open(&config, dir_fd, &streams, theirs)     theirs: for the runtime's `create`
 *	streams_take_terminal(&streams, dir_fd)             after it
 *	streams_read(...), streams_pump(...)                output: to the log and to clients
 *	streams_give(&streams, data, length)                input: into memory
 *	streams_write(&streams)                             and from there to the container
 *	streams_close(&streams)
 *
 * No call waits, and memory is one buffer a stream: what the log or a client does not take now
 * stays there, the stream is not read, and the kernel makes the container's writers wait. PARENT.
 * Next file: clients.h
 */
#pragma once

#include "clients.h"
#include "logger.h"

enum { STREAM_BUFFER = LOG_FILE_TEXT, STREAM_PAUSE = 200 /* milliseconds */ };

struct stream {
	int fd; /* -1: at its end */
	size_t length;
	size_t sent; /* of length: clients have it; what the log has is gone from the buffer */
	char data[STREAM_BUFFER];
};

struct streams {
	bool is_terminal;
	bool is_closed; /* the terminal, by its last user: it may be opened again, ask later */
	struct stream output[2]; /* by logger_stream; a terminal is the first */
	int input;		 /* -1: at its end; a terminal is the descriptor of output[0] */
	bool input_ends;	 /* after what is in memory */
	size_t input_length;
	char input_data[FRAME_DATA];
	struct frame_size size; /* of the terminal; kept for the next one */
	int console;		/* listens for the terminal; -1: there is none to come */
};

/* The runtime gives the terminal's descriptor to a socket: --console-socket. */
struct console_path {
	char text[64];
};
struct console_path streams_console_path(int dir_fd);

/* theirs[]: 0, 1 and 2 of the runtime's `create`; the caller closes them. */
int streams_open(const struct monitor_config *config, int dir_fd, struct streams *streams,
		 int ret_theirs[3]) MUST_CHECK;
int streams_take_terminal(struct streams *streams, int dir_fd) MUST_CHECK;

bool streams_can_read(const struct stream *stream);

/* Reads once. False: there is nothing now, or nothing any more. */
bool streams_read(struct streams *streams, enum logger_stream which);

/* To clients and the log, as much as they take. */
void streams_pump(struct streams *streams, struct clients *clients, struct logger *logger);

/* Whether all is at its end, and clients and log have it. */
bool streams_is_done(const struct streams *streams);

/* Whether streams_give() may be called: nothing is in memory, and the terminal has come. */
bool streams_has_room(const struct streams *streams);
void streams_give(struct streams *streams, const char *data, size_t length);
void streams_end_input(struct streams *streams);
void streams_write(struct streams *streams);
void streams_resize(struct streams *streams, const struct frame_size *size);

/* Ours of one stream: its writers get EPIPE. */
void streams_close_output(struct streams *streams, enum logger_stream which);
void streams_close(struct streams *streams);
