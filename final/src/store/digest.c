/* digest.c: SHA-256, by nettle. See digest.h; next file: ../image/reference.h */
#include "digest.h"
#include "../base/err.h"
#include "../base/fd.h"

#include <nettle/sha2.h>
#include <string.h>

enum { BUFFER = 256 << 10 };

int digest_start(struct digest_stream *stream)
{
	stream->context = malloc(sizeof(struct sha256_ctx));
	if (!stream->context)
		return err_set(ENOMEM, "out of memory");
	sha256_init(stream->context);
	return 0;
}

void digest_add(struct digest_stream *stream, const void *data, size_t length)
{
	sha256_update(stream->context, length, data);
}

void digest_end(struct digest_stream *stream, struct digest *ret_digest)
{
	unsigned char bytes[SHA256_DIGEST_SIZE];

	sha256_digest(stream->context, sizeof(bytes), bytes);
	memcpy(ret_digest->text, "sha256:", DIGEST_PREFIX);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_digest->text + DIGEST_PREFIX + 2 * i, 3, "%02x", bytes[i]);
	digest_drop(stream);
}

void digest_drop(struct digest_stream *stream)
{
	free(stream->context);
	stream->context = NULL;
}

int digest_text(const void *data, size_t length, struct digest *ret_digest)
{
	auto_digest struct digest_stream stream = {0};

	if (digest_start(&stream) < 0)
		return -1;
	digest_add(&stream, data, length);
	digest_end(&stream, ret_digest);
	return 0;
}

int digest_copy(int from_fd, int to_fd, struct digest *ret_digest, uint64_t *ret_size)
{
	auto_digest struct digest_stream stream = {0};
	auto_free char *buffer = malloc(BUFFER);
	uint64_t size = 0;
	ssize_t length;

	if (!buffer)
		return err_set(ENOMEM, "out of memory");
	if (digest_start(&stream) < 0)
		return -1;
	while ((length = fd_read(from_fd, buffer, BUFFER)) > 0) {
		digest_add(&stream, buffer, length);
		if (to_fd >= 0 && fd_write(to_fd, buffer, length) < 0)
			return -1;
		size += length;
	}
	if (length < 0)
		return err_sys("read");
	if (ret_size)
		*ret_size = size;
	digest_end(&stream, ret_digest);
	return 0;
}

int digest_file(int fd, struct digest *ret_digest, uint64_t *ret_size)
{
	if (lseek(fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
		return err_sys("seek");
	return digest_copy(fd, -1, ret_digest, ret_size);
}

bool digest_is_valid(const char *text)
{
	return strncmp(text, "sha256:", DIGEST_PREFIX) == 0 && strlen(text) == DIGEST_LENGTH &&
	       strspn(text + DIGEST_PREFIX, "0123456789abcdef") == DIGEST_LENGTH - DIGEST_PREFIX;
}

const char *digest_hex(const char *text)
{
	return text + DIGEST_PREFIX;
}
