/*
 * image_store.c: names in index.json, and what nothing needs any more. See image_store.h; next
 * file: image_new.h
 */
#include "image_store.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/store.h"
#include "box.h"
#include "digest.h"
#include "reference.h"
#include "tree.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

/* --- the index --- */

char *image_index_name(const struct descriptor *descriptor, struct arena *arena)
{
	const char *name = str_map_get(&descriptor->annotations, LAYOUT_REF_NAME);
	struct reference reference;
	struct err saved = *err_last();

	if (!name)
		return NULL;
	if (reference_parse(name, arena, &reference) < 0) {
		err_adopt(&saved);
		return NULL;
	}
	return reference_full(&reference, arena);
}

static void remove_at(struct layout_index *index, size_t position)
{
	struct descriptor *items = index->manifests.items;

	index->manifests.count--;
	memmove(items + position, items + position + 1,
		(index->manifests.count - position) * sizeof(*items));
}

static bool has_another(const struct layout_index *index, size_t position)
{
	const struct descriptor *items = index->manifests.items;

	for (size_t i = 0; i < index->manifests.count; i++)
		if (i != position && strcmp(items[i].digest, items[position].digest) == 0)
			return true;
	return false;
}

static void remove_annotation(struct str_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->items[i].key, key) == 0) {
			map->count--;
			memmove(map->items + i, map->items + i + 1,
				(map->count - i) * sizeof(*map->items));
			return;
		}
}

void image_index_unset(struct layout_index *index, size_t position)
{
	if (has_another(index, position))
		remove_at(index, position);
	else
		remove_annotation(&index->manifests.items[position].annotations, LAYOUT_REF_NAME);
}

void image_index_drop(struct layout_index *index, const char *digest)
{
	for (size_t i = index->manifests.count; i-- > 0;)
		if (strcmp(index->manifests.items[i].digest, digest) == 0)
			remove_at(index, i);
}

static int append(struct layout_index *index, struct arena *arena,
		  const struct descriptor *manifest, const char *reference)
{
	size_t count = index->manifests.count;
	struct descriptor *items = arena_alloc(arena, (count + 1) * sizeof(*items));
	struct str_pair *pair = arena_alloc(arena, sizeof(*pair));

	if (!items || !pair)
		return -1;
	if (count)
		memcpy(items, index->manifests.items, count * sizeof(*items));
	items[count] = *manifest;
	items[count].annotations = (struct str_map){0};
	if (reference) {
		*pair = (struct str_pair){arena_format(arena, LAYOUT_REF_NAME),
					  arena_format(arena, "%s", reference)};
		if (!pair->key || !pair->value)
			return -1;
		items[count].annotations = (struct str_map){pair, 1};
	}
	index->manifests.items = items;
	index->manifests.count = count + 1;
	return 0;
}

/* The descriptor without a name, which the image does not need once it has one. */
static void remove_nameless(struct layout_index *index, const char *digest)
{
	for (size_t i = index->manifests.count; i-- > 0;)
		if (strcmp(index->manifests.items[i].digest, digest) == 0 &&
		    !str_map_get(&index->manifests.items[i].annotations, LAYOUT_REF_NAME))
			remove_at(index, i);
}

static bool has_digest(const struct layout_index *index, const char *digest)
{
	for (size_t i = 0; i < index->manifests.count; i++)
		if (strcmp(index->manifests.items[i].digest, digest) == 0)
			return true;
	return false;
}

int image_index_set(struct layout_index *index, struct arena *arena,
		    const struct descriptor *manifest, const char *reference)
{
	if (!reference)
		return has_digest(index, manifest->digest) ? 0
							   : append(index, arena, manifest, NULL);
	for (size_t i = index->manifests.count; i-- > 0;) {
		const char *name = image_index_name(&index->manifests.items[i], arena);

		if (!name || strcmp(name, reference) != 0)
			continue;
		if (strcmp(index->manifests.items[i].digest, manifest->digest) == 0)
			return 0;
		image_index_unset(index, i);
	}
	remove_nameless(index, manifest->digest);
	return append(index, arena, manifest, reference);
}

/* --- what nothing needs --- */

struct sweep {
	void *wanted; /* tsearch(3): digits of blobs and layers */
	struct arena arena;
	int dir_fd;
	uint64_t freed;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int want(struct sweep *s, const char *digest)
{
	char *hex;

	if (!digest || !digest_is_valid(digest))
		return 0;
	hex = arena_format(&s->arena, "%s", digest_hex(digest));
	if (!hex || !tsearch(hex, &s->wanted, compare))
		return err_set(ENOMEM, "out of memory");
	return 0;
}

/* Damaged: it cannot be used, so it holds nothing back. Other failures may be ours. */
static bool is_damage(int code)
{
	return code == ENOENT || code == EBADMSG || code == EINVAL || code == E2BIG ||
	       code == ELOOP;
}

static int want_image(struct sweep *s, int layout_fd, const struct descriptor *descriptor)
{
	struct image_content content;
	int result = want(s, descriptor->digest);

	if (result < 0)
		return -1;
	if (image_read_content(layout_fd, descriptor, &s->arena, &content) < 0)
		return is_damage(err_last()->code) ? 0 : -1;
	result |= want(s, content.descriptor.digest);
	result |= want(s, content.manifest.config.digest);
	for (size_t i = 0; i < content.manifest.layers.count; i++) {
		result |= want(s, content.manifest.layers.items[i].digest);
		result |= want(s, content.config.rootfs.diff_ids.items[i]);
	}
	return result;
}

static int want_box(struct box *box, void *data)
{
	for (size_t i = 0; i < box->layers.count; i++)
		if (want(data, box->layers.items[i]) < 0)
			return -1;
	return 0;
}

static int sweep_blob(struct sweep *s, const char *name)
{
	struct stat st;

	if (fstatat(s->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    unlinkat(s->dir_fd, name, 0) < 0)
		return errno == ENOENT ? 0 : err_sys("remove blob %s", name);
	s->freed += st.st_size;
	return 0;
}

/* Moved away first: half of a layer must not have a layer's name. */
static int sweep_layer(struct sweep *s, const char *name)
{
	char hidden[80];

	snprintf(hidden, sizeof(hidden), ".%.70s", name);
	if (*name != '.' && renameat(s->dir_fd, name, s->dir_fd, hidden) < 0)
		return err_sys("remove layer %s", name);
	return tree_remove(s->dir_fd, *name == '.' ? name : hidden);
}

static int sweep_directory(struct sweep *s, int dir_fd, int (*remove)(struct sweep *, const char *))
{
	auto_dir DIR *dir = fdopendir(fcntl(dir_fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *entry;

	if (!dir)
		return err_sys("list a directory");
	s->dir_fd = dir_fd;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    tfind(entry->d_name, &s->wanted, compare))
			continue;
		if (remove(s, entry->d_name) < 0)
			return -1;
	}
	return 0;
}

static int sweep_all(struct sweep *s, const struct place *place, int layout_fd,
		     const struct layout_index *index)
{
	auto_close int blobs_fd = -1, layers_fd = -1;

	for (size_t i = 0; i < index->manifests.count; i++)
		if (want_image(s, layout_fd, &index->manifests.items[i]) < 0)
			return -1;
	if (box_each(place, want_box, s) < 0 || layout_open_blobs(layout_fd, &blobs_fd) < 0 ||
	    place_open_dir(place->data_fd, "layers", &layers_fd) < 0)
		return -1;
	if (sweep_directory(s, blobs_fd, sweep_blob) < 0)
		return -1;
	return sweep_directory(s, layers_fd, sweep_layer);
}

static void keep_key(void *key)
{
	(void)key; /* the arena's */
}

int image_sweep(const struct place *place, int layout_fd, const struct layout_index *index,
		uint64_t *ret_freed)
{
	struct sweep s = {0};
	int result = sweep_all(&s, place, layout_fd, index);

	tdestroy(s.wanted, keep_key);
	arena_free(&s.arena);
	if (result < 0)
		return -1;
	*ret_freed = s.freed;
	return 0;
}
