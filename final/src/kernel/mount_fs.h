/*
 * mount_fs.h: a new file system, as a mount that is attached nowhere yet. INIT.
 *
 *	mount_fs_make("tmpfs", "tmpfs", &opts, label, &fd)     fsopen(2) ... fsmount(2)
 *	mount_fs_change(fd, "tmpfs", &opts)                    fspick(2): of one that is mounted
 *	mount_fs_is_old(&opts)                                 data that fsconfig(2) does not take
 *	mount_fs_mount(target, "overlay", source, &opts, label)     those: mount(2) on a path
 *
 * The new calls are preferred because the kernel says through them what it does not like: "tmpfs:
 * Bad value for 'size'" instead of EINVAL. Next file: mount_cgroup.h
 */
#pragma once

#include "mount_opts.h"

/* label: linux.mountLabel, or NULL; file systems without extended attributes do not get it. */
int mount_fs_make(const char *type, const char *source, const struct mount_opts *opts,
		  const char *label, int *ret_fd) MUST_CHECK;

/*
 * Options and flags of the file system; what opts does not name stays. "ro" is the mount's: others
 * may share the file system. type: for errors.
 */
int mount_fs_change(int mount_fd, const char *type, const struct mount_opts *opts) MUST_CHECK;

/* mount(2) gets one string of at most 4095 bytes; fsconfig(2) values of at most 255. */
bool mount_fs_is_old(const struct mount_opts *opts);
int mount_fs_mount(const char *target, const char *type, const char *source,
		   const struct mount_opts *opts, const char *label) MUST_CHECK;

/* MOUNT_ATTR_* as mount(2) calls them. */
unsigned long mount_fs_old_flags(uint64_t attributes);
