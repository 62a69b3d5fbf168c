/*
 * life_collect.c: what commands that were killed have left. A box says by its record that there is
 * something to release, and by its lock whether somebody is at it; what has no box is nobody's. See
 * life.h; next file: bundle.h
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../base/store.h"
#include "../base/tree.h"
#include "../network/network.h"
#include "../store/scratch.h"
#include "life.h"
#include "oci.h"
#include "rootfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { ID_LENGTH = 64 };

struct collection {
	const struct place *place;
	bool dry_run;
	size_t count;
	struct arena *arena;
};

/* One leftover: removed, unless it is only counted. A failure is said, and the next one looked at. */
static void collect(struct collection *c, const char *what, const char *name, int result)
{
	if (result < 0)
		log_warn("gc: %s %s: %s", what, name, err_last()->text);
	else
		c->count++;
}

/* Calls `each` for every entry of a directory of the place. */
static int each_entry(struct collection *c, char *path,
		      void (*each)(struct collection *c, const char *name))
{
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	if (!dir)
		return !path ? -1 : errno == ENOENT ? 0 : err_sys("list %s", path);
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			each(c, entry->d_name);
	return 0;
}

static bool exists(int root_fd, const char *format, const char *name)
{
	char path[ID_LENGTH + 300];
	struct stat st;

	snprintf(path, sizeof(path), format, name);
	return fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- boxes --- */

static bool is_mounted(const struct box *box)
{
	struct statx at;

	return statx(box->dir_fd, "merged", AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &at) == 0 &&
	       (at.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Its maker was killed before it had claimed the name: nobody has been told of it. */
static bool is_nameless(const struct box *box)
{
	char path[ID_LENGTH * 4], owner[ID_LENGTH + 1];
	ssize_t length;

	if (box->state.status != BOX_CREATED || box->state.started)
		return false;
	snprintf(path, sizeof(path), "names/%s", box->name);
	length = readlinkat(box->place->data_fd, path, owner, sizeof(owner));
	return length != ID_LENGTH || memcmp(owner, box->id, ID_LENGTH) != 0;
}

static int collect_box(struct box *box, void *data)
{
	struct collection *c = data;
	bool nameless, mounted;

	/* Locked: somebody is making, starting or releasing it. */
	if (flock(box->dir_fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	if (box_lock(box) < 0) /* ours already: this reads it again */
		return 0;
	nameless = is_nameless(box);
	mounted = !box->held && !box->leftover && is_mounted(box);
	box_unlock(box);
	if (!box->leftover && !nameless && !mounted)
		return 0;
	if (c->dry_run)
		c->count++;
	else if (nameless && !box->leftover)
		collect(c, "container", box->name, life_remove(box, true, true));
	else if (mounted)
		collect(c, "mount of", box->name, rootfs_unmount(box));
	else if (life_settle(box) == 0 || err_last()->code == ENOENT)
		c->count++;
	else
		collect(c, "container", box->name, -1);
	return 0;
}

/* --- what has no box --- */

static void collect_name(struct collection *c, const char *name)
{
	char path[300], owner[ID_LENGTH + 1];
	ssize_t length;

	snprintf(path, sizeof(path), "names/%s", name);
	length = readlinkat(c->place->data_fd, path, owner, ID_LENGTH);
	if (length < 0)
		return;
	owner[length] = '\0';
	if (!exists(c->place->data_fd, "boxes/%s", owner))
		collect(c, "name", name, c->dry_run ? 0 : unlinkat(c->place->data_fd, path, 0));
}

/* The runtime's record of it, with the processes and cgroups that it names, and the monitor's. */
static int remove_run_dir(struct collection *c, struct box *box)
{
	auto_close int boxes_fd = -1;

	if (oci_find_runtime(getenv("HUSK_RUNTIME"), c->arena, &box->runtime) < 0 ||
	    oci_delete(box) < 0 || place_open_dir(c->place->run_fd, "box", &boxes_fd) < 0)
		return -1;
	return tree_remove(boxes_fd, box->id);
}

static void collect_run_dir(struct collection *c, const char *id)
{
	struct box box = {.id = (char *)id, .place = c->place, .dir_fd = -1};

	if (strlen(id) != ID_LENGTH || exists(c->place->data_fd, "boxes/%s", id) ||
	    box_has_monitor(&box))
		return;
	collect(c, "run directory", id, c->dry_run ? 0 : remove_run_dir(c, &box));
}

/* All that an ID names, without a word from box.json. */
static int remove_broken(struct collection *c, const char *id)
{
	struct box box = {.id = (char *)id, .place = c->place, .dir_fd = -1};
	auto_close int boxes_fd = -1;

	if (remove_run_dir(c, &box) < 0 || rootfs_unmount(&box) < 0 ||
	    place_open_dir(c->place->data_fd, "boxes", &boxes_fd) < 0)
		return -1;
	return tree_remove(boxes_fd, id);
}

int life_remove_broken(const struct place *place, const char *name)
{
	auto_arena struct arena scratch = {0};
	auto_close int boxes_fd = -1, fd = -1;
	struct collection c = {.place = place, .arena = &scratch};
	struct str_list ids;

	if (box_find_ids(place, name, &scratch, &ids) < 0 ||
	    place_open_dir(place->data_fd, "boxes", &boxes_fd) < 0)
		return -1;
	if (ids.count != 1)
		return 1;
	/* Somebody may be removing it just now. */
	fd = openat(boxes_fd, ids.items[0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && store_lock(fd) < 0)
		return err_last()->code == ENOENT ? 1 : -1;
	return remove_broken(&c, ids.items[0]);
}

/* --- folders without a record: mkdir(2) was the last thing that their maker did --- */

static void collect_torn(struct collection *c, const char *id)
{
	auto_close int boxes_fd = -1, fd = -1;

	if (exists(c->place->data_fd, "boxes/%s/box.json", id) ||
	    place_open_dir(c->place->data_fd, "boxes", &boxes_fd) < 0)
		return;
	fd = openat(boxes_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    exists(c->place->data_fd, "boxes/%s/box.json", id))
		return;
	collect(c, "folder", id, c->dry_run ? 0 : remove_broken(c, id));
}

/* For network_collect(): who may have leases, links and rules. */
static bool is_alive(const char *id, void *data)
{
	struct collection *c = data;
	struct box box;
	bool alive;

	if (strlen(id) != ID_LENGTH)
		return false;
	/* Of one that cannot be read nothing is taken: it may run. */
	if (box_find(c->place, id, &box) < 0)
		return err_last()->code != ENOENT;
	alive = life_is_active(&box) || box.state.starting || box.leftover;
	box_close(&box);
	return alive;
}

static int collect_all(struct collection *c)
{
	const struct place *place = c->place;
	size_t found = 0;

	if (each_entry(c, place_data(place, c->arena, "boxes"), collect_torn) < 0 ||
	    box_each(place, collect_box, c) < 0 ||
	    each_entry(c, place_data(place, c->arena, "names"), collect_name) < 0 ||
	    each_entry(c, place_run(place, c->arena, "box"), collect_run_dir) < 0)
		return -1;
	if (network_collect(place, is_alive, c, c->dry_run, &found) < 0)
		return -1;
	c->count += found;
	if (scratch_collect(place, c->dry_run, &found) < 0)
		return -1;
	c->count += found;
	return 0;
}

int life_collect(const struct place *place, bool dry_run, size_t *ret_count)
{
	auto_arena struct arena scratch = {0};
	struct collection c = {.place = place, .dry_run = dry_run, .arena = &scratch};
	int result = collect_all(&c);

	*ret_count = c.count;
	return result;
}
