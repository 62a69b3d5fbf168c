/*
 * cmd_system.c: gc, events, info, version, help; and what the monitor executes at the end of a box.
 * Last of the commands' files.
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/events.h"
#include "../engine/life.h"
#include "../engine/oci.h"
#include "../image/image.h"
#include "../network/firewall.h"
#include "command.h"
#include "events_show.h"
#include "format.h"

#include <string.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

/* --- gc --- */

struct gc_options {
	bool dry_run, quiet;
};

static const struct opt gc_options[] = {
	{"dry-run", 'n', OPT_FLAG, offsetof(struct gc_options, dry_run), NULL,
	 "say how much there is, remove nothing"},
	{"quiet", 'q', OPT_FLAG, offsetof(struct gc_options, quiet), NULL, "no word on success"},
	{0}};

static int run_gc(const struct command_line *line)
{
	const struct gc_options *options = line->values;
	size_t count;
	char *text;

	if (life_collect(line->place, options->dry_run, &count) < 0)
		return -1;
	if (options->quiet)
		return 0;
	text = arena_format(line->arena, "%zu leftover%s %s", count, count == 1 ? "" : "s",
			    options->dry_run ? "found" : "removed");
	return text ? command_print(text) : -1;
}

/* --- events --- */

#define AT(member) offsetof(struct events_options, member)

static const struct opt events_table[] = {
	{"since", 0, OPT_TEXT, AT(since), "TIME", "a point of time, or how long ago: 10m"},
	{"until", 0, OPT_TEXT, AT(until), "TIME", "the same, where to end"},
	{"filter", 'f', OPT_LIST, AT(filters), "KEY=VALUE",
	 "type, event, container, image, network, volume, label"},
	{"format", 0, OPT_TEXT, AT(format), "FORMAT", "json, or a template as '{{.Action}}'"},
	{"no-follow", 0, OPT_FLAG, AT(no_follow), NULL, "what there is, without waiting"},
	{0}};

#undef AT

static int run_events(const struct command_line *line)
{
	return events_show(line->place, line->values);
}

/* --- info, version --- */

struct info_options {
	const char *format;
};

static const struct opt info_options[] = {{"format", 'f', OPT_TEXT,
					   offsetof(struct info_options, format), "FORMAT",
					   "json, or a template as '{{.Containers}}'"},
					  {0}};

struct counts {
	int64_t all, running, paused, stopped, images;
};

static int count_box(struct box *box, void *data)
{
	struct counts *counts = data;

	counts->all++;
	counts->running += box->state.status == BOX_RUNNING || box->state.status == BOX_RESTARTING;
	counts->paused += box->state.status == BOX_PAUSED;
	counts->stopped += !life_is_active(box);
	return 0;
}

static int count_image(struct image *image, void *data)
{
	struct counts *counts = data;

	(void)image;
	counts->images++;
	return 0;
}

/* statfs(2) of the directory of cgroups: version 2 alone, or not. */
static const char *cgroup_version(void)
{
	const long cgroup2_magic = 0x63677270; /* <linux/magic.h> */
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == cgroup2_magic ? "2" : "1";
}

/* Packets pass only if every firewall lets them: another one than ours is named. */
static struct json_object *firewall_of(struct arena *arena)
{
	char *chain, *text = (char *)"nobody else drops what is forwarded";

	if (firewall_find_drop(arena, &chain) < 0)
		return NULL;
	if (chain)
		text = arena_format(
			arena, "%s drops what is forwarded, unless it is told to accept it", chain);
	return json_new_string(text ? text : "");
}

/* "Containers: 3", a line a member. */
static int print_members(const struct json_object *o)
{
	for (struct json_cursor c = json_first(o); json_next(&c);) {
		size_t length;

		if (json_kind(c.value) == JSON_STRING)
			printf("%s: %s\n", c.key, json_string(c.value, &length));
		else
			printf("%s: %ld\n", c.key, (long)json_int(c.value));
	}
	return command_flush();
}

/* An object alone, not an array of one. `shown`: what people see of it without a format. */
static int print_object(const struct command_line *line, struct json_object *o,
			const struct json_object *shown)
{
	const char *format = ((const struct info_options *)line->values)->format;
	auto_json struct json_object *array = json_new_array();
	char *text;

	if (json_append(array, o) < 0)
		return -1;
	if (!format)
		return print_members(shown);
	if (strcmp(format, "json") != 0)
		return format_objects(format, array, line->arena);
	return json_text(o, JSON_ONE_LINE, line->arena, &text) < 0 ? -1 : command_print(text);
}

static int run_info(const struct command_line *line)
{
	struct counts counts = {0};
	struct utsname machine;
	struct sysinfo memory;
	struct json_object *o;
	char *runtime;

	if (box_each(line->place, count_box, &counts) < 0 ||
	    image_each(line->place, count_image, &counts) < 0)
		return -1;
	if (uname(&machine) < 0 || sysinfo(&memory) < 0)
		return err_sys("ask the kernel");
	if (oci_find_runtime(getenv("HUSK_RUNTIME"), line->arena, &runtime) < 0)
		runtime = (char *)"";
	o = json_new_members((struct json_member[]){
		{"Containers", json_new_int(counts.all)},
		{"ContainersRunning", json_new_int(counts.running)},
		{"ContainersPaused", json_new_int(counts.paused)},
		{"ContainersStopped", json_new_int(counts.stopped)},
		{"Images", json_new_int(counts.images)},
		{"ServerVersion", json_new_string(HUSK_VERSION)},
		{"DefaultRuntime", json_new_string(runtime)},
		{"Driver", json_new_string("overlay")},
		{"CgroupDriver", json_new_string("cgroupfs")},
		{"CgroupVersion", json_new_string(cgroup_version())},
		{"LoggingDriver", json_new_string("json-file")},
		{"KernelVersion", json_new_string(machine.release)},
		{"OSType", json_new_string("linux")},
		{"Architecture", json_new_string(machine.machine)},
		{"Name", json_new_string(machine.nodename)},
		{"NCPU", json_new_int(sysconf(_SC_NPROCESSORS_ONLN))},
		{"MemTotal", json_new_uint((uint64_t)memory.totalram * memory.mem_unit)},
		{"Firewall", firewall_of(line->arena)},
		{"DataRoot", json_new_string(line->place->data)},
		{"StateRoot", json_new_string(line->place->run)},
		{0}});
	return print_object(line, o, o);
}

/* As podman has it: a client, and no server. */
static int run_version(const struct command_line *line)
{
	struct json_object *client =
		json_new_members((struct json_member[]){{"Version", json_new_string(HUSK_VERSION)},
							{"OciVersion", json_new_string("1.2.1")},
							{"Os", json_new_string("linux")},
							{0}});

	return print_object(line, json_new_members((struct json_member[]){{"Client", client}, {0}}),
			    client);
}

/* --- help --- */

struct help_options {
	bool table;
};

static const struct opt help_options[] = {{"table", 0, OPT_FLAG,
					   offsetof(struct help_options, table), NULL,
					   "all commands and options, a line each, for programs"},
					  {0}};

static int run_help(const struct command_line *line)
{
	const struct help_options *options = line->values;

	if (!options->table)
		return command_print_help(line->count ? line->operands : (char *[]){NULL});
	command_print_table();
	return command_flush();
}

/* --- internal-exit --- */

/* The monitor has become us: the box has ended, and nobody else is there to release it. */
static int run_internal_exit(const struct command_line *line)
{
	struct box box;
	int result;

	if (box_find(line->place, line->operands[0], &box) < 0)
		return err_last()->code == ENOENT ? 0 : -1;
	result = life_settle(&box);
	/* Whoever stopped it may have released it already. */
	if (result == 0 && box.remove && box.state.started && !life_is_active(&box))
		result = life_remove(&box, true, true);
	box_close(&box);
	return result < 0 && err_last()->code == ENOENT ? 0 : result;
}

const struct command cmd_system[] = {
	{"gc", NULL, "", "Remove what killed commands have left", "husk gc --dry-run", gc_options,
	 sizeof(struct gc_options), OPTS_ANYWHERE, 0, 0, .run = run_gc},
	{"events", NULL, "", "What happened, and what happens now",
	 "husk events --since 10m --filter event=die", events_table, sizeof(struct events_options),
	 OPTS_ANYWHERE, 0, 0, .run = run_events},
	{"info", "system info", "", "What husk finds here", "husk info --format json", info_options,
	 sizeof(struct info_options), OPTS_ANYWHERE, 0, 0, .run = run_info},
	{"version", NULL, "", "Print the version", "husk version", info_options,
	 sizeof(struct info_options), OPTS_ANYWHERE, 0, 0, .run = run_version, .placeless = true},
	{"help", NULL, "[COMMAND]", "List the commands, or explain one", "husk help run",
	 help_options, sizeof(struct help_options), OPTS_ANYWHERE, 0, 2, .run = run_help,
	 .placeless = true},
	{"internal-exit", NULL, "ID", NULL, NULL, NULL, 0, OPTS_ANYWHERE, 1, 1,
	 .run = run_internal_exit},
	{0}};
