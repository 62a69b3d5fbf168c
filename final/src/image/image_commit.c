/* image_commit.c: a box becomes an image. See image_commit.h; next file: ../cli/cmd_changes.c */
#include "image_commit.h"
#include "../base/err.h"
#include "../store/clock.h"
#include "../store/digest.h"
#include "image.h"
#include "image_changes.h"
#include "image_new.h"
#include "layer.h"
#include "reference.h"

#include <fcntl.h>
#include <string.h>

/*
 * The upper directory as a blob; its diff ID is its digest, for it is not compressed. A box that was
 * never started has none, and changed nothing: no digest.
 */
static int pack_upper(struct image_new *new, const struct box *box, struct descriptor *ret_layer)
{
	auto_close int upper_fd = openat(box->dir_fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int tar_fd =
		openat(new->scratch.fd, "tar", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct digest digest;
	uint64_t size;

	*ret_layer = (struct descriptor){0};
	if (upper_fd < 0)
		return errno == ENOENT ? 0 : err_sys("open its upper layer");
	if (tar_fd < 0)
		return err_sys("make a layer");
	if (layer_pack(upper_fd, LAYER_OVERLAY, tar_fd, &digest, &size) < 0 ||
	    image_new_take_blob(new, tar_fd, digest.text, ret_layer) < 0)
		return -1;
	ret_layer->media_type = arena_format(&new->arena, MEDIA_LAYER);
	return ret_layer->media_type ? 0 : -1;
}

static int read_base(struct image_new *new, const struct box *box, struct image_content *ret_base)
{
	struct image image;

	if (!box->image_id)
		return err_set(EINVAL, "is made of a directory, not of an image: husk import makes "
				       "an image of that");
	if (image_find(box->place, box->image_id, &image) < 0)
		return -1;
	*ret_base = image.content;
	arena_join(&new->arena, &image.arena);
	return 0;
}

static int add_history(struct image_config *config, const struct image_commit *commit,
		       const struct box *box, const struct descriptor *layer, struct arena *arena)
{
	size_t count = config->history.count;
	struct image_history *history = arena_alloc(arena, (count + 1) * sizeof(*history));

	if (!history)
		return -1;
	if (count)
		memcpy(history, config->history.items, count * sizeof(*history));
	history[count].created = config->created;
	history[count].created_by = box->args.count ? box->args.items[0] : NULL;
	history[count].comment = (char *)commit->comment;
	history[count].empty_layer = !layer->digest;
	config->history.items = history;
	config->history.count = count + 1;
	return 0;
}

/* What the box was told, and what is new. */
static int describe(struct image_config *config, const struct box *box,
		    const struct image_commit *commit, const struct descriptor *layer,
		    struct arena *arena)
{
	config->author = commit->author ? (char *)commit->author : config->author;
	config->config.entrypoint = box->entrypoint;
	config->config.cmd = box->args;
	config->config.env = box->env;
	config->config.labels = box->labels;
	config->config.workdir = box->workdir;
	config->config.user = box->user;
	config->config.stop_signal = box->stop_signal;
	if (layer->digest && str_list_add(&config->rootfs.diff_ids, arena, layer->digest) < 0)
		return -1;
	if (clock_now(arena, &config->created) < 0 ||
	    add_history(config, commit, box, layer, arena) < 0)
		return -1;
	return commit->changes ? image_changes_apply(commit->changes, config, arena) : 0;
}

static int write_image(struct image_new *new, struct image_content *base, const struct box *box,
		       const struct image_commit *commit, const struct descriptor *layer,
		       char **ret_id)
{
	size_t count = base->manifest.layers.count;
	struct descriptor *layers = arena_alloc(&new->arena, (count + 1) * sizeof(*layers));
	char *full = NULL;

	if (!layers || (commit->reference &&
			reference_normalize_new(commit->reference, &new->arena, &full) < 0))
		return -1;
	if (count)
		memcpy(layers, base->manifest.layers.items, count * sizeof(*layers));
	layers[count] = *layer;
	if (describe(&base->config, box, commit, layer, &new->arena) < 0)
		return -1;
	return image_new_write(new, &base->config, layers, count + !!layer->digest, full, ret_id);
}

int image_commit(const struct box *box, const struct image_commit *commit, struct arena *arena,
		 char **ret_id)
{
	auto_image_new struct image_new new = IMAGE_NEW_NONE;
	struct image_content base;
	struct descriptor layer;
	char *id;

	if (image_new_open(box->place, &new) < 0)
		return -1;
	if (read_base(&new, box, &base) < 0 || pack_upper(&new, box, &layer) < 0 ||
	    write_image(&new, &base, box, commit, &layer, &id) < 0 || image_new_publish(&new) < 0)
		return -1;
	id = arena_format(arena, "%s", id);
	if (!id)
		return -1;
	*ret_id = id;
	return 0;
}
