/*
 * foreground.h: a container, or a process in one, that the caller waits for. PARENT.
 *
 *	foreground_begin()                    signals wait until there is somebody to pass them to
 *	foreground_open_terminal(&terminal)   a socket for init to send its terminal to
 *	... the process is made and started, with terminal.theirs ...
 *	foreground_wait(&terminal, pid, pidfd, &status)   relays terminal and signals until it ends
 *
 * The relay: everything typed goes to the container's terminal (the caller's one is raw meanwhile),
 * everything it prints comes back, a changed window size is passed on. Without a terminal the
 * standard streams are the caller's own, and only signals are passed on. Next file: foreground.c
 */
#pragma once

#include "../base/scope.h"

#include <sys/types.h>

struct terminal {
	int ours, theirs; /* a socket pair; -1: the process has no terminal */
	int master;	  /* foreground_take_master() */
};

int foreground_begin(void) MUST_CHECK;
int foreground_open_terminal(struct terminal *ret_terminal) MUST_CHECK;
int foreground_take_master(struct terminal *terminal) MUST_CHECK;

/* *ret_status as a shell has it: the exit status, or 128 + the signal. */
int foreground_wait(const struct terminal *terminal, pid_t pid, int pidfd,
		    int *ret_status) MUST_CHECK;
