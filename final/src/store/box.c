/*
 * box.c: boxes as folders: made, found, locked, saved, listed, removed. See box.h; next file:
 * box_table.c
 */
#include "box.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/store.h"
#include "../base/tree.h"
#include "clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { ID_BYTES = 32, ID_LENGTH = 2 * ID_BYTES };

struct box_short_id box_short_id(const struct box *box)
{
	struct box_short_id id;

	snprintf(id.text, sizeof(id.text), "%.12s", box->id);
	return id;
}

void box_close(struct box *box)
{
	scope_close(&box->dir_fd);
	arena_free(&box->arena);
	*box = (struct box){.dir_fd = -1};
}

int box_save(struct box *box)
{
	struct arena scratch = {0};
	int result = -1;
	char *text;

	if (bind_write(&box_table, box, JSON_PRETTY, &scratch, &text) == 0)
		result = store_write_json(box->dir_fd, "box.json", text);
	arena_free(&scratch);
	return result < 0 ? err_wrap("container %.12s", box->id) : 0;
}

/* What is not in the file stays as it is. */
static int read_record(struct box *box, bool locked)
{
	struct box fresh = {.place = box->place, .dir_fd = box->dir_fd, .arena = box->arena};
	auto_close int fd = openat(box->dir_fd, "box.json", O_RDONLY | O_CLOEXEC);
	auto_json struct json_object *json = NULL;
	int result;

	if (fd < 0 && errno == ENOENT)
		return err_set(ENOENT,
			       "it has no record: somebody is removing it, or husk gc does");
	if (fd < 0)
		return err_sys("open box.json");
	if (json_read(fd, "box.json", &json) < 0)
		return -1;
	result = bind_read(&box_table, json, "box.json", &fresh.arena, &fresh);
	box->arena = fresh.arena;
	if (result < 0)
		return -1;
	*box = fresh;
	box_observe(box, locked);
	return 0;
}

static int open_boxes(const struct place *place, int *ret_fd)
{
	*ret_fd = openat(place->data_fd, "boxes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys("open %s/boxes", place->data) : 0;
}

static int open_box(const struct place *place, const char *id, struct box *ret_box)
{
	auto_close int boxes_fd = -1;
	struct box box = {.place = place, .dir_fd = -1};

	if (open_boxes(place, &boxes_fd) < 0)
		return -1;
	box.dir_fd = openat(boxes_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (box.dir_fd < 0 && errno == ENOENT)
		return err_set(ENOENT, "container %.12s: was removed meanwhile", id);
	if (box.dir_fd < 0)
		return err_sys("open container %.12s", id);
	if (read_record(&box, false) < 0) {
		box_close(&box);
		return err_wrap("container %.12s", id);
	}
	*ret_box = box;
	return 0;
}

int box_make_id(struct arena *arena, char **ret_id)
{
	unsigned char bytes[ID_BYTES];
	char *id = arena_alloc(arena, ID_LENGTH + 1);

	if (!id)
		return -1;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_sys("make an ID");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	*ret_id = id;
	return 0;
}

/*
 * The folder is locked until its name is claimed: a folder whose name leads elsewhere and whose
 * lock is free is what a killed command left (life_collect.c).
 */
static int fill_folder(const struct place *place, struct box *box)
{
	auto_close int log_fd = -1;

	if (box_save(box) < 0)
		return -1;
	if (place_open_dir(box->dir_fd, "log", &log_fd) < 0)
		return -1;
	return box_claim_name(place, box->name, box->id);
}

int box_create(const struct place *place, struct box *box)
{
	auto_close int boxes_fd = -1;

	box->place = place;
	box->dir_fd = -1;
	if (box->name && box_check_name(box->name) < 0)
		return -1;
	if (!box->name && box_make_name(place, &box->arena, &box->name) < 0)
		return -1;
	if (box_make_id(&box->arena, &box->id) < 0 || clock_now(&box->arena, &box->created) < 0)
		return -1;
	if (!box->hostname) {
		box->hostname = arena_format(&box->arena, "%.12s", box->id);
		if (!box->hostname)
			return -1;
	}
	if (open_boxes(place, &boxes_fd) < 0 ||
	    store_reserve_locked(boxes_fd, box->id, &box->dir_fd) < 0)
		return -1;
	if (fill_folder(place, box) < 0) {
		struct err cause = *err_last();

		if (tree_remove(boxes_fd, box->id) < 0)
			log_warn("%s", err_last()->text);
		scope_close(&box->dir_fd);
		box->dir_fd = -1;
		err_adopt(&cause);
		return -1;
	}
	box_unlock(box);
	return 0;
}

static int refuse_ambiguous(const struct place *place, const char *name, const struct str_list *ids)
{
	char list[ERR_TEXT / 2] = "";
	size_t length = 0;

	for (size_t i = 0; i < ids->count && length < sizeof(list); i++) {
		struct box box = {.dir_fd = -1};
		bool known = open_box(place, ids->items[i], &box) == 0;

		length += snprintf(list + length, sizeof(list) - length, "%s%.12s (%s)",
				   i ? ", " : "", ids->items[i], known ? box.name : "?");
		box_close(&box);
	}
	return err_set(ENOTUNIQ, "'%s' can mean %zu containers: %s: give more of the ID", name,
		       ids->count, list);
}

int box_find(const struct place *place, const char *name, struct box *ret_box)
{
	struct arena scratch = {0};
	struct str_list ids = {0};
	char typed[80];
	int result;

	snprintf(typed, sizeof(typed), "%s", name);
	str_printable(typed);
	result = box_find_ids(place, name, &scratch, &ids);
	if (result == 0 && ids.count == 0)
		result = err_set(ENOENT, "no such container: %s: husk ps -a lists them", typed);
	else if (result == 0 && ids.count > 1)
		result = refuse_ambiguous(place, typed, &ids);
	else if (result == 0)
		result = open_box(place, ids.items[0], ret_box);
	arena_free(&scratch);
	return result;
}

int box_read(struct box *box)
{
	return read_record(box, false);
}

int box_lock(struct box *box)
{
	if (store_lock(box->dir_fd) < 0)
		return err_wrap("container %.12s", box->id);
	if (read_record(box, true) < 0) {
		box_unlock(box);
		return err_wrap("container %.12s", box->id);
	}
	return 0;
}

void box_unlock(struct box *box)
{
	flock(box->dir_fd, LOCK_UN);
}

int box_delete(struct box *box)
{
	auto_close int boxes_fd = -1;

	if (open_boxes(box->place, &boxes_fd) < 0)
		return -1;
	/* Its upper layer is as deep as it liked. */
	if (tree_remove(boxes_fd, box->id) < 0)
		return err_wrap("container %.12s", box->id);
	box_drop_name(box->place, box->name, box->id);
	return 0;
}

int box_rename(struct box *box, const char *name)
{
	char *old = box->name, *copy = arena_format(&box->arena, "%s", name);

	if (!copy || box_check_name(name) < 0 || box_claim_name(box->place, name, box->id) < 0)
		return -1;
	box->name = copy;
	if (box_save(box) < 0) {
		box_drop_name(box->place, name, box->id);
		return -1;
	}
	if (strcmp(old, name) != 0)
		box_drop_name(box->place, old, box->id);
	return 0;
}

/* --- all of them --- */

struct entry {
	char *id, *created;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->created, ((const struct entry *)b)->created);
}

/* Not every folder is a box: one is being made, one being removed. */
static bool look_at(const struct place *place, const char *id, struct arena *arena,
		    struct entry *ret_entry)
{
	struct box box;

	if (open_box(place, id, &box) < 0) {
		if (err_last()->code != ENOENT)
			log_warn("%s: left out; husk rm --force %.12s removes it", err_last()->text,
				 id);
		return false;
	}
	ret_entry->id = arena_format(arena, "%s", box.id);
	ret_entry->created = arena_format(arena, "%s", box.created);
	box_close(&box);
	return ret_entry->id && ret_entry->created;
}

static int list_entries(const struct place *place, struct arena *arena, struct entry **ret_entries,
			size_t *ret_count)
{
	char *path = place_data(place, arena, "boxes");
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	struct entry *entries = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;

	if (!dir)
		return path ? err_sys("list %s", path) : -1;
	while ((entry = readdir(dir))) {
		if (strlen(entry->d_name) != ID_LENGTH)
			continue;
		if (count == room) {
			struct entry *more = arena_alloc(arena, (2 * room + 32) * sizeof(*more));

			if (!more)
				return -1;
			if (count)
				memcpy(more, entries, count * sizeof(*more));
			entries = more;
			room = 2 * room + 32;
		}
		count += look_at(place, entry->d_name, arena, &entries[count]);
	}
	if (count)
		qsort(entries, count, sizeof(*entries), compare);
	*ret_entries = entries;
	*ret_count = count;
	return 0;
}

int box_each(const struct place *place, int (*each)(struct box *box, void *data), void *data)
{
	struct arena scratch = {0};
	struct entry *entries = NULL;
	size_t count = 0;
	int result = list_entries(place, &scratch, &entries, &count);

	for (size_t i = 0; i < count && result == 0; i++) {
		struct box box;

		if (open_box(place, entries[i].id, &box) < 0)
			continue; /* removed meanwhile */
		result = each(&box, data);
		box_close(&box);
	}
	arena_free(&scratch);
	return result;
}
