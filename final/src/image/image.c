/* image.c: images are found. See image.h; next file: image_index.h */
#include "image.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../store/digest.h"
#include "image_config.h"
#include "image_index.h"
#include "reference.h"

#include <string.h>

void image_free(struct image *image)
{
	arena_free(&image->arena);
	*image = (struct image){0};
}

/*
 * The image of a descriptor of the index, with all the names that this one has. It points into the
 * index.
 */
static int read_image(int layout_fd, const struct layout_index *index,
		      const struct descriptor *descriptor, struct image *ret_image)
{
	struct image image = {0};
	const struct image_manifest *manifest = &image.content.manifest;
	int result = image_read_content(layout_fd, descriptor, &image.arena, &image.content);

	image.id = manifest->config.digest;
	for (size_t i = 0; i < manifest->layers.count; i++)
		image.size += manifest->layers.items[i].size;
	image.digest = descriptor->digest;
	for (size_t i = 0; result == 0 && i < index->manifests.count; i++) {
		char *name;

		if (strcmp(index->manifests.items[i].digest, descriptor->digest) != 0)
			continue;
		name = image_index_name(&index->manifests.items[i], &image.arena);
		if (name)
			result = str_list_add(&image.references, &image.arena, name);
	}
	if (result < 0) {
		image_free(&image);
		return -1;
	}
	*ret_image = image;
	return 0;
}

/* Whether an item before it leads to the same manifest. */
static bool is_repeated(const struct layout_index *index, size_t position)
{
	const struct descriptor *items = index->manifests.items;

	for (size_t i = 0; i < position; i++)
		if (strcmp(items[i].digest, items[position].digest) == 0)
			return true;
	return false;
}

static int each_in(int layout_fd, const struct layout_index *index,
		   int (*each)(struct image *image, void *data), void *data)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		const struct descriptor *item = &index->manifests.items[i];
		struct image image;
		int result;

		if (is_repeated(index, i))
			continue;
		if (read_image(layout_fd, index, item, &image) < 0) {
			const char *name = str_map_get(&item->annotations, LAYOUT_REF_NAME);

			log_warn("image %s: %s", name ? name : item->digest, err_last()->text);
			continue;
		}
		result = each(&image, data);
		image_free(&image);
		if (result != 0)
			return result;
	}
	return 0;
}

int image_each(const struct place *place, int (*each)(struct image *image, void *data), void *data)
{
	auto_close int layout_fd = -1;
	struct layout_index index;
	struct arena arena = {0};
	int result;

	if (layout_open(place, &layout_fd) < 0)
		return -1;
	result = layout_read_index(layout_fd, &arena, &index);
	if (result == 0)
		result = each_in(layout_fd, &index, each, data);
	arena_free(&arena);
	return result < 0 ? -1 : 0;
}

/* --- find --- */

struct finding {
	const char *name;
	struct arena *arena;
	int layout_fd;
	const struct layout_index *index;
	struct image found;
	char candidates[256];
	size_t matches;
};

/* "busybox@sha256:...": the digest decides; the name has to be one that the image has, or had. */
static bool matches_reference(const struct descriptor *item, const struct reference *wanted,
			      const char *full, struct arena *arena)
{
	char *name = image_index_name(item, arena);
	struct reference parsed;

	if (!name)
		return false;
	if (strcmp(name, full) == 0)
		return true;
	return wanted->digest && strcmp(wanted->digest, item->digest) == 0 &&
	       reference_parse(name, arena, &parsed) == 0 &&
	       strcmp(parsed.domain, wanted->domain) == 0 && strcmp(parsed.path, wanted->path) == 0;
}

/* 1: found, 0: there is none of that name, or it is no name. */
static int find_by_reference(struct finding *f, struct image *ret_image)
{
	struct reference wanted;
	char *full;

	if (reference_parse(f->name, f->arena, &wanted) < 0)
		return 0;
	full = reference_full(&wanted, f->arena);
	if (!full)
		return -1;
	for (size_t i = 0; i < f->index->manifests.count; i++) {
		const struct descriptor *item = &f->index->manifests.items[i];

		if (matches_reference(item, &wanted, full, f->arena))
			return read_image(f->layout_fd, f->index, item, ret_image) < 0 ? -1 : 1;
	}
	return 0;
}

static int compare_id(struct image *image, void *data)
{
	struct finding *f = data;
	const char *digits = str_has_prefix(f->name, "sha256:") ? digest_hex(f->name) : f->name;
	size_t length = strlen(f->candidates);

	if (!str_has_prefix(digest_hex(image->id), digits) &&
	    !str_has_prefix(digest_hex(image->digest), digits))
		return 0;
	if (f->matches && strcmp(f->found.id, image->id) == 0) /* in two manifests */
		return 0;
	snprintf(f->candidates + length, sizeof(f->candidates) - length, "%s%.12s",
		 length ? ", " : "", digest_hex(image->id));
	if (f->matches++ == 0) {
		f->found = *image;
		*image = (struct image){0};
	}
	return 0;
}

static int find_by_id(struct finding *f, struct image *ret_image)
{
	const char *digits = str_has_prefix(f->name, "sha256:") ? digest_hex(f->name) : f->name;

	if (!*digits || strspn(digits, "0123456789abcdef") != strlen(digits))
		return 0;
	if (each_in(f->layout_fd, f->index, compare_id, f) < 0) {
		image_free(&f->found);
		return -1;
	}
	if (f->matches > 1) {
		image_free(&f->found);
		return err_set(EINVAL, "image %s: is the beginning of several IDs: %s", f->name,
			       f->candidates);
	}
	if (f->matches)
		*ret_image = f->found;
	return f->matches ? 1 : 0;
}

static int refuse_missing(const char *name)
{
	char shown[200];

	snprintf(shown, sizeof(shown), "%s", name);
	return err_set(ENOENT,
		       "no image '%s' (husk images lists those that are here; husk load and husk "
		       "import bring others)",
		       str_printable(shown));
}

static int find_in(struct finding *f, struct image *ret_image)
{
	struct reference parsed;
	int found = find_by_reference(f, ret_image);

	if (found < 0)
		return err_wrap("image %s", f->name);
	if (found == 0)
		found = find_by_id(f, ret_image);
	if (found != 0)
		return found;
	/* What is no name at all is told so. */
	if (reference_parse(f->name, f->arena, &parsed) < 0)
		return -1;
	return refuse_missing(f->name);
}

int image_find(const struct place *place, const char *name, struct image *ret_image)
{
	auto_close int layout_fd = -1;
	struct layout_index index;
	struct arena arena = {0};
	struct finding f = {.name = name, .arena = &arena, .index = &index};
	int result;

	if (layout_open(place, &layout_fd) < 0)
		return -1;
	f.layout_fd = layout_fd;
	result = layout_read_index(layout_fd, &arena, &index);
	if (result == 0)
		result = find_in(&f, ret_image);
	if (result > 0)
		arena_join(&ret_image->arena, &arena);
	arena_free(&arena);
	return result < 0 ? -1 : 0;
}
