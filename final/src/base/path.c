/* path.c: paths below a root that is not trusted. See path.h; next file: proc.h */
#include "path.h"
#include "err.h"
#include "sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A rename anywhere on the machine makes openat2(2) give up with EAGAIN when it met a "..". */
enum { RETRIES = 128 };

static int open_resolved(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
			       .mode = mode,
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
	int fd = open_resolved(root_fd, path, flags, 0, 0);

	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

int path_open_no_links(int root_fd, const char *path, int flags, int *ret_fd)
{
	int fd = open_resolved(root_fd, path, flags, 0, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

/*
 * Makes one more part of the path: everything before `end` is there already, or a link to it. The
 * directory is made below a descriptor of its parent, so a link cannot lead the mkdir elsewhere.
 */
static int make_part(int root_fd, char *path, char *end, mode_t mode)
{
	auto_close int parent = -1;
	const char *name;
	char saved = *end;
	int result;

	*end = '\0';
	result = path_open_parent(root_fd, path, &parent, &name);
	if (result == 0 && mkdirat(parent, name, mode) < 0 && errno != EEXIST)
		result = err_sys("make directory %s", path);
	*end = saved;
	return result;
}

int path_make_dir(int root_fd, const char *path, mode_t mode, int *ret_fd)
{
	auto_free char *copy = strdup(path);
	int fd = open_resolved(root_fd, path, O_PATH | O_DIRECTORY, 0, 0);

	if (!copy)
		return err_set(ENOMEM, "out of memory");
	/* Mostly it is there: only what is missing is made, part by part. */
	for (char *end = copy; fd < 0 && errno == ENOENT && *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		if (make_part(root_fd, copy, end, mode) < 0)
			return -1;
		errno = ENOENT;
		if (!end[strspn(end, "/")])
			fd = open_resolved(root_fd, path, O_PATH | O_DIRECTORY, 0, 0);
	}
	if (fd < 0)
		return err_sys("open directory %s", path);
	*ret_fd = fd;
	return 0;
}

int path_make_file(int root_fd, const char *path, mode_t mode, int *ret_fd)
{
	int fd = open_resolved(root_fd, path, O_PATH, 0, 0), made;
	auto_close int parent = -1;
	auto_free char *directory = NULL;
	const char *name;

	if (fd < 0 && errno == ENOENT) {
		directory = strdup(path);
		if (!directory)
			return err_set(ENOMEM, "out of memory");
		name = strrchr(path, '/');
		directory[name ? name - path : 0] = '\0';
		name = name ? name + 1 : path;
		if (path_make_dir(root_fd, directory, 0755, &parent) < 0)
			return -1;
		made = openat(parent, name, O_CREAT | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
		if (made < 0)
			return err_sys("make file %s", path);
		close(made);
		fd = open_resolved(root_fd, path, O_PATH, 0, 0);
	}
	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
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
