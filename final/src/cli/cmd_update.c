/*
 * cmd_update.c: update: other limits for boxes that exist, and for those that run at once: by the
 * runtime's own `update`. Next file: ../engine/usage.h
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/store.h"
#include "../engine/events.h"
#include "../engine/oci.h"
#include "../engine/resources.h"
#include "../spec/tables.h"
#include "command.h"
#include "run_options.h"

#include <string.h>

/* What the runtime is given to read, in the box's directory. */
#define FILE_NAME "update.json"

struct update_options {
	struct resources_options resources;
	const char *restart;
};

static const struct opt update_options[] = {
	RESOURCES_OPTIONS(struct update_options, resources),
	{"restart", 0, OPT_TEXT, offsetof(struct update_options, restart), "POLICY",
	 "no, on-failure[:N], always, unless-stopped: from its next start on"},
	{0}};

static int write_resources(const struct box *box, struct arena *arena)
{
	struct spec_resources spec = {0};
	char *text;

	resources_fill(&box->resources, &spec);
	if (bind_write(&spec_resources_table, &spec, JSON_ONE_LINE, arena, &text) < 0)
		return -1;
	return store_write(box->dir_fd, FILE_NAME, text, strlen(text));
}

/* A container that runs: all limits, the new ones and those that stay. */
static int change_running(const struct box *box, struct arena *arena)
{
	char *path = place_data(box->place, arena, "boxes/%s/%s", box->id, FILE_NAME);
	char *const args[] = {(char *)"update", (char *)"--resources", path, box->id, NULL};
	struct oci_result result = {0};
	int failed;

	if (!path || write_resources(box, arena) < 0)
		return -1;
	failed = oci_run(box, args, arena, &result);
	unlinkat(box->dir_fd, FILE_NAME, 0);
	if (failed < 0 || result.status == 0)
		return failed;
	return err_set(ECHILD, "%s", oci_error_line(result.error, arena));
}

static bool is_running(const struct box *box)
{
	return box->state.status == BOX_RUNNING || box->state.status == BOX_PAUSED;
}

/* The runtime first: what it refuses is not written down either. */
static int change(const struct command_line *line, struct box *box)
{
	const struct update_options *options = line->values;

	if (resources_merge(&options->resources, &box->resources) < 0 ||
	    (options->restart && run_set_restart(options->restart, box) < 0))
		return -1;
	if (is_running(box) && change_running(box, line->arena) < 0)
		return -1;
	if (box_save(box) < 0)
		return -1;
	events_add(box, "update", NULL);
	return 0;
}

static int update(const struct command_line *line, struct box *box)
{
	int result;

	if (box_lock(box) < 0)
		return -1;
	result = change(line, box);
	box_unlock(box);
	return result < 0 ? err_wrap("update %s", box->name) : 0;
}

static int run_update(const struct command_line *line)
{
	static const struct update_options nothing;

	if (memcmp(line->values, &nothing, sizeof(nothing)) == 0)
		return err_set(EINVAL, "update: nothing to change: give a limit, as --memory 128M");
	return command_each(line, update);
}

const struct command cmd_update[] = {
	{"update", NULL, "CONTAINER...", "Change the limits of containers, also while they run",
	 "husk update --memory 128M --cpu 50% web", update_options, sizeof(struct update_options),
	 OPTS_ANYWHERE, 1, COMMAND_MANY, 'c', run_update},
	{0}};
