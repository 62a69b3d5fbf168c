/* cmd_image_move.c: see cmd_image_move.h. Next file: cmd_volume.c */
#include "cmd_image_move.h"
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/events.h"
#include "../image/image.h"
#include "../image/reference.h"
#include "cmd_inspect.h"
#include "format.h"
#include "output.h"

#include <fcntl.h>
#include <string.h>

static int print(const char *text)
{
	printf("%s\n", text);
	return command_flush();
}

/* --- import --- */

const struct opt cmd_image_import_options[] = {
	{"change", 'c', OPT_LIST, offsetof(struct cmd_image_import_values, changes), "LINE",
	 "a line of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR"},
	{"message", 'm', OPT_TEXT, offsetof(struct cmd_image_import_values, message), "TEXT",
	 "comment in the image's history"},
	{0}};

int cmd_image_import(const struct command_line *line)
{
	const struct cmd_image_import_values *values = line->values;
	const char *name = line->count > 1 ? line->operands[1] : NULL;
	char *id;

	if (image_import(line->place,
			 &(struct image_import){.path = line->operands[0],
						.reference = name,
						.changes = &values->changes,
						.comment = values->message},
			 line->arena, &id) < 0)
		return -1;
	events_add_other(line->place, "image", "import", id, name ? name : id);
	return print(id);
}

/* --- load --- */

const struct opt cmd_image_load_options[] = {
	{"input", 'i', OPT_TEXT, offsetof(struct cmd_image_load_values, input), "FILE",
	 "archive, plain or compressed, or the directory of an OCI layout (default standard "
	 "input)"},
	{"quiet", 'q', OPT_FLAG, offsetof(struct cmd_image_load_values, quiet), NULL,
	 "print nothing but errors"},
	{0}};

static int open_input(const char *path, int *ret_fd)
{
	bool standard = !path || strcmp(path, "-") == 0;
	int fd;

	if (standard && isatty(STDIN_FILENO))
		return err_set(EINVAL, "load: which file? -i FILE names one, or < FILE");
	fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
		      : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open %s", standard ? "standard input" : path);
	*ret_fd = fd;
	return 0;
}

const char *cmd_image_id(const struct command_line *line, const char *name)
{
	struct image image;
	const char *id;

	if (image_find(line->place, name, &image) < 0)
		return "";
	id = arena_format(line->arena, "%s", image.id);
	image_free(&image);
	return id ? id : "";
}

static int tell_loaded(const struct command_line *line, const char *full, bool quiet)
{
	char *name, *tag, *digest;

	events_add_other(line->place, "image", "load", cmd_image_id(line, full), full);
	if (quiet)
		return 0;
	if (str_has_prefix(full, "sha256:")) {
		printf("Loaded image ID: %s\n", full);
		return 0;
	}
	if (reference_familiar(full, line->arena, &name, &tag, &digest) < 0)
		return -1;
	printf("Loaded image: %s%s%s\n", name, tag ? ":" : "@", tag ? tag : digest);
	return 0;
}

int cmd_image_load(const struct command_line *line)
{
	const struct cmd_image_load_values *values = line->values;
	const char *path = line->count ? line->operands[0] : values->input;
	struct str_list names = {0};
	auto_close int fd = -1;

	if (open_input(path, &fd) < 0)
		return -1;
	if (image_load(line->place, fd, line->arena, &names) < 0)
		return err_wrap("load %s", path ? path : "standard input");
	for (size_t i = 0; i < names.count; i++)
		if (tell_loaded(line, names.items[i], values->quiet) < 0)
			return -1;
	return command_flush();
}

/* --- save --- */

const struct opt cmd_image_save_options[] = {
	{"output", 'o', OPT_TEXT, offsetof(struct cmd_image_save_values, output), "FILE",
	 "the archive (default standard output)"},
	{"format", 0, OPT_CHOICE, offsetof(struct cmd_image_save_values, format),
	 "docker-archive|oci-archive", "docker's, which is an OCI layout as well, or OCI's alone"},
	{"quiet", 'q', OPT_IGNORED_FLAG, 0, NULL, NULL},
	{"multi-image-archive", 'm', OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};

static int save(int fd, void *data)
{
	const struct command_line *line = data;
	const struct cmd_image_save_values *values = line->values;
	struct str_list names = {line->operands, line->count};

	return image_save(line->place, &names,
			  values->format == 0 ? IMAGE_DOCKER_ARCHIVE : IMAGE_OCI_ARCHIVE, fd);
}

int cmd_image_save(const struct command_line *line)
{
	const struct cmd_image_save_values *values = line->values;

	for (size_t i = 0; i < line->count; i++) {
		struct image image; /* what is not there must not cost the file that is */

		if (image_find(line->place, line->operands[i], &image) < 0)
			return -1;
		image_free(&image);
	}
	return output_write(values->output, save, (void *)line);
}

/* --- inspect --- */

static struct json_object *new_list(const struct str_list *list)
{
	struct json_object *array = json_new_array();

	for (size_t i = 0; array && i < list->count; i++) {
		if (json_append(array, json_new_string(list->items[i])) == 0)
			continue;
		json_free(array);
		return NULL;
	}
	return array;
}

/* "busybox:latest" in RepoTags, "busybox@sha256:..." in RepoDigests. */
static int add_names(struct json_object *object, const struct image *image, struct arena *arena)
{
	struct json_object *tags = json_new_array(), *digests = json_new_array();
	int failed = !tags || !digests;

	for (size_t i = 0; !failed && i < image->references.count; i++) {
		char *name, *tag, *digest, *text;

		if (reference_familiar(image->references.items[i], arena, &name, &tag, &digest) < 0)
			return -1;
		text = arena_format(arena, "%s@%s", name, image->digest);
		failed |= json_append(digests, json_new_string(text ? text : ""));
		text = tag ? arena_format(arena, "%s:%s", name, tag) : NULL;
		if (text)
			failed |= json_append(tags, json_new_string(text));
	}
	failed |= json_add(object, "RepoTags", tags);
	failed |= json_add(object, "RepoDigests", digests);
	return failed ? -1 : 0;
}

static bool has_member(const struct json_object *object, const char *key)
{
	for (struct json_cursor c = json_first(object); json_next(&c);)
		if (strcmp(c.key, key) == 0)
			return true;
	return false;
}

/* What a template can ask of any image is there, if only as nothing. */
static int add_missing(struct json_object *config)
{
	static const struct {
		const char *key;
		struct json_object *(*make)(void); /* NULL: "" */
	} members[] = {
		{"User", NULL},		 {"ExposedPorts", json_new_object},
		{"Env", json_new_array}, {"Entrypoint", json_new_array},
		{"Cmd", json_new_array}, {"Volumes", json_new_object},
		{"WorkingDir", NULL},	 {"Labels", json_new_object},
		{"StopSignal", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!has_member(config, members[i].key) &&
		    json_add(config, members[i].key,
			     members[i].make ? members[i].make() : json_new_string("")) < 0)
			return -1;
	return 0;
}

/* The member of the configuration as it was written: with what we know nothing of. */
static int add_config(struct json_object *object, const struct image *image, struct arena *arena)
{
	const char *whole_text = image->content.config_text;
	auto_json struct json_object *whole = NULL;
	struct json_object *copy = NULL;
	char *text;

	if (json_parse(whole_text, strlen(whole_text), "configuration", &whole) < 0)
		return -1;
	for (struct json_cursor c = json_first(whole); json_next(&c);) {
		if (strcmp(c.key, "config") != 0 || json_kind(c.value) != JSON_OBJECT)
			continue;
		if (json_text(c.value, JSON_ONE_LINE, arena, &text) < 0 ||
		    json_parse(text, strlen(text), "configuration", &copy) < 0)
			return -1;
	}
	copy = copy ?: json_new_object();
	if (copy && add_missing(copy) < 0) {
		json_free(copy);
		return -1;
	}
	return json_add(object, "Config", copy);
}

static int add_rootfs(struct json_object *object, const struct image *image)
{
	struct json_object *rootfs = json_new_object();
	int failed = json_add(rootfs, "Type", json_new_string("layers"));

	failed |= json_add(rootfs, "Layers", new_list(&image->content.config.rootfs.diff_ids));
	failed |= json_add(object, "RootFS", rootfs);
	return failed;
}

static int add_text(struct json_object *object, const char *key, const char *text)
{
	return json_add(object, key, json_new_string(text ? text : ""));
}

static struct json_object *object_of(const struct image *image, struct arena *arena)
{
	struct json_object *object = json_new_object();
	int failed = add_text(object, "Id", image->id);

	failed |= add_text(object, "Digest", image->digest);
	failed |= add_names(object, image, arena);
	failed |= add_text(object, "Created", image->content.config.created);
	failed |= add_text(object, "Author", image->content.config.author);
	failed |= add_config(object, image, arena);
	failed |= add_text(object, "Architecture", image->content.config.architecture);
	failed |= add_text(object, "Os", image->content.config.os);
	failed |= json_add(object, "Size", json_new_uint(image->size));
	failed |= add_rootfs(object, image);
	if (!failed)
		return object;
	json_free(object);
	return NULL;
}

int cmd_image_inspect(const struct command_line *line, const char *name, struct json_object *array)
{
	struct image image;
	int result;

	if (image_find(line->place, name, &image) < 0)
		return -1;
	result = json_append(array, object_of(&image, line->arena));
	image_free(&image);
	return result < 0 ? err_wrap("image %s", name) : 0;
}
