/*
 * commands_events.c: events, the accounts of a container's cgroup and its OOM kills, a JSON line
 * each: {"type":"stats"|"oom","id":...,"data":...}, member by member as runc prints them, since
 * containerd and dockerd read these names. Next file: commands_update.c
 */
#include "../base/err.h"
#include "../base/json.h"
#include "commands.h"

#include <poll.h>
#include <string.h>
#include <time.h>

struct events_options {
	bool stats;
	const char *interval;
};

static const struct opt events_options[] = {
	{"stats", 0, OPT_FLAG, offsetof(struct events_options, stats), NULL,
	 "print the accounts once and end"},
	{"interval", 0, OPT_TEXT, offsetof(struct events_options, interval), "TIME",
	 "between two accounts, as 500ms or 1m30s (default 5s)"},
	{0}};

struct number {
	const char *name;
	uint64_t value;
};

/* An object of numbers; NULL if there is no memory: json_add() of it fails then. */
static struct json_object *numbers(const struct number *number, size_t count)
{
	struct json_object *object = json_new_object();

	for (; count > 0; number++, count--)
		if (json_add(object, number->name, json_new_uint(number->value)) < 0) {
			json_free(object);
			return NULL;
		}
	return object;
}

#define NUMBERS(...)                                                                               \
	numbers((const struct number[]){__VA_ARGS__},                                              \
		sizeof((const struct number[]){__VA_ARGS__}) / sizeof(struct number))

static struct json_object *cpu_of(const struct cgroup_stat *stat)
{
	struct json_object *cpu = json_new_object();
	struct json_object *usage =
		NUMBERS({"total", stat->cpu_usage_ns}, {"kernel", stat->cpu_system_ns},
			{"user", stat->cpu_user_ns});
	int failed = 0;

	if (stat->cpu_per_cpu_ns.count) {
		struct json_object *each = json_new_array();

		for (size_t i = 0; i < stat->cpu_per_cpu_ns.count; i++)
			failed |= json_append(each, json_new_uint(stat->cpu_per_cpu_ns.items[i]));
		failed |= json_add(usage, "percpu", each);
	}
	failed |= json_add(cpu, "usage", usage);
	failed |= json_add(cpu, "throttling",
			   NUMBERS({"periods", stat->cpu_periods},
				   {"throttledPeriods", stat->cpu_throttled_periods},
				   {"throttledTime", stat->cpu_throttled_ns}));
	return failed ? NULL : cpu;
}

/* memory.stat's words; one that is no number is left out. */
static struct json_object *raw_of(const struct str_map *map)
{
	struct json_object *raw = json_new_object();

	for (size_t i = 0; i < map->count; i++) {
		char *end;
		uint64_t value = strtoull(map->items[i].value, &end, 10);

		if (*end == '\0' && json_add(raw, map->items[i].key, json_new_uint(value)) < 0)
			return NULL;
	}
	return raw;
}

static struct json_object *memory_of(const struct cgroup_stat *stat)
{
	struct json_object *memory = NUMBERS({"cache", stat->memory_cache});
	int failed = 0;

	failed |= json_add(memory, "usage",
			   NUMBERS({"limit", stat->memory_limit}, {"usage", stat->memory_usage},
				   {"max", stat->memory_max_usage},
				   {"failcnt", stat->memory_failcnt}));
	failed |= json_add(
		memory, "swap",
		NUMBERS({"limit", stat->swap_limit}, {"usage", stat->swap_usage}, {"failcnt", 0}));
	failed |= json_add(memory, "kernel", NUMBERS({"limit", 0}, {"failcnt", 0}));
	failed |= json_add(memory, "kernelTCP", NUMBERS({"limit", 0}, {"failcnt", 0}));
	failed |= json_add(memory, "raw", raw_of(&stat->memory_raw));
	return failed ? NULL : memory;
}

/* {"major":8,"minor":0,"op":"Read","value":4096}: the words of v1's blkio files. */
static int add_io(struct json_object *list, const struct cgroup_io_stat *io, const char *op,
		  uint64_t value)
{
	struct json_object *entry = NUMBERS({"major", io->major}, {"minor", io->minor});
	int failed = json_add(entry, "op", json_new_string(op));

	failed |= json_add(entry, "value", json_new_uint(value));
	return json_append(list, entry) | failed;
}

static struct json_object *io_of(const struct cgroup_stat *stat)
{
	struct json_object *blkio = json_new_object(), *bytes = json_new_array(),
			   *counts = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < stat->io.count; i++) {
		const struct cgroup_io_stat *io = &stat->io.items[i];

		failed |= add_io(bytes, io, "Read", io->read_bytes);
		failed |= add_io(bytes, io, "Write", io->write_bytes);
		failed |= add_io(counts, io, "Read", io->read_ops);
		failed |= add_io(counts, io, "Write", io->write_ops);
	}
	failed |= json_add(blkio, "ioServiceBytesRecursive", bytes);
	failed |= json_add(blkio, "ioServicedRecursive", counts);
	return failed ? NULL : blkio;
}

static struct json_object *hugetlb_of(const struct cgroup_stat *stat)
{
	struct json_object *hugetlb = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < stat->hugetlb.count; i++) {
		const struct cgroup_hugetlb_stat *page = &stat->hugetlb.items[i];

		failed |= json_add(hugetlb, page->page_size,
				   NUMBERS({"usage", page->usage}, {"max", page->max_usage},
					   {"failcnt", page->failcnt}));
	}
	return failed ? NULL : hugetlb;
}

/* All groups are there always: a reader in Go would take a missing one for zeros anyway. */
static struct json_object *stats_of(const struct cgroup_stat *stat)
{
	struct json_object *stats = json_new_object();
	int failed = 0;

	failed |= json_add(stats, "cpu", cpu_of(stat));
	failed |= json_add(stats, "memory", memory_of(stat));
	/* 0 means no limit to the readers, who give it no other value for that. */
	failed |=
		json_add(stats, "pids",
			 NUMBERS({"current", stat->pids_current},
				 {"limit", stat->pids_limit == UINT64_MAX ? 0 : stat->pids_limit}));
	failed |= json_add(stats, "blkio", io_of(stat));
	failed |= json_add(stats, "hugetlb", hugetlb_of(stat));
	return failed ? NULL : stats;
}

/* data NULL: an event without. */
static int print_event(const struct container *c, const char *type, struct json_object *data)
{
	auto_json struct json_object *event = json_new_object();
	struct arena arena = {0};
	char *text;
	int failed = 0;

	failed |= json_add(event, "type", json_new_string(type));
	failed |= json_add(event, "id", json_new_string(c->state.id));
	if (data)
		failed |= json_add(event, "data", data);
	if (!failed)
		failed = json_text(event, JSON_ONE_LINE, &arena, &text);
	if (!failed)
		failed = commands_print(text);
	arena_free(&arena);
	return failed ? -1 : 0;
}

static int print_stats(const struct container *c)
{
	struct cgroup_stat stat = {0};
	struct json_object *data;

	if (cgroup_stat(&c->cgroup, &stat) < 0)
		return -1;
	data = stats_of(&stat);
	cgroup_stat_free(&stat);
	return data ? print_event(c, "stats", data) : -1;
}

/* How many OOM kills there were since *count, an event each. */
static int print_oom_kills(const struct container *c, uint64_t *count)
{
	uint64_t now = *count;

	if (cgroup_oom_kills(&c->cgroup, &now) < 0)
		return -1;
	for (; *count < now; ++*count)
		if (print_event(c, "oom", NULL) < 0)
			return -1;
	return 0;
}

static int64_t milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the init has ended; the last OOM kill may be what ended it, so that is looked at last. */
static int follow(const struct container *c, int interval)
{
	auto_close int init = -1, oom = -1;
	int64_t next = milliseconds_now() + interval;
	uint64_t kills = 0;

	if (container_open_init(c, &init) < 0 || cgroup_watch_oom(&c->cgroup, &oom) < 0 ||
	    cgroup_oom_kills(&c->cgroup, &kills) < 0)
		return -1;
	for (;;) {
		struct pollfd polled[] = {{.fd = init, .events = POLLIN},
					  {.fd = oom, .events = POLLIN | POLLPRI}};
		int64_t left = next - milliseconds_now();
		char event[4096];

		if (poll(polled, ARRAY_SIZE(polled), left > 0 ? left : 0) < 0 && errno != EINTR)
			return err_sys("poll");
		/* Read empty: an eventfd of v1, or inotify(7) events of v2, which want more room. */
		if (polled[1].revents && read(oom, event, sizeof(event)) < 0 && errno != EAGAIN)
			return err_sys("read the OOM notification");
		if (print_oom_kills(c, &kills) < 0)
			return polled[0].revents ? 0 : -1;
		if (polled[0].revents)
			return 0;
		if (milliseconds_now() < next)
			continue;
		if (print_stats(c) < 0)
			return -1;
		next = milliseconds_now() + interval;
	}
}

/* Milliseconds of one unit of Go's time.ParseDuration; 0: there is no such unit. */
static double unit_length(const char *unit, size_t length)
{
	static const struct {
		const char *name;
		double milliseconds;
	} units[] = {{"h", 3600000}, {"m", 60000},  {"s", 1000},
		     {"ms", 1},	     {"us", 0.001}, {"ns", 0.000001}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, unit, length) == 0)
			return units[i].milliseconds;
	return 0;
}

/* "5s", "1m30s", "0.5s"; a number alone is seconds. */
static int parse_interval(const char *text, int *ret_milliseconds)
{
	double sum = 0, unit = 1;

	for (const char *at = text; *at && unit > 0;) {
		size_t length = strspn(at, "0123456789.");
		double number = strtod(at, NULL);
		bool whole = length > 0 && length < 10 && at == text && at[length] == '\0';

		if (length == 0 || length > 10)
			unit = 0;
		at += length;
		length = strcspn(at, "0123456789.");
		unit = unit > 0 ? whole ? 1000 : unit_length(at, length) : 0;
		sum += number * unit;
		at += length;
	}
	if (unit == 0 || sum < 1 || sum > INT_MAX)
		return err_set(EINVAL,
			       "--interval '%s': expected a time above 0, as 500ms, 5s or "
			       "1m30s",
			       text);
	*ret_milliseconds = sum;
	return 0;
}

static int show(const struct container *c, bool once, int interval)
{
	if (container_expect(c,
			     STATUS(STATE_CREATED) | STATUS(STATE_RUNNING) | STATUS(STATE_PAUSED),
			     "show events of") < 0)
		return -1;
	if (!c->cgroup.path)
		return err_set(ENOENT, "container '%s' has no cgroup: there are no accounts of it",
			       c->state.id);
	return once ? print_stats(c) : follow(c, interval);
}

static int run_events(const struct command_line *line)
{
	const struct events_options *options = line->values;
	struct container c;
	int result, interval = 0;

	if (parse_interval(options->interval ? options->interval : "5s", &interval) < 0)
		return err_wrap("events");
	if (container_open(line->rt, line->operands[0], &c) < 0)
		return -1;
	result = show(&c, options->stats, interval);
	container_close(&c);
	return result;
}

const struct command commands_events[] = {
	{"events", "ID", "Print accounts and OOM kills of a container as JSON lines",
	 "husk-runtime events --stats web", events_options, sizeof(struct events_options),
	 OPTS_ANYWHERE, 1, 1, .has_id = true, .run = run_events},
	{0}};
