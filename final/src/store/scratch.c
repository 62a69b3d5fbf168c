/*
 * scratch.c: temporary directories that tell whether they are used. See scratch.h; next file:
 * digest.h
 */
#include "scratch.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/store.h"
#include "../base/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

static int make_name(char *ret_name, size_t size)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return err_sys("get random bytes");
	snprintf(ret_name, size, "%016llx", (unsigned long long)number);
	return 0;
}

int scratch_open(const struct place *place, struct scratch *ret_scratch)
{
	struct scratch scratch = {.place = place, .fd = -1};
	auto_close int tmp_fd = -1;
	size_t count;

	if (scratch_collect(place, false, &count) < 0)
		log_warn("%s/tmp: %s", place->data, err_last()->text);
	if (place_open_dir(place->data_fd, "tmp", &tmp_fd) < 0 ||
	    make_name(scratch.name, sizeof(scratch.name)) < 0 ||
	    store_reserve_locked(tmp_fd, scratch.name, &scratch.fd) < 0)
		return err_wrap("%s/tmp", place->data);
	*ret_scratch = scratch;
	return 0;
}

static int remove_tree(const struct place *place, const char *name)
{
	auto_close int tmp_fd = -1;

	if (place_open_dir(place->data_fd, "tmp", &tmp_fd) < 0)
		return -1;
	return tree_remove(tmp_fd, name);
}

void scratch_close(struct scratch *scratch)
{
	struct err saved = *err_last();

	if (scratch->fd < 0)
		return;
	if (remove_tree(scratch->place, scratch->name) < 0)
		log_warn("%s/tmp/%s: %s", scratch->place->data, scratch->name, err_last()->text);
	scope_close(&scratch->fd);
	scratch->fd = -1;
	err_adopt(&saved);
}

int scratch_make_dir(const struct scratch *scratch, const char *name, int *ret_fd)
{
	return place_open_dir(scratch->fd, name, ret_fd);
}

/* 1: it was nobody's, and is gone. */
static int collect_one(int tmp_fd, const char *name, bool dry_run)
{
	auto_close int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys("open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	if (!dry_run && tree_remove(tmp_fd, name) < 0)
		return -1;
	return 1;
}

int scratch_collect(const struct place *place, bool dry_run, size_t *ret_count)
{
	auto_close int tmp_fd = -1;
	auto_dir DIR *tmp = NULL;
	struct dirent *entry;
	size_t count = 0;

	if (place_open_dir(place->data_fd, "tmp", &tmp_fd) < 0)
		return -1;
	tmp = fdopendir(fcntl(tmp_fd, F_DUPFD_CLOEXEC, 3));
	if (!tmp)
		return err_sys("list %s/tmp", place->data);
	while ((entry = readdir(tmp))) {
		int result;

		if (*entry->d_name == '.')
			continue;
		result = collect_one(tmp_fd, entry->d_name, dry_run);
		if (result < 0)
			return -1;
		count += result;
	}
	*ret_count = count;
	return 0;
}
