/*
 * cmd_image.c: images that are here: listed, named, removed. See command.h; next file:
 * cmd_image_move.c
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"
#include "../engine/events.h"
#include "../image/image.h"
#include "../image/reference.h"
#include "../store/clock.h"
#include "../store/digest.h"
#include "cmd_changes.h"
#include "cmd_image_move.h"
#include "command.h"
#include "format.h"
#include "prune.h"

#include <fnmatch.h>
#include <string.h>

/* --- images --- */

struct images_options {
	struct format_options format;
	struct str_list filters;
	bool digests;
};

static const struct opt images_options[] = {
	FORMAT_OPTIONS(struct images_options, format),
	{"filter", 'f', OPT_LIST, offsetof(struct images_options, filters), "KEY=VALUE",
	 "only those: dangling=true, reference=PATTERN, label=KEY[=VALUE], before=IMAGE, "
	 "since=IMAGE"},
	{"digests", 0, OPT_FLAG, offsetof(struct images_options, digests), NULL,
	 "show digests of manifests too"},
	{"all", 'a', OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};

static const struct format_column images_columns[] = {
	{"Repository", "REPOSITORY", 0}, {"Tag", "TAG", 0},   {"ID", "IMAGE ID", FORMAT_ID},
	{"CreatedSince", "CREATED", 0},	 {"Size", "SIZE", 0}, {"Digest", NULL, 0},
	{"CreatedAt", NULL, 0},		 {"Labels", NULL, 0}, {0}};
static const struct format_column digest_columns[] = {{"Repository", "REPOSITORY", 0},
						      {"Tag", "TAG", 0},
						      {"Digest", "DIGEST", 0},
						      {"ID", "IMAGE ID", FORMAT_ID},
						      {"CreatedSince", "CREATED", 0},
						      {"Size", "SIZE", 0},
						      {"CreatedAt", NULL, 0},
						      {"Labels", NULL, 0},
						      {0}};
static const struct format_column quiet_columns[] = {{"ID", "IMAGE ID", FORMAT_ID}, {0}};

struct images_row {
	char *created, *id, *digest, *name, *tag, *full; /* full: NULL without a reference */
	uint64_t size;
	struct str_map labels;
};

struct images {
	const struct command_line *line;
	const struct images_options *options;
	const char *before, *since; /* RFC 3339; NULL: any */
	struct images_row *rows;
	size_t count;
};

/* A copy for as long as the list lasts. */
static int copy_labels(struct arena *arena, const struct str_map *from, struct str_map *to)
{
	to->items = arena_alloc(arena, (from->count + 1) * sizeof(*to->items));
	if (!to->items)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		to->items[i].key = arena_format(arena, "%s", from->items[i].key);
		to->items[i].value = arena_format(arena, "%s", from->items[i].value);
		if (!to->items[i].key || !to->items[i].value)
			return -1;
	}
	to->count = from->count;
	return 0;
}

/* RFC 3339, so that strcmp(3) knows which is older; "": nobody said. */
static const char *created_of(const struct image *image)
{
	return image->content.config.created ?: "";
}

static int add_row(struct images *list, const struct image *image, const char *full)
{
	struct arena *arena = list->line->arena;
	struct images_row *grown = arena_alloc(arena, (list->count + 1) * sizeof(*grown)), *row;
	char *digest = NULL;

	if (!grown)
		return -1;
	if (list->count)
		memcpy(grown, list->rows, list->count * sizeof(*grown));
	row = &grown[list->count];
	row->created = arena_format(arena, "%s", created_of(image));
	row->id = arena_format(arena, "%s", image->id);
	row->digest = arena_format(arena, "%s", image->digest);
	row->size = image->size;
	row->full = full ? arena_format(arena, "%s", full) : NULL;
	if (full && reference_familiar(full, arena, &row->name, &row->tag, &digest) < 0)
		return -1;
	if (!full)
		row->name = arena_format(arena, "<none>");
	if (!row->tag)
		row->tag = arena_format(arena, "<none>");
	if (!row->created || !row->id || !row->digest || !row->name || !row->tag ||
	    copy_labels(arena, &image->content.config.config.labels, &row->labels) < 0)
		return -1;
	list->rows = grown;
	list->count++;
	return 0;
}

/* KEY or KEY=VALUE */
static bool has_label(const struct image *image, const char *wanted)
{
	const struct str_map *labels = &image->content.config.config.labels;
	const char *equal = strchr(wanted, '=');
	size_t length = equal ? (size_t)(equal - wanted) : strlen(wanted);

	for (size_t i = 0; i < labels->count; i++)
		if (strlen(labels->items[i].key) == length &&
		    memcmp(labels->items[i].key, wanted, length) == 0 &&
		    (!equal || strcmp(labels->items[i].value, equal + 1) == 0))
			return true;
	return false;
}

/* Patterns such as busy*: for the whole name, or for the one that is shown. */
static bool matches_name(const char *full, const char *pattern, struct arena *arena)
{
	char *name, *tag, *digest, *shown;

	if (!full || reference_familiar(full, arena, &name, &tag, &digest) < 0)
		return false;
	shown = arena_format(arena, "%s%s%s", name, tag ? ":" : "@", tag ? tag : digest);
	return fnmatch(pattern, name, FNM_PATHNAME) == 0 || fnmatch(pattern, full, 0) == 0 ||
	       (shown && fnmatch(pattern, shown, FNM_PATHNAME) == 0);
}

/* Filters of another key must all be met, of the same key `reference` one of them. */
static bool is_wanted(const struct images *list, const struct image *image, const char *full)
{
	const struct str_list *filters = &list->options->filters;
	bool has_reference = false, matched = false;

	for (size_t i = 0; i < filters->count; i++) {
		const char *value = strchr(filters->items[i], '=') + 1;

		if (str_has_prefix(filters->items[i], "reference=")) {
			has_reference = true;
			matched = matched || matches_name(full, value, list->line->arena);
		} else if (str_has_prefix(filters->items[i], "label=")) {
			if (!has_label(image, value))
				return false;
		} else if (str_has_prefix(filters->items[i], "dangling=")) {
			if ((strcmp(value, "true") == 0) != (full == NULL))
				return false;
		}
	}
	if (has_reference && !matched)
		return false;
	if (list->before && strcmp(created_of(image), list->before) >= 0)
		return false;
	if (list->since && strcmp(created_of(image), list->since) <= 0)
		return false;
	return list->line->count == 0 ||
	       matches_name(full, list->line->operands[0], list->line->arena);
}

static int take_image(struct image *image, void *data)
{
	struct images *list = data;
	size_t count = image->references.count;

	for (size_t i = 0; i < count || (i == 0 && count == 0); i++) {
		const char *full = count ? image->references.items[i] : NULL;

		if (is_wanted(list, image, full) && add_row(list, image, full) < 0)
			return -1;
	}
	return 0;
}

static int find_created(const struct command_line *line, const char *name, const char **ret_created)
{
	struct image image;

	if (image_find(line->place, name, &image) < 0)
		return -1;
	*ret_created = arena_format(line->arena, "%s", created_of(&image));
	image_free(&image);
	return *ret_created ? 0 : -1;
}

static int check_filters(struct images *list)
{
	const struct str_list *filters = &list->options->filters;

	for (size_t i = 0; i < filters->count; i++) {
		const char *filter = filters->items[i], *equal = strchr(filter, '=');

		if (equal && str_has_prefix(filter, "before=")) {
			if (find_created(list->line, equal + 1, &list->before) < 0)
				return -1;
		} else if (equal && str_has_prefix(filter, "since=")) {
			if (find_created(list->line, equal + 1, &list->since) < 0)
				return -1;
		} else if (!equal || (!str_has_prefix(filter, "reference=") &&
				      !str_has_prefix(filter, "label=") &&
				      strcmp(filter, "dangling=true") != 0 &&
				      strcmp(filter, "dangling=false") != 0)) {
			return err_set(
				EINVAL,
				"--filter '%s': expected dangling=true|false, reference=PATTERN, "
				"label=KEY[=VALUE], before=IMAGE or since=IMAGE",
				filter);
		}
	}
	return 0;
}

/* The newest first. */
static int compare_rows(const void *a, const void *b)
{
	const struct images_row *x = a, *y = b;
	int order = strcmp(y->created, x->created);

	return order ? order : strcmp(x->name, y->name);
}

static void print_row(struct format *format, const struct images_row *row, struct arena *arena)
{
	char *age = clock_age(row->created, arena);

	format_row(format);
	format_text(format, "ID", row->id);
	format_text(format, "Repository", row->name);
	format_text(format, "Tag", row->tag);
	format_text(format, "Digest", row->digest);
	format_set(format, "CreatedSince", "%s%s", age ? age : "", age && *age ? " ago" : "N/A");
	format_text(format, "CreatedAt", row->created);
	format_number(format, "Size", row->size, format_size(row->size).text);
	format_map(format, "Labels", &row->labels);
}

static int run_images(const struct command_line *line)
{
	const struct images_options *options = line->values;
	struct images list = {.line = line, .options = options};
	const struct format_column *columns = options->format.quiet ? quiet_columns
					      : options->digests    ? digest_columns
								    : images_columns;
	struct format format;

	if (check_filters(&list) < 0 ||
	    format_open(columns, &options->format, line->arena, &format) < 0 ||
	    image_each(line->place, take_image, &list) < 0)
		return -1;
	if (list.count)
		qsort(list.rows, list.count, sizeof(*list.rows), compare_rows);
	for (size_t i = 0; i < list.count; i++)
		print_row(&format, &list.rows[i], line->arena);
	return format_close(&format);
}

/* --- history --- */

struct history_options {
	struct format_options format;
};

static const struct opt history_options[] = {FORMAT_OPTIONS(struct history_options, format),
					     {"human", 'H', OPT_IGNORED_FLAG, 0, NULL, NULL},
					     {0}};

static const struct format_column history_columns[] = {{"ID", "IMAGE", FORMAT_ID},
						       {"CreatedSince", "CREATED", 0},
						       {"CreatedBy", "CREATED BY", 45},
						       {"Size", "SIZE", 0},
						       {"Comment", "COMMENT", 0},
						       {"CreatedAt", NULL, 0},
						       {0}};

static void print_history(struct format *format, const struct image *image, struct arena *arena)
{
	const struct image_config *config = &image->content.config;
	size_t layer = image->content.manifest.layers.count;

	for (size_t i = config->history.count; i-- > 0;) {
		const struct image_history *step = &config->history.items[i];
		char *age = clock_age(step->created ? step->created : "", arena);
		uint64_t size = 0;

		if (!step->empty_layer && layer > 0)
			size = image->content.manifest.layers.items[--layer].size;
		format_row(format);
		format_text(format, "ID", i + 1 == config->history.count ? image->id : "<missing>");
		format_set(format, "CreatedSince", "%s%s", age ? age : "",
			   age && *age ? " ago" : "");
		format_text(format, "CreatedAt", step->created);
		format_text(format, "CreatedBy", step->created_by);
		format_number(format, "Size", size, format_size(size).text);
		format_text(format, "Comment", step->comment);
	}
}

static int run_history(const struct command_line *line)
{
	const struct history_options *options = line->values;
	struct format format;
	struct image image;

	if (format_open(history_columns, &options->format, line->arena, &format) < 0 ||
	    image_find(line->place, line->operands[0], &image) < 0)
		return -1;
	print_history(&format, &image, line->arena);
	image_free(&image);
	return format_close(&format);
}

/* --- tag, rmi, prune, verify --- */

static int run_tag(const struct command_line *line)
{
	for (size_t i = 1; i < line->count; i++) {
		if (image_tag(line->place, line->operands[0], line->operands[i]) < 0)
			return -1;
		events_add_other(line->place, "image", "tag", cmd_image_id(line, line->operands[i]),
				 line->operands[i]);
	}
	return 0;
}

struct rmi_options {
	bool force;
};

static const struct opt rmi_options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct rmi_options, force), NULL,
	 "also with several names, or while a stopped container is made of it; nothing is said of "
	 "those that are not there"},
	{"no-prune", 0, OPT_IGNORED_FLAG, 0, NULL, NULL},
	{0}};

static void tell_removed(const struct command_line *line, const char *id,
			 const struct str_list *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *name = strchr(lines->items[i], ' ') + 1;

		printf("%s\n", lines->items[i]);
		events_add_other(line->place, "image",
				 str_has_prefix(lines->items[i], "Deleted") ? "delete" : "untag",
				 id, name);
	}
}

/* Those that can be are removed, whatever the others say. */
static int run_rmi(const struct command_line *line)
{
	const struct rmi_options *options = line->values;
	int status = 0;

	for (size_t i = 0; i < line->count; i++) {
		const char *id = cmd_image_id(line, line->operands[i]);
		struct str_list lines = {0};

		if (image_remove(line->place, line->operands[i], options->force, line->arena,
				 &lines) < 0) {
			log_failure();
			status = EXIT_HUSK;
		}
		tell_removed(line, id, &lines);
	}
	return command_flush() < 0 ? -1 : status;
}

static const struct opt prune_options[] = {
	PRUNE_ALL("all that no container is made of, not only those without a name"),
	PRUNE_FORCE,
	{0}};

int prune_images(const struct command_line *line)
{
	const struct prune_options *options = line->values;
	int result =
		prune_confirm(line, options->all ? "This removes all images that no container is "
						   "made of."
						 : "This removes all images without a name.");
	uint64_t freed;

	if (result <= 0)
		return result;
	if (image_prune(line->place, options->all, &freed) < 0)
		return -1;
	printf("Total reclaimed space: %s\n", format_size(freed).text);
	return command_flush();
}

static int tell_verified(const char *image, const char *problem, void *data)
{
	bool *damaged = data;

	printf("%s: %s\n", image, problem ? problem : "ok");
	*damaged = *damaged || problem;
	return 0;
}

/* 1: something is damaged. */
static int run_verify(const struct command_line *line)
{
	bool damaged = false;

	for (size_t i = 0; i < line->count || (i == 0 && line->count == 0); i++)
		if (image_verify(line->place, line->operands[i], tell_verified, &damaged) < 0)
			return -1;
	return command_flush() < 0 ? -1 : damaged;
}

/* --- the commands --- */

/* clang-format off */
const struct command cmd_image[] = {
	{"images", "image ls|image list", "[NAME]", "List images", "husk images --filter reference='busy*'",
	 images_options, sizeof(struct images_options), OPTS_ANYWHERE, 0, 1, 'i', run_images},
	{"rmi", "image rm|image remove", "IMAGE...", "Remove images, or names of them", "husk rmi busybox:1.36",
	 rmi_options, sizeof(struct rmi_options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'i', run_rmi},
	{"tag", NULL, "IMAGE NAME...", "Give an image more names", "husk tag busybox me/tools:1",
	 NULL, 0, OPTS_ANYWHERE, 2, COMMAND_MANY, 'i', run_tag},
	{"history", NULL, "IMAGE", "Show how an image was made", "husk history --no-trunc busybox",
	 history_options, sizeof(struct history_options), OPTS_ANYWHERE, 1, 1, 'i', run_history},
	{"import", NULL, "FOLDER|FILE|- [NAME]", "Make an image of a folder or a tar",
	 "husk import --change 'CMD [\"sh\"]' ./root me/root:1", cmd_image_import_options,
	 sizeof(struct cmd_image_import_values), OPTS_ANYWHERE, 1, 2, .run = cmd_image_import},
	{"load", NULL, "[FILE]", "Load the images of an archive", "husk load -i busybox.tar",
	 cmd_image_load_options, sizeof(struct cmd_image_load_values), OPTS_ANYWHERE, 0, 1,
	 .run = cmd_image_load},
	{"save", NULL, "IMAGE...", "Write images to an archive", "husk save -o busybox.tar busybox",
	 cmd_image_save_options, sizeof(struct cmd_image_save_values), OPTS_ANYWHERE, 1,
	 COMMAND_MANY, 'i', cmd_image_save},
	{"verify", NULL, "[IMAGE...]", "Hash every blob of images again", "husk verify",
	 NULL, 0, OPTS_ANYWHERE, 0, COMMAND_MANY, 'i', run_verify},
	{"diff", NULL, "CONTAINER", "Show what a container has added (A), changed (C), deleted (D)",
	 "husk diff web", cmd_diff_options, sizeof(struct cmd_diff_values), OPTS_ANYWHERE, 1, 1, 'c',
	 cmd_diff},
	{"commit", NULL, "CONTAINER [NAME]", "Make an image of what a container has changed",
	 "husk commit --change 'CMD [\"httpd\", \"-f\"]' web me/web:2", cmd_commit_options,
	 sizeof(struct cmd_commit_values), OPTS_ANYWHERE, 1, 2, 'c', cmd_commit},
	{"export", NULL, "CONTAINER", "Write a container's files as a tar",
	 "husk export -o web.tar web", cmd_export_options, sizeof(struct cmd_export_values),
	 OPTS_ANYWHERE, 1, 1, 'c', cmd_export},
	{"image prune", NULL, "", "Remove images that nothing needs", "husk image prune --all --force",
	 prune_options, sizeof(struct prune_options), OPTS_ANYWHERE, 0, 0, .run = prune_images},
	{0}};
