/*
 * mount_opts.h: mount options of config.json, taken apart. No side effects. BOTH.
 *
 *	mount_opts_parse(&spec->mounts.items[i], &opts)
 *
 * One table has every option: config-linux.md "Linux mount options", and what mount(8) and the
 * engines write. What is not in the table is data for the file system.
 */
#pragma once

#include "../spec/spec.h"

struct mount_opts {
	bool bind, recursive;	       /* bind or rbind */
	uint64_t attr_set, attr_clear; /* MOUNT_ATTR_*, mount_setattr(2) */
	uint64_t rec_set, rec_clear;   /* the r* ones: rro, rnosuid ...: the whole tree */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; 0: as it is */
	bool propagation_recursive;
	bool tmpcopyup, idmap, ridmap, nofollow_source;
	bool readonly_fs;     /* "ro" of a new file system is also the superblock's */
	struct str_list data; /* "size=64m", "mode=1777" ... */
};

int mount_opts_parse(const struct spec_mount *mount, struct arena *arena,
		     struct mount_opts *ret_opts) MUST_CHECK;

/* linux.rootfsPropagation: MS_* with MS_REC, MS_SLAVE | MS_REC if absent. */
unsigned long mount_opts_propagation(const char *word);

/* Every option there is, for `features`. */
int mount_opts_list(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
