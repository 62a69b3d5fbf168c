/*
 * home.h: HOME of a program whose configuration has none, or an empty one. INIT, once the rootfs is "/".
 *
 *	home_complete(process, &arena, &env)     process.env, with HOME at its end if there was none
 *
 * runc and crun do it, and images count on it: the home directory of the user's line in the
 * container's own /etc/passwd, or "/". The file is the image's, so it may be anything: a link out, a
 * FIFO, a device, a gigabyte. Then it is "/" as well.
 */
#pragma once

#include "../spec/spec.h"

int home_complete(const struct spec_process *process, struct arena *arena,
		  struct str_list *ret_env) MUST_CHECK;

/* The sixth field of the line of that user, passwd(5), copied; NULL: none, or not a path. */
char *home_find(const char *passwd, uint32_t uid, struct arena *arena) MUST_CHECK;
