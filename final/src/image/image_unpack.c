/* image_unpack.c: an image's layers as directories. See image.h; next file: ../engine/rootfs.h */
#include "../base/err.h"
#include "../base/log.h"
#include "../store/digest.h"
#include "image.h"
#include "image_new.h"

#include <fcntl.h>
#include <sys/file.h>

static bool has_layer(const struct place *place, const char *diff_id)
{
	char path[96];

	snprintf(path, sizeof(path), "layers/%s", digest_hex(diff_id));
	return faccessat(place->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Under the shared lock: rmi looks at boxes and removes layers under the exclusive one. Whoever has
 * written its box.json before it comes here either finds a layer that will stay, or none.
 */
static int count_missing(const struct place *place, const struct image *image, size_t *ret_count)
{
	auto_close int layout_fd = -1;
	const struct str_list *ids = &image->content.config.rootfs.diff_ids;
	size_t count = 0;

	if (layout_open(place, &layout_fd) < 0 || layout_lock(layout_fd, LOCK_SH) < 0)
		return -1;
	for (size_t i = 0; i < ids->count; i++)
		count += !has_layer(place, ids->items[i]);
	*ret_count = count;
	return 0;
}

static int unpack_missing(const struct place *place, const struct image *image)
{
	auto_image_new struct image_new new = IMAGE_NEW_NONE;
	const struct image_content *content = &image->content;

	if (image_new_open(place, &new) < 0)
		return -1;
	for (size_t i = 0; i < content->manifest.layers.count; i++)
		if (image_new_layer(&new, content->manifest.layers.items[i].digest,
				    content->config.rootfs.diff_ids.items[i], NULL) < 0)
			return -1;
	return image_new_publish(&new);
}

int image_unpack(const struct place *place, const struct image *image)
{
	const char *name = image->references.count ? image->references.items[0] : image->id;
	size_t missing;

	if (count_missing(place, image, &missing) < 0)
		return -1;
	if (missing == 0)
		return 0;
	log_write(LOG_INFO, "image %s: unpacking %zu layers", name, missing);
	return unpack_missing(place, image) < 0 ? err_wrap("image %s", name) : 0;
}
