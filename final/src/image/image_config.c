/* image_config.c: manifests and configurations are read. See image_config.h; next file: image.c */
#include "image_config.h"
#include "../base/err.h"
#include "../store/digest.h"

#include <string.h>
#include <sys/utsname.h>

#define IN_MANIFEST(member) BIND_AT(struct image_manifest, member)
#define IN_CONFIG(member) BIND_AT(struct image_config, member)
#define IN_HISTORY(member) BIND_AT(struct image_history, member)

/* An index in an index, and so on: a stranger can write a circle. */
enum { INDEX_DEPTH = 4, LAYERS_MAX = 500 };

static const struct bind_field manifest_rows[] = {
	{"schemaVersion", BIND_UINT, IN_MANIFEST(schema_version), .required = true, .min = 2,
	 .max = 2},
	{"mediaType", BIND_STRING, IN_MANIFEST(media_type)},
	{"artifactType", BIND_STRING, IN_MANIFEST(artifact_type)},
	{"config", BIND_EMBEDDED, IN_MANIFEST(config), .required = true,
	 .table = &descriptor_table},
	{"layers", BIND_LIST, IN_MANIFEST(layers), .required = true, .table = &descriptor_table},
	{"annotations", BIND_MAP, IN_MANIFEST(annotations)},
};
const struct bind_table image_manifest_table = BIND_TABLE(struct image_manifest, manifest_rows);

static const struct bind_table key_table = {sizeof(struct image_key), NULL, 0};

static const struct bind_field health_rows[] = {
	{"Test", BIND_STRINGS, BIND_AT(struct image_health, test)},
	{"Interval", BIND_INT, BIND_AT(struct image_health, interval)},
	{"Timeout", BIND_INT, BIND_AT(struct image_health, timeout)},
	{"StartPeriod", BIND_INT, BIND_AT(struct image_health, start_period)},
	{"StartInterval", BIND_INT, BIND_AT(struct image_health, start_interval)},
	{"Retries", BIND_INT, BIND_AT(struct image_health, retries)},
};
static const struct bind_table health_table = BIND_TABLE(struct image_health, health_rows);

static const struct bind_field inner_rows[] = {
	{"User", BIND_STRING, IN_CONFIG(config.user)},
	{"ExposedPorts", BIND_KEYED, IN_CONFIG(config.exposed_ports), .table = &key_table},
	{"Env", BIND_STRINGS, IN_CONFIG(config.env)},
	{"Entrypoint", BIND_STRINGS, IN_CONFIG(config.entrypoint)},
	{"Cmd", BIND_STRINGS, IN_CONFIG(config.cmd)},
	{"Volumes", BIND_KEYED, IN_CONFIG(config.volumes), .table = &key_table},
	{"WorkingDir", BIND_STRING, IN_CONFIG(config.workdir)},
	{"Labels", BIND_MAP, IN_CONFIG(config.labels)},
	{"StopSignal", BIND_STRING, IN_CONFIG(config.stop_signal)},
	{"Shell", BIND_STRINGS, IN_CONFIG(config.shell)},
	{"OnBuild", BIND_STRINGS, IN_CONFIG(config.on_build)},
	{"Healthcheck", BIND_POINTER, IN_CONFIG(config.health), .table = &health_table},
	{"ArgsEscaped", BIND_BOOL, IN_CONFIG(config.args_escaped)},
};
static const struct bind_table inner_table = BIND_TABLE(struct image_config, inner_rows);

static const struct bind_field rootfs_rows[] = {
	{"type", BIND_STRING, IN_CONFIG(rootfs.type)},
	{"diff_ids", BIND_STRINGS, IN_CONFIG(rootfs.diff_ids), .always = true},
};
static const struct bind_table rootfs_table = BIND_TABLE(struct image_config, rootfs_rows);

static const struct bind_field history_rows[] = {
	{"created", BIND_STRING, IN_HISTORY(created)},
	{"created_by", BIND_STRING, IN_HISTORY(created_by)},
	{"comment", BIND_STRING, IN_HISTORY(comment)},
	{"empty_layer", BIND_BOOL, IN_HISTORY(empty_layer)},
};
static const struct bind_table history_table = BIND_TABLE(struct image_history, history_rows);

static const struct bind_field config_rows[] = {
	{"created", BIND_STRING, IN_CONFIG(created)},
	{"author", BIND_STRING, IN_CONFIG(author)},
	{"architecture", BIND_STRING, IN_CONFIG(architecture)},
	{"variant", BIND_STRING, IN_CONFIG(variant)},
	{"os", BIND_STRING, IN_CONFIG(os)},
	{"os.version", BIND_STRING, IN_CONFIG(os_version)},
	{"config", BIND_INSIDE, BIND_NOWHERE, .table = &inner_table},
	{"rootfs", BIND_INSIDE, BIND_NOWHERE, .table = &rootfs_table},
	{"history", BIND_LIST, IN_CONFIG(history), .table = &history_table},
};
const struct bind_table image_config_table = BIND_TABLE(struct image_config, config_rows);

/* uname(2)'s machine and GOARCH, which OCI takes its words from. */
static const struct {
	const char *machine, *architecture, *variant;
} platforms[] = {
	{"x86_64", "amd64", NULL},
	{"aarch64", "arm64", NULL},
	{"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},
	{"i686", "386", NULL},
	{"i586", "386", NULL},
	{"riscv64", "riscv64", NULL},
	{"ppc64le", "ppc64le", NULL},
	{"s390x", "s390x", NULL},
	{"mips64", "mips64le", NULL},
	{"loongarch64", "loong64", NULL},
};

void image_platform(const char **ret_architecture, const char **ret_variant)
{
	struct utsname name;

	*ret_architecture = "unknown";
	*ret_variant = NULL;
	if (uname(&name) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++)
		if (strcmp(name.machine, platforms[i].machine) == 0) {
			*ret_architecture = platforms[i].architecture;
			*ret_variant = platforms[i].variant;
		}
}

static bool is_index(const char *media_type)
{
	return media_type &&
	       (strcmp(media_type, MEDIA_INDEX) == 0 || strcmp(media_type, MEDIA_DOCKER_LIST) == 0);
}

/* Of those for our machine the one of our variant, else the first. */
static const struct descriptor *choose(const struct layout_index *index)
{
	const struct descriptor *found = NULL;
	const char *architecture, *variant;

	image_platform(&architecture, &variant);
	for (size_t i = 0; i < index->manifests.count; i++) {
		const struct descriptor *item = &index->manifests.items[i];

		if (!item->platform.architecture || !item->platform.os ||
		    strcmp(item->platform.architecture, architecture) != 0 ||
		    strcmp(item->platform.os, "linux") != 0)
			continue;
		if (!found || (variant && item->platform.variant &&
			       strcmp(item->platform.variant, variant) == 0))
			found = item;
	}
	return found;
}

static int read_json(int layout_fd, const struct descriptor *descriptor,
		     const struct bind_table *table, struct arena *arena, void *ret_value,
		     char **ret_text)
{
	auto_json struct json_object *json = NULL;
	char name[24];
	size_t length;
	char *text;

	if (layout_read_blob(layout_fd, descriptor->digest, arena, &text, &length) < 0 ||
	    layout_check_size(descriptor, length) < 0)
		return -1;
	snprintf(name, sizeof(name), "blob %.12s", digest_hex(descriptor->digest));
	if (json_parse(text, length, name, &json) < 0 ||
	    bind_read(table, json, name, arena, ret_value) < 0)
		return -1;
	if (ret_text)
		*ret_text = text;
	return 0;
}

/* From an index to the manifest in it that is for this machine. */
static int resolve(int layout_fd, struct descriptor *descriptor, struct arena *arena)
{
	const char *architecture, *variant;

	for (int depth = 0; is_index(descriptor->media_type); depth++) {
		struct layout_index index = {0};
		const struct descriptor *chosen;

		if (depth > INDEX_DEPTH)
			return err_set(ELOOP, "an index of images that leads nowhere");
		if (read_json(layout_fd, descriptor, &layout_index_table, arena, &index, NULL) < 0)
			return -1;
		chosen = choose(&index);
		image_platform(&architecture, &variant);
		if (!chosen)
			return err_set(ENOENT,
				       "it is for other machines, there is none for linux/%s",
				       architecture);
		if (!digest_is_valid(chosen->digest))
			return err_set(EINVAL, "'%.80s': expected a digest, sha256:...",
				       chosen->digest);
		*descriptor = *chosen;
	}
	return 0;
}

static int check_digests(const struct image_content *content)
{
	const struct image_manifest *manifest = &content->manifest;

	if (!digest_is_valid(manifest->config.digest))
		return err_set(EINVAL,
			       "its manifest names no configuration by a digest, sha256:...");
	if (manifest->layers.count > LAYERS_MAX)
		return err_set(E2BIG, "has %zu layers, overlayfs takes %d", manifest->layers.count,
			       LAYERS_MAX);
	for (size_t i = 0; i < manifest->layers.count; i++)
		if (!digest_is_valid(manifest->layers.items[i].digest))
			return err_set(EINVAL,
				       "its manifest: layers[%zu].digest: expected sha256:...", i);
	return 0;
}

static int check_layers(const struct image_content *content)
{
	const struct str_list *ids = &content->config.rootfs.diff_ids;

	if (ids->count != content->manifest.layers.count)
		return err_set(EINVAL, "its manifest has %zu layers, its configuration %zu",
			       content->manifest.layers.count, ids->count);
	for (size_t i = 0; i < ids->count; i++)
		if (!digest_is_valid(ids->items[i]))
			return err_set(
				EINVAL,
				"its configuration: rootfs.diff_ids[%zu]: expected sha256:...", i);
	return 0;
}

int image_read_content(int layout_fd, const struct descriptor *descriptor, struct arena *arena,
		       struct image_content *ret)
{
	struct image_content content = {.descriptor = *descriptor};

	if (!digest_is_valid(descriptor->digest))
		return err_set(EINVAL, "'%.80s': expected a digest, sha256:...",
			       descriptor->digest);
	if (resolve(layout_fd, &content.descriptor, arena) < 0 ||
	    read_json(layout_fd, &content.descriptor, &image_manifest_table, arena,
		      &content.manifest, &content.manifest_text) < 0 ||
	    check_digests(&content) < 0 ||
	    read_json(layout_fd, &content.manifest.config, &image_config_table, arena,
		      &content.config, &content.config_text) < 0 ||
	    check_layers(&content) < 0)
		return -1;
	if (!content.descriptor.media_type)
		content.descriptor.media_type = content.manifest.media_type;
	*ret = content;
	return 0;
}
