/* path.c: paths below a root that is not trusted. See path.h; next file: proc.h */
#include "path.h"
#include "err.h"
#include "sys.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* A rename anywhere on the machine makes openat2(2) give up with EAGAIN when it met a "..". */
enum { RETRIES = 128 };

/* Links in one path, as many as the kernel follows: path_resolution(7). */
enum { LINKS = 40 };

static int open_resolved(int root_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve};
	int fd = -1;

	for (int i = 0; i < RETRIES; i++) {
		fd = sys_openat2(root_fd, *path ? path : ".", &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int path_open(int root_fd, const char *path, int flags, int *ret_fd)
{
	int fd = open_resolved(root_fd, path, flags, 0);

	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

int path_open_no_links(int root_fd, const char *path, int flags, int *ret_fd)
{
	int fd = open_resolved(root_fd, path, flags, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

/* Where the first part of path ends that is not there, or leads nowhere; NULL: nothing is. */
static char *find_missing(int root_fd, char *path)
{
	for (char *end = path; *end;) {
		char saved;
		int fd;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		saved = *end;
		*end = '\0';
		fd = open_resolved(root_fd, path, O_PATH, 0);
		*end = saved;
		if (fd < 0)
			return errno == ENOENT ? end : NULL;
		close(fd);
	}
	return NULL;
}

/*
 * name in parent is a link that leads nowhere: images link /etc/resolv.conf into a /run that is
 * empty yet. The path where it points to takes its place in *path; the kernel resolves that below
 * root_fd like any other, so the link's text is not trusted.
 */
static int replace_link(int parent, const char *name, const char *before, const char *rest,
			char path[PATH_MAX])
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t length = readlinkat(parent, name, target, sizeof(target) - 1);
	int written;

	if (length < 0)
		return err_sys("read link %s/%s", before, name);
	target[length] = '\0';
	written = snprintf(joined, sizeof(joined), "%s/%s%s", *target == '/' ? "" : before, target,
			   rest);
	if (written >= (int)sizeof(joined))
		return err_set(ENAMETOOLONG, "%s/%s: its target is too long", before, name);
	memcpy(path, joined, written + 1);
	return 0;
}

/* A new file or directory; EEXIST if anything is there, a link above all. */
static int make_entry(int parent, const char *name, bool is_file, mode_t mode)
{
	int fd;

	if (!is_file)
		return mkdirat(parent, name, mode);
	fd = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	return close(fd);
}

/*
 * Makes the first missing part of path, which ends at end. It is made below a descriptor of its
 * parent, so a link cannot lead it elsewhere. If there is a link instead, path is changed.
 */
static int make_part(int root_fd, char path[PATH_MAX], char *end, bool is_file, mode_t mode)
{
	char prefix[PATH_MAX], rest[PATH_MAX];
	auto_close int parent = -1;
	const char *name;
	char *slash;

	snprintf(prefix, sizeof(prefix), "%.*s", (int)(end - path), path);
	snprintf(rest, sizeof(rest), "%s", end);
	if (path_open_parent(root_fd, prefix, &parent, &name) < 0)
		return -1;
	if (make_entry(parent, name, is_file && !*end, is_file && *end ? 0755 : mode) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys("make %s", prefix);
	slash = strrchr(prefix, '/');
	if (slash)
		*slash = '\0';
	return replace_link(parent, name, slash ? prefix : "", rest, path);
}

/*
 * Mostly only the last part is missing, and its name is free: that takes two calls more than
 * opening. Returns -1 with errno if it is not so simple.
 */
static int make_last(int root_fd, const char *path, bool is_file, mode_t mode)
{
	auto_close int parent = -1;
	const char *name = path;

	if (path_open_parent(root_fd, path, &parent, &name) < 0) {
		errno = err_last()->code;
		return -1;
	}
	if (make_entry(parent, name, is_file, mode) < 0)
		return -1;
	return openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (is_file ? 0 : O_DIRECTORY));
}

/* Part by part. path: a copy that changes where a link has to be followed. */
static int make_parts(int root_fd, char path[PATH_MAX], bool is_file, mode_t mode, int *ret_fd)
{
	char *end;
	int fd;

	for (int steps = 0; (end = find_missing(root_fd, path)); steps++) {
		if (steps > PATH_MAX / 2 + LINKS)
			return err_set(ELOOP, "%s: too many symbolic links", path);
		if (make_part(root_fd, path, end, is_file, mode) < 0)
			return -1;
	}
	fd = open_resolved(root_fd, path, is_file ? O_PATH : O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

static int make_path(int root_fd, const char *wanted, bool is_file, mode_t mode, int *ret_fd)
{
	int fd = open_resolved(root_fd, wanted, is_file ? O_PATH : O_PATH | O_DIRECTORY, 0);
	size_t length = strlen(wanted);
	char path[PATH_MAX];

	if (fd < 0 && errno == ENOENT) {
		if (length >= sizeof(path))
			return err_set(ENAMETOOLONG, "path of %zu bytes", length);
		memcpy(path, wanted, length + 1);
		while (length > 1 && path[length - 1] == '/')
			path[--length] = '\0';
		fd = make_last(root_fd, path, is_file, mode);
		if (fd < 0 && (errno == ENOENT || errno == EEXIST))
			return make_parts(root_fd, path, is_file, mode, ret_fd);
		if (fd < 0)
			return err_sys("make %s", wanted);
	}
	if (fd < 0)
		return err_sys("open %s", wanted);
	*ret_fd = fd;
	return 0;
}

int path_make_dir(int root_fd, const char *path, mode_t mode, int *ret_fd)
{
	return make_path(root_fd, path, false, mode, ret_fd);
}

int path_make_file(int root_fd, const char *path, mode_t mode, int *ret_fd)
{
	return make_path(root_fd, path, true, mode, ret_fd);
}
int path_open_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name)
{
	const char *name = strrchr(path, '/');
	auto_free char *directory = NULL;

	directory = strndup(path, name ? name - path : 0);
	if (!directory)
		return err_set(ENOMEM, "out of memory");
	name = name ? name + 1 : path;
	if (path_open(root_fd, directory, O_PATH | O_DIRECTORY, ret_fd) < 0)
		return -1;
	*ret_name = *name ? name : ".";
	return 0;
}

struct path_of_fd path_of_fd(int fd)
{
	struct path_of_fd path;

	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

bool path_is_clean(const char *path)
{
	for (const char *part = path; *part; part += strcspn(part, "/")) {
		size_t length;

		if (*part != '/')
			return false;
		part++;
		length = strcspn(part, "/");
		if (length == 0 || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
	}
	return *path == '/';
}
