/*
 * lease.c: leases as symbolic links. See lease.h for what they say. Next file: netlink.h
 */
#include "lease.h"
#include "husk.h"
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_path(char *ret)
{
	snprintf(ret, PATH_MAX, "%s/net", place_state());
}

int lease_exists(void)
{
	char path[PATH_MAX];

	make_path(path);
	return access(path, F_OK) == 0;
}

int lease_lock(void)
{
	char path[PATH_MAX];
	struct stat st;
	int directory;

	make_path(path);
	for (;;) {
		directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0 && errno == ENOENT) {
			if (place_make(place_state(), "net") < 0)
				return -1;
			continue;
		}
		if (directory < 0 || flock(directory, LOCK_EX) < 0 || fstat(directory, &st) < 0)
			return fail("lock", path);
		if (st.st_nlink > 0)
			return directory;
		close(directory); /* removed while we waited for the lock */
	}
}

int lease_find(int directory, const char *name, char *ret_value, int size)
{
	int length = readlinkat(directory, name, ret_value, size - 1);

	if (length < 0)
		return -1;
	ret_value[length] = '\0';
	return 0;
}

/* Whether `ret` is now a lease, and not a note, or something that is not ours at all. */
static int read_lease(int directory, const char *name, struct lease *ret)
{
	char value[NAME_MAX];
	struct lease lease = {.port = 0};

	if (lease_find(directory, name, value, sizeof(value)) < 0)
		return 0;
	snprintf(lease.name, sizeof(lease.name), "%s", name);
	if (sscanf(name, "%3[a-z]-%d", lease.protocol, &lease.port) == 2) {
		if (sscanf(value, "%255s %15[0-9.]:%d", lease.owner, lease.address,
			   &lease.inside) != 3)
			return 0;
	} else if (sscanf(name, "%15[0-9.]", lease.address) == 1) {
		snprintf(lease.owner, sizeof(lease.owner), "%s", value);
	} else {
		return 0;
	}
	*ret = lease;
	return 1;
}

int lease_read(int directory, struct lease **ret_leases)
{
	struct dirent **entries;
	int found = scandirat(directory, ".", &entries, NULL, alphasort), count = 0;

	if (found < 0)
		return fail("read", "leases");
	*ret_leases = calloc(found + 1, sizeof(**ret_leases));
	for (int i = 0; i < found; i++) {
		if (*ret_leases)
			count += read_lease(directory, entries[i]->d_name, *ret_leases + count);
		free(entries[i]);
	}
	free(entries);
	return *ret_leases ? count : fail("read", "leases");
}

int lease_take(int directory, const char *name, const char *value)
{
	return symlinkat(value, directory, name);
}

int lease_drop(int directory, const char *name)
{
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return fail("remove lease", name);
	return 0;
}

void lease_leave(void)
{
	char path[PATH_MAX];

	make_path(path);
	rmdir(path);
}
