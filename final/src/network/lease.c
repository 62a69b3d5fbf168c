/* lease.c: leases and notes as symbolic links. See lease.h; next file: rtnl.h */
#include "lease.h"
#include "../base/err.h"
#include "../base/store.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

int lease_lock(const struct place *place, int *ret_fd)
{
	auto_close int fd = -1;

	if (place_open_dir(place->run_fd, "leases", &fd) < 0)
		return -1;
	if (store_lock(fd) < 0)
		return err_wrap("leases");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void lease_unlock(int *fd)
{
	int saved = errno;

	if (*fd >= 0) {
		flock(*fd, LOCK_UN);
		close(*fd);
	}
	*fd = -1;
	errno = saved;
}

int lease_find_note(int fd, const char *path, struct arena *arena, char **ret_text)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(fd, path, text, sizeof(text));

	if (length < 0 && errno == ENOENT) {
		*ret_text = NULL;
		return 0;
	}
	if (length < 0)
		return err_sys("read lease %s", path);
	*ret_text = arena_copy(arena, text, (size_t)length);
	return *ret_text ? 0 : -1;
}

/* Each path is DIRECTORY/NAME. */
struct directory {
	char name[NAME_MAX + 1];
};

static struct directory directory_of(const char *path)
{
	struct directory directory;

	snprintf(directory.name, sizeof(directory.name), "%.*s", (int)strcspn(path, "/"), path);
	return directory;
}

int lease_note_first(int fd, const char *path, const char *text)
{
	if (symlinkat(text, fd, path) == 0)
		return 0;
	if (errno == ENOENT && mkdirat(fd, directory_of(path).name, 0700) == 0 &&
	    symlinkat(text, fd, path) == 0)
		return 0;
	return err_sys("lease %s", path);
}

int lease_note(int fd, const char *path, const char *text)
{
	if (lease_note_first(fd, path, text) == 0)
		return 0;
	if (err_last()->code != EEXIST || lease_drop_note(fd, path) < 0)
		return -1;
	return lease_note_first(fd, path, text);
}

/* Its directory goes, too, if it is empty then. */
int lease_drop_note(int fd, const char *path)
{
	if (unlinkat(fd, path, 0) < 0 && errno != ENOENT)
		return err_sys("remove lease %s", path);
	unlinkat(fd, directory_of(path).name, AT_REMOVEDIR);
	return 0;
}

int lease_claim(int fd, const char *network, const char *address, const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", network, address);
	return lease_note_first(fd, path, id);
}

int lease_drop(int fd, const struct lease *lease)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.%s", lease->network, lease->address);
	if (lease_drop_note(fd, path) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", lease->network, lease->address);
	return lease_drop_note(fd, path);
}

/*
 * Room for one more item: doubled when their number is a power of two. A range of ports has
 * thousands of leases, so str_list_add(), which copies each time, is not for them.
 */
static void *grow(void *items, size_t count, size_t size, struct arena *arena)
{
	void *more;

	if (count & (count - 1))
		return items;
	more = arena_alloc(arena, (2 * count + 1) * size);
	if (more && count)
		memcpy(more, items, count * size);
	return more;
}

static int add_lease(struct lease_list *list, struct arena *arena, const struct lease *lease)
{
	struct lease *items = grow(list->items, list->count, sizeof(*items), arena);

	if (!items)
		return -1;
	list->items = items;
	list->items[list->count++] = *lease;
	return 0;
}

static int add_name(struct str_list *list, struct arena *arena, const char *name)
{
	char **items = grow(list->items, list->count, sizeof(*items), arena);
	char *copy = arena_format(arena, "%s", name);

	if (!items || !copy)
		return -1;
	list->items = items;
	list->items[list->count++] = copy;
	return 0;
}

static int read_one(int fd, const char *network, const char *address, struct arena *arena,
		    struct lease_list *list)
{
	struct lease lease = {.network = arena_format(arena, "%s", network),
			      .address = arena_format(arena, "%s", address)};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", network, address);
	if (!lease.network || !lease.address || lease_find_note(fd, path, arena, &lease.id) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/.%s", network, address);
	if (lease_find_note(fd, path, arena, &lease.names) < 0)
		return -1;
	return lease.id ? add_lease(list, arena, &lease) : 0;
}

/* Entries of a directory below fd, those that begin with a dot only if `dots`. */
static int list_entries(int fd, const char *path, bool dots, struct arena *arena,
			struct str_list *ret_names)
{
	int dir_fd = openat(fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	struct str_list names = {0};
	struct dirent *entry;

	*ret_names = names;
	if (!dir) {
		scope_close(&dir_fd);
		return errno == ENOENT ? 0 : err_sys("list leases of %s", path);
	}
	while ((errno = 0, entry = readdir(dir))) {
		if (entry->d_name[0] == '.' && !dots)
			continue;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (add_name(&names, arena, entry->d_name) < 0)
			return -1;
	}
	if (errno)
		return err_sys("list leases of %s", path);
	*ret_names = names;
	return 0;
}

int lease_read(int fd, struct arena *arena, struct lease_list *ret_list)
{
	struct str_list networks = {0}, addresses = {0};
	struct lease_list list = {0};

	if (list_entries(fd, ".", false, arena, &networks) < 0)
		return -1;
	for (size_t i = 0; i < networks.count; i++) {
		if (list_entries(fd, networks.items[i], false, arena, &addresses) < 0)
			return -1;
		for (size_t j = 0; j < addresses.count; j++)
			if (read_one(fd, networks.items[i], addresses.items[j], arena, &list) < 0)
				return -1;
	}
	*ret_list = list;
	return 0;
}

int lease_list_networks(int fd, struct arena *arena, struct str_list *ret_names)
{
	return list_entries(fd, ".", false, arena, ret_names);
}

int lease_list_notes(int fd, const char *directory, struct arena *arena, struct str_list *ret_names)
{
	return list_entries(fd, directory, true, arena, ret_names);
}

void lease_sweep(int fd)
{
	static const char *const directories[] = {".ports", ".switches"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		unlinkat(fd, directories[i], AT_REMOVEDIR);
}
