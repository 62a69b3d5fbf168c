/* runtime_error.c: the words of husk-runtime, runc and crun. See runtime_error.h; next file: store.h */
#include "runtime_error.h"
#include "fd.h"
#include "json.h"

#include <string.h>

enum { LOG_MAX = 1 << 20 };

/* The value of a member that is a string, or "". */
static const char *text_of(const struct json_object *line, const char *key)
{
	size_t length;

	for (struct json_cursor c = json_first(line); json_next(&c);)
		if (strcmp(c.key, key) == 0 && json_kind(c.value) == JSON_STRING)
			return json_string(c.value, &length);
	return "";
}

/* The last error is the one that ended it. */
void runtime_error_read(int dir_fd, const char *path, struct arena *arena, char **ret_text)
{
	char *text;

	*ret_text = NULL;
	if (fd_read_file(dir_fd, path, LOG_MAX, arena, &text, NULL) < 0)
		return;
	for (char *line; (line = strsep(&text, "\n"));) {
		auto_json struct json_object *json = NULL;
		const char *level;

		if (!*line || json_parse(line, strlen(line), path, &json) < 0)
			continue;
		level = text_of(json, "level");
		if (strcmp(level, "error") == 0 || strcmp(level, "fatal") == 0)
			*ret_text = arena_format(arena, "%s", text_of(json, "msg"));
	}
}

int runtime_error_status(const char *text)
{
	static const struct {
		const char *words;
		int status;
	} rows[] = {{"permission denied", 126},	       {"exec format error", 126},
		    {"is a directory", 126},	       {"executable file not found", 127},
		    {"executable file `", 127}, /* crun: ... not found in $PATH */
		    {"no such file or directory", 127}};

	if (!strcasestr(text, "exec")) /* of a mount, a log, a device: not of the program */
		return 125;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcasestr(text, rows[i].words))
			return rows[i].status;
	return 125;
}
