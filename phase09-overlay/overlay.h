/*
 * overlay.h: copy-on-write. The root file system is what two directories look like on top of each
 * other: below the base, which many containers share and none can write to; above a layer of the
 * container's own, where all that it writes, changes or deletes ends up. overlayfs, in the
 * kernel's Documentation/filesystems/overlayfs.rst
 *
 *	PARENT                                CHILD
 *	overlay_create(cfg)
 *	ns_spawn(...)                         overlay_open(cfg)    first of all
 *	                                      overlay_mount(cfg)   before rootfs_open()
 *	ns_wait(...)
 *	overlay_keep(cfg)                     if --keep: lists the changes, and saves them
 *	overlay_remove(cfg->name)             also at any failure, and by `husk gc`
 *
 * DATA/overlay/NAME has all there is of a container: upper, the layer; work, where the kernel
 * prepares what it then renames into upper; merged, the mount point; and image, while a tar is
 * being unpacked. Functions return 0, or -1 after they have printed why.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

struct config;

/*
 * PARENT: makes the directories of cfg->name, and unpacks cfg->image if there is one (image.h).
 * When it fails, what it has made is left to overlay_remove().
 */
int overlay_create(struct config *cfg);

/*
 * CHILD, as long as it is who may enter DATA, which is closed to the root of a range of IDs: opens
 * what overlay_mount() needs. The parent could not: its files are on mounts of its own namespace.
 */
int overlay_open(struct config *cfg);

/* CHILD: mounts base and layer; cfg->rootfs is now the place, and is good for rootfs_open(). */
int overlay_mount(struct config *cfg);

/*
 * PARENT, after the container's end: prints a line for each change, "A" added, "C" changed, "D"
 * deleted, and moves the layer to DATA/kept, where nothing of husk will touch it again.
 */
int overlay_keep(const struct config *cfg);

/* PARENT: removes all there is of a container of that name. That there is nothing is fine. */
int overlay_remove(const char *name);

/*
 * PARENT: calls visit for each container that has something here, also for those of which no
 * record speaks, because a reboot has emptied the place of the records, but not this one.
 * Returns 0, or -1 if visit did once.
 */
int overlay_each(int (*visit)(const char *name));

#endif
