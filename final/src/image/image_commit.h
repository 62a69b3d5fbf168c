/*
 * image_commit.h: what a box has written becomes the topmost layer of a new image.
 *
 *	image_commit(box, &(struct image_commit){.reference = "me/tools:2", ...}, &arena, &id)
 *
 * The configuration is the box's: command, environment, user; then the changes. Whoever wants files
 * that belong together pauses the box meanwhile. Next file: image_commit.c
 */
#pragma once

#include "../store/box.h"

struct image_commit {
	const char *reference; /* NULL: no name */
	const char *author, *comment;
	const struct str_list *changes; /* image_changes.h */
};

/* EINVAL: the box is not made of an image. */
int image_commit(const struct box *box, const struct image_commit *commit, struct arena *arena,
		 char **ret_id) MUST_CHECK;
