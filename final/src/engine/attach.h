/*
 * attach.h: the caller's terminal or streams, joined to a box by its monitor's socket.
 *
 *	attach_connect(box, &fd)
 *	attach_relay(fd, &options, &exit)     until the box ends, or the detach keys are typed
 */
#pragma once

#include "../monitor/protocol.h"
#include "box.h"

struct attach_options {
	bool terminal;		 /* raw mode, window size */
	bool input;		 /* -i: our standard input goes in */
	bool forward_signals;	 /* to the box, by the runtime */
	bool cleans;		 /* FRAME_CLEAN: the caller releases the box itself */
	const char *detach_keys; /* "ctrl-p,ctrl-q" */
};

int attach_connect(const struct box *box, int *ret_fd) MUST_CHECK;

/* *ret_detached: the keys were typed, or the socket closed without FRAME_EXIT. */
int attach_relay(int fd, struct box *box, const struct attach_options *options,
		 struct monitor_exit *ret_exit, bool *ret_detached) MUST_CHECK;
