/*
 * fd.h: whole reads and writes on descriptors, and descriptors that travel between processes.
 *
 *	fd_write(fd, text, length)             all of it, or an error; EINTR is not one
 *	fd_read_text(fd, max, &arena, &text)   a small file as a string
 *	fd_send(socket, fd, name, length) / fd_receive(socket, &fd, ...)
 *
 * BOTH processes. Next file: sys.h
 */
#pragma once

#include "str.h"

#include <sys/types.h>

/* Writes all of data. In error texts the caller names the file: use err_wrap. */
int fd_write(int fd, const void *data, size_t length) MUST_CHECK;

/* One read(2), tried again after a signal; -1 with errno. */
ssize_t fd_read(int fd, void *data, size_t size) MUST_CHECK;

/*
 * Reads to the end of the file, at most max bytes, and adds a NUL; EFBIG if there is more. The
 * length is returned through ret_length if that is not NULL.
 */
int fd_read_text(int fd, size_t max, struct arena *arena, char **ret_text,
		 size_t *ret_length) MUST_CHECK;

/* The same for a file at path below dir_fd (AT_FDCWD: the working directory). */
int fd_read_file(int dir_fd, const char *path, size_t max, struct arena *arena, char **ret_text,
		 size_t *ret_length) MUST_CHECK;

/* One write(2) of text to the file at path: what control files of the kernel want. */
int fd_write_file(int dir_fd, const char *path, const char *text) MUST_CHECK;

/* Sends data with a descriptor (SCM_RIGHTS, unix(7)); fd -1 sends data alone. */
int fd_send(int socket, int fd, const void *data, size_t length) MUST_CHECK;

/*
 * Receives one message. Returns its length, 0 at the end, -1 for an error. *ret_fd is -1 if none
 * came; it is O_CLOEXEC.
 */
ssize_t fd_receive(int socket, int *ret_fd, void *data, size_t size) MUST_CHECK;

/* Marks every descriptor from `first` on close-on-exec, close_range(2). CVE-2024-21626. */
int fd_close_on_exec_from(unsigned int first) MUST_CHECK;
