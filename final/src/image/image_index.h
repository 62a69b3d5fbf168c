/*
 * image_index.h: the list of images, and what no image and no box needs. For the files of image*.c.
 *
 *	image_index_set(&index, &arena, &manifest, reference)   the reference is this image's now
 *	image_index_unset(&index, i), image_index_drop(&index, digest)
 *	image_sweep(place, layout_fd, &index, &freed)    with the lock; the index was written
 *
 * An image that loses its last reference to another one stays, without a name, until prune.
 * Next file: image_index.c
 */
#pragma once

#include "layout.h"

/* The full reference of a descriptor of ours, or NULL. Whatever tool wrote it. */
char *image_index_name(const struct descriptor *descriptor, struct arena *arena);

int image_index_set(struct layout_index *index, struct arena *arena,
		    const struct descriptor *manifest, const char *reference) MUST_CHECK;

/* Takes the name, and the descriptor if its image has another one. */
void image_index_unset(struct layout_index *index, size_t position);

/* Takes every descriptor of that manifest. */
void image_index_drop(struct layout_index *index, const char *digest);

int image_sweep(const struct place *place, int layout_fd, const struct layout_index *index,
		uint64_t *ret_freed) MUST_CHECK;
