/*
 * idmap.h: mappings of user and group IDs, user_namespaces(7).
 *
 *	PARENT  idmap_write(pid, uids, gids)             of a child in a new user namespace
 *	PARENT  idmap_open_namespace(uids, gids, &fd)    a user namespace nobody is in, for
 *	                                                 mount_setattr(2), MOUNT_ATTR_IDMAP
 *
 * Who is not root may map his own ID only; longer maps are written by newuidmap(1) and
 * newgidmap(1), which look into /etc/subuid. Next file: mount_opts.h
 */
#pragma once

#include "../spec/spec.h"

#include <sys/types.h>

int idmap_write(pid_t pid, const struct spec_id_maps *uids,
		const struct spec_id_maps *gids) MUST_CHECK;

int idmap_open_namespace(const struct spec_id_maps *uids, const struct spec_id_maps *gids,
			 int *ret_fd) MUST_CHECK;
