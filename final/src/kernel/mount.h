/*
 * mount.h: one mount of config.json, made by descriptor on a target below the rootfs.
 *
 *	PARENT  mount_open_source(spec, i, bundle_fd, &fd)   binds: open_tree(2); -1 for others
 *	PARENT  mount_idmap_source(fd, spec, i)              in mount_idmap.c
 *	INIT    mount_apply(&context, i, fd)
 *	INIT    mount_finish(spec)                           in mount_late.c
 *
 * Sources are opened by the parent: it still sees the machine as the caller does, also when the
 * container is in a user namespace that may not. Targets are opened with path.h: no mount ever
 * goes to a path. An error names the path element that is missing, or is a file where a directory
 * has to be; the caller puts the destination before it. Next file: mount_opts.h
 */
#pragma once

#include "../spec/spec.h"
#include "cgroup.h"

struct mount_opts;

struct mount_context {
	int root_fd;	    /* the rootfs, a mount of its own */
	const char *bundle; /* where relative sources begin */
	const struct spec *spec;
	const struct cgroup_host *cgroups; /* NULL: not known, as version 2 */
	const char *cgroup_path;
	bool new_user_ns, new_net_ns, new_cgroup_ns;
};

int mount_open_source(const struct spec *spec, size_t index, int bundle_fd, int *ret_fd) MUST_CHECK;

/*
 * With the mappings of the mount, else those of linux.uidMappings and gidMappings. Does nothing
 * if the mount asks for none.
 */
int mount_idmap_source(int source_fd, const struct spec *spec, size_t index) MUST_CHECK;

/* source_fd stays open. */
int mount_apply(const struct mount_context *context, size_t index, int source_fd) MUST_CHECK;

/* A tmpfs that is "ro" stays writable until mount_finish(), for what is made in it. */
bool mount_is_late(const struct spec_mount *mount, const struct mount_opts *opts);

/* In the container's root, when all mounts and devices are there. */
int mount_finish(const struct spec *spec) MUST_CHECK;
