/* layout.c: files of an OCI image layout. See layout.h; next file: image.h */
#include "layout.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../base/store.h"
#include "../store/digest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define IN_DESCRIPTOR(member) BIND_AT(struct descriptor, member)
#define IN_INDEX(member) BIND_AT(struct layout_index, member)

static const struct bind_field platform_rows[] = {
	{"architecture", BIND_STRING, IN_DESCRIPTOR(platform.architecture)},
	{"os", BIND_STRING, IN_DESCRIPTOR(platform.os)},
	{"os.version", BIND_STRING, IN_DESCRIPTOR(platform.os_version)},
	{"os.features", BIND_STRINGS, IN_DESCRIPTOR(platform.os_features)},
	{"variant", BIND_STRING, IN_DESCRIPTOR(platform.variant)},
	{"features", BIND_STRINGS, IN_DESCRIPTOR(platform.features)},
};
static const struct bind_table platform_table = BIND_TABLE(struct descriptor, platform_rows);

static const struct bind_field descriptor_rows[] = {
	{"mediaType", BIND_STRING, IN_DESCRIPTOR(media_type)},
	{"digest", BIND_STRING, IN_DESCRIPTOR(digest), .required = true},
	{"size", BIND_UINT, IN_DESCRIPTOR(size), .always = true},
	{"urls", BIND_STRINGS, IN_DESCRIPTOR(urls)},
	{"annotations", BIND_MAP, IN_DESCRIPTOR(annotations)},
	{"data", BIND_STRING, IN_DESCRIPTOR(data)},
	{"artifactType", BIND_STRING, IN_DESCRIPTOR(artifact_type)},
	{"platform", BIND_INSIDE, BIND_NOWHERE, .table = &platform_table},
};
const struct bind_table descriptor_table = BIND_TABLE(struct descriptor, descriptor_rows);

static const struct bind_field index_rows[] = {
	{"schemaVersion", BIND_UINT, IN_INDEX(schema_version), .required = true},
	{"mediaType", BIND_STRING, IN_INDEX(media_type)},
	{"manifests", BIND_LIST, IN_INDEX(manifests), .required = true, .table = &descriptor_table},
	{"annotations", BIND_MAP, IN_INDEX(annotations)},
};
const struct bind_table layout_index_table = BIND_TABLE(struct layout_index, index_rows);

/* What an empty layout consists of; index.json is the last one: then the rest is there. */
static const struct {
	const char *name, *text;
} first_files[] = {
	{"oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}\n"},
	{"index.json", "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_INDEX "\",\"manifests\":[]}"},
};

/* Under a name of its own first: two commands may be the first ones. */
static int write_first(int layout_fd, const char *name, const char *text)
{
	char temporary[64];
	auto_close int fd = -1;

	snprintf(temporary, sizeof(temporary), ".%s.%d", name, getpid());
	fd = openat(layout_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys("make %s", name);
	if (fd_write(fd, text, strlen(text)) < 0 || fsync(fd) < 0 ||
	    (renameat2(layout_fd, temporary, layout_fd, name, RENAME_NOREPLACE) < 0 &&
	     errno != EEXIST))
		return err_sys("make %s", name);
	unlinkat(layout_fd, temporary, 0);
	return 0;
}

static int make_layout(int layout_fd)
{
	auto_close int blobs_fd = -1;

	if (place_open_dir(layout_fd, "blobs/sha256", &blobs_fd) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(first_files); i++)
		if (faccessat(layout_fd, first_files[i].name, F_OK, 0) < 0 &&
		    write_first(layout_fd, first_files[i].name, first_files[i].text) < 0)
			return -1;
	return 0;
}

int layout_open(const struct place *place, int *ret_fd)
{
	auto_close int fd = -1;

	if (place_open_dir(place->data_fd, "oci", &fd) < 0)
		return err_wrap("%s", place->data);
	if (faccessat(fd, "index.json", F_OK, 0) < 0 && make_layout(fd) < 0)
		return err_wrap("%s/oci", place->data);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int layout_lock(int layout_fd, int operation)
{
	while (flock(layout_fd, operation) < 0)
		if (errno != EINTR)
			return err_sys("lock the images");
	return 0;
}

int layout_read_index(int layout_fd, struct arena *arena, struct layout_index *ret)
{
	auto_json struct json_object *json = NULL;
	struct layout_index index = {0};
	auto_close int fd = -1;

	if (path_open_no_links(layout_fd, "index.json", O_RDONLY | O_NONBLOCK, &fd) < 0)
		return -1;
	if (json_read(fd, "index.json", &json) < 0 ||
	    bind_read(&layout_index_table, json, "index.json", arena, &index) < 0)
		return err_wrap("the list of images is damaged");
	for (size_t i = 0; i < index.manifests.count; i++)
		if (!digest_is_valid(index.manifests.items[i].digest))
			return err_set(EINVAL,
				       "index.json: manifests[%zu].digest: expected sha256: and 64 "
				       "hexadecimal digits",
				       i);
	*ret = index;
	return 0;
}

static int write_synced(int dir_fd, const char *name, const char *text)
{
	auto_close int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys("make %s", name);
	if (fd_write(fd, text, strlen(text)) < 0)
		return err_wrap("%s", name);
	return fsync(fd) == 0 ? 0 : err_sys("write %s to the disk", name);
}

static int replace_index(int layout_fd, const struct scratch *scratch, const char *text)
{
	if (write_synced(scratch->fd, "index.json", text) < 0)
		return err_is_full() && store_overwrite(layout_fd, "index.json", text) ? 0 : -1;
	if (renameat(scratch->fd, "index.json", layout_fd, "index.json") < 0)
		return err_sys("replace index.json");
	return fsync(layout_fd) == 0 ? 0 : err_sys("write the list of images to the disk");
}

int layout_write_index(int layout_fd, const struct scratch *scratch,
		       const struct layout_index *index)
{
	struct arena arena = {0};
	char *text;
	int result = bind_write(&layout_index_table, index, JSON_ONE_LINE, &arena, &text);

	if (result == 0)
		result = replace_index(layout_fd, scratch, text);
	arena_free(&arena);
	return result;
}

static int make_path(const char *digest, char *path, size_t size)
{
	char shown[80];

	snprintf(shown, sizeof(shown), "%s", digest);
	if (!digest_is_valid(digest))
		return err_set(EINVAL, "'%s': expected sha256: and 64 hexadecimal digits",
			       str_printable(shown));
	snprintf(path, size, "blobs/sha256/%s", digest_hex(digest));
	return 0;
}

int layout_open_blob(int layout_fd, const char *digest, int *ret_fd)
{
	char path[96];
	auto_close int fd = -1;
	struct stat st;

	if (make_path(digest, path, sizeof(path)) < 0)
		return -1;
	if (path_open_no_links(layout_fd, path, O_RDONLY | O_NONBLOCK, &fd) < 0)
		return err_last()->code == ENOENT ? err_set(ENOENT, "blob %s is missing", digest)
						  : err_wrap("blob %s", digest);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(EINVAL, "blob %s is no regular file", digest);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int layout_read_blob(int layout_fd, const char *digest, struct arena *arena, char **ret_text,
		     size_t *ret_length)
{
	auto_close int fd = -1;
	struct digest found;
	size_t length;
	char *text;

	if (layout_open_blob(layout_fd, digest, &fd) < 0)
		return -1;
	if (fd_read_text(fd, LAYOUT_JSON_MAX, arena, &text, &length) < 0 ||
	    digest_text(text, length, &found) < 0)
		return err_wrap("blob %s", digest);
	if (strcmp(found.text, digest) != 0)
		return err_set(EBADMSG, "blob %s is damaged: its content has the digest %s", digest,
			       found.text);
	*ret_text = text;
	if (ret_length)
		*ret_length = length;
	return 0;
}

int layout_check_size(const struct descriptor *descriptor, uint64_t size)
{
	if (descriptor->size == size)
		return 0;
	return err_set(EBADMSG, "blob %s has %llu bytes, its descriptor says %llu",
		       descriptor->digest, (unsigned long long)size,
		       (unsigned long long)descriptor->size);
}

bool layout_has_blob(int layout_fd, const char *digest)
{
	char path[96];

	return digest_is_valid(digest) && make_path(digest, path, sizeof(path)) == 0 &&
	       faccessat(layout_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int layout_remove_blob(int layout_fd, const char *digest)
{
	char path[96];

	if (make_path(digest, path, sizeof(path)) < 0)
		return -1;
	if (unlinkat(layout_fd, path, 0) < 0 && errno != ENOENT)
		return err_sys("remove blob %s", digest);
	return 0;
}

int layout_move_blob(int layout_fd, int blobs_fd, const char *hex)
{
	char path[96];

	snprintf(path, sizeof(path), "blobs/sha256/%s", hex);
	if (renameat(blobs_fd, hex, layout_fd, path) < 0)
		return err_sys("move blob %s into the store", hex);
	return 0;
}

int layout_open_blobs(int layout_fd, int *ret_fd)
{
	return path_open_no_links(layout_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY, ret_fd);
}
