/* sync.c: messages between the runtime and init. See sync.h for the ladder; next file: gate.h */
#include "sync.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

struct message {
	uint32_t type;
	uint32_t value; /* LOG: enum log_level; LISTENER: a descriptor's number */
	struct err err; /* FAIL; LOG: the line is its text */
};

enum { SHORT = offsetof(struct message, err) };

static const char *const names[] = {
	[SYNC_GO] = "GO",
	[SYNC_HOOKS] = "HOOKS",
	[SYNC_HOOKS_DONE] = "HOOKS_DONE",
	[SYNC_LISTENER] = "LISTENER",
	[SYNC_READY] = "READY",
	[SYNC_LOG] = "LOG",
	[SYNC_FAIL] = "FAIL",
};

static const char *name_of(uint32_t type)
{
	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "an unknown message";
}

int sync_open(int ret_fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return err_sys("create socket pair");
	return 0;
}

static int write_message(int socket, const struct message *message, size_t length)
{
	ssize_t written;

	do
		written = write(socket, message, length);
	while (written < 0 && errno == EINTR);
	if (written < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_set(EPIPE, "the other process died");
	return written < 0 ? err_sys("send %s", name_of(message->type)) : 0;
}

int sync_send(int socket, enum sync_type type, uint32_t value)
{
	struct message message = {.type = type, .value = value};

	return write_message(socket, &message, SHORT);
}

/*
 * The other process may be dead, and not have read what we wrote: that is ECONNRESET, once. What it
 * still wrote comes after that, and is worth more than the news.
 */
static ssize_t read_message(int socket, struct message *ret_message)
{
	ssize_t length;

	do
		length = read(socket, ret_message, sizeof(*ret_message));
	while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	return length;
}

/* The next message that is no LOG; its length is right for its type. */
static int receive(int socket, struct message *ret_message, bool *ret_end)
{
	*ret_end = false;
	for (;;) {
		ssize_t length = read_message(socket, ret_message);
		bool is_long;

		if (length < 0)
			return err_sys("wait for the other process");
		*ret_end = length == 0;
		if (*ret_end)
			return 0;
		is_long = length >= SHORT &&
			  (ret_message->type == SYNC_LOG || ret_message->type == SYNC_FAIL);
		if (length != (is_long ? (ssize_t)sizeof(*ret_message) : SHORT))
			return err_set(EPROTO, "received %zd bytes, which is no message", length);
		if (ret_message->type != SYNC_LOG)
			return 0;
		ret_message->err.text[ERR_TEXT - 1] = '\0';
		log_write(ret_message->value <= LOG_DEBUG ? ret_message->value : LOG_WARNING, "%s",
			  ret_message->err.text);
	}
}

int sync_order(int socket, enum sync_type type)
{
	struct message message;
	bool is_end;

	if (sync_send(socket, type, 0) == 0)
		return 0;
	if (err_last()->code != EPIPE || receive(socket, &message, &is_end) < 0)
		return -1;
	if (!is_end && message.type == SYNC_FAIL)
		err_adopt(&message.err);
	return -1;
}

int sync_expect(int socket, enum sync_type type, uint32_t *ret_value)
{
	struct message message;
	bool is_end;

	if (receive(socket, &message, &is_end) < 0)
		return -1;
	if (is_end)
		return err_set(EPIPE, "the other process died");
	if (message.type == SYNC_FAIL) {
		err_adopt(&message.err);
		return -1;
	}
	if (message.type != (uint32_t)type)
		return err_set(EPROTO, "expected %s, received %s", name_of(type),
			       name_of(message.type));
	if (ret_value)
		*ret_value = message.value;
	return 0;
}

int sync_expect_end(int socket)
{
	struct message message;
	bool is_end;

	if (receive(socket, &message, &is_end) < 0)
		return -1;
	if (is_end)
		return 0;
	if (message.type != SYNC_FAIL)
		return err_set(EPROTO, "expected the end, received %s", name_of(message.type));
	err_adopt(&message.err);
	return -1;
}

void sync_send_log(int socket, enum log_level level, const char *text)
{
	struct message message = {.type = SYNC_LOG, .value = level};

	snprintf(message.err.text, sizeof(message.err.text), "%s", text);
	if (write_message(socket, &message, sizeof(message)) < 0)
		return; /* the parent is gone: there is nobody to tell */
}

void sync_send_failure(int socket)
{
	struct message message = {.type = SYNC_FAIL, .err = *err_last()};

	if (write_message(socket, &message, sizeof(message)) < 0)
		return;
}
