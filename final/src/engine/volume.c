/* volume.c: directories that outlive boxes. See volume.h; next file: ../cli/cmd_volume.c */
#include "volume.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/path.h"
#include "../base/store.h"
#include "../base/tree.h"
#include "../store/clock.h"
#include "../store/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Beside _data while it is being filled: whoever finds it goes on with that. */
#define FILLING ".filling"

#define IN_VOLUME(member) BIND_AT(struct volume, member)

static const struct bind_field volume_rows[] = {
	{"name", BIND_STRING, IN_VOLUME(name), .required = true},
	{"created", BIND_STRING, IN_VOLUME(created)},
	{"anonymous", BIND_BOOL, IN_VOLUME(anonymous)},
	{"labels", BIND_MAP, IN_VOLUME(labels)},
};
static const struct bind_table volume_table = BIND_TABLE(struct volume, volume_rows);

static int open_volumes(const struct place *place, int *ret_fd)
{
	return place_open_dir(place->data_fd, "volumes", ret_fd);
}

/* ENOENT if there is none. */
static int open_volume(const struct place *place, const char *name, int *ret_fd)
{
	auto_close int volumes_fd = -1;
	int fd;

	if (box_check_name(name) < 0)
		return err_wrap("volume");
	if (open_volumes(place, &volumes_fd) < 0)
		return -1;
	fd = openat(volumes_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT
			       ? err_set(ENOENT, "no volume '%s' (husk volume ls lists them)", name)
			       : err_sys("open volume %s", name);
	*ret_fd = fd;
	return 0;
}

/* --- create --- */

/* In the scratch directory; a volume appears whole. */
static int make_parts(const struct scratch *scratch, struct volume *volume)
{
	auto_close int fd = -1, data_fd = -1;
	auto_arena struct arena arena = {0};
	char *text = NULL;

	if (clock_now(&arena, &volume->created) < 0 ||
	    bind_write(&volume_table, volume, JSON_ONE_LINE, &arena, &text) < 0 ||
	    scratch_make_dir(scratch, "volume", &fd) < 0 ||
	    store_write(fd, "volume.json", text, strlen(text)) < 0 ||
	    place_open_dir(fd, "_data", &data_fd) < 0)
		return -1;
	/* 0700 above it keeps others out. */
	return fchmod(data_fd, 0755) == 0 ? 0 : err_sys("set the mode of a volume");
}

/* 0: made, 1: it was there. */
static int create(const struct place *place, struct volume *volume)
{
	auto_scratch struct scratch scratch = SCRATCH_NONE;
	auto_close int volumes_fd = -1;

	if (open_volumes(place, &volumes_fd) < 0 || scratch_open(place, &scratch) < 0 ||
	    make_parts(&scratch, volume) < 0)
		return err_wrap("volume %s", volume->name);
	if (renameat2(scratch.fd, "volume", volumes_fd, volume->name, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EEXIST ? 1 : err_sys("make volume %s", volume->name);
}

int volume_create(const struct place *place, const char *name, const struct str_map *labels,
		  struct arena *arena, char **ret_name)
{
	struct volume volume = {.anonymous = !name};
	auto_close int fd = -1;

	if (name && box_check_name(name) < 0)
		return err_wrap("volume");
	if (!name ? box_make_id(arena, &volume.name) < 0
		  : !(volume.name = arena_format(arena, "%s", name)))
		return -1;
	if (labels)
		volume.labels = *labels;
	if (create(place, &volume) < 0)
		return -1;
	*ret_name = volume.name;
	return 0;
}

/* --- use and fill --- */

static bool is_empty(int volume_fd)
{
	auto_close int fd = openat(volume_fd, "_data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *data = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!data)
		return false;
	fd = -1; /* the stream's now */
	while ((entry = readdir(data)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

static bool wants_filling(int volume_fd)
{
	return faccessat(volume_fd, FILLING, F_OK, 0) == 0 || is_empty(volume_fd);
}

int volume_use(const struct place *place, const char *name, bool anonymous, struct arena *arena,
	       char **ret_path, bool *ret_made)
{
	struct volume volume = {.anonymous = anonymous, .name = (char *)name};
	auto_close int fd = -1;
	char *path;

	if (open_volume(place, name, &fd) < 0 &&
	    (err_last()->code != ENOENT || create(place, &volume) < 0 ||
	     open_volume(place, name, &fd) < 0))
		return -1;
	path = place_data(place, arena, "volumes/%s/_data", name);
	if (!path)
		return -1;
	*ret_path = path;
	*ret_made = wants_filling(fd);
	return 0;
}

int volume_use_all(const struct box *box)
{
	struct arena arena = {0};
	int result = 0;

	for (size_t i = 0; i < box->mounts.count && result == 0; i++) {
		const struct box_mount *m = &box->mounts.items[i];
		char *path;
		bool made;

		if (strcmp(m->type, "volume") == 0)
			result = volume_use(box->place, m->source, m->anonymous, &arena, &path,
					    &made);
	}
	arena_free(&arena);
	return result;
}

/* A target that the image does not have leaves the volume empty. */
static int copy_target(int volume_fd, const char *rootfs, const char *target)
{
	auto_close int root_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int from_fd = -1, to_fd = -1, mark_fd = -1;

	if (root_fd < 0)
		return err_sys("open %s", rootfs);
	if (path_open(root_fd, target, O_RDONLY | O_DIRECTORY, &from_fd) < 0)
		return err_last()->code == ENOENT || err_last()->code == ENOTDIR ? 0 : -1;
	to_fd = openat(volume_fd, "_data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	mark_fd = openat(volume_fd, FILLING, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (to_fd < 0 || mark_fd < 0)
		return err_sys("open the volume");
	if (tree_copy(from_fd, to_fd) < 0)
		return -1;
	return unlinkat(volume_fd, FILLING, 0) == 0 ? 0 : err_sys("finish filling");
}

/* Two boxes that start at once: the second one waits, and finds that it is filled. */
int volume_fill(const char *path, const char *rootfs, const char *target)
{
	struct err saved = *err_last();
	auto_close int data_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd =
		data_fd < 0 ? -1 : openat(data_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open volume %s", path);
	if (store_lock(fd) < 0)
		return -1;
	if (!wants_filling(fd))
		return 0;
	if (copy_target(fd, rootfs, target) < 0)
		return err_wrap("fill the volume for %s from the image", target);
	err_adopt(&saved);
	return 0;
}

/* --- look at --- */

void volume_free(struct volume *volume)
{
	arena_free(&volume->arena);
	*volume = (struct volume){0};
}

/* A record that is torn is no reason to hide the data: the directory is what counts. */
static void read_record(int fd, struct volume *volume)
{
	auto_json struct json_object *json = NULL;
	auto_close int record = openat(fd, "volume.json", O_RDONLY | O_CLOEXEC);
	struct volume read = {0};

	if (record < 0 || json_read(record, "volume.json", &json) < 0 ||
	    bind_read(&volume_table, json, "volume.json", &volume->arena, &read) < 0) {
		log_warn("volume %s: its volume.json cannot be read", volume->name);
		return;
	}
	volume->created = read.created;
	volume->anonymous = read.anonymous;
	volume->labels = read.labels;
}

int volume_find(const struct place *place, const char *name, struct volume *ret_volume)
{
	struct volume volume = {0};
	auto_close int fd = -1;

	if (open_volume(place, name, &fd) < 0)
		return -1;
	volume.name = arena_format(&volume.arena, "%s", name);
	volume.path = place_data(place, &volume.arena, "volumes/%s/_data", name);
	if (!volume.name || !volume.path) {
		volume_free(&volume);
		return -1;
	}
	read_record(fd, &volume);
	*ret_volume = volume;
	return 0;
}

static int is_name(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

int volume_each(const struct place *place, int (*each)(struct volume *volume, void *data),
		void *data)
{
	auto_close int volumes_fd = -1;
	struct dirent **names;
	int count, result = 0;

	if (open_volumes(place, &volumes_fd) < 0)
		return -1;
	count = scandirat(volumes_fd, ".", &names, is_name, alphasort);
	if (count < 0)
		return err_sys("list volumes");
	for (int i = 0; i < count; i++) {
		struct volume volume;

		if (result == 0 && volume_find(place, names[i]->d_name, &volume) == 0) {
			result = each(&volume, data);
			volume_free(&volume);
		}
		free(names[i]);
	}
	free(names);
	return result < 0 ? -1 : 0;
}

/* --- remove --- */

struct use {
	const char *name;
	struct arena *arena;
	char *by;
};

static int look_for_use(struct box *box, void *data)
{
	struct use *use = data;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];

		if (!m->source || strcmp(m->type, "volume") != 0 ||
		    strcmp(m->source, use->name) != 0)
			continue;
		use->by = arena_format(use->arena, "%s", box->name ? box->name : box->id);
		return use->by ? 1 : -1;
	}
	return 0;
}

int volume_find_use(const struct place *place, const char *name, struct arena *arena, char **ret_by)
{
	struct use use = {.name = name, .arena = arena};

	if (box_each(place, look_for_use, &use) < 0)
		return -1;
	if (!use.by)
		return 0;
	*ret_by = use.by;
	return 1;
}

static int check_use(const struct place *place, const char *name)
{
	auto_arena struct arena arena = {0};
	char *by;
	int used = volume_find_use(place, name, &arena, &by);

	if (used > 0)
		err_set(EBUSY, "volume %s is used by container %s: husk rm it first", name, by);
	return used ? -1 : 0;
}

/* It loses its name first: half a volume must not be found under it. */
int volume_remove(const struct place *place, const char *name)
{
	auto_scratch struct scratch scratch = SCRATCH_NONE;
	auto_close int volumes_fd = -1, fd = -1;

	if (open_volume(place, name, &fd) < 0 || check_use(place, name) < 0 ||
	    open_volumes(place, &volumes_fd) < 0 || scratch_open(place, &scratch) < 0)
		return -1;
	if (renameat(volumes_fd, name, scratch.fd, "volume") < 0 && errno != ENOENT)
		return err_sys("remove volume %s", name);
	return tree_remove(scratch.fd, "volume");
}
