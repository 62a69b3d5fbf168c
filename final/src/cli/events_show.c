/* events_show.c: what happened, read back and followed. See events_show.h; next file: cmd_system.c */
#include "events_show.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../store/clock.h"
#include "command.h"
#include "filter.h"
#include "template.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

enum { LINE_MAX_SIZE = 1 << 16 };

#define SECOND 1000000000LL

struct reader {
	const struct place *place;
	const struct events_options *options;
	int64_t since, until;
	bool is_over; /* a line after `until` was seen */
};

/* A line of the file, for filters and for text. */
struct line {
	char *type, *action, *id;
	char *status, *from; /* NULL: it has none */
	struct str_map attributes;
	int64_t time_ns;
};

#define AT(member) BIND_AT(struct line, member)

static const struct bind_field actor_rows[] = {
	{"ID", BIND_STRING, AT(id)},
	{"Attributes", BIND_MAP, AT(attributes)},
};
static const struct bind_table actor = BIND_TABLE(struct line, actor_rows);

static const struct bind_field line_rows[] = {
	{"Type", BIND_STRING, AT(type), .required = true},
	{"Action", BIND_STRING, AT(action), .required = true},
	{"Actor", BIND_INSIDE, BIND_NOWHERE, .table = &actor},
	{"status", BIND_STRING, AT(status)},
	{"from", BIND_STRING, AT(from)},
	{"timeNano", BIND_INT, AT(time_ns)},
};
static const struct bind_table line_table = BIND_TABLE(struct line, line_rows);

/* --- filters --- */

static bool is_same(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

/* Something of that type with this name, or an ID that begins so. */
static bool is_of(const struct line *line, const char *type, const char *value)
{
	return is_same(line->type, type) &&
	       ((line->id && str_has_prefix(line->id, value)) ||
		is_same(str_map_get(&line->attributes, "name"), value));
}

static bool is_type(const void *line, const char *value)
{
	return is_same(((const struct line *)line)->type, value);
}

static bool is_event(const void *line, const char *value)
{
	return is_same(((const struct line *)line)->action, value);
}

static bool is_container(const void *line, const char *value)
{
	return is_of(line, "container", value);
}

static bool is_network(const void *line, const char *value)
{
	return is_of(line, "network", value);
}

static bool is_volume(const void *line, const char *value)
{
	return is_of(line, "volume", value);
}

/* The image itself, and what is made of it. */
static bool is_image(const void *line, const char *value)
{
	return is_of(line, "image", value) ||
	       is_same(str_map_get(&((const struct line *)line)->attributes, "image"), value);
}

static bool is_label(const void *line, const char *value)
{
	return str_map_matches(&((const struct line *)line)->attributes, value);
}

static const struct filter filters[] = {{"type", is_type},
					{"event", is_event},
					{"container", is_container},
					{"image", is_image},
					{"network", is_network},
					{"volume", is_volume},
					{"label", is_label, .every = true},
					{0}};

/* --- printing --- */

static int print_text(const struct line *line)
{
	time_t seconds = line->time_ns / SECOND;
	char stamp[32];
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
	printf("%s.%09ldZ %s %s %s (", stamp, (long)(line->time_ns % SECOND), line->type,
	       line->action, line->id ? line->id : "");
	for (size_t i = 0; i < line->attributes.count; i++)
		printf("%s%s=%s", i ? ", " : "", line->attributes.items[i].key,
		       str_printable(line->attributes.items[i].value));
	printf(")\n");
	return 0;
}

/* {{.Status}}, {{.ID}} and {{.From}} of an event without them are empty, as in docker. */
static int add_old_names(struct json_object *json, const struct line *line)
{
	int failed = 0;

	if (!line->status)
		failed |= json_add(json, "status", json_new_string("")) |
			  json_add(json, "id", json_new_string(""));
	if (!line->from)
		failed |= json_add(json, "from", json_new_string(""));
	return failed;
}

static int print_line(struct reader *r, const char *text, struct json_object *json,
		      struct arena *arena)
{
	const char *format = r->options->format;
	struct line line = {0};
	char *shown;

	if (bind_read(&line_table, json, "events", arena, &line) < 0)
		return 0; /* another version's */
	r->is_over |= line.time_ns > r->until;
	if (line.time_ns < r->since || line.time_ns > r->until ||
	    !filter_holds(filters, &r->options->filters, &line))
		return 0;
	if (!format)
		return print_text(&line);
	if (strcmp(format, "json") == 0) {
		printf("%s\n", text);
		return 0;
	}
	if (add_old_names(json, &line) < 0 ||
	    template_expand(format, json, NULL, arena, &shown) < 0)
		return -1;
	printf("%s\n", shown);
	return 0;
}

/* What is there now: whole lines; the last one may be in the making. */
static int print_file(struct reader *r, FILE *file)
{
	auto_free char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&text, &size, file)) > 0) {
		auto_json struct json_object *json = NULL;
		struct arena arena = {0};
		int result;

		if (text[length - 1] != '\n') {
			if (fseek(file, -length, SEEK_CUR) < 0)
				return err_sys("seek");
			break;
		}
		text[length - 1] = '\0';
		if (length > LINE_MAX_SIZE || json_parse(text, length - 1, "events", &json) < 0)
			continue;
		result = print_line(r, text, json, &arena);
		arena_free(&arena);
		if (result < 0)
			return -1;
	}
	clearerr(file);
	return command_flush();
}

static FILE *open_events(const struct place *place, const char *name)
{
	int fd = openat(place->data_fd, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopen(fd, "re");
}

static bool is_current(const struct place *place, FILE *file)
{
	struct stat ours, named;

	return fstat(fileno(file), &ours) == 0 &&
	       fstatat(place->data_fd, "events", &named, 0) == 0 && ours.st_ino == named.st_ino;
}

static int milliseconds_left(const struct reader *r)
{
	struct timespec now;
	int64_t left;

	if (r->until == INT64_MAX)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	left = (r->until - now.tv_sec * SECOND - now.tv_nsec) / (SECOND / 1000);
	return left < 0 ? 0 : left > 1000 ? 1000 : left + 1;
}

static int follow(struct reader *r, FILE **file)
{
	auto_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd fds[2] = {{.fd = watch, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	char seen[4096];

	if (watch < 0 || inotify_add_watch(watch, r->place->data, IN_MODIFY | IN_CREATE) < 0)
		return err_sys("watch %s", r->place->data);
	while (print_file(r, *file) == 0) {
		if (!is_current(r->place, *file)) {
			FILE *next = open_events(r->place, "events");

			if (next) {
				fclose(*file);
				*file = next;
				continue;
			}
		}
		if (r->is_over || milliseconds_left(r) == 0)
			return 0;
		if (poll(fds, 2, milliseconds_left(r)) < 0 && errno != EINTR)
			return err_sys("wait for events");
		if (fds[1].revents & POLLERR) /* a pipe that nobody reads any more */
			return 0;
		while (read(watch, seen, sizeof(seen)) > 0)
			;
	}
	return -1;
}

/* The file is made if there is none, so that it can be followed from its beginning. */
static int print_all(struct reader *r)
{
	auto_file FILE *old = open_events(r->place, "events.1"), *file = NULL;
	auto_close int made =
		openat(r->place->data_fd, "events", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	file = open_events(r->place, "events");
	if (!file)
		return err_sys("open %s/events", r->place->data);
	if (old && print_file(r, old) < 0)
		return -1;
	return r->options->no_follow ? print_file(r, file) : follow(r, &file);
}

int events_show(const struct place *place, const struct events_options *options)
{
	struct reader r = {.place = place, .options = options, .until = INT64_MAX};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* As docker does: without a beginning, what comes from now on. */
	if (!options->since && !options->until && !options->no_follow)
		r.since = now.tv_sec * SECOND + now.tv_nsec;
	if (options->since && clock_parse(options->since, &r.since) < 0)
		return err_wrap("--since");
	if (options->until && clock_parse(options->until, &r.until) < 0)
		return err_wrap("--until");
	if (filter_check(filters, &options->filters) < 0)
		return -1;
	return print_all(&r);
}
