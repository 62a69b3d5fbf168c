/*
 * archive.h: the tar that `husk save` writes: a few small files and blobs, to a file or a pipe.
 *
 *	auto_archive struct archive_writer writer = {0};
 *	archive_begin(&writer, fd)
 *	archive_add_dir(&writer, "blobs"), archive_add_text(&writer, "oci-layout", text, length)
 *	archive_add_fd(&writer, "blobs/sha256/...", blob_fd, &digest)
 *	archive_end(&writer)
 *
 * The same files give the same bytes: no times, no owners. Next file: image.h
 */
#pragma once

#include "../store/digest.h"

struct archive_writer {
	void *tar; /* libarchive's */
};

int archive_begin(struct archive_writer *writer, int fd) MUST_CHECK;
int archive_add_dir(struct archive_writer *writer, const char *name) MUST_CHECK;
int archive_add_text(struct archive_writer *writer, const char *name, const char *text,
		     size_t length) MUST_CHECK;

/* The whole of a regular file; what was written is what the digest is of. */
int archive_add_fd(struct archive_writer *writer, const char *name, int fd,
		   struct digest *ret_digest) MUST_CHECK;
int archive_end(struct archive_writer *writer) MUST_CHECK;
void archive_drop(struct archive_writer *writer);
#define auto_archive __attribute__((cleanup(archive_drop)))
