/*
 * clients.h: who is attached: the socket DIR/attach, and frames both ways.
 *
 *	clients_open(dir_fd, &clients)              listens; nobody is connected
 *	clients_accept(&clients)                    one more: root or ourselves, nobody else
 *	clients_send(&clients, FRAME_STDOUT, ...)   to all of them
 *	clients_receive(&clients, i, &frame)        one frame of one of them
 *	clients_close(&clients)
 *
 * A client that does not read is dropped when its socket is full. One is waited for, if the
 * container was started for it: clients_send() says so, and sends to nobody, until that client is
 * writable again. PARENT. Next file: monitor.h
 */
#pragma once

#include "protocol.h"

enum { CLIENTS_MAX = 16 };

struct client {
	int fd;
	bool is_mute;	  /* it has gone, perhaps with frames of its own left to read */
	bool gives_input; /* the container's input ends with it, if stdin_once */
	bool cleans;	  /* FRAME_CLEAN */
	bool waits;	  /* its next frame is input, for which there is no room now */
};

struct clients {
	int listener;
	size_t count;
	struct client items[CLIENTS_MAX];
	int held;	 /* descriptor of the one that is waited for; -1: none */
	bool is_blocked; /* by that one */
};

int clients_open(int dir_fd, struct clients *ret_clients) MUST_CHECK;

/* Returns the new client, or NULL. */
struct client *clients_accept(struct clients *clients);

/* False: not sent, the client that is waited for is full. */
bool clients_send(struct clients *clients, enum frame_type type, const void *data, size_t length);

/* What the next frame will be, 0 if there is none now, -1: the client is at its end. */
int clients_peek(const struct client *client) MUST_CHECK;

/* Takes the next frame; false: it was none, or not in our form, and the client has to go. */
bool clients_receive(const struct client *client, struct frame *ret_frame);

void clients_drop(struct clients *clients, struct client *client);
bool clients_any_cleans(const struct clients *clients);
void clients_close(struct clients *clients);
