/*
 * mount_cgroup.h: mounts of type cgroup and cgroup2: what of the cgroups a container sees. INIT.
 *
 *	mount_cgroup_apply(&context, mount, &opts, target_fd)
 *
 * Version 2 is one file system. On a machine with version 1 a mount of type "cgroup" is a tmpfs
 * with a directory per hierarchy, and "unified" on a hybrid one. With a cgroup namespace each is a
 * new mount, whose root is the container's own cgroup; without, it is a bind: of version 2 as the
 * machine has it, so that /proc/self/cgroup is right in it, of version 1 of the own cgroup alone.
 * Next file: rootfs.h
 */
#pragma once

#include "mount.h"
#include "mount_opts.h"

int mount_cgroup_apply(const struct mount_context *context, const struct spec_mount *mount,
		       const struct mount_opts *opts, int target_fd) MUST_CHECK;
