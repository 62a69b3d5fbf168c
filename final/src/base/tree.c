/*
 * tree.c: a tree is removed. See tree.h; next file: tree_copy.c
 *
 * Recursion would need a stack, descriptors or paths as long as the tree is deep, and a container
 * decides how deep that is. So directories move up: two open ones are enough for any depth, and a
 * process that is killed in between leaves what the next one can remove.
 */
#include "tree.h"
#include "err.h"
#include "str.h"
#include "sys.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Neither through a link nor onto another mount. */
static int open_directory(int parent_fd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_BENEATH,
	};

	return sys_openat2(parent_fd, name, &how);
}

static DIR *open_stream(int parent_fd, const char *name)
{
	auto_close int fd = open_directory(parent_fd, name);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream)
		fd = -1; /* the stream's now */
	return stream;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/*
 * Under the number of its inode, which no other directory has; yet a file may be named like that.
 * To move a directory one must be allowed to write to it: its ".." changes.
 */
static int move_up(int from_fd, const struct dirent *entry, int top_fd)
{
	char number[48];

	if (geteuid() != 0 && fchmodat(from_fd, entry->d_name, 0700, 0) < 0)
		return err_sys("get into a directory");
	for (unsigned int again = 0;; again++) {
		snprintf(number, sizeof(number), "%" PRIu64 ".%u", (uint64_t)entry->d_ino, again);
		if (renameat2(from_fd, entry->d_name, top_fd, number, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return err_sys("move a directory out of its parent");
	}
}

/* Empties top/NAME and removes it. The directories in it move up into `top`. */
static int remove_level(int top_fd, const char *name)
{
	auto_dir DIR *stream = open_stream(top_fd, name);
	struct dirent *entry;

	if (!stream)
		return err_sys("open a directory");
	if (geteuid() != 0 && fchmod(dirfd(stream), 0700) < 0)
		return err_sys("get into a directory");
	while ((errno = 0, entry = readdir(stream))) {
		if (is_dots(entry->d_name) || unlinkat(dirfd(stream), entry->d_name, 0) == 0)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return err_sys("remove a file");
		if (move_up(dirfd(stream), entry, top_fd) < 0)
			return -1;
	}
	if (errno || unlinkat(top_fd, name, AT_REMOVEDIR) < 0)
		return err_sys("remove a directory");
	return 0;
}

static int remove_levels(DIR *top)
{
	struct dirent *entry;
	bool found;

	do {
		found = false;
		rewinddir(top);
		while ((errno = 0, entry = readdir(top))) {
			if (is_dots(entry->d_name))
				continue;
			found = true;
			if (unlinkat(dirfd(top), entry->d_name, 0) == 0)
				continue;
			if (errno != EISDIR && errno != EPERM)
				return err_sys("remove a file");
			if (remove_level(dirfd(top), entry->d_name) < 0)
				return -1;
		}
		if (errno)
			return err_sys("list directory");
	} while (found);
	return 0;
}

int tree_remove(int parent_fd, const char *name)
{
	auto_dir DIR *top = open_stream(parent_fd, name);

	if (!top && errno == ENOENT)
		return 0;
	if (!top && (errno == ENOTDIR || errno == ELOOP))
		return unlinkat(parent_fd, name, 0) == 0 ? 0 : err_sys("remove %s", name);
	if (!top)
		return err_sys("open %s", name);
	if (geteuid() != 0 && fchmod(dirfd(top), 0700) < 0)
		return err_sys("get into %s", name);
	if (remove_levels(top) < 0)
		return err_wrap("remove %s", name);
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys("remove %s", name);
	return 0;
}
