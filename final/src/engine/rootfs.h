/*
 * rootfs.h: the box's file system: its layers below, one of its own above.
 *
 *	rootfs_mount(box, &path)     overlayfs on DATA/boxes/ID/merged; layers by descriptor, fsconfig(2)
 *	rootfs_unmount(box)          gone already is success
 *	rootfs_changes(box, each)    diff: A, C, D and the path, from the upper layer
 */
#pragma once

#include "box.h"

int rootfs_mount(const struct box *box, struct arena *arena, char **ret_path) MUST_CHECK;
int rootfs_unmount(const struct box *box) MUST_CHECK;
