/*
 * tty.h: a pseudo-terminal of the container's own devpts, pty(7).
 *
 *	PARENT  tty_connect(path, &socket)         --console-socket
 *	INIT    tty_open(root_fd, process, &tty)   /dev/pts/ptmx of the new devpts; the peer by
 *	                                           TIOCGPTPEER: no path that a link could bend
 *	INIT    tty_mount_console(root_fd, &tty)   the peer over /dev/console
 *	INIT    tty_send(socket, &tty)             the master, with its name, as runc and crun do
 *	INIT    tty_take(&tty, uid)                setsid(2), TIOCSCTTY, standard streams
 *	PARENT  tty_make_raw(), tty_copy_size()    `run` and `exec` in the foreground: see
 *	        tty_restore()                      runtime/foreground.c
 *
 * CVE-2025-52565: /dev/console of the image may be a link to anything, so the peer goes on a
 * descriptor of it, and a link is refused. Next file: cap.h
 */
#pragma once

#include "../spec/spec.h"

#include <termios.h>

struct tty {
	int master, peer;
	char name[64]; /* "/dev/pts/0" */
};

int tty_connect(const char *path, int *ret_socket) MUST_CHECK;
int tty_open(int root_fd, const struct spec_process *process, struct tty *ret_tty) MUST_CHECK;
int tty_mount_console(int root_fd, const struct tty *tty) MUST_CHECK;
int tty_send(int socket, const struct tty *tty) MUST_CHECK;

/* uid: the owner the terminal gets, so that its user can open it again. Closes both. */
int tty_take(struct tty *tty, uid_t uid) MUST_CHECK;

/* The caller's own terminal: raw; the old settings for tty_restore(). */
int tty_make_raw(int fd, struct termios *ret_old) MUST_CHECK;
void tty_restore(int fd, const struct termios *old);
int tty_copy_size(int from_fd, int to_fd) MUST_CHECK;
