/*
 * layout.h: an OCI image layout (image-spec, image-layout.md): ours at DATA/oci, or one that
 * came in an archive.
 *
 *	layout_open(place, &fd)                   makes what is missing of ours
 *	layout_lock(fd, LOCK_EX)                  until fd is closed; readers of the index need none
 *	layout_read_index(fd, &arena, &index)     index.json
 *	layout_read_blob(fd, digest, &arena, &text, &length)   a manifest: small, and checked
 *	layout_open_blob(fd, digest, &blob_fd)    a layer: whoever reads it checks it
 *	layout_write_index(fd, &scratch, &index)  whole, on the disk, then renamed
 *	layout_move_blob(fd, blobs_fd, hex)       a whole and checked file becomes a blob
 *
 * An index that has no `manifests`, or is torn, is an error: nothing is made of a guess.
 * Next file: image.h
 */
#pragma once

#include "../base/bind.h"
#include "../store/scratch.h"

enum {
	LAYOUT_JSON_MAX = 4 << 20, /* bytes of a manifest, as registries limit it */
};

#define MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define LAYOUT_REF_NAME "org.opencontainers.image.ref.name"

/* image-spec, descriptor.md */
struct descriptor {
	char *media_type, *digest;
	uint64_t size; /* bytes */
	struct str_list urls;
	struct str_map annotations;
	char *data, *artifact_type;
	struct {
		char *architecture, *os, *os_version, *variant;
		struct str_list os_features, features;
	} platform;
};

/* image-spec, image-index.md */
struct layout_index {
	uint32_t schema_version; /* 2 */
	char *media_type;
	LIST_OF(struct descriptor) manifests;
	struct str_map annotations;
};

extern const struct bind_table descriptor_table, layout_index_table;

int layout_open(const struct place *place, int *ret_fd) MUST_CHECK;

/* LOCK_EX or LOCK_SH of flock(2). */
int layout_lock(int layout_fd, int operation) MUST_CHECK;

int layout_read_index(int layout_fd, struct arena *arena, struct layout_index *ret) MUST_CHECK;
int layout_write_index(int layout_fd, const struct scratch *scratch,
		       const struct layout_index *index) MUST_CHECK;

/* EBADMSG if the content is not that of the digest. */
int layout_read_blob(int layout_fd, const char *digest, struct arena *arena, char **ret_text,
		     size_t *ret_length) MUST_CHECK;

/* EBADMSG if a blob of `size` bytes is not what the descriptor says. */
int layout_check_size(const struct descriptor *descriptor, uint64_t size) MUST_CHECK;

/* ENOENT if there is none. O_RDONLY, a regular file. */
int layout_open_blob(int layout_fd, const char *digest, int *ret_fd) MUST_CHECK;
bool layout_has_blob(int layout_fd, const char *digest);
int layout_remove_blob(int layout_fd, const char *digest) MUST_CHECK;

/* blobs_fd/HEX, synced by the caller; it takes the place of one that may have been damaged. */
int layout_move_blob(int layout_fd, int blobs_fd, const char *hex) MUST_CHECK;

/* The directory blobs/sha256, to list it. */
int layout_open_blobs(int layout_fd, int *ret_fd) MUST_CHECK;
