/* cmd_changes.c: see cmd_changes.h. Next file: cmd_volume.c */
#include "cmd_changes.h"
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/events.h"
#include "../engine/life.h"
#include "../engine/oci.h"
#include "../engine/rootfs.h"
#include "../image/image_commit.h"
#include "../image/layer.h"
#include "output.h"

#include <fcntl.h>
#include <string.h>

/* --- diff --- */

const struct opt cmd_diff_options[] = {{"format", 0, OPT_CHOICE,
					offsetof(struct cmd_diff_values, format), "table|json",
					"format of the output (default table)"},
				       {0}};

/* A path is the container's: what a terminal would obey is not sent to it. */
static int print_change(char kind, const char *path, void *data)
{
	char *copy = strdup(path);

	(void)data;
	if (!copy)
		return err_set(ENOMEM, "out of memory");
	printf("%c %s\n", kind, str_printable(copy));
	free(copy);
	return 0;
}

static int add_change(char kind, const char *path, void *data)
{
	const char *list = kind == 'A' ? "added" : kind == 'C' ? "changed" : "deleted";

	for (struct json_cursor c = json_first(data); json_next(&c);)
		if (strcmp(c.key, list) == 0)
			return json_append(c.value, json_new_string(path));
	return 0;
}

static int diff_json(const struct box *box, struct arena *arena)
{
	auto_json struct json_object *object = json_new_object();
	char *text;

	if (json_add(object, "changed", json_new_array()) < 0 ||
	    json_add(object, "added", json_new_array()) < 0 ||
	    json_add(object, "deleted", json_new_array()) < 0 ||
	    rootfs_changes(box, add_change, object) < 0 ||
	    json_text(object, JSON_PRETTY, arena, &text) < 0)
		return -1;
	return command_print(text);
}

int cmd_diff(const struct command_line *line)
{
	const struct cmd_diff_values *values = line->values;
	struct box box;
	int result;

	if (box_find(line->place, line->operands[0], &box) < 0)
		return -1;
	if (values->format)
		result = diff_json(&box, line->arena);
	else
		result = rootfs_changes(&box, print_change, NULL);
	box_close(&box);
	if (result < 0)
		return err_wrap("diff %s", line->operands[0]);
	return command_flush();
}

/* --- commit --- */

const struct opt cmd_commit_options[] = {
	{"author", 'a', OPT_TEXT, offsetof(struct cmd_commit_values, author), "TEXT",
	 "who made it: 'NAME <ADDRESS>'"},
	{"change", 'c', OPT_LIST, offsetof(struct cmd_commit_values, changes), "LINE",
	 "a line of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR"},
	{"message", 'm', OPT_TEXT, offsetof(struct cmd_commit_values, message), "TEXT",
	 "comment in the image's history"},
	{"pause", 'p', OPT_CHOICE, offsetof(struct cmd_commit_values, pause), "true|false",
	 "freeze the container meanwhile (default true)"},
	{0}};

static int commit(const struct command_line *line, const struct box *box, char **ret_id)
{
	const struct cmd_commit_values *values = line->values;
	struct image_commit new = {
		.reference = line->operands[1],
		.author = values->author,
		.comment = values->message,
		.changes = &values->changes,
	};

	return image_commit(box, &new, line->arena, ret_id);
}

/* It goes on, whatever came of it. */
static int commit_paused(const struct command_line *line, const struct box *box, char **ret_id)
{
	struct err cause;
	int result;

	if (oci_pause(box, true) < 0)
		return -1;
	result = commit(line, box, ret_id);
	cause = *err_last();
	if (oci_pause(box, false) < 0)
		return -1;
	err_adopt(&cause);
	return result;
}

int cmd_commit(const struct command_line *line)
{
	const struct cmd_commit_values *values = line->values;
	bool pause;
	char *id = NULL;
	struct box box;
	int result;

	if (box_find(line->place, line->operands[0], &box) < 0)
		return -1;
	pause = values->pause == 0 && box.state.status == BOX_RUNNING;
	result = pause ? commit_paused(line, &box, &id) : commit(line, &box, &id);
	if (result == 0)
		events_add(&box, "commit", NULL);
	box_close(&box);
	return result < 0 ? err_wrap("commit %s", line->operands[0]) : command_print(id);
}

/* --- export --- */

const struct opt cmd_export_options[] = {{"output", 'o', OPT_TEXT,
					  offsetof(struct cmd_export_values, output), "FILE",
					  "the tar (default standard output)"},
					 {0}};

struct export
{
	struct box *box;
	struct arena *arena;
};

static int pack(const char *path, int fd)
{
	auto_close int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct digest digest;
	uint64_t size;

	if (dir_fd < 0)
		return err_sys("open %s", path);
	return layer_pack(dir_fd, LAYER_PLAIN, fd, &digest, &size);
}

static int pack_mounted(struct box *box, struct arena *arena, int fd)
{
	struct err cause;
	char *path;
	int result = rootfs_mount(box, arena, &path);

	if (result == 0)
		result = pack(path, fd);
	cause = *err_last();
	if (rootfs_unmount(box) < 0 && result == 0)
		return -1;
	err_adopt(&cause);
	return result;
}

/* Under its lock nobody starts it: then the mount is ours to make, and to take away. */
static int export_box(int fd, void *data)
{
	const struct export *e = data;
	char *path = place_data(e->box->place, e->arena, "boxes/%s/merged", e->box->id);
	int result;

	if (!path || box_lock(e->box) < 0)
		return -1;
	if (life_is_active(e->box)) {
		box_unlock(e->box);
		return pack(path, fd);
	}
	result = pack_mounted(e->box, e->arena, fd);
	box_unlock(e->box);
	return result;
}

int cmd_export(const struct command_line *line)
{
	const struct cmd_export_values *values = line->values;
	struct box box;
	int result;

	if (box_find(line->place, line->operands[0], &box) < 0)
		return -1;
	result = output_write(values->output, export_box,
			      &(struct export){.box = &box, .arena = line->arena});
	box_close(&box);
	return result < 0 ? err_wrap("export %s", line->operands[0]) : 0;
}
