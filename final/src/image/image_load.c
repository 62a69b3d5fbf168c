/*
 * image_load.c: images out of an archive. See image.h; next file: image_save.c
 *
 * A stranger's tar is unpacked into a scratch directory by a confined child, links and all; what is
 * read from there goes by openat2(2) below that directory. Then every file is hashed, every layer
 * unpacked, and only if all of that was right does the store learn of it.
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../store/digest.h"
#include "image.h"
#include "image_new.h"
#include "layer.h"
#include "reference.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct loading {
	struct image_new *new;
	int source_fd; /* a layout, or an unpacked archive of docker */
	bool ours;     /* its files may be taken; else they are copied */
	struct arena *arena;
	struct str_list names;
};

/* Docker's manifest.json: an array of these. */
struct docker_image {
	char *config;
	struct str_list repo_tags, layers;
};

#define IN_DOCKER(member) BIND_AT(struct docker_image, member)

static const struct bind_field docker_rows[] = {
	{"Config", BIND_STRING, IN_DOCKER(config), .required = true},
	{"RepoTags", BIND_STRINGS, IN_DOCKER(repo_tags)},
	{"Layers", BIND_STRINGS, IN_DOCKER(layers), .required = true},
};
static const struct bind_table docker_table = BIND_TABLE(struct docker_image, docker_rows);

static int add_name(struct loading *l, const char *text)
{
	char *name = arena_format(l->arena, "%s", text);

	return name ? str_list_add(&l->names, l->arena, name) : -1;
}

/* --- an OCI layout --- */

static int take_blob(struct loading *l, const struct descriptor *wanted)
{
	struct descriptor found;
	auto_close int fd = -1;

	/* Two images of one archive may share a layer: it has been taken. */
	if (faccessat(l->new->blobs_fd, digest_hex(wanted->digest), F_OK, 0) == 0)
		return 0;
	if (layout_open_blob(l->source_fd, wanted->digest, &fd) < 0)
		return -1;
	if (l->ours ? image_new_take_blob(l->new, fd, wanted->digest, &found) < 0
		    : image_new_blob(l->new, fd, wanted->digest, &found) < 0)
		return -1;
	return layout_check_size(wanted, found.size);
}

static int load_layers(struct loading *l, const struct image_content *content)
{
	for (size_t i = 0; i < content->manifest.layers.count; i++) {
		const struct descriptor *layer = &content->manifest.layers.items[i];

		if (take_blob(l, layer) < 0 ||
		    image_new_layer(l->new, layer->digest, content->config.rootfs.diff_ids.items[i],
				    NULL) < 0)
			return -1;
	}
	return 0;
}

/*
 * Docker 25 and later have the tag alone in OCI's annotation, and the whole name in containerd's.
 */
static const char *name_of(const struct descriptor *descriptor)
{
	const char *name = str_map_get(&descriptor->annotations, "io.containerd.image.name");

	return name ? name : str_map_get(&descriptor->annotations, LAYOUT_REF_NAME);
}

static int add_image(struct loading *l, const struct descriptor *manifest, const char *name,
		     const char *id)
{
	char *full = NULL;

	if (name && reference_normalize(name, l->arena, &full) < 0)
		return -1;
	if (image_new_add(l->new, manifest, full) < 0)
		return -1;
	return add_name(l, full ? full : id);
}

static int load_descriptor(struct loading *l, const struct descriptor *descriptor)
{
	struct image_content content;
	struct descriptor config;

	if (image_read_content(l->source_fd, descriptor, l->arena, &content) < 0 ||
	    load_layers(l, &content) < 0 || take_blob(l, &content.manifest.config) < 0 ||
	    image_new_text(l->new, content.manifest_text, strlen(content.manifest_text), &config) <
		    0)
		return -1;
	config.media_type = content.descriptor.media_type;
	return add_image(l, &config, name_of(descriptor), content.manifest.config.digest);
}

static int load_layout(struct loading *l)
{
	struct layout_index index;

	if (layout_read_index(l->source_fd, l->arena, &index) < 0)
		return -1;
	if (index.manifests.count == 0)
		return err_set(EINVAL, "there is no image in it");
	for (size_t i = 0; i < index.manifests.count; i++)
		if (load_descriptor(l, &index.manifests.items[i]) < 0)
			return err_wrap("image %zu", i + 1);
	return 0;
}

/* --- docker's archive --- */

static int read_docker_config(struct loading *l, const struct docker_image *image,
			      struct image_config *ret_config, struct descriptor *ret_descriptor)
{
	auto_json struct json_object *json = NULL;
	auto_close int fd = -1;
	size_t length;
	char *text;

	if (path_open(l->source_fd, image->config, O_RDONLY | O_NONBLOCK, &fd) < 0 ||
	    fd_read_text(fd, LAYOUT_JSON_MAX, l->arena, &text, &length) < 0 ||
	    json_parse(text, length, "the configuration", &json) < 0 ||
	    bind_read(&image_config_table, json, "the configuration", l->arena, ret_config) < 0 ||
	    image_new_text(l->new, text, length, ret_descriptor) < 0)
		return -1;
	ret_descriptor->media_type = arena_format(l->arena, MEDIA_CONFIG);
	return ret_descriptor->media_type ? 0 : -1;
}

/* Two layers of one content are one file, or a link to it. */
static int docker_layer(struct loading *l, const struct docker_image *image, size_t i,
			const char *diff_id, struct descriptor *ret_layer)
{
	auto_close int fd = -1;
	const char *compression;

	if (!digest_is_valid(diff_id))
		return err_set(EINVAL, "rootfs.diff_ids[%zu]: expected sha256:...", i);
	if (path_open(l->source_fd, image->layers.items[i], O_RDONLY | O_NONBLOCK, &fd) < 0)
		return -1;
	compression = layer_compression(fd);
	if (!compression)
		return err_set(EINVAL, "%s: expected a tar, plain or of gzip or zstd",
			       image->layers.items[i]);
	if (l->ours ? image_new_take_blob(l->new, fd, NULL, ret_layer) < 0
		    : image_new_blob(l->new, fd, NULL, ret_layer) < 0)
		return err_wrap("%s", image->layers.items[i]);
	ret_layer->media_type = arena_format(l->arena, MEDIA_LAYER "%s", compression);
	if (!ret_layer->media_type)
		return -1;
	return image_new_layer(l->new, ret_layer->digest, diff_id, NULL);
}

static int load_docker_image(struct loading *l, const struct docker_image *image)
{
	struct image_config config = {0};
	struct image_manifest manifest = {.schema_version = 2};
	struct descriptor descriptor, *layers;
	char *text;

	if (read_docker_config(l, image, &config, &manifest.config) < 0)
		return -1;
	if (config.rootfs.diff_ids.count != image->layers.count)
		return err_set(EINVAL, "has %zu layers, its configuration %zu", image->layers.count,
			       config.rootfs.diff_ids.count);
	layers = arena_alloc(l->arena, (image->layers.count + 1) * sizeof(*layers));
	if (!layers)
		return -1;
	for (size_t i = 0; i < image->layers.count; i++)
		if (docker_layer(l, image, i, config.rootfs.diff_ids.items[i], &layers[i]) < 0)
			return -1;
	manifest.layers.items = layers;
	manifest.layers.count = image->layers.count;
	manifest.media_type = arena_format(l->arena, MEDIA_MANIFEST);
	if (!manifest.media_type ||
	    bind_write(&image_manifest_table, &manifest, JSON_ONE_LINE, l->arena, &text) < 0 ||
	    image_new_text(l->new, text, strlen(text), &descriptor) < 0)
		return -1;
	descriptor.media_type = manifest.media_type;
	if (image->repo_tags.count == 0)
		return add_image(l, &descriptor, NULL, manifest.config.digest);
	for (size_t i = 0; i < image->repo_tags.count; i++)
		if (add_image(l, &descriptor, image->repo_tags.items[i], manifest.config.digest) <
		    0)
			return -1;
	return 0;
}

/* The file is an array; what reads JSON for us wants an object around it. */
static int load_docker(struct loading *l)
{
	auto_json struct json_object *json = NULL;
	struct json_object *list;
	struct json_cursor cursor;
	char *text, *wrapped;

	if (fd_read_file(l->source_fd, "manifest.json", LAYOUT_JSON_MAX, l->arena, &text, NULL) < 0)
		return -1;
	wrapped = arena_format(l->arena, "{\"images\":%s}", text);
	if (!wrapped || json_parse(wrapped, strlen(wrapped), "manifest.json", &json) < 0)
		return -1;
	cursor = json_first(json);
	list = json_next(&cursor) ? cursor.value : NULL;
	if (json_kind(list) != JSON_ARRAY || json_count(list) == 0)
		return err_set(EINVAL, "manifest.json: expected an array of images");
	for (size_t i = 0; i < json_count(list); i++) {
		struct docker_image image = {0};

		if (bind_read(&docker_table, json_item(list, i), "manifest.json", l->arena,
			      &image) < 0 ||
		    load_docker_image(l, &image) < 0)
			return err_wrap("image %zu", i + 1);
	}
	return 0;
}

/* --- both --- */

static bool has_file(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int load_source(struct loading *l)
{
	if (has_file(l->source_fd, "index.json"))
		return load_layout(l);
	if (has_file(l->source_fd, "manifest.json"))
		return load_docker(l);
	return err_set(EINVAL, "is no archive of images: it has neither index.json nor "
			       "manifest.json (husk import takes a root file system)");
}

static int unpack_archive(struct loading *l, int fd)
{
	struct layer_result result;

	if (scratch_make_dir(&l->new->scratch, "archive", &l->source_fd) < 0)
		return -1;
	l->ours = true;
	return layer_unpack(fd, l->source_fd, LAYER_ARCHIVE, &result);
}

int image_load(const struct place *place, int fd, struct arena *arena, struct str_list *ret_names)
{
	auto_image_new struct image_new new = IMAGE_NEW_NONE;
	struct loading l = {.new = &new, .source_fd = fd, .arena = arena};
	auto_close int archive_fd = -1;
	struct stat st;
	int result = 0;

	if (fstat(fd, &st) < 0)
		return err_sys("load");
	if (image_new_open(place, &new) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		result = unpack_archive(&l, fd);
		archive_fd = l.source_fd == fd ? -1 : l.source_fd;
	}
	if (result < 0 || load_source(&l) < 0)
		return -1;
	if (image_new_publish(&new) < 0)
		return -1;
	*ret_names = l.names;
	return 0;
}
