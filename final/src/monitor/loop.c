/*
 * loop.c: what is waited for changes with every step, and is a handful: poll(2). See loop.h; next
 * file: execute.h
 */
#include "loop.h"
#include "../base/fd.h"
#include "../base/stamp.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { SIGNALS, LISTENER, REPORT, INPUT, OUTPUT, ERRORS, CLIENTS, ALL = CLIENTS + CLIENTS_MAX };

/* After the end of init only those outside of its PID namespace can still write: not for ever. */
enum { DRAIN_MAX = 1 << 20 };

/* --- what is waited for --- */

static struct pollfd wait_if(bool wanted, int fd, short events)
{
	return (struct pollfd){.fd = wanted ? fd : -1, .events = events};
}

/* A descriptor of which nothing is wanted is left out: poll(2) would report its hang-up for ever. */
static size_t fill(struct monitor *m, struct pollfd polled[ALL])
{
	bool held = logger_is_held(&m->logger);

	polled[SIGNALS] = wait_if(true, m->signals, POLLIN);
	polled[LISTENER] = wait_if(true, m->clients.listener, POLLIN);
	polled[REPORT] = wait_if(!m->is_orphan, m->report, 0); /* its reader's end */
	polled[INPUT] = wait_if(m->streams.input_length > 0, m->streams.input, POLLOUT);
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++) {
		const struct stream *stream = &m->streams.output[i];

		polled[OUTPUT + i] = wait_if(m->pid && !held && !m->streams.is_closed &&
						     streams_can_read(stream),
					     stream->fd, POLLIN);
	}
	for (size_t i = 0; i < m->clients.count; i++) {
		const struct client *client = &m->clients.items[i];
		bool is_blocked = m->clients.is_blocked && client->fd == m->clients.held;
		bool is_heard = !client->waits || streams_has_room(&m->streams);

		polled[CLIENTS + i] = wait_if(is_heard || is_blocked, client->fd,
					      (is_heard ? POLLIN : 0) | (is_blocked ? POLLOUT : 0));
	}
	return CLIENTS + m->clients.count;
}

/* --- children --- */

static void reap_program(struct monitor *m)
{
	if (m->program && waitpid(m->program, &m->program_status, WNOHANG) == m->program)
		m->program = 0;
}

/*
 * As a subreaper we get every process whose parent ends: hooks' leavings, those of a container in
 * our PID namespace. While the container's PID is not known, it could be any of them.
 */
static void reap(struct monitor *m)
{
	int status;
	pid_t pid;

	reap_program(m);
	while (m->pid && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m->pid) {
			m->status = status;
			m->has_ended = true;
		} else if (pid == m->program) {
			m->program_status = status;
			m->program = 0;
		}
	}
}

static void handle_signals(struct monitor *m)
{
	struct signalfd_siginfo info;

	if (fd_read(m->signals, &info, sizeof(info)) == sizeof(info))
		reap(m);
}

/* --- clients --- */

static void accept_client(struct monitor *m)
{
	struct client *client = clients_accept(&m->clients);

	if (!client)
		return;
	if (m->config.wait_for_client && !m->had_client) {
		m->clients.held = client->fd;
		client->cleans = m->config.client_cleans;
		client->gives_input = true;
	}
	m->had_client = true;
}

static void handle_input(struct monitor *m, struct client *client, const struct frame *frame)
{
	client->gives_input = true;
	if (frame->length > 0)
		streams_give(&m->streams, frame->data, frame->length);
	else if (m->config.stdin_once)
		streams_end_input(&m->streams);
}

static void handle_resize(struct monitor *m, struct client *client, const struct frame *frame)
{
	struct frame_size size;

	(void)client;
	if (frame->length != sizeof(size))
		return;
	memcpy(&size, frame->data, sizeof(size));
	streams_resize(&m->streams, &size);
}

static void handle_stop(struct monitor *m, struct client *client, const struct frame *frame)
{
	(void)client, (void)frame;
	m->is_stopped = true;
}

static void handle_clean(struct monitor *m, struct client *client, const struct frame *frame)
{
	(void)m, (void)frame;
	client->cleans = true;
}

/* Nobody reads: the container's writers are told, if it was for this client that they write. */
static void handle_closed(struct monitor *m, struct client *client, const struct frame *frame)
{
	if (frame->length == 0 && client->fd == m->clients.held)
		streams_close_output(&m->streams,
				     frame->type == FRAME_STDERR ? LOGGER_STDERR : LOGGER_STDOUT);
}

static void (*const handlers[])(struct monitor *m, struct client *client,
				const struct frame *frame) = {
	[FRAME_STDIN] = handle_input,
	[FRAME_STDOUT] = handle_closed,
	[FRAME_STDERR] = handle_closed,
	[FRAME_RESIZE] = handle_resize,
	[FRAME_EXIT] = NULL,
	[FRAME_STOP] = handle_stop,
	[FRAME_CLEAN] = handle_clean,
};

/* False: the client is at its end, or does not speak our language. */
static bool serve(struct monitor *m, struct client *client)
{
	int type = clients_peek(client);
	struct frame frame;

	if (type <= 0)
		return type == 0;
	/* Its input stays in its socket until there is room; what others say is heard meanwhile. */
	client->waits = type == FRAME_STDIN && !streams_has_room(&m->streams);
	if (client->waits)
		return true;
	if (!clients_receive(client, &frame) || !handlers[type])
		return false;
	handlers[type](m, client, &frame);
	return true;
}

static void lose_client(struct monitor *m, struct client *client)
{
	if (client->gives_input && m->config.stdin_once)
		streams_end_input(&m->streams);
	clients_drop(&m->clients, client);
}

/* From the last one down: a client that is dropped is replaced by the last one. */
static void handle_clients(struct monitor *m, const struct pollfd *polled, size_t count)
{
	for (size_t i = count; i-- > 0;) {
		struct client *client = &m->clients.items[i];
		bool is_ready = polled[i].revents & (POLLIN | POLLHUP | POLLERR);

		if (m->clients.held == client->fd && (polled[i].revents & ~POLLIN))
			m->clients.is_blocked = false; /* tried again by streams_pump() */
		if (client->waits)
			is_ready = streams_has_room(&m->streams);
		if (is_ready && !serve(m, client))
			lose_client(m, client);
	}
}

/* --- the loop --- */

static int sooner(int timeout, int pause)
{
	return timeout < 0 || timeout > pause ? pause : timeout;
}

static int poll_once(struct monitor *m, struct pollfd *polled, size_t count, int timeout)
{
	if (logger_is_held(&m->logger))
		timeout = sooner(timeout, LOGGER_PAUSE);
	if (m->streams.is_closed)
		timeout = sooner(timeout, STREAM_PAUSE);
	if (poll(polled, count, timeout) < 0 && errno != EINTR && errno != EAGAIN)
		return err_sys("wait for events");
	return 0;
}

static int step(struct monitor *m, int timeout)
{
	struct pollfd polled[ALL] = {0};
	size_t count, clients = m->clients.count;

	streams_pump(&m->streams, &m->clients, &m->logger);
	count = fill(m, polled);
	if (poll_once(m, polled, count, timeout) < 0)
		return -1;
	if (polled[SIGNALS].revents)
		handle_signals(m);
	if (polled[REPORT].revents)
		m->is_orphan = true;
	if (polled[INPUT].revents)
		streams_write(&m->streams);
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++)
		if (polled[OUTPUT + i].revents || (m->streams.is_closed && i == LOGGER_STDOUT))
			streams_read(&m->streams, i);
	handle_clients(m, polled + CLIENTS, clients);
	if (polled[LISTENER].revents)
		accept_client(m);
	return 0;
}

/* For poll(2), to which a negative time is for ever: one that is over is none. */
static int time_until(int64_t end)
{
	int64_t left = end - stamp_milliseconds();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int loop_until(struct monitor *m, bool (*is_done)(struct monitor *monitor), int64_t milliseconds)
{
	int64_t end = stamp_milliseconds() + milliseconds;

	reap(m); /* what ended while it was not asked for */
	do {
		if (is_done && is_done(m))
			return 0;
		if (step(m, milliseconds < 0 ? -1 : time_until(end)) < 0)
			return -1;
	} while (milliseconds < 0 || stamp_milliseconds() < end);
	return 0;
}

/*
 * The kernel has killed all of its PID namespace before we heard of init's end: what they wrote is
 * there. Only readers of ours that are slow have to be waited for.
 */
int loop_drain(struct monitor *m)
{
	size_t left[] = {DRAIN_MAX, DRAIN_MAX};

	for (;;) {
		for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++) {
			struct stream *stream = &m->streams.output[i];
			size_t before = stream->length, got;

			if (!streams_can_read(stream))
				continue;
			if (left[i] == 0 || !streams_read(&m->streams, i))
				streams_close_output(&m->streams, i);
			got = stream->length - before;
			left[i] -= got < left[i] ? got : left[i];
		}
		streams_pump(&m->streams, &m->clients, &m->logger);
		if (streams_is_done(&m->streams))
			return 0;
		if ((m->clients.is_blocked || logger_is_held(&m->logger)) && step(m, -1) < 0)
			return -1;
	}
}
