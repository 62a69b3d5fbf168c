/*
 * layer_unpack.c: from a tar to a directory, with libarchive(3), in a confined child. See layer.h
 * for what is refused; next file: layer_pack.c
 *
 * Two readers in a row: the outer one takes the compression away and hashes, the inner one reads
 * the tar: so the layer's name is of all its bytes, those behind the end of the tar too.
 */
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../store/child.h"
#include "layer.h"
#include "libarchive.h"
#include "overlay.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define BYTES_MAX ((int64_t)32 << 30)

enum { MEMBERS_MAX = 4000000, BLOCK = 256 << 10 };

#define CAPABILITY(name) ((uint64_t)1 << CAP_##name)

/* What the parent knows of one run. */
struct unpack_job {
	int dir_fd;
	enum layer_kind kind;
	struct layer_result result;
};

struct unpacking {
	const struct child *child;
	enum layer_kind kind;
	struct archive *raw, *tar, *disk;
	struct digest_stream digest;
	int copy_fd; /* where the uncompressed bytes go; -1: nowhere */
	int64_t stream;
	struct timespec root_time; /* of "."; libarchive sets it too early: it is there already */
	struct layer_result result;
};

static int refuse(const char *member, const char *reason)
{
	char shown[200];

	snprintf(shown, sizeof(shown), "%s", member);
	return err_set(EINVAL, "%s%s%s", str_printable(shown), *member ? ": " : "", reason);
}

/* What libarchive says about it, and then the kernel's reason; of damage there is none. */
static int complain(const char *member, struct archive *archive)
{
	const char *reason = archive_error_string(archive) ?: "is damaged";
	int result = refuse(member, reason);

	errno = archive_errno(archive);
	if (errno <= 0 || errno == EILSEQ || errno == EINVAL || strstr(reason, strerror(errno)))
		return result;
	return err_sys("%s", err_last()->text);
}

/* --- the outer reader --- */

/* Only what libarchive does itself: for other formats it would run programs found by PATH. */
static int open_raw(struct unpacking *un, int fd)
{
	un->raw = archive_read_new();
	if (!un->raw || archive_read_support_format_raw(un->raw) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(un->raw) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(un->raw) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(un->raw) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(un->raw) != ARCHIVE_OK)
		return err_set(ENOTSUP, "this libarchive lacks a compression");
	return archive_read_open_fd(un->raw, fd, BLOCK) == ARCHIVE_OK ? 0 : complain("", un->raw);
}

/* 1: a block, 0: the end. */
static int read_raw(struct unpacking *un, const void **ret_block, size_t *ret_size)
{
	la_int64_t offset;
	int result = archive_read_data_block(un->raw, ret_block, ret_size, &offset);

	if (result == ARCHIVE_EOF)
		return 0;
	if (result != ARCHIVE_OK)
		return complain("", un->raw);
	un->stream += *ret_size;
	if (un->stream > BYTES_MAX)
		return refuse("", "too large, uncompressed");
	if (un->copy_fd >= 0 && fd_write(un->copy_fd, *ret_block, *ret_size) < 0)
		return -1;
	digest_add(&un->digest, *ret_block, *ret_size);
	return 1;
}

/* An empty file has not even one raw member. */
static int begin_raw(struct unpacking *un, int fd)
{
	struct archive_entry *entry;

	un->copy_fd = un->child->output_fd;
	if (open_raw(un, fd) < 0)
		return -1;
	if (archive_read_next_header(un->raw, &entry) < ARCHIVE_WARN)
		return refuse("", "is empty, or its compression is damaged");
	return 0;
}

static int drain_raw(struct unpacking *un)
{
	const void *block;
	size_t size;
	int result;

	while ((result = read_raw(un, &block, &size)) > 0)
		;
	if (result < 0)
		return -1;
	digest_end(&un->digest, &un->result.diff_id);
	return 0;
}

/* --- the inner reader --- */

static la_ssize_t feed(struct archive *tar, void *data, const void **ret_block)
{
	size_t size = 0;
	int result = read_raw(data, ret_block, &size);

	if (result < 0)
		archive_set_error(tar, EINVAL, "%s", err_last()->text);
	return result < 0 ? ARCHIVE_FATAL : (la_ssize_t)size;
}

static bool has_dotdot(const char *path)
{
	for (const char *part = path; *part;) {
		size_t length = strcspn(part, "/");

		if (length == 2 && memcmp(part, "..", 2) == 0)
			return true;
		part += length;
		part += strspn(part, "/");
	}
	return false;
}

/* "./etc/passwd", "/etc/passwd": "etc/passwd". NULL: it cannot be used, or leads out. */
static const char *strip(const char *name)
{
	if (!name || strlen(name) >= PATH_MAX || has_dotdot(name))
		return NULL;
	while (*name == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return *name ? name : ".";
}

/* Whether there would be too much with a member or block that ends at `end`. */
static bool is_too_large(const struct unpacking *un, int64_t end, int64_t bytes)
{
	return end < 0 || bytes < 0 || end > BYTES_MAX ||
	       bytes > BYTES_MAX - (int64_t)un->result.bytes;
}

/* The size in the header is not to be trusted, and a sparse file has holes between its blocks. */
static int copy_data(struct unpacking *un, const char *name)
{
	const void *block;
	la_int64_t offset;
	size_t size;
	int result;

	while ((result = archive_read_data_block(un->tar, &block, &size, &offset)) == ARCHIVE_OK) {
		if (is_too_large(un, offset, size))
			return refuse(name, "too large, unpacked");
		if (archive_write_data_block(un->disk, block, size, offset) < ARCHIVE_OK)
			return complain(name, un->disk);
		un->result.bytes += size;
	}
	return result == ARCHIVE_EOF ? 0 : complain(name, un->tar);
}

/*
 * What overlayfs would believe is not for a tar to say. Of the others user.* and the capabilities of
 * files are kept; labels of SELinux would be this machine's.
 */
static int filter_attributes(struct archive_entry *entry, const char *member)
{
	struct archive_entry *all;
	const char *name;
	const void *value;
	size_t size;

	if (archive_entry_xattr_reset(entry) == 0)
		return 0;
	all = archive_entry_clone(entry);
	if (!all)
		return err_set(ENOMEM, "out of memory");
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(all);
	while (archive_entry_xattr_next(all, &name, &value, &size) == ARCHIVE_OK) {
		if (str_has_prefix(name, "trusted.") || str_has_prefix(name, "user.overlay."))
			return refuse(member,
				      "has an attribute that is for the kernel alone (trusted.*)");
		if (str_has_prefix(name, "user.") || strcmp(name, "security.capability") == 0)
			archive_entry_xattr_add_entry(entry, name, value, size);
	}
	archive_entry_free(all);
	return 0;
}

/* Makes the entry what we want of it; its name is the one that is returned. */
static int adapt(struct unpacking *un, struct archive_entry *entry, char name[PATH_MAX])
{
	const char *path = strip(archive_entry_pathname(entry));
	const char *target = archive_entry_hardlink(entry);
	char copy[PATH_MAX];

	if (++un->result.members > MEMBERS_MAX)
		return refuse("", "too many members");
	if (!path)
		return refuse(archive_entry_pathname(entry) ?: "",
			      "a name that cannot be used, or leads out");
	memcpy(name, path, strlen(path) + 1);
	archive_entry_set_pathname(entry, name);
	if (target) {
		target = strip(target);
		if (!target)
			return refuse(name, "a hard link that leads out");
		memcpy(copy, target, strlen(target) + 1);
		archive_entry_set_hardlink(entry, copy);
	}
	if (is_too_large(un, archive_entry_size(entry), archive_entry_size(entry)))
		return refuse(name, "too large, unpacked");
	if (archive_entry_uid(entry) < 0 || archive_entry_uid(entry) >= UINT32_MAX ||
	    archive_entry_gid(entry) < 0 || archive_entry_gid(entry) >= UINT32_MAX)
		return refuse(name, "has an owner that is no user ID");
	if (un->kind == LAYER_ARCHIVE) {
		archive_entry_set_perm(entry,
				       archive_entry_filetype(entry) == AE_IFDIR ? 0700 : 0600);
		archive_entry_xattr_clear(entry);
		return 0;
	}
	/* Else an ordinary user could neither go on unpacking into it, nor remove it. */
	if (archive_entry_filetype(entry) == AE_IFDIR && geteuid() != 0)
		archive_entry_set_perm(entry, archive_entry_perm(entry) | 0700);
	return filter_attributes(entry, name);
}

static int write_member(struct unpacking *un, struct archive_entry *entry, const char *name)
{
	/* ARCHIVE_WARN: it is there, but the owner is one that our user namespace has not */
	if (archive_write_header(un->disk, entry) < ARCHIVE_WARN)
		return complain(name, un->disk);
	if (archive_entry_size(entry) > 0 && copy_data(un, name) < 0)
		return -1;
	if (archive_write_finish_entry(un->disk) < ARCHIVE_WARN)
		return complain(name, un->disk);
	return 0;
}

/* --- whiteouts --- */

static int report_opaque(const struct unpacking *un, const char *path)
{
	return child_report(un->child, 'O', path, strlen(path) + 1);
}

/* A member that the tar has not: with directories above it, which libarchive makes. */
static int add_member(struct unpacking *un, const char *path, int type, int perm)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return err_set(ENOMEM, "out of memory");
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, perm);
	archive_entry_set_rdev(entry, 0);
	archive_entry_set_size(entry, 0);
	result = write_member(un, entry, path);
	archive_entry_free(entry);
	return result;
}

/* The directory hides what layers below have in it. */
static int take_opaque(struct unpacking *un, const char *directory)
{
	struct stat st;

	if (lstat(directory, &st) < 0 && add_member(un, directory, AE_IFDIR, 0755) < 0)
		return -1;
	return report_opaque(un, directory);
}

/*
 * Of a layer, a whiteout is about the layers below it: what this one has of the same name stays,
 * wherever in the tar it is.
 */
static int take_whiteout(struct unpacking *un, char path[PATH_MAX], char *base)
{
	const char *hidden = base + strlen(".wh.");
	struct stat st;

	if (strcmp(base, ".wh..wh..opq") == 0) {
		if (base > path)
			base[-1] = '\0';
		return take_opaque(un, base > path ? path : ".");
	}
	if (str_has_prefix(base, ".wh..wh.")) /* aufs's own */
		return 0;
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return refuse(path, "a whiteout of nothing");
	memmove(base, hidden, strlen(hidden) + 1);
	if (lstat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? report_opaque(un, path) : 0;
	return add_member(un, path, AE_IFCHR, 0);
}

/* --- all of it --- */

/* Whether a member of this type is made at all. */
static bool is_made(const struct unpacking *un, struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
	case AE_IFDIR:
	case AE_IFLNK:
		return true;
	case AE_IFIFO:
		return un->kind != LAYER_ARCHIVE;
	default:
		return archive_entry_hardlink(entry) != NULL;
	}
}

static int take(struct unpacking *un, struct archive_entry *entry)
{
	bool directory = archive_entry_filetype(entry) == AE_IFDIR, hidden;
	char name[PATH_MAX], *base;
	struct stat st;

	if (adapt(un, entry, name) < 0)
		return -1;
	for (size_t end = strlen(name); end > 1 && name[end - 1] == '/';)
		name[--end] = '\0';
	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	if (un->kind == LAYER_IMAGE && str_has_prefix(base, ".wh."))
		return take_whiteout(un, name, base);
	if (!is_made(un, entry)) {
		un->result.left_out++;
		return 0;
	}
	if (directory && strcmp(name, ".") == 0)
		un->root_time = (struct timespec){archive_entry_mtime(entry),
						  archive_entry_mtime_nsec(entry)};
	hidden = directory && un->kind == LAYER_IMAGE && lstat(name, &st) == 0 &&
		 overlay_is_whiteout(&st);
	if (write_member(un, entry, name) < 0)
		return -1;
	return hidden ? report_opaque(un, name) : 0;
}

static int take_all(struct unpacking *un)
{
	struct archive_entry *entry;
	int result;

	while ((result = archive_read_next_header(un->tar, &entry)) == ARCHIVE_OK ||
	       result == ARCHIVE_WARN)
		if (take(un, entry) < 0)
			return -1;
	if (result != ARCHIVE_EOF)
		return complain("", un->tar);
	/* Only now do directories get the modes and times that they are to have. */
	if (archive_write_close(un->disk) < ARCHIVE_WARN)
		return complain("", un->disk);
	if (un->root_time.tv_sec)
		utimensat(AT_FDCWD, ".", (struct timespec[]){un->root_time, un->root_time}, 0);
	return drain_raw(un);
}

static int open_tar(struct unpacking *un)
{
	int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR |
		    ARCHIVE_EXTRACT_SECURE_NODOTDOT;

	if (un->kind == LAYER_ARCHIVE)
		flags = ARCHIVE_EXTRACT_SECURE_NODOTDOT;
	else if (proc_is_real_root())
		flags |= ARCHIVE_EXTRACT_OWNER;
	un->tar = archive_read_new();
	un->disk = archive_write_disk_new();
	if (!un->tar || !un->disk)
		return err_set(ENOMEM, "out of memory");
	archive_write_disk_set_options(un->disk, flags);
	if (archive_read_support_format_tar(un->tar) != ARCHIVE_OK ||
	    archive_read_open(un->tar, un, NULL, feed, NULL) != ARCHIVE_OK)
		return complain("", un->tar);
	return 0;
}

/* In the child. What it allocates goes with it. */
static int unpack(const struct child *child)
{
	const struct unpack_job *job = child->job;
	struct unpacking un = {.child = child, .kind = job->kind};

	if (digest_start(&un.digest) < 0 || begin_raw(&un, child->input_fd) < 0 ||
	    open_tar(&un) < 0 || take_all(&un) < 0)
		return -1;
	return child_report(child, 'R', &un.result, sizeof(un.result));
}

static int inflate(const struct child *child)
{
	struct unpacking un = {.child = child};

	if (digest_start(&un.digest) < 0 || begin_raw(&un, child->input_fd) < 0 ||
	    drain_raw(&un) < 0)
		return -1;
	return child_report(child, 'R', &un.result, sizeof(un.result));
}

/*
 * The attribute that needs CAP_SYS_ADMIN is set out here: by a name below the directory, no link.
 */
static int make_opaque(const struct unpack_job *job, const char *path)
{
	const char *name = proc_is_real_root() ? "trusted.overlay.opaque" : "user.overlay.opaque";
	auto_close int fd = -1;

	if (path_open_no_links(job->dir_fd, path, O_RDONLY | O_DIRECTORY, &fd) < 0)
		return err_last()->code == EACCES || err_last()->code == EPERM ? -1 : 0;
	return fsetxattr(fd, name, "y", 1, 0) < 0 ? err_sys("set %s", name) : 0;
}

static int take_report(void *data, char kind, const char *text, size_t length)
{
	struct unpack_job *job = data;

	if (kind == 'O' && length > 0 && text[length - 1] == '\0')
		return make_opaque(job, text);
	if (kind != 'R' || length != sizeof(job->result))
		return err_set(EPROTO, "a report in a wrong form");
	memcpy(&job->result, text, length);
	job->result.diff_id.text[DIGEST_LENGTH] = '\0';
	return 0;
}

static int check_result(const struct layer_result *result)
{
	return digest_is_valid(result->diff_id.text) ? 0
						     : err_set(EPROTO, "a layer without a digest");
}

int layer_unpack(int tar_fd, int dir_fd, enum layer_kind kind, struct layer_result *ret_result)
{
	struct unpack_job job = {.dir_fd = dir_fd, .kind = kind};
	struct child child = {
		.name = "unpacking",
		.work = unpack,
		.job = &job,
		.input_fd = tar_fd,
		.output_fd = -1,
		.root_fd = dir_fd,
		.capabilities = CAPABILITY(CHOWN) | CAPABILITY(DAC_OVERRIDE) | CAPABILITY(FOWNER) |
				CAPABILITY(FSETID) | CAPABILITY(SETFCAP),
		.take = take_report,
	};

	if (libarchive_load() < 0 || child_run(&child) < 0 || check_result(&job.result) < 0)
		return -1;
	*ret_result = job.result;
	return 0;
}

int layer_inflate(int tar_fd, int out_fd, struct digest *ret_diff_id)
{
	struct unpack_job job = {.dir_fd = -1};
	struct child child = {
		.name = "reading a layer",
		.work = inflate,
		.job = &job,
		.input_fd = tar_fd,
		.output_fd = out_fd,
		.root_fd = -1,
		.take = take_report,
	};

	if (libarchive_load() < 0 || child_run(&child) < 0 || check_result(&job.result) < 0)
		return -1;
	*ret_diff_id = job.result.diff_id;
	return 0;
}

const char *layer_compression(int tar_fd)
{
	static const struct {
		const char *name;
		size_t length;
		char bytes[6];
	} kinds[] = {
		{"+gzip", 2, "\x1f\x8b"},
		{"+zstd", 4, "\x28\xb5\x2f\xfd"},
		{NULL, 3, "BZh"},
		{NULL, 6,
		 "\xfd"
		 "7zXZ"},
	};
	char start[6] = "";

	if (pread(tar_fd, start, sizeof(start), 0) < 0)
		return "";
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (memcmp(start, kinds[i].bytes, kinds[i].length) == 0)
			return kinds[i].name;
	return "";
}
