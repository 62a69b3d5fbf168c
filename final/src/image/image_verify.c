/*
 * image_verify.c: is what the store has still what its names say? See image.h; next file:
 * image_default.c
 */
#include "../base/err.h"
#include "../store/digest.h"
#include "image.h"
#include "image_index.h"
#include "layer.h"
#include "reference.h"

#include <string.h>

static int verify_blob(int layout_fd, const char *digest)
{
	auto_close int fd = -1;
	struct digest found;

	if (layout_open_blob(layout_fd, digest, &fd) < 0 || digest_file(fd, &found, NULL) < 0)
		return -1;
	if (strcmp(found.text, digest) != 0)
		return err_set(EBADMSG, "blob %s is damaged: its content has the digest %s", digest,
			       found.text);
	return 0;
}

/* Its blob, and what it is uncompressed: the name of its directory. */
static int verify_layer(int layout_fd, const char *digest, const char *diff_id)
{
	auto_close int fd = -1;
	struct digest found;

	if (verify_blob(layout_fd, digest) < 0 || layout_open_blob(layout_fd, digest, &fd) < 0)
		return -1;
	if (layer_inflate(fd, -1, &found) < 0)
		return err_wrap("layer %.12s", digest_hex(digest));
	if (strcmp(found.text, diff_id) != 0)
		return err_set(
			EBADMSG,
			"layer %.12s: its content has the diff ID %s, the configuration says %s",
			digest_hex(digest), found.text, diff_id);
	return 0;
}

static int verify(int layout_fd, const struct descriptor *descriptor, struct arena *arena)
{
	struct image_content content;

	/* Manifest and configuration are hashed when they are read. */
	if (image_read_content(layout_fd, descriptor, arena, &content) < 0)
		return -1;
	for (size_t i = 0; i < content.manifest.layers.count; i++)
		if (verify_layer(layout_fd, content.manifest.layers.items[i].digest,
				 content.config.rootfs.diff_ids.items[i]) < 0)
			return -1;
	return 0;
}

/* By its name, or all; an image is its digest in the index, so a damaged one is found too. */
static bool is_wanted(const struct descriptor *item, const char *name, struct arena *arena)
{
	char *full, *own = image_index_name(item, arena);

	if (!name)
		return true;
	if (reference_normalize(name, arena, &full) == 0 && own && strcmp(own, full) == 0)
		return true;
	return strlen(name) >= 4 && (str_has_prefix(digest_hex(item->digest), name) ||
				     str_has_prefix(item->digest, name));
}

/* By an ID: that of the configuration. */
static int digest_of(const struct place *place, const char *name, struct arena *arena, char **ret)
{
	struct image image;

	if (!name || image_find(place, name, &image) < 0)
		return 0;
	*ret = arena_format(arena, "%s", image.digest);
	image_free(&image);
	return *ret ? 0 : -1;
}

static int verify_wanted(const struct place *place, int layout_fd, const char *name,
			 int (*each)(const char *image, const char *problem, void *data),
			 void *data, struct arena *arena)
{
	struct layout_index index;
	char *digest = NULL;
	size_t found = 0;
	int result = 0;

	if (layout_read_index(layout_fd, arena, &index) < 0 ||
	    digest_of(place, name, arena, &digest) < 0)
		return -1;
	for (size_t i = 0; i < index.manifests.count && result == 0; i++) {
		const struct descriptor *item = &index.manifests.items[i];
		const char *own;

		if (digest ? strcmp(digest, item->digest) != 0 : !is_wanted(item, name, arena))
			continue;
		own = image_index_name(item, arena);
		found++;
		result = verify(layout_fd, item, arena);
		result = each(own ? own : item->digest, result < 0 ? err_last()->text : NULL, data);
	}
	if (result == 0 && name && found == 0)
		return err_set(ENOENT, "no image '%s' (husk images lists those that are here)",
			       name);
	return result < 0 ? -1 : 0;
}

int image_verify(const struct place *place, const char *name,
		 int (*each)(const char *image, const char *problem, void *data), void *data)
{
	auto_close int layout_fd = -1;
	struct arena arena = {0};
	int result;

	if (layout_open(place, &layout_fd) < 0)
		return -1;
	result = verify_wanted(place, layout_fd, name, each, data, &arena);
	arena_free(&arena);
	return result;
}
