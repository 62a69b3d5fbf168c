/*
 * overlay.h: one overlayfs(5) mount: directories on each other, the topmost first.
 *
 *	overlay_mount(&(struct overlay){.lowers = fds, .count = 3, .upper_fd = u, ...}, at_fd)
 *
 * Layers go by descriptor: no path is in an option, where ":" and "," mean something, and any
 * number of layers up to the kernel's 500 is possible. Linux 6.13 takes descriptors themselves, 6.8
 * a path for each layer, /proc/self/fd/N; before, all of them have to fit into the 4096 bytes of
 * mount(2), so they are bare numbers, seen from the directory /proc/self/fd. Next file: ../engine/rootfs.c
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <sys/stat.h>

struct overlay {
	const int *lowers; /* O_RDONLY */
	size_t count;
	int upper_fd, work_fd; /* directories of one file system that is not overlayfs */
	bool volatile_upper;   /* fsync(2) does nothing; work has to be removed before the next */
	bool devices;	       /* device nodes work */
};

enum overlay_way { OVERLAY_BY_FD, OVERLAY_BY_PATH, OVERLAY_BY_NUMBER, OVERLAY_WAYS };

/* On the directory of at_fd; the first way that this kernel has. */
int overlay_mount(const struct overlay *overlay, int at_fd) MUST_CHECK;

/* EOPNOTSUPP: the kernel does not have this way. */
int overlay_mount_by(const struct overlay *overlay, enum overlay_way way, int at_fd) MUST_CHECK;

/* In a layer: what hides a name of the layers below; a directory that hides all of them. */
bool overlay_is_whiteout(const struct stat *st);
bool overlay_is_opaque(int dir_fd);
