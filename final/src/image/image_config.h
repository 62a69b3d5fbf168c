/*
 * image_config.h: what is inside an image: manifest and configuration (image-spec, manifest.md and
 * config.md), as tables. Next file: image_new.h
 */
#pragma once

#include "layout.h"

/* OCI's, and docker's schema 2, which has the same properties. */
struct image_manifest {
	uint32_t schema_version;
	char *media_type, *artifact_type;
	struct descriptor config;
	LIST_OF(struct descriptor) layers;
	struct str_map annotations;
};

/* A key of an object whose values are empty objects: ports, volumes. */
struct image_key {
	char *name;
};

/* Times are nanoseconds; docker's own, which OCI lets through. */
struct image_health {
	struct str_list test;
	int64_t interval, timeout, start_period, start_interval, retries;
};

struct image_history {
	char *created, *created_by, *comment;
	bool empty_layer;
};

struct image_config {
	char *created, *author, *architecture, *variant, *os, *os_version;
	struct {
		char *user, *workdir, *stop_signal;
		struct str_list env, entrypoint, cmd, shell, on_build;
		LIST_OF(struct image_key) exposed_ports, volumes;
		struct str_map labels;
		struct image_health *health; /* NULL: none */
		bool args_escaped;
	} config;
	struct {
		char *type; /* "layers" */
		struct str_list diff_ids;
	} rootfs;
	LIST_OF(struct image_history) history;
};

extern const struct bind_table image_manifest_table, image_config_table;

/* The words of OCI for this machine: "amd64", "arm64"; variant "v7" or NULL. */
void image_platform(const char **ret_architecture, const char **ret_variant);

/*
 * The manifest that a descriptor leads to, by an index of platforms if it is one: ours, else it is
 * ENOENT. Texts are checked against their digests, sizes and counts against each other.
 */
struct image_content {
	struct descriptor descriptor; /* of the manifest */
	struct image_manifest manifest;
	struct image_config config;
	char *manifest_text, *config_text;
};
int image_read_content(int layout_fd, const struct descriptor *descriptor, struct arena *arena,
		       struct image_content *ret) MUST_CHECK;
