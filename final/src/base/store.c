/* store.c: directories of records. See store.h; next file: log.h */
#include "store.h"
#include "err.h"
#include "fd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { RESERVE_TRIES = 100 };

/* mkdir -p: directories above the last one get 0755, as /run has it. */
static int make_dirs(const char *path, mode_t mode)
{
	char *copy = strdupa(path);

	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return err_sys("make directory %s", copy);
		*slash = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return err_sys("make directory %s", copy);
	return 0;
}

/* What others may write is not believed: a record names hooks, processes and cgroups. */
int store_find(const char *path, int *ret_fd)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("open directory %s", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return err_set(EACCES,
			       "%s: other users can write to it; choose a directory of your own by "
			       "--root, or chmod go-w it",
			       path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int store_open(const char *path, mode_t mode, int *ret_fd)
{
	if (store_find(path, ret_fd) == 0)
		return 0;
	if (err_last()->code != ENOENT || make_dirs(path, mode) < 0)
		return -1;
	return store_find(path, ret_fd);
}

int store_reserve(int root_fd, const char *name, int *ret_fd)
{
	int fd;

	if (mkdirat(root_fd, name, 0700) < 0)
		return errno == EEXIST ? err_set(EEXIST, "'%s' is in use already", name)
				       : err_sys("make directory %s", name);
	fd = openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		err_sys("open directory %s", name);
		unlinkat(root_fd, name, AT_REMOVEDIR);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

int store_lock(int dir_fd)
{
	struct stat st;

	while (flock(dir_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys("lock the container's directory");
	/* Whoever had the lock may have removed what it guards. */
	if (fstat(dir_fd, &st) < 0)
		return err_sys("look at the container's directory");
	if (st.st_nlink == 0)
		return err_set(ENOENT, "was removed meanwhile");
	return 0;
}

int store_reserve_locked(int root_fd, const char *name, int *ret_fd)
{
	for (int tries = 0; tries < RESERVE_TRIES; tries++) {
		auto_close int fd = -1;

		if (store_reserve(root_fd, name, &fd) == 0 && store_lock(fd) == 0) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		if (err_last()->code != ENOENT)
			break;
	}
	return -1;
}

static int write_file(int dir_fd, const char *name, const void *data, size_t length,
		      unsigned int rename_flags)
{
	char temporary[NAME_MAX];
	auto_close int fd = -1;

	snprintf(temporary, sizeof(temporary), ".%s.%d", name, getpid());
	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys("make %s", name);
	if (fd_write(fd, data, length) < 0) {
		unlinkat(dir_fd, temporary, 0);
		return err_wrap("%s", name);
	}
	if (renameat2(dir_fd, temporary, dir_fd, name, rename_flags) < 0) {
		err_sys("rename %s to %s", temporary, name);
		unlinkat(dir_fd, temporary, 0);
		return -1;
	}
	return 0;
}

int store_write(int dir_fd, const char *name, const void *data, size_t length)
{
	return write_file(dir_fd, name, data, length, 0);
}

bool store_overwrite(int dir_fd, const char *name, const char *text)
{
	char page[STORE_OVERWRITE_MAX];
	auto_close int fd = openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t length = strlen(text);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || length > sizeof(page) ||
	    st.st_size > (off_t)sizeof(page))
		return false;
	memset(page, '\n', sizeof(page));
	memcpy(page, text, length);
	if (length < (size_t)st.st_size)
		length = st.st_size;
	return pwrite(fd, page, length, 0) == (ssize_t)length;
}

int store_write_json(int dir_fd, const char *name, const char *text)
{
	if (store_write(dir_fd, name, text, strlen(text)) == 0)
		return 0;
	return err_is_full() && store_overwrite(dir_fd, name, text) ? 0 : -1;
}

int store_write_first(int dir_fd, const char *name, const void *data, size_t length)
{
	return write_file(dir_fd, name, data, length, RENAME_NOREPLACE);
}
