/* list.c: gathering, filtering and sorting boxes. See list.h; next file: cmd_list.c */
#include "list.h"
#include "../base/err.h"
#include "../base/opts.h"
#include "../image/image.h"
#include "../image/reference.h"
#include "../network/ports.h"
#include "../store/clock.h"
#include "filter.h"

#include <regex.h>
#include <string.h>

/* --- how it is shown --- */

char *list_status(const struct box *box, struct arena *arena)
{
	const struct box_state *state = &box->state;

	switch (state->status) {
	case BOX_RUNNING:
		return arena_format(arena, "Up %s", clock_age(state->started, arena));
	case BOX_PAUSED:
		return arena_format(arena, "Up %s (Paused)", clock_age(state->started, arena));
	case BOX_RESTARTING:
		return arena_format(arena, "Restarting (%ld) %s ago", (long)state->exit_code,
				    clock_age(state->finished, arena));
	case BOX_EXITED:
		if (!state->finished) /* nobody saw it */
			return arena_format(arena, "Exited (%ld)", (long)state->exit_code);
		return arena_format(arena, "Exited (%ld) %s ago", (long)state->exit_code,
				    clock_age(state->finished, arena));
	case BOX_REMOVING:
		return arena_format(arena, "Removal In Progress");
	default:
		return arena_format(arena, "Created");
	}
}

char *list_command(const struct box *box, struct arena *arena)
{
	char *entrypoint = str_join(&box->entrypoint, " ", arena);
	char *args = str_join(&box->args, " ", arena);

	if (!entrypoint || !args)
		return NULL;
	return arena_format(arena, "%s%s%s", entrypoint, *entrypoint && *args ? " " : "", args);
}

char *list_ports(const struct box *box, struct arena *arena)
{
	struct str_list texts = {0};

	for (size_t i = 0; i < box->ports.count; i++) {
		char *text = arena_format(arena, "%s", ports_text(&box->ports.items[i]).text);

		if (!text || str_list_add(&texts, arena, text) < 0)
			return NULL;
	}
	return str_join(&texts, ", ", arena);
}

/* --- filters --- */

static bool is_id(const void *box, const char *value)
{
	return str_has_prefix(((const struct box *)box)->id, value);
}

/* As docker does: a regular expression somewhere in the name. */
static bool is_name(const void *box, const char *value)
{
	const char *name = ((const struct box *)box)->name;
	regex_t pattern;
	bool found;

	if (regcomp(&pattern, value, REG_EXTENDED | REG_NOSUB) != 0)
		return strstr(name, value);
	found = regexec(&pattern, name, 0, NULL, 0) == 0;
	regfree(&pattern);
	return found;
}

static bool is_status(const void *box, const char *value)
{
	int status = ((const struct box *)box)->state.status;

	return strcmp(bind_name_of(box_status_names, status), value) == 0;
}

static bool is_exit_code(const void *thing, const char *value)
{
	const struct box *box = thing;

	return box->state.status == BOX_EXITED && box->state.exit_code == strtol(value, NULL, 10);
}

static bool is_label(const void *box, const char *value)
{
	return str_map_matches(&((const struct box *)box)->labels, value);
}

/* Whether both name the same: busybox, busybox:latest, docker.io/library/busybox. */
static bool is_same_reference(const char *a, const char *b)
{
	struct arena arena = {0};
	char *x, *y;
	bool same = reference_normalize(a, &arena, &x) == 0 &&
		    reference_normalize(b, &arena, &y) == 0 && strcmp(x, y) == 0;

	arena_free(&arena);
	return same;
}

/* By the ID that the box was made of, or the name that it was made by; or by another name of it. */
static bool is_image(const void *thing, const char *value)
{
	const struct box *box = thing;
	struct image image;
	bool same;

	if (box->image && is_same_reference(box->image, value))
		return true;
	if (!box->image_id)
		return false;
	if (str_has_prefix(box->image_id, value) ||
	    str_has_prefix(strchr(box->image_id, ':') + 1, value))
		return true;
	if (image_find(box->place, value, &image) < 0)
		return false;
	same = strcmp(image.id, box->image_id) == 0;
	image_free(&image);
	return same;
}

static bool is_network(const void *thing, const char *value)
{
	const struct box *box = thing;

	if (strcmp(box->network_mode, value) == 0)
		return true;
	for (size_t i = 0; i < box->endpoints.count; i++)
		if (strcmp(box->endpoints.items[i].network, value) == 0)
			return true;
	return false;
}

static bool has_volume(const void *thing, const char *value)
{
	const struct box *box = thing;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];

		if ((m->source && strcmp(m->source, value) == 0) || !strcmp(m->target, value))
			return true;
	}
	return false;
}

static bool is_policy(const void *thing, const char *value)
{
	const struct box *box = thing;

	return strcmp(box->restart.policy ? box->restart.policy : "no", value) == 0;
}

static const struct filter filters[] = {
	{"id", is_id},
	{"name", is_name},
	{"status", is_status, .values = "created|running|paused|restarting|exited|removing"},
	{"exited", is_exit_code},
	{"label", is_label, .every = true},
	{"ancestor", is_image},
	{"network", is_network},
	{"volume", has_volume},
	{"restart-policy", is_policy, .values = "no|on-failure|always|unless-stopped"},
	{0}};

/* A word on the status asks for those that do not run, too. */
static bool asks_for_all(const struct list_options *options)
{
	if (options->all || options->last.set)
		return true;
	for (size_t i = 0; i < options->filters.count; i++)
		if (str_has_prefix(options->filters.items[i], "status=") ||
		    str_has_prefix(options->filters.items[i], "exited="))
			return true;
	return false;
}

static bool is_wanted(const struct box *box, const struct list_options *options)
{
	if (!asks_for_all(options) && box->state.status != BOX_RUNNING &&
	    box->state.status != BOX_PAUSED && box->state.status != BOX_RESTARTING)
		return false;
	return filter_holds(filters, &options->filters, box);
}

/* --- order --- */

static int by_created(const void *a, const void *b)
{
	return strcmp(((const struct box *)b)->created, ((const struct box *)a)->created);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct box *)a)->id, ((const struct box *)b)->id);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct box *)a)->name, ((const struct box *)b)->name);
}

static const char *image_of(const struct box *box)
{
	return box->image ? box->image : box->rootfs ? box->rootfs : "";
}

static int by_image(const void *a, const void *b)
{
	int order = strcmp(image_of(a), image_of(b));

	return order ? order : by_created(a, b);
}

static int by_status(const void *a, const void *b)
{
	int order = ((const struct box *)a)->state.status - ((const struct box *)b)->state.status;

	return order ? order : by_created(a, b);
}

static int by_command(const void *a, const void *b)
{
	struct arena arena = {0};
	const char *x = list_command(a, &arena), *y = list_command(b, &arena);
	int order = x && y ? strcmp(x, y) : 0;

	arena_free(&arena);
	return order ? order : by_created(a, b);
}

static int by_age(const void *a, const void *b)
{
	const struct box *x = a, *y = b;

	return strcmp(y->state.started ? y->state.started : "",
		      x->state.started ? x->state.started : "");
}

static const struct {
	const char *key;
	int (*compare)(const void *a, const void *b);
} orders[] = {
	{"created", by_created}, {"id", by_id},		 {"name", by_name},
	{"names", by_name},	 {"image", by_image},	 {"status", by_status},
	{"command", by_command}, {"runningfor", by_age},
};

static int find_order(const char *key, int (**ret_compare)(const void *a, const void *b))
{
	const char *keys[ARRAY_SIZE(orders) + 1] = {NULL}, *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		keys[i] = orders[i].key;
		if (!key || strcmp(orders[i].key, key) == 0) {
			*ret_compare = orders[i].compare;
			return 0;
		}
	}
	nearest = opts_nearest(key, keys);
	return err_set(EINVAL,
		       "--sort %s: %s%s%sexpected created, id, name, image, status, command or "
		       "runningfor",
		       key, nearest ? "did you mean " : "", nearest ? nearest : "",
		       nearest ? "? " : "");
}

/* --- all of them --- */

struct gathering {
	const struct list_options *options;
	struct arena *arena;
	struct list list;
	size_t room;
};

static int gather(struct box *box, void *data)
{
	struct gathering *g = data;

	if (!is_wanted(box, g->options))
		return 0;
	if (g->list.count == g->room) {
		struct box *more = arena_alloc(g->arena, (2 * g->room + 16) * sizeof(*more));

		if (!more)
			return -1;
		if (g->room)
			memcpy(more, g->list.items, g->room * sizeof(*more));
		g->list.items = more;
		g->room = 2 * g->room + 16;
	}
	/* Its strings go over; its descriptor, one of hundreds, does not. */
	g->list.items[g->list.count++] = *box;
	g->list.items[g->list.count - 1].dir_fd = -1;
	box->arena = (struct arena){0};
	return 0;
}

void list_close(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		box_close(&list->items[i]);
	*list = (struct list){0};
}

int list_open(const struct place *place, const struct list_options *options, struct arena *arena,
	      struct list *ret_list)
{
	struct gathering g = {.options = options, .arena = arena};
	int (*compare)(const void *a, const void *b) = by_created;
	struct list *list = &g.list;

	if (filter_check(filters, &options->filters) < 0 || find_order(options->sort, &compare) < 0)
		return -1;
	if (box_each(place, gather, &g) < 0) {
		list_close(list);
		return -1;
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_created);
	while (options->last.set && list->count > options->last.value)
		box_close(&list->items[--list->count]);
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	*ret_list = g.list;
	return 0;
}
