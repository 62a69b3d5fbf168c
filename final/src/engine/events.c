/* events.c: what happened, written down. See events.h; next file: ../cli/events_show.c */
#include "events.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { FILE_MAX_SIZE = 4 << 20 };

#define SECOND 1000000000LL

static const char *image_of(const struct box *box)
{
	return box->image ? box->image : box->rootfs ? box->rootfs : "";
}

static struct json_object *attributes_of(const struct box *box, const struct str_map *more)
{
	struct json_object *object = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < box->labels.count; i++)
		failed |= json_add(object, box->labels.items[i].key,
				   json_new_string(box->labels.items[i].value));
	for (size_t i = 0; more && i < more->count; i++)
		failed |=
			json_add(object, more->items[i].key, json_new_string(more->items[i].value));
	failed |= json_add(object, "image", json_new_string(image_of(box)));
	failed |= json_add(object, "name", json_new_string(box->name));
	return failed ? NULL : object;
}

/* docker's older names of the same, which it has for containers and images alone. */
static int add_old_names(struct json_object *object, const char *type, const char *action,
			 const char *id, const struct box *box)
{
	if (!box && strcmp(type, "image") != 0)
		return 0;
	return json_add(object, "status", json_new_string(action)) |
	       json_add(object, "id", json_new_string(id)) |
	       (box ? json_add(object, "from", json_new_string(image_of(box))) : 0);
}

/* `box`, or NULL: what it is about. */
static struct json_object *event(const char *type, const char *action, const char *id,
				 struct json_object *attributes, const struct box *box)
{
	struct json_object *object = json_new_object(), *actor = json_new_object();
	struct timespec now;
	int failed = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	failed |= add_old_names(object, type, action, id, box);
	failed |= json_add(object, "Type", json_new_string(type));
	failed |= json_add(object, "Action", json_new_string(action));
	failed |= json_add(actor, "ID", json_new_string(id));
	failed |= json_add(actor, "Attributes", attributes);
	failed |= json_add(object, "Actor", actor);
	failed |= json_add(object, "scope", json_new_string("local"));
	failed |= json_add(object, "time", json_new_int(now.tv_sec));
	failed |= json_add(object, "timeNano", json_new_int(now.tv_sec * SECOND + now.tv_nsec));
	return failed ? NULL : object;
}

/* The file before this one is kept, as `events.1`: no more than two. */
static int open_file(const struct place *place, int *ret_fd)
{
	for (;;) {
		auto_close int fd = openat(place->data_fd, "events",
					   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		struct stat ours, named;

		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &ours) < 0)
			return err_sys("open %s/events", place->data);
		if (fstatat(place->data_fd, "events", &named, 0) < 0 || named.st_ino != ours.st_ino)
			continue; /* renamed while we waited */
		if (ours.st_size < FILE_MAX_SIZE) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		if (renameat(place->data_fd, "events", place->data_fd, "events.1") < 0)
			return err_sys("rename %s/events", place->data);
	}
}

static int append(const struct place *place, struct json_object *object, struct arena *arena)
{
	auto_close int fd = -1;
	char *text, *line;

	if (!object || json_text(object, JSON_ONE_LINE, arena, &text) < 0 ||
	    open_file(place, &fd) < 0)
		return -1;
	line = arena_format(arena, "%s\n", text);
	return line ? fd_write(fd, line, strlen(line)) : -1;
}

/* Takes the object over. The caller's error record stays: an event is told after the deed. */
static void add(const struct place *place, struct json_object *object)
{
	struct err saved = *err_last();
	auto_arena struct arena arena = {0};

	if (append(place, object, &arena) < 0)
		log_warn("an event was not recorded: %s", err_last()->text);
	json_free(object);
	err_adopt(&saved);
}

void events_add(const struct box *box, const char *action, const struct str_map *attributes)
{
	add(box->place, event("container", action, box->id, attributes_of(box, attributes), box));
}

void events_add_other(const struct place *place, const char *type, const char *action,
		      const char *id, const char *name)
{
	struct json_object *attributes = json_new_object();

	if (json_add(attributes, "name", json_new_string(name ? name : "")) < 0)
		attributes = NULL;
	add(place, event(type, action, id, attributes, NULL));
}
