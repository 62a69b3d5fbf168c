/*
 * path.h: paths that somebody else controls. Every path under a rootfs goes through here.
 *
 *	path_open(root_fd, "/etc/passwd", O_RDONLY, &fd)     never outside of root_fd
 *	path_make_dir(root_fd, "/a/b/c", 0755, &fd)          like mkdir -p, then opened O_PATH
 *	path_make_file(root_fd, "/a/file", 0644, &fd)        an empty file, its directories too
 *
 * openat2(2) with RESOLVE_IN_ROOT keeps symbolic links and ".." below root_fd; magic links (those
 * of /proc) are refused. What was opened is used by descriptor from then on, so exchanging a
 * directory for a link changes nothing: CVE-2019-18837, CVE-2021-30465, CVE-2024-45310.
 * BOTH processes. Next file: proc.h
 */
#pragma once

#include "str.h"

#include <sys/types.h>

/* Opens with flags | O_CLOEXEC. Paths may begin with "/" or not: both begin at root_fd. */
int path_open(int root_fd, const char *path, int flags, int *ret_fd) MUST_CHECK;

/* As path_open(), but a symbolic link anywhere in path is ELOOP. */
int path_open_no_links(int root_fd, const char *path, int flags, int *ret_fd) MUST_CHECK;

/* Makes what is missing of a directory path, following links below root_fd; opens it O_PATH. */
int path_make_dir(int root_fd, const char *path, mode_t mode, int *ret_fd) MUST_CHECK;

/* The same for a file to mount on: made empty if nothing is there; opened O_PATH. */
int path_make_file(int root_fd, const char *path, mode_t mode, int *ret_fd) MUST_CHECK;

/* Opens the directory that path's last part is in; *ret_name points into path. "/": ".". */
int path_open_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name) MUST_CHECK;

/* "/proc/self/fd/N": for calls that take a path only. */
struct path_of_fd {
	char text[32];
};
struct path_of_fd path_of_fd(int fd);

/* Whether path is absolute and has no part "." or "..", no empty part, no slash at its end. */
bool path_is_clean(const char *path);
