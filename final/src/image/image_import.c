/*
 * image_import.c: a folder or a tar becomes an image of one layer. See image.h; next file:
 * image_changes.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../store/clock.h"
#include "../store/digest.h"
#include "image.h"
#include "image_changes.h"
#include "image_new.h"
#include "layer.h"
#include "reference.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The blob of the new image, and what it is without compression. */
struct imported {
	struct descriptor layer;
	struct digest diff_id;
};

static int make_blob(struct image_new *new, int *ret_fd)
{
	int fd = openat(new->scratch.fd, "tar", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys("make a layer");
	*ret_fd = fd;
	return 0;
}

static int import_folder(struct image_new *new, int dir_fd, struct imported *ret)
{
	auto_close int fd = -1;
	uint64_t size;

	if (make_blob(new, &fd) < 0 ||
	    layer_pack(dir_fd, LAYER_PLAIN, fd, &ret->diff_id, &size) < 0)
		return -1;
	if (image_new_take_blob(new, fd, ret->diff_id.text, &ret->layer) < 0)
		return -1;
	ret->layer.media_type = arena_format(&new->arena, MEDIA_LAYER);
	return ret->layer.media_type ? 0 : -1;
}

/* gzip and zstd stay as they are: layers may be that. Of the others the tar alone is kept. */
static int import_tar(struct image_new *new, int tar_fd, struct imported *ret)
{
	const char *compression = layer_compression(tar_fd);
	char *media_type = arena_format(&new->arena, MEDIA_LAYER "%s", compression ?: "");
	auto_close int fd = -1;
	struct digest ignored;

	if (!media_type)
		return -1;
	if (compression) {
		if (image_new_blob(new, tar_fd, NULL, &ret->layer) < 0)
			return -1;
	} else if (make_blob(new, &fd) < 0 || layer_inflate(tar_fd, fd, &ignored) < 0 ||
		   image_new_take_blob(new, fd, NULL, &ret->layer) < 0) {
		return -1;
	}
	if (image_new_layer(new, ret->layer.digest, NULL, &ret->diff_id) < 0)
		return -1;
	ret->layer.media_type = media_type;
	return 0;
}

/* A pipe has to be a file first: it is looked at twice. */
static int import_stream(struct image_new *new, int pipe_fd, struct imported *ret)
{
	struct digest ignored;
	auto_close int fd =
		openat(new->scratch.fd, "stdin", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys("make a file");
	if (digest_copy(pipe_fd, fd, &ignored, NULL) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys("seek");
	return import_tar(new, fd, ret);
}

static int import_path(struct image_new *new, const char *path, struct imported *ret)
{
	auto_close int fd = -1;
	struct stat st;

	if (strcmp(path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("open %s", path);
	if (S_ISDIR(st.st_mode))
		return import_folder(new, fd, ret);
	if (S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0)
		return import_tar(new, fd, ret);
	return import_stream(new, fd, ret);
}

static int add_text(struct image_new *new, const struct bind_table *table, const void *value,
		    const char *media_type, struct descriptor *ret_descriptor)
{
	char *text;

	if (bind_write(table, value, JSON_ONE_LINE, &new->arena, &text) < 0 ||
	    image_new_text(new, text, strlen(text), ret_descriptor) < 0)
		return -1;
	ret_descriptor->media_type = arena_format(&new->arena, "%s", media_type);
	return ret_descriptor->media_type ? 0 : -1;
}

int image_new_write(struct image_new *new, const struct image_config *config,
		    struct descriptor *layers, size_t count, const char *reference, char **ret_id)
{
	struct image_manifest manifest = {
		.schema_version = 2,
		.media_type = arena_format(&new->arena, MEDIA_MANIFEST),
		.layers = {layers, count},
	};
	struct descriptor descriptor;

	if (add_text(new, &image_config_table, config, MEDIA_CONFIG, &manifest.config) < 0 ||
	    add_text(new, &image_manifest_table, &manifest, MEDIA_MANIFEST, &descriptor) < 0)
		return -1;
	*ret_id = manifest.config.digest;
	return image_new_add(new, &descriptor, reference);
}

static int write_image(struct image_new *new, struct imported *imported,
		       const struct image_import *import, const char *reference, char **ret_id)
{
	const char *architecture, *variant;
	char *diff_ids[] = {imported->diff_id.text, NULL};
	struct image_history history = {0};
	struct image_config config = {0};

	if (clock_now(&new->arena, &config.created) < 0)
		return -1;
	image_platform(&architecture, &variant);
	config.architecture = arena_format(&new->arena, "%s", architecture);
	config.variant = variant ? arena_format(&new->arena, "%s", variant) : NULL;
	config.os = arena_format(&new->arena, "linux");
	config.rootfs.type = arena_format(&new->arena, "layers");
	config.rootfs.diff_ids = (struct str_list){diff_ids, 1};
	history.created = config.created;
	history.comment = arena_format(&new->arena, "%s%s", import->comment ? "" : "Imported from ",
				       import->comment ? import->comment : import->path);
	config.history.items = &history;
	config.history.count = 1;
	if (!config.architecture || !config.os || !history.comment)
		return -1;
	if (import->changes && image_changes_apply(import->changes, &config, &new->arena) < 0)
		return -1;
	return image_new_write(new, &config, &imported->layer, 1, reference, ret_id);
}

int image_import(const struct place *place, const struct image_import *import, struct arena *arena,
		 char **ret_id)
{
	auto_image_new struct image_new new = IMAGE_NEW_NONE;
	struct imported imported = {0};
	char *full = NULL, *id;

	if ((import->reference && reference_normalize_new(import->reference, arena, &full) < 0) ||
	    image_new_open(place, &new) < 0)
		return -1;
	if (import_path(&new, import->path, &imported) < 0)
		return err_wrap("import %s", import->path);
	if (write_image(&new, &imported, import, full, &id) < 0 || image_new_publish(&new) < 0)
		return -1;
	id = arena_format(arena, "%s", id);
	if (!id)
		return -1;
	*ret_id = id;
	return 0;
}
