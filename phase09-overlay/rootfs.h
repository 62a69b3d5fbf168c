/*
 * rootfs.h: the root file system of the container.
 *
 * All of it runs in the CHILD, in this order, after ns_isolate_mounts():
 *	rootfs_open(path)       the working directory is now the future root
 *	ns_mount_proc("proc")   mounts go to relative paths while the host is still in reach
 *	rootfs_mount_sys()
 *	rootfs_mount_dev()
 *	rootfs_mount_volume(v)  for each -v
 *	rootfs_enter()          "/" is the future root; the mounts of the host are gone
 *	rootfs_make_read_only() if asked to
 *	rootfs_protect()
 *
 * Functions return 0, or -1 after they have printed why.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

struct volume;

/*
 * BOTH: where rootfs-builder puts its BusyBox root: $HUSK_ROOTFS if set, else the calling user's
 * own one, else the one root made for everybody. Never NULL; whether it exists is not checked.
 */
const char *rootfs_default(void);

/*
 * CHILD: makes `path` a mount of its own, the working directory the next calls build in. Its proc,
 * sys and dev must be directories, not links.
 */
int rootfs_open(const char *path);

/* CHILD: a read-only /sys, sysfs(5). */
int rootfs_mount_sys(void);

/*
 * CHILD: a /dev of its own with the harmless devices of the host, null(4), random(4), tty(4),
 * terminals of its own, pts(4), and shared memory of its own, shm_overview(7).
 */
int rootfs_mount_dev(void);

/* CHILD: binds a file or directory of the host to a place that exists inside. */
int rootfs_mount_volume(const struct volume *volume);

/* CHILD: makes the working directory the root of the mount namespace, pivot_root(2). */
int rootfs_enter(void);

/* CHILD: forbids to write to "/", but not to the volumes, /dev and /proc mounted in it. */
int rootfs_make_read_only(void);

/*
 * CHILD: what no namespace covers. Device files outside /dev cannot be opened; files of /proc and
 * /sys that tell of the machine are hidden, and those that command it are read-only.
 */
int rootfs_protect(void);

#endif
