/*
 * layer_pack.c: from a directory to a tar, with libarchive(3), in a confined child. See layer.h;
 * next file: archive.h
 *
 * The tree may be what a container left: every name is opened below an open directory, no link is
 * followed. Sorted, whole seconds, no names of users: the same tree gives the same bytes.
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../base/tree.h"
#include "../store/child.h"
#include "layer.h"
#include "libarchive.h"
#include "overlay.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Each level is a descriptor. */
enum { DEPTH_MAX = 500, BLOCK = 64 << 10, ATTRIBUTE_MAX = 64 << 10 };

struct pack_job {
	int dir_fd;
	enum layer_source source;
};

struct packing {
	enum layer_source source;
	struct archive *tar;
	dev_t device;	     /* of the whole: other mounts are left out */
	void *twins;	     /* tree_find_twin() */
	char path[PATH_MAX]; /* of what is looked at */
	size_t length;
	char buffer[BLOCK];
};

static int refuse(const struct packing *p, const char *reason)
{
	char shown[PATH_MAX];

	memcpy(shown, p->path, p->length + 1);
	return err_set(EINVAL, "/%.200s: %s", str_printable(shown),
		       reason ? reason : "cannot be packed");
}

static int complain(const struct packing *p, const char *what)
{
	char shown[PATH_MAX];

	memcpy(shown, p->path, p->length + 1);
	return err_sys("/%.200s: %s", str_printable(shown), what);
}

static bool is_wanted(const char *attribute)
{
	return strcmp(attribute, "security.capability") == 0 ||
	       (str_has_prefix(attribute, "user.") && !str_has_prefix(attribute, "user.overlay."));
}

static int add_attributes(struct packing *p, int fd, struct archive_entry *entry)
{
	auto_free char *value = malloc(ATTRIBUTE_MAX);
	struct path_of_fd file = path_of_fd(fd);
	char names[BLOCK];
	ssize_t length = listxattr(file.text, names, sizeof(names));

	if (!value)
		return err_set(ENOMEM, "out of memory");
	if (length < 0 && errno != ENOTSUP)
		return complain(p, "list attributes");
	for (char *name = names; name < names + length; name += strlen(name) + 1) {
		ssize_t size =
			is_wanted(name) ? getxattr(file.text, name, value, ATTRIBUTE_MAX) : -1;

		if (size >= 0)
			archive_entry_xattr_add_entry(entry, name, value, size);
	}
	return 0;
}

static int write_header(struct packing *p, struct archive_entry *entry)
{
	return archive_write_header(p->tar, entry) >= ARCHIVE_WARN
		       ? 0
		       : refuse(p, archive_error_string(p->tar));
}

static int write_content(struct packing *p, int dir_fd, const char *name)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t length;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return complain(p, "open");
	if (!S_ISREG(st.st_mode))
		return refuse(p, "changed while it was packed");
	while ((length = fd_read(fd, p->buffer, sizeof(p->buffer))) > 0)
		if (archive_write_data(p->tar, p->buffer, length) < 0)
			return refuse(p, archive_error_string(p->tar));
	return length < 0 ? complain(p, "read") : 0;
}

/* An empty file of that name in the directory `path` is in. */
static int write_marker(struct packing *p, const char *name)
{
	struct archive_entry *entry = archive_entry_new();
	const char *slash = strrchr(p->path, '/');
	char path[PATH_MAX + 8];
	int result;

	if (!entry)
		return err_set(ENOMEM, "out of memory");
	if (strcmp(name, ".wh..wh..opq") == 0)
		snprintf(path, sizeof(path), "%s%s%s", p->path, p->length ? "/" : "", name);
	else
		snprintf(path, sizeof(path), "%.*s.wh.%s", slash ? (int)(slash - p->path) + 1 : 0,
			 p->path, name);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0);
	archive_entry_set_size(entry, 0);
	result = write_header(p, entry);
	archive_entry_free(entry);
	return result;
}

static int read_link(struct packing *p, int dir_fd, const char *name, struct archive_entry *entry)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (length < 0)
		return complain(p, "read link");
	target[length] = '\0';
	archive_entry_set_symlink(entry, target);
	return 0;
}

static int write_directory(struct packing *p, int fd, int depth);

/* The entry has its name and attributes; what follows it is written too. */
static int write_by_kind(struct packing *p, int dir_fd, const char *name, const struct stat *st,
			 int depth, struct archive_entry *entry)
{
	const char *twin = NULL;
	auto_close int fd = -1;

	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1 &&
	    tree_find_twin(&p->twins, st, p->path, &twin) < 0)
		return -1;
	if (twin) {
		archive_entry_set_hardlink(entry, twin);
		archive_entry_unset_size(entry);
		return write_header(p, entry);
	}
	if (S_ISLNK(st->st_mode) && read_link(p, dir_fd, name, entry) < 0)
		return -1;
	if (!S_ISREG(st->st_mode))
		archive_entry_set_size(entry, 0);
	if (write_header(p, entry) < 0)
		return -1;
	if (S_ISREG(st->st_mode))
		return write_content(p, dir_fd, name);
	if (!S_ISDIR(st->st_mode) || st->st_dev != p->device)
		return 0;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return complain(p, "open");
	if (p->source == LAYER_OVERLAY && overlay_is_opaque(fd) &&
	    write_marker(p, ".wh..wh..opq") < 0)
		return -1;
	return write_directory(p, fd, depth + 1);
}

static struct archive_entry *new_entry(const struct packing *p, const struct stat *st)
{
	struct archive_entry *entry = archive_entry_new();
	char path[PATH_MAX + 2];

	if (!entry)
		return NULL;
	snprintf(path, sizeof(path), "%s%s", p->length ? p->path : ".",
		 S_ISDIR(st->st_mode) ? "/" : "");
	archive_entry_copy_stat(entry, st);
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
	archive_entry_set_mtime(entry, st->st_mtim.tv_sec, 0);
	archive_entry_set_pathname(entry, path);
	return entry;
}

static int write_member(struct packing *p, int dir_fd, const char *name, int depth)
{
	auto_close int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct archive_entry *entry;
	struct stat st;
	int result;

	if (fd < 0 || fstat(fd, &st) < 0)
		return complain(p, "open");
	if (p->source == LAYER_OVERLAY && overlay_is_whiteout(&st))
		return write_marker(p, name);
	if (S_ISSOCK(st.st_mode))
		return 0;
	entry = new_entry(p, &st);
	if (!entry)
		return err_set(ENOMEM, "out of memory");
	result = S_ISLNK(st.st_mode) ? 0 : add_attributes(p, fd, entry);
	scope_close(&fd);
	fd = -1;
	if (result == 0)
		result = write_by_kind(p, dir_fd, name, &st, depth, entry);
	archive_entry_free(entry);
	return result;
}

static int enter(struct packing *p, const char *name)
{
	int added = snprintf(p->path + p->length, sizeof(p->path) - p->length, "%s%s",
			     p->length ? "/" : "", name);

	if (added >= (int)(sizeof(p->path) - p->length))
		return refuse(p, "a path that is too long");
	p->length += added;
	return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int write_directory(struct packing *p, int fd, int depth)
{
	size_t before = p->length;
	struct dirent **names;
	int count, result = 0;

	if (depth > DEPTH_MAX)
		return refuse(p, "is too deep");
	count = scandirat(fd, ".", &names, is_name, compare_names);
	if (count < 0)
		return complain(p, "list");
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = enter(p, names[i]->d_name);
		if (result == 0)
			result = write_member(p, fd, names[i]->d_name, depth);
		if (result == 0) {
			p->length = before;
			p->path[before] = '\0';
		}
		free(names[i]);
	}
	free(names);
	return result;
}

static int open_tar(struct packing *p, int fd)
{
	p->tar = archive_write_new();
	if (!p->tar)
		return err_set(ENOMEM, "out of memory");
	archive_write_set_bytes_per_block(p->tar, BLOCK);
	archive_write_set_bytes_in_last_block(p->tar, 512);
	/* Once is enough: the other spelling of attributes is libarchive's own. */
	if (archive_write_set_format_pax_restricted(p->tar) != ARCHIVE_OK ||
	    archive_write_set_format_option(p->tar, NULL, "xattrheader", "SCHILY") < ARCHIVE_WARN ||
	    archive_write_open_fd(p->tar, fd) != ARCHIVE_OK)
		return refuse(p, archive_error_string(p->tar));
	return 0;
}

/* In the child. What it allocates goes with it. */
static int pack(const struct child *child)
{
	const struct pack_job *job = child->job;
	struct packing *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p)
		return err_set(ENOMEM, "out of memory");
	p->source = job->source;
	if (fstat(child->input_fd, &st) < 0)
		return complain(p, "look at the directory");
	p->device = st.st_dev;
	if (open_tar(p, child->output_fd) < 0)
		return -1;
	if (job->source == LAYER_CONTENT ? write_directory(p, child->input_fd, 0) < 0
					 : write_member(p, child->input_fd, ".", 0) < 0)
		return -1;
	return archive_write_close(p->tar) >= ARCHIVE_WARN
		       ? 0
		       : refuse(p, archive_error_string(p->tar));
}

int layer_pack(int dir_fd, enum layer_source source, int out_fd, struct digest *ret_digest,
	       uint64_t *ret_size)
{
	struct pack_job job = {.source = source};
	struct child child = {
		.name = "packing",
		.work = pack,
		.job = &job,
		.input_fd = dir_fd,
		.root_fd = -1,
		.capabilities = (uint64_t)1 << CAP_DAC_READ_SEARCH |
				(source == LAYER_OVERLAY ? (uint64_t)1 << CAP_SYS_ADMIN : 0),
	};
	struct child_process process;
	struct digest digest;
	struct err cause;
	uint64_t size;
	int pair[2], result;

	if (libarchive_load() < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	child.output_fd = pair[1];
	result = child_start(&child, &process);
	close(pair[1]);
	if (result < 0) {
		close(pair[0]);
		return -1;
	}
	result = digest_copy(pair[0], out_fd, &digest, &size);
	close(pair[0]); /* or a child that writes would wait for us */
	cause = *err_last();
	if (child_finish(&child, &process) < 0 || result < 0) {
		if (result < 0) /* its own failure is that nobody reads any more */
			err_adopt(&cause);
		return -1;
	}
	*ret_digest = digest;
	*ret_size = size;
	return 0;
}
