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
static int list_one(int directory_fd, void *data)
{
	struct cgroup_pids *pids = data;
	auto_close int fd = openat(directory_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t length;
	pid_t pid = 0;

	if (fd < 0) /* removed meanwhile */
		return errno == ENOENT || errno == ENODEV ? 0 : err_sys("open cgroup.procs");
	while ((length = fd_read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < length; i++) {
			if (text[i] != '\n')
				pid = pid * 10 + (text[i] - '0');
			else if (add_pid(pids, pid) < 0)
				return -1;
			if (text[i] == '\n')
				pid = 0;
		}
	return length == 0 || errno == EOPNOTSUPP || errno == ENODEV ? 0
								     : err_sys("read cgroup.procs");
}

/*
 * The way through the cgroups below one. A container that may write to its cgroups decides how deep
 * they are, and how long their paths: so there is no recursion and no path, but the names that are
 * still to be gone to, and two descriptors.
 */
struct trail {
	int (*arrive)(int fd, void *data);	       /* or NULL */
	int (*leave)(int parent_fd, const char *name); /* after all below it; or NULL */
	void *data;
	char *names; /* each ends in NUL, the next one is the last; "/NAME": leave NAME */
	size_t length, capacity;
};

static int push(struct trail *trail, const char *mark, const char *name)
{
	size_t needed = strlen(mark) + strlen(name) + 1;

	if (trail->length + needed > trail->capacity) {
		size_t capacity = 2 * trail->capacity + 4096;
		char *names = realloc(trail->names, capacity);

		if (!names)
			return err_set(ENOMEM, "out of memory");
		trail->names = names;
		trail->capacity = capacity;
	}
	snprintf(trail->names + trail->length, needed, "%s%s", mark, name);
	trail->length += needed;
	return 0;
}

static bool pop(struct trail *trail, char ret_name[NAME_MAX + 2])
{
	size_t start = trail->length;

	if (start == 0)
		return false;
	for (start--; start > 0 && trail->names[start - 1];)
		start--;
	snprintf(ret_name, NAME_MAX + 2, "%s", trail->names + start);
	trail->length = start;
	return true;
}

/*
 * The link count of a cgroup's directory is 2 + the cgroups below it, so that one without any is not
 * read.
 */
static int arrive(struct trail *trail, int fd)
{
	auto_dir DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;

	if (trail->arrive && trail->arrive(fd, trail->data) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys("look at it");
	if (st.st_nlink <= 2)
		return 0;
	dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!dir)
		return err_sys("list it");
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 && push(trail, "", entry->d_name) < 0)
			return -1;
	return 0;
}

static int step(struct trail *trail, const char *name, int *fd)
{
	bool up = *name == '/';
	int next = openat(*fd, up ? ".." : name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return errno == ENOENT && !up ? 0 : err_sys("open %s", up ? ".." : name);
	close(*fd);
	*fd = next;
	if (up)
		return trail->leave ? trail->leave(next, name + 1) : 0;
	return push(trail, "/", name) < 0 ? -1 : arrive(trail, next);
}

/* Goes to a directory and all below it; each is left after those below it, but for the first. */
static int walk(const char *directory, struct trail *trail)
{
	auto_close int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 2];
	int result;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys("open %s", directory);
	result = arrive(trail, fd);
	while (result == 0 && pop(trail, name))
		result = step(trail, name, &fd);
	free(trail->names);
	return result < 0 ? err_wrap("cgroup %s, or below", directory) : 0;
}

int cgroup_dir_list(const char *mount, const char *path, struct cgroup_pids *pids)
{
	struct trail trail = {.arrive = list_one, .data = pids};
	struct place place;

	set_place(&place, mount, path, "");
	return walk(place.text, &trail);
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

static int remove_one(int parent_fd, const char *name)
{
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return err_sys("remove %s", name);
}

int cgroup_dir_remove(const char *mount, const char *path)
{
	struct place place;

	set_place(&place, mount, path, "");
	if (rmdir(place.text) == 0 || errno == ENOENT)
		return 0;
	/* Busy: cgroups below it, or a process that ends right now, or one that stays. */
	for (int i = 0; i < REMOVE_TRIES; i++) {
		struct trail trail = {.leave = remove_one};

		int result = walk(place.text, &trail);

		if (result == 0 && rmdir(place.text) < 0 && errno != ENOENT)
			result = err_sys("remove cgroup %s", place.text);
		if (result == 0)
			return 0;
		if (err_last()->code != EBUSY)
			return -1;
		cgroup_sleep_ms(1 << i);
	}
	if (cgroup_dir_check_empty(mount, path) < 0)
		return err_wrap("cannot remove it");
	return err_set(EBUSY, "cannot remove cgroup %s: it is in use", place.text);
}
