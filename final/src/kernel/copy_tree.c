/* copy_tree.c: a directory's content, copied. See copy_tree.h; next file: mount_fs.c */
#include "copy_tree.h"
#include "../base/err.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* A tree deeper than this is refused: each level is a descriptor and a stack frame. */
enum { DEPTH_MAX = 200 };

static int copy_level(int from_fd, int to_fd, int depth);

static int copy_content(int from, int to)
{
	for (;;) {
		ssize_t sent = sendfile(to, from, NULL, 1 << 30);

		if (sent == 0)
			return 0;
		if (sent < 0 && errno != EINTR)
			return err_sys("copy");
	}
}

static int copy_file(int from_fd, int to_fd, const char *name)
{
	auto_close int from = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_close int to = -1;
	struct stat st;

	if (from < 0)
		return err_sys("open");
	/* It was a regular file when it was listed; a device must not be read here. */
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(EINVAL, "changed while it was copied");
	to = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys("make");
	return copy_content(from, to);
}

static int copy_link(int from_fd, int to_fd, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_fd, name, target, sizeof(target) - 1);

	if (length < 0)
		return err_sys("read link");
	target[length] = '\0';
	if (symlinkat(target, to_fd, name) < 0)
		return err_sys("make link");
	return 0;
}

static int copy_directory(int from_fd, int to_fd, const char *name, int depth)
{
	auto_close int from =
		openat(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = -1;

	if (from < 0)
		return err_sys("open");
	if (mkdirat(to_fd, name, 0700) < 0)
		return err_sys("make");
	to = openat(to_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys("open the copy");
	return copy_level(from, to, depth + 1);
}

static int copy_by_kind(int from_fd, int to_fd, const char *name, const struct stat *st, int depth)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(from_fd, to_fd, name, depth);
	case S_IFREG:
		return copy_file(from_fd, to_fd, name);
	case S_IFLNK:
		return copy_link(from_fd, to_fd, name);
	default:
		if (mknodat(to_fd, name, st->st_mode & S_IFMT, st->st_rdev) < 0)
			return err_sys("make node");
		return 0;
	}
}

/* Owner first: chown(2) takes set-user-ID bits away. A link has no mode of its own. */
static int copy_metadata(int to_fd, const char *name, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to_fd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("set owner %u:%u", st->st_uid, st->st_gid);
	if (!S_ISLNK(st->st_mode) && fchmodat(to_fd, name, st->st_mode & 07777, 0) < 0)
		return err_sys("set mode");
	if (utimensat(to_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("set time");
	return 0;
}

static int copy_entry(int from_fd, int to_fd, const char *name, int depth)
{
	struct stat st;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("stat");
	if (copy_by_kind(from_fd, to_fd, name, &st, depth) < 0)
		return -1;
	return copy_metadata(to_fd, name, &st);
}

static int copy_level(int from_fd, int to_fd, int depth)
{
	auto_close int again = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *directory = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!directory)
		return err_sys("open directory");
	again = -1; /* closedir(3) closes it */
	if (depth > DEPTH_MAX)
		return err_set(ELOOP, "more than %d directories deep", DEPTH_MAX);
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (copy_entry(from_fd, to_fd, entry->d_name, depth) < 0)
			return err_wrap("%s", entry->d_name);
	}
	return 0;
}

int copy_tree(int from_fd, int to_fd)
{
	return copy_level(from_fd, to_fd, 0);
}
