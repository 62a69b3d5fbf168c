/*
 * cmd_top.c: top: the processes of a box: which they are says the runtime, the rest /proc. See
 * proc_pid_stat(5). Next file: cmd_inspect.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/json.h"
#include "../engine/life.h"
#include "../engine/oci.h"
#include "command.h"
#include "format.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { FILE_MAX_SIZE = 1 << 16 };

struct top_options {
	struct format_options format;
};

static const struct opt top_options[] = {FORMAT_OPTION(struct top_options, format),
					 FORMAT_NO_TRUNC(struct top_options, format),
					 {0}};

static const struct format_column columns[] = {
	{"UID", "UID"}, {"PID", "PID"},	  {"PPID", "PPID"}, {"C", "C"}, {"STIME", "STIME"},
	{"TTY", "TTY"}, {"TIME", "TIME"}, {"CMD", "CMD"},   {0}};

struct process {
	int parent, terminal;
	unsigned long user_ticks, system_ticks, start_ticks;
};

static bool read_stat(const char *directory, struct arena *arena, struct process *ret)
{
	char path[64], *text, *rest;

	snprintf(path, sizeof(path), "%s/stat", directory);
	if (fd_read_file(AT_FDCWD, path, FILE_MAX_SIZE, arena, &text, NULL) < 0)
		return false;
	rest = strrchr(text, ')');
	return rest && sscanf(rest + 1,
			      " %*c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
			      "%*d %*d %lu",
			      &ret->parent, &ret->terminal, &ret->user_ticks, &ret->system_ticks,
			      &ret->start_ticks) == 5;
}

/* Its arguments with blanks between; a kernel thread or a zombie has none: "[name]". */
static char *command_of(const char *directory, struct arena *arena)
{
	char path[64], *text;
	size_t length;

	snprintf(path, sizeof(path), "%s/cmdline", directory);
	if (fd_read_file(AT_FDCWD, path, FILE_MAX_SIZE, arena, &text, &length) == 0 && length > 0) {
		for (size_t i = 0; i + 1 < length; i++)
			if (!text[i])
				text[i] = ' ';
		return text;
	}
	snprintf(path, sizeof(path), "%s/comm", directory);
	if (fd_read_file(AT_FDCWD, path, FILE_MAX_SIZE, arena, &text, NULL) < 0)
		return (char *)"?";
	text[strcspn(text, "\n")] = '\0';
	return arena_format(arena, "[%s]", text);
}

static double uptime(struct arena *arena)
{
	char *text;

	if (fd_read_file(AT_FDCWD, "/proc/uptime", 256, arena, &text, NULL) < 0)
		return 0;
	return strtod(text, NULL);
}

static void add_times(struct format *list, const struct process *process, struct arena *arena)
{
	long hertz = sysconf(_SC_CLK_TCK);
	unsigned long used = (process->user_ticks + process->system_ticks) / hertz;
	double age = uptime(arena) - (double)process->start_ticks / hertz;
	time_t start = time(NULL) - (time_t)age;
	char text[32];
	struct tm local;

	strftime(text, sizeof(text), age < 86400 ? "%H:%M" : "%b%d", localtime_r(&start, &local));
	format_text(list, "STIME", text);
	format_set(list, "TIME", "%02lu:%02lu:%02lu", used / 3600, used / 60 % 60, used % 60);
	format_set(list, "C", "%d", age > 0 ? (int)(100 * used / (age < 1 ? 1 : age)) : 0);
}

/* A process that ends while it is looked at is left out. */
static void add_process(struct format *list, int64_t pid, struct arena *arena)
{
	struct process process = {0};
	char directory[32];
	struct stat st;

	snprintf(directory, sizeof(directory), "/proc/%ld", (long)pid);
	if (stat(directory, &st) < 0 || !read_stat(directory, arena, &process))
		return;
	format_row(list);
	format_set(list, "UID", "%u", st.st_uid);
	format_set(list, "PID", "%ld", (long)pid);
	format_set(list, "PPID", "%d", process.parent);
	add_times(list, &process, arena);
	/* unix98 terminals have the major numbers 136 to 143 */
	if (process.terminal >> 8 >= 136 && process.terminal >> 8 <= 143)
		format_set(list, "TTY", "pts/%d", process.terminal & 0xff);
	else
		format_text(list, "TTY", "?");
	format_text(list, "CMD", command_of(directory, arena));
}

static int list_processes(const struct command_line *line, struct box *box,
			  struct json_object **ret_pids)
{
	char *const args[] = {(char *)"ps", (char *)"--format", (char *)"json", box->id, NULL};
	struct oci_result result;
	char *text;

	if (oci_run(box, args, line->arena, &result) < 0)
		return -1;
	if (result.status != 0)
		return err_set(ECHILD, "%s", oci_error_line(result.error, line->arena));
	/* An array; the parser wants an object around it. */
	text = arena_format(line->arena, "{\"pids\":%s}", result.output);
	return text ? json_parse(text, strlen(text), "the runtime's ps", ret_pids) : -1;
}

static int top(const struct command_line *line, struct box *box)
{
	const struct top_options *options = line->values;
	auto_json struct json_object *answer = NULL;
	struct json_cursor c;
	struct format list;

	if (!life_is_active(box))
		return err_set(EINVAL, "container %s is not running", box->name);
	if (format_open(columns, &options->format, line->arena, &list) < 0 ||
	    list_processes(line, box, &answer) < 0)
		return -1;
	c = json_first(answer);
	if (json_next(&c) && json_kind(c.value) == JSON_ARRAY)
		for (size_t i = 0; i < json_count(c.value); i++)
			add_process(&list, json_int(json_item(c.value, i)), line->arena);
	return format_close(&list);
}

static int run_top(const struct command_line *line)
{
	return command_with(line, top);
}

const struct command cmd_top[] = {{"top", NULL, "CONTAINER", "List the processes of a container",
				   "husk top web", top_options, sizeof(struct top_options),
				   OPTS_ANYWHERE, 1, 1, 'c', .run = run_top},
				  {0}};
