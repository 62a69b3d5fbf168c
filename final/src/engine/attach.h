/*
 * attach.h: the caller's terminal or streams, joined to a box by its monitor's socket.
 *
 *	attach_connect(box, &fd)
 *	attach_send_size(fd)                          of a box with a terminal, at once
 *	attach_relay(fd, box, &options, &exit, ...)   until the box ends, or the detach keys are typed
 *
 * No byte waits in memory but one frame each way: who does not read our output makes us not read
 * the socket, and so the monitor not read the container. Next file: attach.c
 */
#pragma once

#include "../monitor/protocol.h"
#include "../store/box.h"

#define ATTACH_KEYS "ctrl-p,ctrl-q"

/* What ret_exit->code becomes if it would be 0 and output was lost to an error of write(2). */
enum { ATTACH_LOST = 125 };

struct attach_options {
	bool terminal;		 /* raw mode, window size */
	bool input;		 /* -i: our standard input goes in */
	bool forward_signals;	 /* to the box, by the runtime; else INT, TERM, HUP, QUIT end us */
	bool cleans;		 /* FRAME_CLEAN: the caller releases the box itself */
	const char *detach_keys; /* NULL: ATTACH_KEYS; "": there are none */
};

/* ENOENT, ECONNREFUSED: no monitor listens. */
int attach_connect(const struct box *box, int *ret_fd) MUST_CHECK;

/* The size of our terminal, if we have one: sent before `start`, the program finds it. */
void attach_send_size(int fd);

/*
 * EPIPE: the socket closed without FRAME_EXIT. *ret_detached: the keys were typed; *ret_exit is then
 * not set. Its texts are in the box's arena. Our terminal is as it was when this returns,
 * or when a signal that is not forwarded ends us.
 */
int attach_relay(int fd, struct box *box, const struct attach_options *options,
		 struct monitor_exit *ret_exit, bool *ret_detached) MUST_CHECK;

/* --- attach_keys.c --- */

enum { ATTACH_KEYS_MAX = 16 };

struct attach_keys {
	unsigned char codes[ATTACH_KEYS_MAX];
	size_t count, matched; /* 0: none */
};

/* "ctrl-p,ctrl-q", "a,b", "ctrl-]": letters, or ctrl- and one of a-z @ [ \ ] ^ _. */
int attach_keys_parse(const char *text, struct attach_keys *ret_keys) MUST_CHECK;

/*
 * What was typed, without the keys: those that may still become the whole sequence are kept back.
 * ret_passed has room for length + ATTACH_KEYS_MAX bytes. True: the sequence is complete.
 */
bool attach_keys_filter(struct attach_keys *keys, const char *typed, size_t length,
			char *ret_passed, size_t *ret_length);
