/* archive.c: writing a tar, with libarchive(3). See archive.h; next file: image.h */
#include "archive.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "libarchive.h"

#include <sys/stat.h>

enum { BUFFER = 256 << 10 };

static int complain(const struct archive_writer *writer)
{
	const char *reason = archive_error_string(writer->tar);

	return err_set(archive_errno(writer->tar) ?: EIO, "write archive: %s",
		       reason ? reason : "failed");
}

int archive_begin(struct archive_writer *writer, int fd)
{
	if (libarchive_load() < 0)
		return -1;
	writer->tar = archive_write_new();
	if (!writer->tar)
		return err_set(ENOMEM, "out of memory");
	archive_write_set_bytes_per_block(writer->tar, BUFFER);
	archive_write_set_bytes_in_last_block(writer->tar, 512);
	if (archive_write_set_format_pax_restricted(writer->tar) != ARCHIVE_OK ||
	    archive_write_open_fd(writer->tar, fd) != ARCHIVE_OK)
		return complain(writer);
	return 0;
}

static int add_header(struct archive_writer *writer, const char *name, unsigned int type,
		      unsigned int perm, uint64_t size)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return err_set(ENOMEM, "out of memory");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, perm);
	archive_entry_set_size(entry, size);
	archive_entry_set_mtime(entry, 0, 0);
	result = archive_write_header(writer->tar, entry);
	archive_entry_free(entry);
	return result < ARCHIVE_WARN ? complain(writer) : 0;
}

int archive_add_dir(struct archive_writer *writer, const char *name)
{
	return add_header(writer, name, AE_IFDIR, 0755, 0);
}

static int add_data(struct archive_writer *writer, const void *data, size_t length)
{
	return archive_write_data(writer->tar, data, length) == (la_ssize_t)length
		       ? 0
		       : complain(writer);
}

int archive_add_text(struct archive_writer *writer, const char *name, const char *text,
		     size_t length)
{
	if (add_header(writer, name, AE_IFREG, 0644, length) < 0)
		return -1;
	return add_data(writer, text, length);
}

int archive_add_fd(struct archive_writer *writer, const char *name, int fd,
		   struct digest *ret_digest)
{
	auto_digest struct digest_stream stream = {0};
	auto_free char *buffer = malloc(BUFFER);
	ssize_t length;
	struct stat st;

	if (!buffer)
		return err_set(ENOMEM, "out of memory");
	if (fstat(fd, &st) < 0)
		return err_sys("stat %s", name);
	if (digest_start(&stream) < 0 || add_header(writer, name, AE_IFREG, 0644, st.st_size) < 0)
		return -1;
	while ((length = fd_read(fd, buffer, BUFFER)) > 0) {
		digest_add(&stream, buffer, length);
		if (add_data(writer, buffer, length) < 0)
			return -1;
	}
	if (length < 0)
		return err_sys("read %s", name);
	digest_end(&stream, ret_digest);
	return 0;
}

int archive_end(struct archive_writer *writer)
{
	return archive_write_close(writer->tar) == ARCHIVE_OK ? 0 : complain(writer);
}

void archive_drop(struct archive_writer *writer)
{
	if (writer->tar)
		archive_write_free(writer->tar);
	writer->tar = NULL;
}
