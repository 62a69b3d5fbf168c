/*
 * volume.h: named volumes, DATA/volumes/NAME/_data.
 *
 *	volume_use(place, name, &path)        made if missing; *ret_made: then it is filled from the image
 *	volume_fill(path, rootfs, target)     what the image has at the target, owners and modes too
 */
#pragma once

#include "box.h"

struct volume {
	char *name, *path, *created;
	bool anonymous;
	struct str_map labels;
	struct arena arena;
};

int volume_use(const struct place *place, const char *name, bool anonymous, struct arena *arena,
	       char **ret_path, bool *ret_made) MUST_CHECK;
int volume_fill(const char *path, const char *rootfs, const char *target) MUST_CHECK;
int volume_each(const struct place *place, int (*each)(struct volume *volume, void *data),
		void *data) MUST_CHECK;
int volume_remove(const struct place *place,
		  const char *name) MUST_CHECK; /* EBUSY: a box uses it */
