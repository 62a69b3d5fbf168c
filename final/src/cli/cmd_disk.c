/*
 * cmd_disk.c: system df, system prune: what is on disk, and what of it nobody needs. See prune.h;
 * next file: ../store/place.h
 */
#include "../base/err.h"
#include "../engine/life.h"
#include "../engine/volume.h"
#include "../image/image.h"
#include "format.h"
#include "prune.h"

#include <fts.h>
#include <string.h>
#include <sys/stat.h>

/* --- df --- */

struct df_options {
	struct format_options format;
};

static const struct opt df_options[] = {FORMAT_OPTION(struct df_options, format), {0}};

static const struct format_column df_columns[] = {
	{"Type", "TYPE"}, {"TotalCount", "TOTAL"},	  {"Active", "ACTIVE"},
	{"Size", "SIZE"}, {"Reclaimable", "RECLAIMABLE"}, {0}};

/* A line of the table. Bytes are those on disk; of images those of their blobs, as elsewhere. */
struct kind {
	const struct place *place;
	struct arena *arena;
	int64_t count, active;
	uint64_t size, unused;
};

/* A file with several names is counted with each; nothing is followed, no other mount entered. */
static uint64_t size_of(char *path)
{
	char *paths[] = {path, NULL};
	FTS *tree = path ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
	uint64_t bytes = 0;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS)
			bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
	if (tree)
		fts_close(tree);
	return bytes;
}

static void count(struct kind *kind, uint64_t size, bool active)
{
	kind->count++;
	kind->active += active;
	kind->size += size;
	kind->unused += active ? 0 : size;
}

static int count_box(struct box *box, void *data)
{
	struct kind *kind = data;

	count(kind, size_of(place_data(kind->place, kind->arena, "boxes/%s/upper", box->id)),
	      life_is_active(box));
	return 0;
}

struct use {
	const char *id;
	bool found;
};

static int look_for_image(struct box *box, void *data)
{
	struct use *use = data;

	use->found |= box->image_id && strcmp(box->image_id, use->id) == 0;
	return 0;
}

static int count_image(struct image *image, void *data)
{
	struct kind *kind = data;
	struct use use = {.id = image->id};

	if (box_each(kind->place, look_for_image, &use) < 0)
		return -1;
	count(kind, image->size, use.found);
	return 0;
}

static int count_volume(struct volume *volume, void *data)
{
	struct kind *kind = data;
	char *by;
	int used = volume_find_use(kind->place, volume->name, kind->arena, &by);

	if (used < 0)
		return -1;
	count(kind, size_of(volume->path), used);
	return 0;
}

static void add_row(struct format *list, const char *type, const struct kind *kind)
{
	uint64_t percent = kind->size ? kind->unused * 100 / kind->size : 0;

	format_row(list);
	format_text(list, "Type", type);
	format_number(list, "TotalCount", kind->count, NULL);
	format_number(list, "Active", kind->active, NULL);
	format_text(list, "Size", format_size(kind->size).text);
	format_set(list, "Reclaimable", "%s (%llu%%)", format_size(kind->unused).text,
		   (unsigned long long)percent);
}

static int run_df(const struct command_line *line)
{
	const struct df_options *options = line->values;
	struct kind images = {.place = line->place, .arena = line->arena};
	struct kind boxes = images, volumes = images;
	struct format list;

	if (format_open(df_columns, &options->format, line->arena, &list) < 0 ||
	    image_each(line->place, count_image, &images) < 0 ||
	    box_each(line->place, count_box, &boxes) < 0 ||
	    volume_each(line->place, count_volume, &volumes) < 0)
		return -1;
	add_row(&list, "Images", &images);
	add_row(&list, "Containers", &boxes);
	add_row(&list, "Local Volumes", &volumes);
	return format_close(&list);
}

/* --- prune --- */

static const struct opt prune_options[] = {
	PRUNE_ALL("all images that no container is made of, not only those without a name"),
	PRUNE_FORCE,
	{"volumes", 0, OPT_FLAG, offsetof(struct prune_options, volumes), NULL,
	 "volumes without a name that no container uses, too"},
	{0}};

/* Containers first: they hold the others. */
static int run_prune(const struct command_line *line)
{
	const struct prune_options *options = line->values;
	struct prune_options forced = {.force = true, .all = options->all}, some = {.force = true};
	struct command_line each = *line;
	int status, go_on = prune_confirm(
			    line, "This removes all containers that do not run, networks that "
				  "none uses, and images that nothing needs.");

	if (go_on <= 0)
		return go_on;
	each.values = &some;
	status = prune_containers(&each);
	if (status == 0)
		status = prune_networks(&each);
	if (status == 0 && options->volumes)
		status = prune_volumes(&each);
	each.values = &forced;
	return status == 0 ? prune_images(&each) : status;
}

const struct command cmd_disk[] = {
	{"system df", NULL, "", "Show what is on disk, and what of it nobody needs",
	 "husk system df --format json", df_options, sizeof(struct df_options), OPTS_ANYWHERE, 0, 0,
	 .run = run_df},
	{"system prune", NULL, "", "Remove containers, networks and images that nothing needs",
	 "husk system prune --all --force", prune_options, sizeof(struct prune_options),
	 OPTS_ANYWHERE, 0, 0, .run = run_prune},
	{0}};
