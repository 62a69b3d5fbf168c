/* complete.c: names for completions, kind by kind. See complete.h; next file: cmd_complete.c */
#include "complete.h"
#include "../base/err.h"
#include "../engine/volume.h"
#include "../image/image.h"
#include "../image/reference.h"
#include "../network/network.h"
#include "../store/box.h"

#include <string.h>

static int print_box(struct box *box, void *data)
{
	const char *kind = data;

	if (*kind == 'c' || box->state.status == BOX_RUNNING || box->state.status == BOX_PAUSED)
		printf("%s\n", box->name);
	return 0;
}

static int print_boxes(const struct place *place, char kind, struct arena *arena)
{
	(void)arena;
	return box_each(place, print_box, &kind);
}

/* As people type them: without docker.io/library/, and without :latest. */
static int print_image(struct image *image, void *data)
{
	struct arena *arena = data;

	for (size_t i = 0; i < image->references.count; i++) {
		char *name, *tag, *digest;

		if (reference_familiar(image->references.items[i], arena, &name, &tag, &digest) < 0)
			continue;
		if (tag && strcmp(tag, "latest") != 0)
			printf("%s:%s\n", name, tag);
		else
			printf("%s%s%s\n", name, digest ? "@" : "", digest ? digest : "");
	}
	return 0;
}

static int print_images(const struct place *place, char kind, struct arena *arena)
{
	(void)kind;
	return image_each(place, print_image, arena);
}

static int print_network(struct network *network, void *data)
{
	(void)data;
	printf("%s\n", network->name);
	return 0;
}

/* "host" and "none" are words of --net, and no networks. */
static int print_networks(const struct place *place, char kind, struct arena *arena)
{
	(void)kind;
	(void)arena;
	return network_each(place, print_network, NULL);
}

static int print_volume(struct volume *volume, void *data)
{
	(void)data;
	printf("%s\n", volume->name);
	return 0;
}

static int print_volumes(const struct place *place, char kind, struct arena *arena)
{
	(void)kind;
	(void)arena;
	return volume_each(place, print_volume, NULL);
}

int complete_print(const struct place *place, char kind, struct arena *arena)
{
	static const struct {
		char kind;
		int (*print)(const struct place *place, char kind, struct arena *arena);
	} kinds[] = {{'c', print_boxes},
		     {'r', print_boxes},
		     {'i', print_images},
		     {'n', print_networks},
		     {'v', print_volumes}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].print(place, kind, arena);
	return err_set(EINVAL, "there is no kind '%c' of names: c, r, i, n, v", kind);
}
