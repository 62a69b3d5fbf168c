/*
 * rootfs.h: from the machine's tree of mounts to the container's. INIT, in this order:
 *
 *	rootfs_isolate(spec)              what is mounted from here on stays inside
 *	rootfs_open(spec, path, &root)    the rootfs becomes a mount of its own, by descriptor
 *	mount_apply()                     for each mount
 *	dev_populate(root, spec, bind)    nodes and links of /dev, see dev.h
 *	rootfs_enter(root, no_pivot)      pivot_root(".", "."), the old root detached
 *	rootfs_protect(spec)              makes cwd; readonlyPaths, maskedPaths; / read-only ...
 *	rootfs_change_dir(process)
 *
 * Masks come from an empty tmpfs of our own and from a /dev/null that was looked at
 * (CVE-2025-31133). Next file: dev.h
 */
#pragma once

#include "../spec/spec.h"

/*
 * Mount propagation, mount_namespaces(7). Nothing of the machine is a peer of what the container
 * gets but the binds that ask for it ("rshared" under rootfsPropagation "shared"): they are clones
 * the parent made. EINVAL without a mount namespace: this would be done to the machine itself.
 */
int rootfs_isolate(const struct spec *spec) MUST_CHECK;

/* path: absolute. The mount lies over the directory it comes from: hooks look for it there. */
int rootfs_open(const struct spec *spec, const char *path, int *ret_root_fd) MUST_CHECK;

/* no_pivot: MS_MOVE and chroot(2), for a machine whose root is an initramfs. */
int rootfs_enter(int root_fd, bool no_pivot) MUST_CHECK;

/*
 * In rootfs_protect.c. What is not there needs no mask. process.cwd is made if it is missing, here
 * and for create alone: the process of `exec` enters a container that somebody else fills.
 */
int rootfs_protect(const struct spec *spec) MUST_CHECK;

/* chdir(2) to process.cwd, ENOENT if it is missing; then "/..." by getcwd(3): CVE-2024-21626. */
int rootfs_change_dir(const struct spec_process *process) MUST_CHECK;
