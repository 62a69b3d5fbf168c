/*
 * bundle.h: what the caller of `create` and `exec` hands over: a bundle on disk, an environment,
 * and files that it wants to have. PARENT.
 *
 *	bundle_load(options, &bundle)    config.json, read, checked, and amended by LISTEN_FDS and
 *	                                 NOTIFY_SOCKET of the caller's environment
 *	bundle_connect_console(...)      where the terminal's master goes
 *	bundle_write_pid(...)            --pid-file, --pidfd-socket
 *
 * Next file: bundle.c
 */
#pragma once

#include "container.h"

struct bundle {
	struct spec spec;
	int fd;		     /* the directory */
	char *path, *rootfs; /* absolute */
	char *config;	     /* the text of config.json, to be kept with the container */
	size_t config_length;
	uint32_t preserve_fds; /* of --preserve-fds and LISTEN_FDS */
	struct arena arena;
};

/* Fills a bundle that is zeroed but for fd, -1; bundle_free() also after a failure. */
int bundle_load(const struct create_options *options, struct bundle *bundle) MUST_CHECK;
void bundle_free(struct bundle *bundle);

/* EINVAL: a terminal without a place to send it to. *ret_socket is -1 if there is no terminal. */
int bundle_connect_console(const struct spec_process *process, const struct create_options *options,
			   int *ret_socket) MUST_CHECK;

/* EBADF: one of the descriptors 3 to 2 + count is not open. */
int bundle_check_preserved(uint32_t count) MUST_CHECK;
int bundle_write_pid(const char *pid_file, const char *pidfd_socket, pid_t pid,
		     int pidfd) MUST_CHECK;
