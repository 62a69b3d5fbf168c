/*
 * sync.h: what the runtime and the container's init say to each other while it is being made: one
 * SOCK_SEQPACKET pair, typed messages, one ladder (docs/sync-protocol.md):
 *
 *	PARENT                              INIT
 *	  maps, cgroup      -- GO -->       it may believe its IDs and its cgroup now
 *	                    <-- HOOKS --    mounts are made, the machine's tree is still there
 *	  hooks run         -- HOOKS_DONE -->
 *	  pidfd_getfd(2)    <-- LISTENER -- the number of its descriptor, only with SCMP_ACT_NOTIFY
 *	                    <-- READY --    it waits at its gate
 *
 * At any rung INIT may say LOG (any number of times) or FAIL (its error record; then it ends). The
 * receiver names the type it expects: everything else is an error that names both. The end of the
 * socket is a message too: the other process has died. Next file: gate.h
 */
#pragma once

#include "../base/err.h"
#include "../base/log.h"

#include <stdint.h>

enum sync_type {
	SYNC_GO = 1,
	SYNC_HOOKS,
	SYNC_HOOKS_DONE,
	SYNC_LISTENER,
	SYNC_READY,
	SYNC_LOG,
	SYNC_FAIL
};

/* fds[0] is the parent's end, fds[1] init's. */
int sync_open(int ret_fds[2]) MUST_CHECK;

/* value: of LISTENER; else 0. One write(2): a seccomp filter may leave init no other call. */
int sync_send(int socket, enum sync_type type, uint32_t value) MUST_CHECK;

/* PARENT: the same. If init has died, the error is the last word that it wrote, or EPIPE. */
int sync_order(int socket, enum sync_type type) MUST_CHECK;

/* Waits for that message. ret_value may be NULL. */
int sync_expect(int socket, enum sync_type type, uint32_t *ret_value) MUST_CHECK;

/* Waits for the end of the socket: init has executed its program (execve(2) closes it), or died. */
int sync_expect_end(int socket) MUST_CHECK;

/* INIT: a line for the parent to log; its error record as the last word. */
void sync_send_log(int socket, enum log_level level, const char *text);
void sync_send_failure(int socket);
