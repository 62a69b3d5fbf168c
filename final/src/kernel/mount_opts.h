/*
 * mount_opts.h: mount options of config.json, taken apart. No side effects. BOTH.
 *
 *	mount_opts_parse(&spec->mounts.items[i], &arena, &opts)
 *
 * One table has every option: config-linux.md "Linux mount options", and what mount(8) and the
 * engines write. What is not in the table is data for the file system. Of two options that
 * contradict each other the later one counts. Next file: mount_fs.h
 */
#pragma once

#include "../spec/spec.h"

struct mount_opts {
	bool bind, recursive; /* bind or rbind, or of type "bind" */
	bool remount; /* changes what is mounted there; without "bind" the file system, too */
	uint64_t attr_set, attr_clear; /* MOUNT_ATTR_*, mount_setattr(2) */
	uint64_t rec_set, rec_clear;   /* the r* ones: rro, rnosuid ...: the whole tree */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; 0: as it is */
	bool propagation_recursive;
	bool tmpcopyup, idmap, ridmap;
	bool copy_symlink;    /* a source that is a link is made again, not mounted */
	bool nofollow_source; /* a source that is a link is mounted itself */
	bool nofollow_target;
	unsigned long sb_flags; /* of the superblock, mount(2): MS_SYNCHRONOUS ... */
	unsigned long sb_clear; /* those that "remount" takes away */
	bool readonly_fs;	/* "ro" of a new file system is also the superblock's */
	struct str_list data;	/* "size=64m", "mode=1777" ... */
};

int mount_opts_parse(const struct spec_mount *mount, struct arena *arena,
		     struct mount_opts *ret_opts) MUST_CHECK;

/* linux.rootfsPropagation: MS_* with MS_REC, MS_SLAVE | MS_REC if absent. */
unsigned long mount_opts_propagation(const char *word);

/* The value of the last "key=value" in the data, or NULL. */
const char *mount_opts_data(const struct mount_opts *opts, const char *key);

/* Every option there is, for `features`. */
int mount_opts_list(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
