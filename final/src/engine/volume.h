/*
 * volume.h: named volumes, DATA/volumes/NAME/_data.
 *
 *	volume_use(place, name, anonymous, &arena, &path, &made)   made if missing; made: it is
 *	                                                           empty, volume_fill() is next
 *	volume_fill(path, rootfs, target)      what the image has there: owners, modes, attributes
 *	volume_create(place, name, &labels, ...)   `volume create`: EEXIST is success
 *
 * A volume belongs to no box: nothing but `volume rm`, `volume prune`, and `rm -v` for those
 * without a name of the user's, removes one. Next file: volume.c
 */
#pragma once

#include "../store/box.h"

struct volume {
	char *name, *path, *created;
	bool anonymous;
	struct str_map labels;
	struct arena arena;
};

/* name NULL: 64 random digits; anonymous then. Its name is returned. */
int volume_create(const struct place *place, const char *name, const struct str_map *labels,
		  struct arena *arena, char **ret_name) MUST_CHECK;
int volume_use(const struct place *place, const char *name, bool anonymous, struct arena *arena,
	       char **ret_path, bool *ret_made) MUST_CHECK;

/* All volumes of a box, made if missing: for one that is made and not started. */
int volume_use_all(const struct box *box) MUST_CHECK;

/* What is in the volume already stays. `path` is what volume_use() gave. */
int volume_fill(const char *path, const char *rootfs, const char *target) MUST_CHECK;

/* ENOENT if there is none. */
int volume_find(const struct place *place, const char *name, struct volume *ret_volume) MUST_CHECK;
void volume_free(struct volume *volume);
int volume_each(const struct place *place, int (*each)(struct volume *volume, void *data),
		void *data) MUST_CHECK;

/* 1: a box has it among its mounts; `by` names one. */
int volume_find_use(const struct place *place, const char *name, struct arena *arena,
		    char **ret_by) MUST_CHECK;

/* EBUSY: a box uses it. */
int volume_remove(const struct place *place, const char *name) MUST_CHECK;
