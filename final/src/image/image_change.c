/* image_change.c: names of images, and images, come and go. See image.h; next file: image_load.c */
#include "../base/err.h"
#include "../base/log.h"
#include "../store/box.h"
#include "../store/digest.h"
#include "image.h"
#include "image_index.h"
#include "image_new.h"
#include "reference.h"

#include <string.h>
#include <sys/file.h>

/* The index with the lock on it, and a scratch directory for its successor. */
struct change {
	const struct place *place;
	int layout_fd;
	struct scratch scratch;
	struct layout_index index;
	struct arena arena;
};

static void end(struct change *c)
{
	scratch_close(&c->scratch);
	scope_close(&c->layout_fd);
	arena_free(&c->arena);
}
#define auto_change __attribute__((cleanup(end)))

static int begin(const struct place *place, struct change *c)
{
	*c = (struct change){.place = place, .layout_fd = -1, .scratch = SCRATCH_NONE};
	if (scratch_open(place, &c->scratch) < 0 || layout_open(place, &c->layout_fd) < 0 ||
	    layout_lock(c->layout_fd, LOCK_EX) < 0)
		return -1;
	return layout_read_index(c->layout_fd, &c->arena, &c->index);
}

static int finish(struct change *c)
{
	return layout_write_index(c->layout_fd, &c->scratch, &c->index);
}

/* --- tag --- */

static const struct descriptor *find_descriptor(const struct change *c, const char *digest)
{
	for (size_t i = 0; i < c->index.manifests.count; i++)
		if (strcmp(c->index.manifests.items[i].digest, digest) == 0)
			return &c->index.manifests.items[i];
	return NULL;
}

static int tag_found(struct change *c, const struct image *image, const char *full)
{
	const struct descriptor *found = find_descriptor(c, image->digest);
	struct descriptor copy;

	if (!found)
		return err_set(ENOENT, "it was removed meanwhile");
	copy = *found;
	if (image_index_set(&c->index, &c->arena, &copy, full) < 0)
		return -1;
	return finish(c);
}

int image_tag(const struct place *place, const char *source, const char *target)
{
	auto_change struct change c = {.layout_fd = -1, .scratch = SCRATCH_NONE};
	struct image image;
	int result;
	char *full;

	if (begin(place, &c) < 0 || reference_normalize_new(target, &c.arena, &full) < 0 ||
	    image_find(place, source, &image) < 0)
		return -1;
	result = tag_found(&c, &image, full);
	image_free(&image);
	return result < 0 ? err_wrap("image %s", source) : 0;
}

/* --- remove --- */

struct use {
	const char *id; /* of an image */
	bool live_only;
	char by[128]; /* a box: "web (exited)" */
};

static int look_for_use(struct box *box, void *data)
{
	struct use *use = data;
	bool live = box->state.status != BOX_CREATED && box->state.status != BOX_EXITED;

	if (!box->image_id || strcmp(box->image_id, use->id) != 0 || (use->live_only && !live))
		return 0;
	snprintf(use->by, sizeof(use->by), "%.60s (%s)", box->name ? box->name : box->id,
		 bind_name_of(box_status_names, box->state.status));
	return 1;
}

/* 1: a box is made of it; `by` says which. */
static int find_use(const struct place *place, const char *id, bool live_only, char by[128])
{
	struct use use = {.id = id, .live_only = live_only};
	int result = box_each(place, look_for_use, &use);

	if (result > 0 || *use.by) {
		memcpy(by, use.by, sizeof(use.by));
		return 1;
	}
	return result;
}

static int add_line(struct str_list *lines, struct arena *arena, const char *what, const char *name)
{
	char *line = arena_format(arena, "%s: %s", what, name);

	return line ? str_list_add(lines, arena, line) : -1;
}

static int add_untagged(struct str_list *lines, struct arena *arena, const char *full)
{
	char *name, *tag, *digest;

	if (reference_familiar(full, arena, &name, &tag, &digest) < 0)
		return -1;
	name = arena_format(arena, "%s%s%s", name, tag ? ":" : "@", tag ? tag : digest);
	return name ? add_line(lines, arena, "Untagged", name) : -1;
}

static int untag_one(struct change *c, const struct image *image, const char *full)
{
	for (size_t i = 0; i < c->index.manifests.count; i++) {
		const char *name = image_index_name(&c->index.manifests.items[i], &c->arena);

		if (name && strcmp(name, full) == 0 &&
		    strcmp(c->index.manifests.items[i].digest, image->digest) == 0) {
			image_index_unset(&c->index, i);
			return finish(c);
		}
	}
	return err_set(ENOENT, "it was removed meanwhile");
}

static int check_use(const struct change *c, const struct image *image, bool force)
{
	char by[128];
	int used = find_use(c->place, image->id, force, by);

	if (used > 0)
		return err_set(EBUSY, "is used by container %s: husk rm it first%s", by,
			       force ? "" : ", or husk rmi --force");
	return used;
}

/* `full`: the reference that was asked for; NULL: it was an ID. */
static int remove_found(struct change *c, const struct image *image, const char *full, bool force,
			struct arena *arena, struct str_list *lines)
{
	uint64_t freed;

	if (full && image->references.count > 1) {
		if (untag_one(c, image, full) < 0)
			return -1;
		return add_untagged(lines, arena, full);
	}
	if (!full && image->references.count > 1 && !force)
		return err_set(EBUSY, "has %zu names: give one of them, or --force for all",
			       image->references.count);
	if (check_use(c, image, force) < 0)
		return -1;
	image_index_drop(&c->index, image->digest);
	if (finish(c) < 0 || image_sweep(c->place, c->layout_fd, &c->index, &freed) < 0)
		return -1;
	for (size_t i = 0; i < image->references.count; i++)
		if (add_untagged(lines, arena, image->references.items[i]) < 0)
			return -1;
	return add_line(lines, arena, "Deleted", image->id);
}

/* Which of the image's references it was found by; NULL: by its ID. */
static const char *asked_reference(const struct image *image, const char *name, struct arena *arena)
{
	struct err saved = *err_last();
	char *full;

	if (reference_normalize(name, arena, &full) < 0) {
		err_adopt(&saved);
		return NULL;
	}
	return str_list_has(&image->references, full) ? full : NULL;
}

/* What cannot be read any more can still be removed, by its name. 1: there is none of that name. */
static int remove_damaged(struct change *c, const char *name, struct arena *arena,
			  struct str_list *lines)
{
	uint64_t freed;
	char *full;

	if (reference_normalize(name, arena, &full) < 0)
		return 1;
	for (size_t i = 0; i < c->index.manifests.count; i++) {
		const char *found = image_index_name(&c->index.manifests.items[i], &c->arena);

		if (!found || strcmp(found, full) != 0)
			continue;
		image_index_unset(&c->index, i);
		if (!str_map_get(&c->index.manifests.items[i].annotations, LAYOUT_REF_NAME))
			image_index_drop(&c->index, c->index.manifests.items[i].digest);
		if (finish(c) < 0 || image_sweep(c->place, c->layout_fd, &c->index, &freed) < 0)
			return -1;
		return add_untagged(lines, arena, full);
	}
	return 1;
}

/* The error record says why it could not be found. */
static int remove_unfound(struct change *c, const char *name, bool force, struct arena *arena,
			  struct str_list *ret_lines)
{
	struct err why = *err_last();
	struct str_list lines = {0};
	int result = remove_damaged(c, name, arena, &lines);

	if (result == 0)
		*ret_lines = lines;
	if (result <= 0)
		return result;
	err_adopt(&why);
	return force && why.code == ENOENT ? 1 : -1;
}

int image_remove(const struct place *place, const char *name, bool force, struct arena *arena,
		 struct str_list *ret_lines)
{
	auto_change struct change c = {.layout_fd = -1, .scratch = SCRATCH_NONE};
	struct str_list lines = {0};
	struct image image;
	int result;

	if (begin(place, &c) < 0)
		return -1;
	if (image_find(place, name, &image) < 0)
		return remove_unfound(&c, name, force, arena, ret_lines);
	result = remove_found(&c, &image, asked_reference(&image, name, arena), force, arena,
			      &lines);
	image_free(&image);
	if (result < 0)
		return err_wrap("image %s", name);
	*ret_lines = lines;
	return 0;
}

/* --- prune --- */

struct pruning {
	struct change *change;
	bool all;
};

static int prune_one(struct image *image, void *data)
{
	const struct pruning *pruning = data;
	char by[128];
	int used;

	if (image->references.count > 0 && !pruning->all)
		return 0;
	used = find_use(pruning->change->place, image->id, false, by);
	if (used == 0)
		image_index_drop(&pruning->change->index, image->digest);
	return used < 0 ? -1 : 0;
}

int image_prune(const struct place *place, bool all, uint64_t *ret_freed)
{
	auto_change struct change c = {.layout_fd = -1, .scratch = SCRATCH_NONE};
	struct pruning pruning = {.change = &c, .all = all};
	size_t count;

	if (scratch_collect(place, false, &count) < 0 || begin(place, &c) < 0 ||
	    image_each(place, prune_one, &pruning) < 0 || finish(&c) < 0)
		return -1;
	return image_sweep(place, c.layout_fd, &c.index, ret_freed);
}
