/*
 * run_image.c: what an image says about its containers, and what the options say instead. See
 * run_options.h; next file: cmd_run.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../image/image.h"
#include "../network/ports.h"
#include "run_options.h"

#include <fcntl.h>
#include <string.h>

enum { ENV_FILE_MAX = 1 << 20 };

int run_set_env(struct str_list *env, struct arena *arena, const char *text)
{
	size_t length = strcspn(text, "=");
	char *item = arena_format(arena, "%s", text);
	const char *ours;

	if (!item)
		return -1;
	if (length == 0)
		return err_set(EINVAL, "'%s': expected NAME=VALUE or NAME", text);
	if (!text[length]) {
		ours = getenv(text);
		if (!ours)
			return 0;
		item = arena_format(arena, "%s=%s", text, ours);
		if (!item)
			return -1;
	}
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], item, length + 1) == 0) {
			env->items[i] = item;
			return 0;
		}
	return str_list_add(env, arena, item);
}

int run_read_env_file(const char *path, struct arena *arena, struct str_list *env)
{
	char *text, *line;

	if (fd_read_file(AT_FDCWD, path, ENV_FILE_MAX, arena, &text, NULL) < 0)
		return err_wrap("--env-file");
	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t");
		if (*line && *line != '#' && run_set_env(env, arena, line) < 0)
			return err_wrap("--env-file %s", path);
	}
	return 0;
}

/* The one that every machine has: made on the spot if it is asked for and not there. */
static int find_image(const struct place *place, const char *name, struct image *ret_image)
{
	if (image_find(place, name, ret_image) == 0)
		return 0;
	if (err_last()->code != ENOENT || image_ensure_default(place, name) < 0)
		return -1;
	return image_find(place, name, ret_image);
}

/* -P: for each port that the image names, a free one of the host. */
static int publish_all(const struct image_config *image, struct box *box)
{
	struct ports_list ports = {0};

	for (size_t i = 0; i < image->config.exposed_ports.count; i++)
		if (ports_add(image->config.exposed_ports.items[i].name, &box->arena, &ports) < 0)
			return -1;
	box->ports.items = ports.items;
	box->ports.count = ports.count;
	return 0;
}

static int use_config(const struct run_options *options, const struct image_config *image,
		      struct box *box)
{
	if (!options->entrypoint) {
		box->entrypoint = image->config.entrypoint;
		if (box->args.count == 0)
			box->args = image->config.cmd;
	}
	for (size_t i = 0; i < image->config.env.count; i++)
		if (run_set_env(&box->env, &box->arena, image->config.env.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < image->config.labels.count; i++) {
		char *pair = arena_format(&box->arena, "%s=%s", image->config.labels.items[i].key,
					  image->config.labels.items[i].value);

		if (!pair || str_map_set(&box->labels, &box->arena, pair) < 0)
			return -1;
	}
	for (size_t i = 0; i < image->config.volumes.count; i++)
		if (run_add_anonymous(box, image->config.volumes.items[i].name) < 0)
			return err_wrap("the image's VOLUME");
	if (options->publish_all && publish_all(image, box) < 0)
		return -1;
	box->workdir = image->config.workdir;
	box->user = image->config.user;
	box->stop_signal = image->config.stop_signal;
	return 0;
}

int run_use_image(const struct place *place, const struct run_options *options, const char *name,
		  struct box *box)
{
	struct image image;
	int result;

	if (find_image(place, name, &image) < 0)
		return -1;
	result = image_unpack(place, &image);
	box->image = arena_format(&box->arena, "%s", name);
	box->image_id = image.id;
	box->layers = image.content.config.rootfs.diff_ids;
	if (result == 0)
		result = box->image ? use_config(options, &image.content.config, box) : -1;
	arena_join(&box->arena, &image.arena); /* the box points into it */
	return result;
}
