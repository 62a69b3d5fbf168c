/*
 * layer.h: a layer: a tar on one side, a directory for overlayfs on the other (image-spec,
 * layer.md).
 *
 *	layer_unpack(tar_fd, dir_fd, LAYER_IMAGE, &result)   result.diff_id: of the tar, uncompressed
 *	layer_inflate(tar_fd, out_fd, &diff_id)              the tar without compression, or its name
 *	layer_pack(dir_fd, LAYER_PLAIN, out_fd)              the other way round, sorted
 *	layer_compression(tar_fd)                            "+gzip": the end of its media type
 *
 * Whiteouts: `.wh.NAME` in a tar is a character device 0:0 in a directory, `.wh..wh..opq` the
 * attribute trusted.overlay.opaque (kernel, overlayfs.rst). Owners, modes, times, hard links,
 * user.* attributes and capabilities of files are kept; device nodes are left out; ".." in names,
 * trusted.* attributes, and more than 32 GiB or 4 million members are refused. All of it runs in
 * confined children (child.h). Next file: layer_unpack.c
 */
#pragma once

#include "../store/digest.h"

enum layer_kind {
	LAYER_IMAGE,   /* a layer: whiteouts, owners, attributes */
	LAYER_TREE,    /* the same, but .wh.NAME is a name like others */
	LAYER_ARCHIVE, /* files, directories and links alone: an image's archive */
};

struct layer_result {
	struct digest diff_id;
	uint64_t members, bytes, left_out; /* left_out: device nodes */
};

/* tar_fd: a file or pipe, plain, gzip, zstd, bzip2 or xz. What is in dir_fd after an error goes. */
int layer_unpack(int tar_fd, int dir_fd, enum layer_kind kind,
		 struct layer_result *ret_result) MUST_CHECK;

/* out_fd -1: only looks. */
int layer_inflate(int tar_fd, int out_fd, struct digest *ret_diff_id) MUST_CHECK;

enum layer_source {
	LAYER_PLAIN,   /* a root file system */
	LAYER_CONTENT, /* the same, without an entry for the directory itself */
	LAYER_OVERLAY, /* an upper directory of overlayfs: its whiteouts become .wh.NAME */
};

/*
 * Writes the tar of a directory to out_fd, without compression: the same bytes for the same tree.
 * Other mounts and sockets in it are left out. Its digest and size are returned.
 */
int layer_pack(int dir_fd, enum layer_source source, int out_fd, struct digest *ret_digest,
	       uint64_t *ret_size) MUST_CHECK;

/* "", "+gzip", "+zstd"; NULL: another compression, which no layer has. At the file's beginning. */
const char *layer_compression(int tar_fd);
