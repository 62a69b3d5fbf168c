/*
 * cgroup_dir.c: one cgroup in one hierarchy: a directory that the kernel fills with files. Paths
 * are used as they are: nobody but root, or the user it was delegated to, can change them.
 * Next file: cgroup_kill.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* How long a directory may be busy after its last process has gone: 1 + 2 + 4 ... ms. */
enum { REMOVE_TRIES = 9 };

struct place {
	char text[PATH_MAX];
};

/* ENAMETOOLONG comes from the kernel: what was cut is too long anyway. */
static void set_place(struct place *place, const char *mount, const char *path, const char *file)
{
	snprintf(place->text, sizeof(place->text), "%s%s%s%s", mount, path, *file ? "/" : "", file);
}

void cgroup_sleep_ms(int milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000,
				.tv_nsec = milliseconds % 1000 * 1000000L};

	nanosleep(&time, NULL);
}

int cgroup_dir_make(const char *mount, const char *path)
{
	struct place place;

	set_place(&place, mount, path, "");
	if (mkdir(place.text, 0755) == 0)
		return 0;
	/* Mostly its parent is there; if not, from the top. */
	if (errno != ENOENT)
		return -1;
	for (char *slash = place.text + strlen(mount) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(place.text, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(place.text, 0755);
}

int cgroup_file_write(const char *mount, const char *path, const char *file, const char *text)
{
	struct place place;
	auto_close int fd = -1;
	ssize_t written;

	set_place(&place, mount, path, file);
	fd = open(place.text, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do
		written = write(fd, text, strlen(text));
	while (written < 0 && errno == EINTR);
	return written < 0 ? -1 : 0;
}

int cgroup_file_read(const char *mount, const char *path, const char *file, char *ret_text,
		     size_t size)
{
	struct place place;
	auto_close int fd = -1;
	ssize_t length;

	set_place(&place, mount, path, file);
	fd = open(place.text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = fd_read(fd, ret_text, size - 1);
	if (length < 0)
		return -1;
	while (length > 0 && ret_text[length - 1] == '\n')
		length--;
	ret_text[length] = '\0';
	return 0;
}

static int add_pid(struct cgroup_pids *pids, pid_t pid)
{
	if (pids->count == pids->capacity) {
		size_t capacity = pids->capacity ? 2 * pids->capacity : 64;
		pid_t *items = realloc(pids->items, capacity * sizeof(*items));

		if (!items)
			return err_set(ENOMEM, "out of memory");
		pids->items = items;
		pids->capacity = capacity;
	}
	pids->items[pids->count++] = pid;
	return 0;
}

/* Numbers, one a line. Threads of a threaded cgroup (EOPNOTSUPP) are in the cgroup above it. */
static int list_one(const char *directory, struct cgroup_pids *pids)
{
	auto_close int fd = -1;
	struct place place;
	char text[4096];
	ssize_t length;
	pid_t pid = 0;

	set_place(&place, directory, "", "cgroup.procs");
	fd = open(place.text, O_RDONLY | O_CLOEXEC);
	if (fd < 0) /* removed meanwhile, or never made */
		return errno == ENOENT || errno == ENODEV ? 0 : err_sys("open %s", place.text);
	while ((length = fd_read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < length; i++) {
			if (text[i] != '\n')
				pid = pid * 10 + (text[i] - '0');
			else if (add_pid(pids, pid) < 0)
				return -1;
			if (text[i] == '\n')
				pid = 0;
		}
	return length == 0 || errno == EOPNOTSUPP || errno == ENODEV
		       ? 0
		       : err_sys("read %s", place.text);
}

/*
 * Calls each() for a directory and all below it, those below first. The link count of a cgroup's
 * directory is 2 + the cgroups below it, so that one without any is not read.
 */
static int walk(const char *directory, int (*each)(const char *directory, void *data), void *data)
{
	auto_dir DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;

	if (stat(directory, &st) < 0)
		return errno == ENOENT ? 0 : err_sys("look at %s", directory);
	if (st.st_nlink > 2)
		dir = opendir(directory);
	while (dir && (entry = readdir(dir))) {
		struct place below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		set_place(&below, directory, "", entry->d_name);
		if (walk(below.text, each, data) < 0)
			return -1;
	}
	return each(directory, data);
}

static int list_each(const char *directory, void *data)
{
	return list_one(directory, data);
}

int cgroup_dir_list(const char *mount, const char *path, struct cgroup_pids *pids)
{
	struct place place;

	set_place(&place, mount, path, "");
	return walk(place.text, list_each, pids);
}

int cgroup_dir_check_empty(const char *mount, const char *path)
{
	struct cgroup_pids pids = {0};
	int result = cgroup_dir_list(mount, path, &pids);

	if (result == 0 && pids.count > 0)
		result = err_set(EBUSY, "process %d is in cgroup %s%s", pids.items[0], mount, path);
	free(pids.items);
	return result;
}

void cgroup_dir_discard(const char *mount, const char *path)
{
	struct place place;
	int saved = errno;

	set_place(&place, mount, path, "");
	rmdir(place.text); /* not empty, or not there: it stays as it is */
	errno = saved;
}

static int remove_each(const char *directory, void *data)
{
	(void)data;
	if (rmdir(directory) == 0 || errno == ENOENT)
		return 0;
	return err_sys("remove cgroup %s", directory);
}

int cgroup_dir_remove(const char *mount, const char *path)
{
	struct place place;

	set_place(&place, mount, path, "");
	if (rmdir(place.text) == 0 || errno == ENOENT)
		return 0;
	/* Busy: cgroups below it, or a process that ends right now, or one that stays. */
	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (walk(place.text, remove_each, NULL) == 0)
			return 0;
		if (err_last()->code != EBUSY)
			return -1;
		cgroup_sleep_ms(1 << i);
	}
	if (cgroup_dir_check_empty(mount, path) < 0)
		return err_wrap("cannot remove it");
	return err_set(EBUSY, "cannot remove cgroup %s: it is in use", place.text);
}
