/*
 * rootfs.h: the box's file system: its layers below, one of its own above.
 *
 *	rootfs_mount(box, &path)     overlayfs on DATA/boxes/ID/merged; layers by descriptor;
 *	                             a layer that is not unpacked is, now
 *	rootfs_unmount(box)          gone already is success
 *	rootfs_changes(box, each)    diff: A, C, D and the path, from the upper layer
 *
 * Next file: ../image/overlay.h
 */
#pragma once

#include "../store/box.h"

int rootfs_mount(const struct box *box, struct arena *arena, char **ret_path) MUST_CHECK;
int rootfs_unmount(const struct box *box) MUST_CHECK;

/*
 * In the order of names, a directory before what is in it. `kind` is 'A', 'C' or 'D'; path is
 * absolute, with whatever bytes the box gave it. It need not be mounted.
 */
int rootfs_changes(const struct box *box, int (*each)(char kind, const char *path, void *data),
		   void *data) MUST_CHECK;

/* Its lower directories, the topmost first, O_RDONLY; the caller closes them. */
struct rootfs_lowers {
	int *fds;
	size_t count;
};
int rootfs_open_lowers(const struct box *box, struct rootfs_lowers *ret_lowers) MUST_CHECK;
void rootfs_close_lowers(struct rootfs_lowers *lowers);
#define auto_lowers __attribute__((cleanup(rootfs_close_lowers)))
