/*
 * mount_attr.h: attributes of a detached mount, and attaching it. INIT.
 *
 *	mount_attr_isolation(spec)               what keeps a clone of a machine's mount inside
 *	mount_attr_set(fd, &opts, isolation)     while nobody can see the mount yet
 *	mount_attr_attach(fd, target_fd)
 *
 * A clone of a shared mount (open_tree(2)) is its peer: what is mounted below it in the container
 * would appear on the machine. So it leaves the peer group before it is attached,
 * mount_namespaces(7). Next file: mount_fs.h
 */
#pragma once

#include "mount_opts.h"

/* MS_PRIVATE or MS_SLAVE by linux.rootfsPropagation; 0 if that is shared: peers are wanted. */
uint64_t mount_attr_isolation(const struct spec *spec);

/*
 * Attributes and propagation of opts; for the whole tree what says so. A restriction the kernel
 * has locked (mount_namespaces(7), "locked") stays unless an option takes it away: then EPERM.
 */
int mount_attr_set(int fd, const struct mount_opts *opts, uint64_t isolation) MUST_CHECK;

/* On exactly what target_fd is, no path is looked up. EINVAL or ENOTDIR: a file on a directory. */
int mount_attr_attach(int fd, int target_fd) MUST_CHECK;
