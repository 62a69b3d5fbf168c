/*
 * image_new.h: how images get into the store: import, load, commit, pull.
 *
 *	auto_image_new struct image_new new = IMAGE_NEW_NONE;
 *	image_new_open(place, &new)
 *	image_new_blob(&new, fd, digest, &descriptor)    a copy of a file; digest NULL: not checked
 *	image_new_take_blob(&new, fd, digest, &descriptor)   the same, by link(2): it is ours
 *	image_new_text(&new, text, length, &descriptor)  a manifest or configuration
 *	image_new_layer(&new, layer_digest, diff_id)     unpacked, unless there is one already
 *	image_new_add(&new, &manifest, "docker.io/library/busybox:latest")
 *	image_new_publish(&new)
 *
 * Until image_new_publish() all of it is in a scratch directory, and the store is as it was. Only
 * that one takes the lock, for as long as some renames last. Next file: image_import.c
 */
#pragma once

#include "../store/digest.h"
#include "image_config.h"

struct image_new_entry {
	struct descriptor manifest;
	char *reference; /* full; NULL: none */
};

struct image_new {
	const struct place *place;
	struct scratch scratch;
	int layout_fd, blobs_fd, layers_fd; /* the last two: in the scratch directory */
	bool unpacked;			    /* there is something in layers_fd */
	struct image_new_entry *entries;
	size_t count;
	struct arena arena;
};

#define IMAGE_NEW_NONE                                                                             \
	{                                                                                          \
		.scratch = SCRATCH_NONE, .layout_fd = -1, .blobs_fd = -1, .layers_fd = -1          \
	}

int image_new_open(const struct place *place, struct image_new *ret_new) MUST_CHECK;
void image_new_close(struct image_new *new);
#define auto_image_new __attribute__((cleanup(image_new_close)))

int image_new_blob(struct image_new *new, int fd, const char *digest,
		   struct descriptor *ret_descriptor) MUST_CHECK;
int image_new_take_blob(struct image_new *new, int fd, const char *digest,
			struct descriptor *ret_descriptor) MUST_CHECK;
int image_new_text(struct image_new *new, const char *text, size_t length,
		   struct descriptor *ret_descriptor) MUST_CHECK;

/* ret_diff_id may be NULL; diff_id NULL: whatever it is. EBADMSG if it is another. */
int image_new_layer(struct image_new *new, const char *layer_digest, const char *diff_id,
		    struct digest *ret_diff_id) MUST_CHECK;

int image_new_add(struct image_new *new, const struct descriptor *manifest,
		  const char *reference) MUST_CHECK;
int image_new_publish(struct image_new *new) MUST_CHECK;
