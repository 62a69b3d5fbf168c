/*
 * image_save.c: images into an archive. See image.h; next file: image_default.c
 *
 * Both formats are an OCI layout in a tar; docker's has a manifest.json as well, which is all that
 * `docker load` looks at. Blobs are written as they are, and hashed while they are.
 */
#include "../base/err.h"
#include "../store/digest.h"
#include "archive.h"
#include "image.h"
#include "reference.h"

#include <string.h>

struct saving {
	int layout_fd;
	struct archive_writer *writer;
	struct arena *arena;
	struct layout_index index;
	struct json_object *docker; /* an array; NULL: it is not wanted */
	struct str_list written;    /* digests */
};

static int save_blob(struct saving *s, char *digest)
{
	auto_close int fd = -1;
	struct digest found;
	char name[96];

	if (str_list_has(&s->written, digest))
		return 0;
	snprintf(name, sizeof(name), "blobs/sha256/%s", digest_hex(digest));
	if (layout_open_blob(s->layout_fd, digest, &fd) < 0 ||
	    archive_add_fd(s->writer, name, fd, &found) < 0)
		return -1;
	if (strcmp(found.text, digest) != 0)
		return err_set(EBADMSG, "blob %s is damaged: its content has the digest %s", digest,
			       found.text);
	return str_list_add(&s->written, s->arena, digest);
}

static int add_descriptor(struct saving *s, const struct descriptor *descriptor, char *name)
{
	size_t count = s->index.manifests.count;
	struct descriptor *items = arena_alloc(s->arena, (count + 1) * sizeof(*items));
	struct str_pair *pairs = arena_alloc(s->arena, 2 * sizeof(*pairs));

	if (!items || !pairs)
		return -1;
	if (count)
		memcpy(items, s->index.manifests.items, count * sizeof(*items));
	items[count] = *descriptor;
	items[count].annotations = (struct str_map){0};
	if (name) {
		pairs[0] = (struct str_pair){"io.containerd.image.name", name};
		pairs[1] = (struct str_pair){LAYOUT_REF_NAME, name};
		items[count].annotations = (struct str_map){pairs, 2};
	}
	s->index.manifests.items = items;
	s->index.manifests.count = count + 1;
	return 0;
}

static int append_string(struct json_object *array, const char *prefix, const char *text)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", prefix, text);
	return json_append(array, json_new_string(name));
}

/* Docker's own names: docker.io/library/ is left out. */
static int add_repo_tag(struct saving *s, struct json_object *tags, const char *full)
{
	char *name, *tag, *digest;

	if (reference_familiar(full, s->arena, &name, &tag, &digest) < 0)
		return -1;
	if (!tag)
		return 0;
	name = arena_format(s->arena, "%s:%s", name, tag);
	return name ? append_string(tags, "", name) : -1;
}

static int add_docker(struct saving *s, const struct image_content *content, const char *name)
{
	struct json_object *entry = json_new_object(), *tags = json_new_array();
	struct json_object *layers = json_new_array();
	const struct image_manifest *manifest = &content->manifest;
	char config[96];
	int failed = !entry || !tags || !layers;

	snprintf(config, sizeof(config), "blobs/sha256/%s", digest_hex(manifest->config.digest));
	if (name && tags)
		failed |= add_repo_tag(s, tags, name);
	for (size_t i = 0; layers && i < manifest->layers.count; i++)
		failed |= append_string(layers, "blobs/sha256/",
					digest_hex(manifest->layers.items[i].digest));
	failed |= json_add(entry, "Config", json_new_string(config));
	failed |= json_add(entry, "RepoTags", tags);
	failed |= json_add(entry, "Layers", layers);
	failed |= json_append(s->docker, entry);
	return failed ? -1 : 0;
}

static int save_content(struct saving *s, const struct image_content *content, char *name)
{
	for (size_t i = 0; i < content->manifest.layers.count; i++)
		if (save_blob(s, content->manifest.layers.items[i].digest) < 0)
			return -1;
	if (save_blob(s, content->manifest.config.digest) < 0 ||
	    save_blob(s, content->descriptor.digest) < 0 ||
	    add_descriptor(s, &content->descriptor, name) < 0)
		return -1;
	return s->docker ? add_docker(s, content, name) : 0;
}

/* With the name that it was asked for by, if that is one. */
static int save_one(struct saving *s, const struct place *place, const char *reference)
{
	char *name = NULL;
	struct image image;
	int result;

	if (image_find(place, reference, &image) < 0)
		return -1;
	if (reference_normalize(reference, s->arena, &name) < 0 ||
	    !str_list_has(&image.references, name))
		name = NULL;
	result = save_content(s, &image.content, name);
	arena_join(s->arena, &image.arena); /* the list of images points into it */
	return result < 0 ? err_wrap("image %s", reference) : 0;
}

static int save_lists(struct saving *s)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	char *text;

	s->index.schema_version = 2;
	s->index.media_type = MEDIA_INDEX;
	if (archive_add_text(s->writer, "oci-layout", version, sizeof(version) - 1) < 0 ||
	    bind_write(&layout_index_table, &s->index, JSON_ONE_LINE, s->arena, &text) < 0 ||
	    archive_add_text(s->writer, "index.json", text, strlen(text)) < 0)
		return -1;
	if (!s->docker)
		return 0;
	if (json_text(s->docker, JSON_ONE_LINE, s->arena, &text) < 0)
		return -1;
	return archive_add_text(s->writer, "manifest.json", text, strlen(text));
}

static int save_all(struct saving *s, const struct place *place, const struct str_list *references,
		    int fd)
{
	if (archive_begin(s->writer, fd) < 0 || archive_add_dir(s->writer, "blobs") < 0 ||
	    archive_add_dir(s->writer, "blobs/sha256") < 0)
		return -1;
	for (size_t i = 0; i < references->count; i++)
		if (save_one(s, place, references->items[i]) < 0)
			return -1;
	if (save_lists(s) < 0)
		return -1;
	return archive_end(s->writer);
}

int image_save(const struct place *place, const struct str_list *references,
	       enum image_format format, int fd)
{
	auto_json struct json_object *docker =
		format == IMAGE_DOCKER_ARCHIVE ? json_new_array() : NULL;
	auto_archive struct archive_writer writer = {0};
	auto_close int layout_fd = -1;
	struct arena arena = {0};
	struct saving s = {.writer = &writer, .arena = &arena, .docker = docker};
	int result;

	if (layout_open(place, &layout_fd) < 0)
		return -1;
	s.layout_fd = layout_fd;
	result = save_all(&s, place, references, fd);
	arena_free(&arena);
	return result;
}
