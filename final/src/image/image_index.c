/*
 * image_index.c: which name is which manifest's, in index.json. See image_index.h; next file:
 * image_sweep.c
 */
#include "image_index.h"
#include "../base/err.h"
#include "reference.h"

#include <string.h>

char *image_index_name(const struct descriptor *descriptor, struct arena *arena)
{
	const char *name = str_map_get(&descriptor->annotations, LAYOUT_REF_NAME);
	struct err saved = *err_last();
	char *full = NULL;

	if (name && reference_normalize(name, arena, &full) < 0)
		err_adopt(&saved);
	return full;
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
