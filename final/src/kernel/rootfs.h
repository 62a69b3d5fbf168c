/*
 * rootfs.h: from the machine's tree of mounts to the container's. INIT, in this order:
 *
 *	rootfs_isolate(spec)            mount propagation: what is mounted from here on stays inside
 *	rootfs_open(spec, path, &root)  the rootfs becomes a mount of its own, by descriptor
 *	mount_apply() for each mount
 *	dev_populate(root, spec)        nodes and links of /dev, see dev.h
 *	rootfs_enter(root, no_pivot)    pivot_root(".", "."), the old root detached; or MS_MOVE +
 *chroot rootfs_protect(spec)            readonlyPaths, maskedPaths; / read-only; rootfsPropagation
 *
 * /proc and /sys of the rootfs have to be directories (CVE-2019-19921); masks come from our own
 * empty tmpfs and from a /dev/null that was looked at (CVE-2025-31133). Next file: dev.h
 */
#pragma once

#include "../spec/spec.h"

int rootfs_isolate(const struct spec *spec) MUST_CHECK;
int rootfs_open(const struct spec *spec, const char *path, int *ret_root_fd) MUST_CHECK;
int rootfs_enter(int root_fd, bool no_pivot) MUST_CHECK;
int rootfs_protect(const struct spec *spec) MUST_CHECK;

/* chdir(2) to process.cwd, which is made if missing; then "/..." by getcwd(3): CVE-2024-21626. */
int rootfs_change_dir(const struct spec_process *process) MUST_CHECK;
