/*
 * cmd_stats.c: stats: what boxes use, as a table that goes on changing, once, or as JSON. A rate
 * needs two readings, so the one before is kept. Next file: ../engine/resources.h
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../engine/usage.h"
#include "../store/box.h"
#include "command.h"
#include "format.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { INTERVAL = 2, INTERVAL_MAX = 3600 }; /* seconds */

struct stats_options {
	struct format_options format;
	bool all, no_stream;
	uint32_t interval;
};

static const struct opt stats_options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct stats_options, all), NULL,
	 "those that do not run, too"},
	{"no-stream", 0, OPT_FLAG, offsetof(struct stats_options, no_stream), NULL,
	 "print once, and end"},
	{"interval", 0, OPT_U32, offsetof(struct stats_options, interval), "SECONDS",
	 "between two readings, of which the rates are (default 2)"},
	FORMAT_OPTION(struct stats_options, format),
	FORMAT_NO_TRUNC(struct stats_options, format),
	{0}};

/* docker's names; and below, as numbers, what its texts are made of. */
static const struct format_column columns[] = {
	{"ID", "CONTAINER ID", FORMAT_ID},
	{"Name", "NAME"},
	{"CPUPerc", "CPU %"},
	{"MemUsage", "MEM USAGE / LIMIT"},
	{"MemPerc", "MEM %"},
	{"NetIO", "NET I/O"},
	{"BlockIO", "BLOCK I/O"},
	{"PIDs", "PIDS"},
	{"Throttled", "THROTTLED"},
	{"OOMKills", "OOM KILLS"},
	{"Container", NULL},
	{"CPUUsage", NULL}, /* nanoseconds */
	{"MemoryUsage", NULL},
	{"MemoryLimit", NULL},
	{"NetInput", NULL},
	{"NetOutput", NULL},
	{"BlockInput", NULL},
	{"BlockOutput", NULL},
	{"PIDsLimit", NULL},
	{"ThrottledTime", NULL}, /* nanoseconds */
	{"ThrottledPeriods", NULL},
	{"CPUPressure", NULL}, /* percent of the last ten seconds, PSI */
	{"MemoryPressure", NULL},
	{"IOPressure", NULL},
	{0}};

struct sample {
	char *id, *name;
	bool is_known; /* it runs, and could be read */
	struct usage usage;
	struct sample *next;
};

/* One round. */
struct samples {
	struct sample *first, **end;
	struct arena arena;
	bool all;
};

/* --- reading --- */

static int take_sample(struct box *box, void *data)
{
	struct samples *samples = data;
	bool runs = box->state.status == BOX_RUNNING || box->state.status == BOX_PAUSED;
	struct sample *sample;

	if (!runs && !samples->all)
		return 0;
	sample = arena_alloc(&samples->arena, sizeof(*sample));
	if (!sample)
		return -1;
	sample->id = arena_format(&samples->arena, "%s", box->id);
	sample->name = arena_format(&samples->arena, "%s", box->name);
	if (!sample->id || !sample->name)
		return -1;
	/* It may have ended since: then it is one of those that do not run. */
	sample->is_known = runs && usage_read(box->state.pid, box->id, &sample->usage) == 0;
	if (!sample->is_known && !samples->all)
		return 0;
	*samples->end = sample;
	samples->end = &sample->next;
	return 0;
}

static int take_named(const struct command_line *line, struct samples *samples)
{
	for (size_t i = 0; i < line->count; i++) {
		struct box box;
		int result;

		if (box_find(line->place, line->operands[i], &box) < 0)
			return -1;
		result = take_sample(&box, samples);
		box_close(&box);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int take_samples(const struct command_line *line, struct samples *ret_samples)
{
	const struct stats_options *options = line->values;
	int result;

	*ret_samples = (struct samples){.all = options->all || line->count > 0};
	ret_samples->end = &ret_samples->first;
	result = line->count ? take_named(line, ret_samples)
			     : box_each(line->place, take_sample, ret_samples);
	if (result < 0)
		arena_free(&ret_samples->arena);
	return result;
}

static const struct sample *find_sample(const struct samples *samples, const char *id)
{
	for (const struct sample *sample = samples->first; sample; sample = sample->next)
		if (strcmp(sample->id, id) == 0 && sample->is_known)
			return sample;
	return NULL;
}

/* --- showing --- */

/* "12.34%" */
static void add_percent(struct format *list, const char *key, int64_t hundredths)
{
	if (hundredths < 0)
		format_text(list, key, "--");
	else
		format_set(list, key, "%" PRId64 ".%02" PRId64 "%%", hundredths / 100,
			   hundredths % 100);
}

/* "1.5MiB / 64MiB" */
static void add_pair(struct format *list, const char *key, int64_t a, int64_t b,
		     struct format_size (*show)(uint64_t))
{
	if (a < 0 || b < 0)
		format_text(list, key, "--");
	else
		format_set(list, key, "%s / %s", show(a).text, show(b).text);
}

static void add_count(struct format *list, const char *key, int64_t value)
{
	if (value < 0)
		format_json(list, key, json_new_string(""), "--");
	else
		format_number(list, key, value, NULL);
}

/* "1.25s" */
static void add_seconds(struct format *list, const char *key, int64_t ns)
{
	if (ns < 0)
		format_text(list, key, "--");
	else
		format_set(list, key, "%.2fs", (double)ns / 1e9);
}

static void add_numbers(struct format *list, const struct usage *usage)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"PIDs", usage->pids},
		{"OOMKills", usage->oom_kills},
		{"CPUUsage", usage->cpu},
		{"MemoryUsage", usage->memory},
		{"MemoryLimit", usage->memory_limit},
		{"NetInput", usage->received},
		{"NetOutput", usage->sent},
		{"BlockInput", usage->disk_read},
		{"BlockOutput", usage->written},
		{"PIDsLimit", usage->pids_limit},
		{"ThrottledTime", usage->throttled},
		{"ThrottledPeriods", usage->throttled_periods},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_count(list, numbers[i].key, numbers[i].value);
}

static void add_usage(struct format *list, const struct usage *before, const struct usage *usage)
{
	int64_t share = -1;

	if (usage->memory >= 0 && usage->memory_limit > 0)
		share = (int64_t)((double)usage->memory * 10000 / (double)usage->memory_limit);
	add_percent(list, "CPUPerc", before ? usage_cpu_percent(before, usage) : 0);
	add_pair(list, "MemUsage", usage->memory, usage->memory_limit, format_bytes);
	add_percent(list, "MemPerc", share);
	add_pair(list, "NetIO", usage->received, usage->sent, format_size);
	add_pair(list, "BlockIO", usage->disk_read, usage->written, format_size);
	add_seconds(list, "Throttled", usage->throttled);
	add_numbers(list, usage);
	add_percent(list, "CPUPressure", usage->cpu_pressure);
	add_percent(list, "MemoryPressure", usage->memory_pressure);
	add_percent(list, "IOPressure", usage->io_pressure);
}

static int show(const struct command_line *line, const struct samples *before,
		const struct samples *now)
{
	const struct stats_options *options = line->values;
	struct arena arena = {0};
	struct format list;
	struct usage nothing = usage_nothing();
	int result;

	if (format_open(columns, &options->format, &arena, &list) < 0) {
		arena_free(&arena);
		return -1;
	}
	for (const struct sample *sample = now->first; sample; sample = sample->next) {
		const struct sample *old = find_sample(before, sample->id);

		format_row(&list);
		format_text(&list, "ID", sample->id);
		format_text(&list, "Name", sample->name);
		format_text(&list, "Container", sample->id);
		add_usage(&list, old ? &old->usage : NULL,
			  sample->is_known ? &sample->usage : &nothing);
	}
	result = format_close(&list);
	arena_free(&arena);
	return result;
}

/* --- the loop --- */

static void sleep_until(struct timespec *next, uint32_t seconds)
{
	next->tv_sec += seconds;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
		;
}

/* The table takes the place of the one before. */
static void clear_screen(const struct stats_options *options)
{
	const char *format = options->format.format;

	if (isatty(STDOUT_FILENO) && !options->no_stream &&
	    (!format || str_has_prefix(format, "table")))
		printf("\033[H\033[J");
}

static int follow(const struct command_line *line, struct samples *before)
{
	const struct stats_options *options = line->values;
	struct timespec next;
	struct samples now;
	int result = 0;

	clock_gettime(CLOCK_MONOTONIC, &next);
	do {
		sleep_until(&next, options->interval);
		if (take_samples(line, &now) < 0)
			return -1;
		clear_screen(options);
		result = show(line, before, &now);
		arena_free(&before->arena);
		*before = now;
		before->end = NULL;
	} while (result == 0 && !options->no_stream);
	return result;
}

static int run_stats(const struct command_line *line)
{
	struct stats_options *options = line->values;
	struct samples before;
	struct format checked;
	int result;

	options->interval = options->interval ? options->interval : INTERVAL;
	if (options->interval > INTERVAL_MAX)
		return err_set(ERANGE, "--interval %u: expected 1 to %d seconds", options->interval,
			       INTERVAL_MAX);
	options->format.stream = true;
	/* A wrong --format is said now, not after the first interval. */
	if (format_open(columns, &options->format, line->arena, &checked) < 0)
		return -1;
	if (take_samples(line, &before) < 0)
		return -1;
	result = follow(line, &before);
	arena_free(&before.arena);
	return result;
}

const struct command cmd_stats[] = {
	{"stats", NULL, "[CONTAINER...]", "Show what containers use: CPU, memory, network, disks",
	 "husk stats --no-stream web", stats_options, sizeof(struct stats_options), OPTS_ANYWHERE,
	 0, COMMAND_MANY, 'c', run_stats},
	{0}};
