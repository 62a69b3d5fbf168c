/*
 * image_new.c: what is made in a scratch directory enters the store. See image_new.h; next file:
 * image_import.c
 */
#include "image_new.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/path.h"
#include "image_config.h"
#include "image_index.h"
#include "layer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

int image_new_open(const struct place *place, struct image_new *ret_new)
{
	struct image_new new = IMAGE_NEW_NONE;

	new.place = place;
	if (layout_open(place, &new.layout_fd) < 0 || scratch_open(place, &new.scratch) < 0 ||
	    scratch_make_dir(&new.scratch, "blobs", &new.blobs_fd) < 0 ||
	    scratch_make_dir(&new.scratch, "layers", &new.layers_fd) < 0) {
		image_new_close(&new);
		return -1;
	}
	*ret_new = new;
	return 0;
}

void image_new_close(struct image_new *new)
{
	scratch_close(&new->scratch);
	scope_close(&new->layout_fd);
	scope_close(&new->blobs_fd);
	scope_close(&new->layers_fd);
	arena_free(&new->arena);
	*new = (struct image_new)IMAGE_NEW_NONE;
}

/* The whole and hashed file blobs_fd/new gets its name. */
static int finish_blob(struct image_new *new, int fd, const char *wanted,
		       const struct digest *digest, uint64_t size,
		       struct descriptor *ret_descriptor)
{
	if (wanted && strcmp(wanted, digest->text) != 0)
		return err_set(EBADMSG, "blob %s is damaged: its content has the digest %s", wanted,
			       digest->text);
	if (fchmod(fd, 0644) < 0)
		return err_sys("set the mode of blob %s", digest->text);
	if (renameat(new->blobs_fd, "new", new->blobs_fd, digest_hex(digest->text)) < 0)
		return err_sys("rename blob %s", digest->text);
	/* rename(2) of a file onto another name of it does nothing. */
	if (unlinkat(new->blobs_fd, "new", 0) < 0 && errno != ENOENT)
		return err_sys("remove a second name of blob %s", digest->text);
	*ret_descriptor = (struct descriptor){
		.digest = arena_format(&new->arena, "%s", digest->text),
		.size = size,
	};
	return ret_descriptor->digest ? 0 : -1;
}

static int open_temporary(struct image_new *new, int *ret_fd)
{
	int fd = openat(new->blobs_fd, "new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys("make a blob");
	*ret_fd = fd;
	return 0;
}

int image_new_blob(struct image_new *new, int fd, const char *digest,
		   struct descriptor *ret_descriptor)
{
	auto_close int to = -1;
	struct digest found;
	uint64_t size;

	if (open_temporary(new, &to) < 0 || digest_copy(fd, to, &found, &size) < 0)
		return -1;
	return finish_blob(new, to, digest, &found, size, ret_descriptor);
}

int image_new_take_blob(struct image_new *new, int fd, const char *digest,
			struct descriptor *ret_descriptor)
{
	struct digest found;
	uint64_t size;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(EINVAL, "expected a regular file");
	/* The very file that is hashed, whatever links led to it. */
	if (digest_file(fd, &found, &size) < 0)
		return -1;
	if (linkat(AT_FDCWD, path_of_fd(fd).text, new->blobs_fd, "new", AT_SYMLINK_FOLLOW) < 0)
		return err_sys("link a blob");
	return finish_blob(new, fd, digest, &found, size, ret_descriptor);
}

int image_new_text(struct image_new *new, const char *text, size_t length,
		   struct descriptor *ret_descriptor)
{
	auto_close int fd = -1;
	struct digest digest;

	if (open_temporary(new, &fd) < 0 || fd_write(fd, text, length) < 0 ||
	    digest_text(text, length, &digest) < 0)
		return -1;
	return finish_blob(new, fd, NULL, &digest, length, ret_descriptor);
}

/* From the scratch directory, else from the store. */
static int open_blob(const struct image_new *new, const char *digest, int *ret_fd)
{
	int fd = openat(new->blobs_fd, digest_hex(digest), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return layout_open_blob(new->layout_fd, digest, ret_fd);
	*ret_fd = fd;
	return 0;
}

static bool has_layer(const struct image_new *new, const char *diff_id)
{
	char path[96];

	snprintf(path, sizeof(path), "layers/%s", digest_hex(diff_id));
	return faccessat(new->place->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       faccessat(new->layers_fd, digest_hex(diff_id), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int unpack(struct image_new *new, int blob_fd, struct layer_result *ret_result)
{
	auto_close int dir_fd = -1;

	if (mkdirat(new->layers_fd, "new", 0755) < 0)
		return err_sys("make a layer's directory");
	dir_fd = openat(new->layers_fd, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fchmod(dir_fd, 0755) < 0)
		return err_sys("open a layer's directory");
	return layer_unpack(blob_fd, dir_fd, LAYER_IMAGE, ret_result);
}

int image_new_layer(struct image_new *new, const char *layer_digest, const char *diff_id,
		    struct digest *ret_diff_id)
{
	struct layer_result result;
	auto_close int fd = -1;

	if (diff_id && has_layer(new, diff_id))
		return 0;
	if (open_blob(new, layer_digest, &fd) < 0)
		return -1;
	if (unpack(new, fd, &result) < 0)
		return err_wrap("layer %.12s", digest_hex(layer_digest));
	if (diff_id && strcmp(diff_id, result.diff_id.text) != 0)
		return err_set(
			EBADMSG,
			"layer %.12s: its content has the diff ID %s, the configuration says %s",
			digest_hex(layer_digest), result.diff_id.text, diff_id);
	if (result.left_out)
		log_write(LOG_INFO, "layer %.12s: %lu device nodes are left out",
			  digest_hex(layer_digest), (unsigned long)result.left_out);
	if (renameat2(new->layers_fd, "new", new->layers_fd, digest_hex(result.diff_id.text),
		      RENAME_NOREPLACE) < 0)
		return err_sys("rename a layer");
	new->unpacked = true;
	if (ret_diff_id)
		*ret_diff_id = result.diff_id;
	return 0;
}

int image_new_add(struct image_new *new, const struct descriptor *manifest, const char *reference)
{
	struct image_new_entry *entries =
		arena_alloc(&new->arena, (new->count + 1) * sizeof(*entries));
	char *copy = reference ? arena_format(&new->arena, "%s", reference) : NULL;

	if (!entries || (reference && !copy))
		return -1;
	if (new->count)
		memcpy(entries, new->entries, new->count * sizeof(*entries));
	entries[new->count] = (struct image_new_entry){.manifest = *manifest, .reference = copy};
	new->entries = entries;
	new->count++;
	return 0;
}

/* --- publish --- */

static int each_name(int dir_fd, int (*each)(const char *name, void *data), void *data)
{
	auto_dir DIR *dir = fdopendir(fcntl(dir_fd, F_DUPFD_CLOEXEC, 3));
	struct dirent *entry;

	if (!dir)
		return err_sys("list a directory");
	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.' && strcmp(entry->d_name, "new") != 0 &&
		    each(entry->d_name, data) < 0)
			return -1;
	return 0;
}

static int sync_blob(const char *name, void *data)
{
	const struct image_new *new = data;
	auto_close int fd = openat(new->blobs_fd, name, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? 0 : err_sys("write blob %s to the disk", name);
}

/*
 * Whole on the disk before it has a name that is believed. A layer is many files: syncfs(2) writes
 * what others have changed too, and is one call; for some blobs alone that would be too much.
 */
static int sync_all(struct image_new *new)
{
	if (!new->unpacked)
		return each_name(new->blobs_fd, sync_blob, new);
	return syncfs(new->layers_fd) == 0 ? 0 : err_sys("write layers to the disk");
}

static int move_blob(const char *name, void *data)
{
	struct image_new *new = data;

	return layout_move_blob(new->layout_fd, new->blobs_fd, name);
}

/* One that is there has the same content: it has the same name. */
static int move_layer(const char *name, void *data)
{
	struct image_new *new = data;
	char path[96];

	snprintf(path, sizeof(path), "layers/%s", name);
	if (renameat2(new->layers_fd, name, new->place->data_fd, path, RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST && errno != ENOTEMPTY)
		return err_sys("move a layer into the store");
	return 0;
}

/* Somebody may have removed what was in the store when we looked. */
static int check_blobs(const struct image_new *new, const struct image_new_entry *entry)
{
	struct arena arena = {0};
	struct image_content content;
	int result = image_read_content(new->layout_fd, &entry->manifest, &arena, &content);

	for (size_t i = 0; result == 0 && i < content.manifest.layers.count; i++)
		if (!layout_has_blob(new->layout_fd, content.manifest.layers.items[i].digest))
			result = err_set(ENOENT, "layer %.12s was removed meanwhile: try again",
					 digest_hex(content.manifest.layers.items[i].digest));
	arena_free(&arena);
	return result;
}

static int publish_locked(struct image_new *new)
{
	struct layout_index index;

	if (each_name(new->blobs_fd, move_blob, new) < 0 ||
	    each_name(new->layers_fd, move_layer, new) < 0 ||
	    layout_read_index(new->layout_fd, &new->arena, &index) < 0)
		return -1;
	for (size_t i = 0; i < new->count; i++)
		if (check_blobs(new, &new->entries[i]) < 0 ||
		    image_index_set(&index, &new->arena, &new->entries[i].manifest,
				    new->entries[i].reference) < 0)
			return -1;
	return new->count ? layout_write_index(new->layout_fd, &new->scratch, &index) : 0;
}

int image_new_publish(struct image_new *new)
{
	auto_close int lock_fd = -1;

	if (sync_all(new) < 0 || layout_open(new->place, &lock_fd) < 0 ||
	    layout_lock(lock_fd, LOCK_EX) < 0)
		return -1;
	return publish_locked(new);
}
