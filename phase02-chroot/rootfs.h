/*
 * rootfs.h: the root file system of the container.
 *
 * All of it runs in the CHILD, in this order, after ns_isolate_mounts():
 *	rootfs_open(path)       the working directory is now the future root
 *	ns_mount_proc("proc")   mounts go to relative paths while the host is still in reach
 *	rootfs_mount_dev()
 *	rootfs_enter()          "/" is the future root; nothing outside has a name any more
 *
 * Functions return 0, or -1 after they have printed why.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

/*
 * BOTH: where rootfs-builder puts its BusyBox root: $HUSK_ROOTFS if set, else the calling user's
 * own one, else the one root made for everybody. Never NULL; whether it exists is not checked.
 */
const char *rootfs_default(void);

/* CHILD: makes `path` the working directory and the place the next calls build in. */
int rootfs_open(const char *path);

/* CHILD: a /dev of its own with the harmless devices of the host, null(4), random(4), tty(4). */
int rootfs_mount_dev(void);

/* CHILD: makes the working directory the root directory, chroot(2). */
int rootfs_enter(void);

#endif
