/*
 * image.h: images: an OCI image layout (skopeo can read it) and layers that are unpacked once.
 *
 *	image_find(place, "busybox", &image)      by reference (docker's rules: busybox means
 *	                                          docker.io/library/busybox:latest), ID, its beginning
 *	image_each(place, each, data)
 *	image_import(place, &(struct image_import){.path = ...}, &arena, &id)   a folder or tar
 *	image_load(place, archive, &names)        OCI or docker archive, tar (gzip, zstd too)
 *	image_save(place, references, format, archive)
 *	image_tag(place, source, target), image_remove(place, name, force, &arena, &lines)
 *	image_prune(place, all, &freed)
 *	image_verify(place, name, each, data)     every blob hashed again
 *	image_ensure_default(place, reference)    "busybox" where it is not: by rootfs-builder
 *
 * One flock(2) on DATA/oci for changes; blobs and layers appear by rename(2) when whole and
 * checked.
 * A box is written down before its image is unpacked: so `rmi` sees it, and leaves its layers.
 * Next file: image.c
 */
#pragma once

#include "image_config.h"

struct image {
	char *id;     /* sha256:... of the configuration */
	char *digest; /* of the manifest; of the index of platforms that leads to it, if there is one */
	struct str_list references;
	uint64_t size; /* bytes of its layers' blobs */
	struct image_content content;
	struct arena arena;
};

int image_find(const struct place *place, const char *name, struct image *ret_image) MUST_CHECK;
void image_free(struct image *image);
/* What each() gets lasts until it returns. */
int image_each(const struct place *place, int (*each)(struct image *image, void *data),
	       void *data) MUST_CHECK;

/* The layer's directory exists, or is unpacked now. */
int image_unpack(const struct place *place, const struct image *image) MUST_CHECK;
struct image_import {
	const char *path;		/* "-": standard input */
	const char *reference;		/* NULL: it gets no name */
	const struct str_list *changes; /* image_changes.h; NULL: none */
	const char *comment;		/* NULL: "Imported from PATH" */
};
int image_import(const struct place *place, const struct image_import *import, struct arena *arena,
		 char **ret_id) MUST_CHECK;
int image_load(const struct place *place, int fd, struct arena *arena,
	       struct str_list *ret_names) MUST_CHECK;
enum image_format { IMAGE_OCI_ARCHIVE, IMAGE_DOCKER_ARCHIVE };
int image_save(const struct place *place, const struct str_list *references,
	       enum image_format format, int fd) MUST_CHECK;
int image_tag(const struct place *place, const char *source, const char *target) MUST_CHECK;

/*
 * A reference goes; with its last one the image, unless a box uses it and not force. 1: there is none,
 * and force.
 */
int image_remove(const struct place *place, const char *name, bool force, struct arena *arena,
		 struct str_list *ret_lines) MUST_CHECK;
int image_prune(const struct place *place, bool all, uint64_t *ret_freed) MUST_CHECK;

/*
 * One image, or all of them, named by its first reference; problem: NULL, or what is wrong with it.
 * Stops when each() does not return 0.
 */
int image_verify(const struct place *place, const char *name,
		 int (*each)(const char *image, const char *problem, void *data),
		 void *data) MUST_CHECK;
int image_ensure_default(const struct place *place, const char *reference) MUST_CHECK;
