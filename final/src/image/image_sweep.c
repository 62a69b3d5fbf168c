/*
 * image_sweep.c: blobs and layers that no image and no box needs are removed. See image_index.h;
 * next file: image_new.h
 */
#include "../base/err.h"
#include "../base/tree.h"
#include "../store/box.h"
#include "../store/digest.h"
#include "image_config.h"
#include "image_index.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

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
