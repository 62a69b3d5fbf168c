/*
 * digest.h: content named by what it is: "sha256:" and 64 hexadecimal digits (OCI image-spec,
 * descriptor.md, "Digests").
 *
 *	auto_digest struct digest_stream stream = {0};
 *	digest_start(&stream); digest_add(&stream, data, length) ...; digest_end(&stream, &digest)
 *	digest_file(fd, &digest, &size)      from the beginning
 *	digest_copy(from, to, &digest, &size)
 *
 * digest.c is the only file that knows nettle. Next file: ../image/reference.h
 */
#pragma once

#include "../base/str.h"

enum { DIGEST_PREFIX = 7, DIGEST_LENGTH = 71 };

struct digest {
	char text[DIGEST_LENGTH + 1];
};

struct digest_stream {
	void *context; /* nettle's */
};

int digest_start(struct digest_stream *stream) MUST_CHECK;
void digest_add(struct digest_stream *stream, const void *data, size_t length);
void digest_end(struct digest_stream *stream, struct digest *ret_digest);
void digest_drop(struct digest_stream *stream);
#define auto_digest __attribute__((cleanup(digest_drop)))

int digest_text(const void *data, size_t length, struct digest *ret_digest) MUST_CHECK;

/* To the end of the file or pipe; ret_size may be NULL. */
int digest_file(int fd, struct digest *ret_digest, uint64_t *ret_size) MUST_CHECK;
int digest_copy(int from_fd, int to_fd, struct digest *ret_digest, uint64_t *ret_size) MUST_CHECK;

/* Whether it is a digest of the one kind we take. A name of a file may be made of it, then. */
bool digest_is_valid(const char *text);

/* The digits; of a valid one only. */
const char *digest_hex(const char *text);
