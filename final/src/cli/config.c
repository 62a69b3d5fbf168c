/*
 * config.c: a table of settings, filled from two files and the environment. Each value is kept as
 * the text that an option would take, and is checked by the same code as options are. See config.h;
 * next file: cmd_config.c
 */
#include "config.h"
#include "../base/err.h"
#include "../base/json.h"
#include "../base/log.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define MAKES " run create "

static const struct config_setting settings[] = {
	{"data", "", OPT_TEXT, .help = "directory of images, containers and volumes"},
	{"state", "", OPT_TEXT, .help = "directory of what is gone with a reboot"},
	{"runtime", "husk-runtime", OPT_TEXT, .commands = MAKES,
	 .help = "OCI runtime: a name or a path"},
	{"memory", "", OPT_BYTES, .commands = MAKES, .help = "limit of memory"},
	{"memory-swap", "", OPT_BYTES, .commands = MAKES, .help = "limit of memory and swap"},
	{"cpus", "", OPT_TEXT, .commands = MAKES, .help = "CPUs' worth of time, as 0.5"},
	{"pids-limit", "512", OPT_OPT_I64, .commands = MAKES, .help = "processes"},
	{"ulimit", "", OPT_LIST, .commands = MAKES, .help = "as nofile=1024:2048"},
	{"net", "bridge", OPT_TEXT, .commands = MAKES, .help = "network of containers"},
	{"dns", "", OPT_LIST, .commands = MAKES, .help = "name servers"},
	{"env", "", OPT_LIST, .commands = MAKES, .help = "variables, as NAME=VALUE"},
	{"label", "", OPT_LIST, .commands = MAKES, .help = "labels, as KEY=VALUE"},
	{"security-opt", "", OPT_LIST, .commands = MAKES, .help = "as seccomp=/etc/p.json"},
	{"cap-drop", "", OPT_LIST, .commands = MAKES, .help = "capabilities to leave out"},
	{"read-only", "false", OPT_FLAG, .commands = MAKES, .help = "root file system"},
	{"init", "false", OPT_FLAG, .commands = MAKES, .help = "a small init as PID 1"},
	{"restart", "no", OPT_TEXT, .commands = MAKES, .help = "policy at the end"},
	{"stop-timeout", "10", OPT_U32, .commands = MAKES, .help = "seconds until KILL"},
	{"log-driver", "json-file", OPT_CHOICE, "json-file|none|syslog", .commands = MAKES,
	 .help = "what becomes of the output"},
	{"log-opt", "", OPT_LIST, .commands = MAKES, .help = "as max-size=10m, max-file=3"},
	{"detach-keys", "ctrl-p,ctrl-q", OPT_TEXT, .commands = " run attach exec shell start ",
	 .help = "keys that leave a terminal"},
	{"ps-format", "table", OPT_TEXT, .option = "format", .commands = " ps ",
	 .help = "--format of ps"},
	{"images-format", "table", OPT_TEXT, .option = "format", .commands = " images image ls ",
	 .help = "--format of images"},
	{"stats-format", "table", OPT_TEXT, .option = "format", .commands = " stats ",
	 .help = "--format of stats"},
};

_Static_assert(ARRAY_SIZE(settings) <= CONFIG_MAX, "CONFIG_MAX is too small");

/* --- values --- */

int config_find(const struct config *config, const char *key, const struct config_value **ret_value)
{
	const char *names[ARRAY_SIZE(settings) + 1], *nearest;

	for (size_t i = 0; i < config->count; i++) {
		names[i] = config->values[i].setting->key;
		if (strcmp(names[i], key) == 0) {
			*ret_value = &config->values[i];
			return 0;
		}
	}
	names[config->count] = NULL;
	nearest = opts_nearest(key, names);
	if (nearest)
		return err_set(ENOENT, "unknown key '%.60s': did you mean %s?", key, nearest);
	return err_set(ENOENT, "unknown key '%.60s': husk config show lists them", key);
}

/* What an option of the type would say of the text. */
static int check_text(const struct config_setting *setting, char *text, struct arena *arena)
{
	struct opt options[] = {{setting->key, 0, setting->type, 0, setting->words, ""}, {0}};
	char *argv[] = {arena_format(arena, "--%s=%s", setting->key, text), NULL};
	union {
		bool flag;
		const char *text;
		int choice;
		uint32_t u32;
		struct str_list list;
		struct opt_i64 i64;
	} value = {0};
	struct str_list operands;

	return argv[0] ? opts_parse(options, OPTS_FIRST, argv, arena, &value, &operands) : -1;
}

static int set_texts(struct config *config, struct config_value *value,
		     const struct str_list *texts, const char *source)
{
	for (size_t i = 0; i < texts->count; i++)
		if (check_text(value->setting, texts->items[i], &config->arena) < 0)
			return err_wrap("%s", source);
	value->texts = *texts;
	value->source = source;
	return 0;
}

/* --- files --- */

/* A value of JSON as an option's text; NULL and the error record: it cannot be one. */
static char *text_of(const struct json_object *json, struct arena *arena)
{
	size_t length;

	switch (json_kind(json)) {
	case JSON_STRING:
		return arena_format(arena, "%s", json_string(json, &length));
	case JSON_BOOL:
		return arena_format(arena, "%s", json_is_true(json) ? "true" : "false");
	case JSON_INTEGER:
		if (json_is_negative(json))
			return arena_format(arena, "%" PRId64, json_int(json));
		return arena_format(arena, "%" PRIu64, json_uint(json));
	case JSON_FRACTION: {
		char *text;

		return json_text(json, JSON_ONE_LINE, arena, &text) < 0 ? NULL : text;
	}
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
	default:
		err_set(EINVAL, "expected a text, a number, true or false");
		return NULL;
	}
}

static int read_member(struct config *config, const char *key, const struct json_object *json,
		       const char *path)
{
	const struct config_value *found;
	struct str_list texts = {0};
	bool array = json_kind(json) == JSON_ARRAY;
	size_t count = array ? json_count(json) : 1;
	struct config_value *value;

	if (config_find(config, key, &found) < 0)
		return err_wrap("%s", path);
	value = &config->values[found - config->values];
	if (array != (value->setting->type == OPT_LIST))
		return err_set(EINVAL, "%s: %s: expected %s", path, key,
			       array ? "one value, not a list" : "a list, as [\"...\"]");
	for (size_t i = 0; i < count; i++) {
		char *text = text_of(array ? json_item(json, i) : json, &config->arena);

		if (!text || str_list_add(&texts, &config->arena, text) < 0)
			return err_wrap("%s: %s", path, key);
	}
	return set_texts(config, value, &texts, path);
}

static int check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys("%s", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(EACCES,
			       "%s: belongs to user %u, and would say what user %u executes: chown "
			       "it, or set XDG_CONFIG_HOME",
			       path, st.st_uid, geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(EACCES, "%s: others may write to it: chmod go-w", path);
	return 0;
}

static int read_file(struct config *config, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	auto_json struct json_object *root = NULL;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_sys("open %s", path);
	if (check_owner(fd, path) < 0 || json_read(fd, path, &root) < 0)
		return -1;
	for (struct json_cursor c = json_first(root); json_next(&c);)
		if (json_kind(c.value) != JSON_NULL &&
		    read_member(config, c.key, c.value, path) < 0)
			return -1;
	return 0;
}

/* NULL with the error record set: no memory; "": there is no such directory. */
static char *user_file(struct arena *arena)
{
	const char *shared = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (shared && *shared == '/')
		return arena_format(arena, "%s/husk/config.json", shared);
	if (home && *home == '/')
		return arena_format(arena, "%s/.config/husk/config.json", home);
	return arena_format(arena, "%s", "");
}

/* --- the environment --- */

static char *variable_of(const struct config_setting *setting, struct arena *arena)
{
	char *name = arena_format(arena, "HUSK_%s", setting->key);

	for (char *c = name; c && *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

/* Lists have commas between; everything else is taken as it is. */
static int split(const struct config_setting *setting, const char *text, struct arena *arena,
		 struct str_list *ret_texts)
{
	struct str_list texts = {0};
	char *rest = arena_format(arena, "%s", text), *part;

	while (rest) {
		part = setting->type == OPT_LIST ? strsep(&rest, ",") : TAKE_PTR(rest);
		if ((*part || setting->type != OPT_LIST) && str_list_add(&texts, arena, part) < 0)
			return -1;
	}
	*ret_texts = texts;
	return 0;
}

/* An empty variable is none, as for XDG_CONFIG_HOME. */
static int read_variable(struct config *config, struct config_value *value)
{
	char *name = variable_of(value->setting, &config->arena);
	const char *text = name ? getenv(name) : NULL;
	struct str_list texts;

	if (!name)
		return -1;
	if (!text || !*text)
		return 0;
	if (split(value->setting, text, &config->arena, &texts) < 0)
		return -1;
	return set_texts(config, value, &texts, name);
}

/* --- all of it --- */

static int read_all(struct config *config)
{
	char *path = user_file(&config->arena);

	if (!path || read_file(config, "/etc/husk/config.json") < 0 ||
	    (*path && read_file(config, path) < 0))
		return -1;
	for (size_t i = 0; i < config->count; i++)
		if (read_variable(config, &config->values[i]) < 0)
			return -1;
	return 0;
}

static void set_defaults(struct config *config)
{
	*config = (struct config){.count = ARRAY_SIZE(settings)};
	for (size_t i = 0; i < config->count; i++) {
		config->values[i].setting = &settings[i];
		config->values[i].source = "default";
	}
}

int config_load(struct config *ret_config)
{
	set_defaults(ret_config);
	if (read_all(ret_config) == 0)
		return 0;
	config_free(ret_config);
	set_defaults(ret_config);
	return -1;
}

int config_set_flag(struct config *config, const char *key, const char *text)
{
	const struct config_value *found;
	struct str_list texts = {0};
	char *source = arena_format(&config->arena, "--%s", key);
	char *copy = arena_format(&config->arena, "%s", text ? text : "");

	if (!text)
		return 0;
	if (!source || !copy || str_list_add(&texts, &config->arena, copy) < 0 ||
	    config_find(config, key, &found) < 0)
		return -1;
	return set_texts(config, &config->values[found - config->values], &texts, source);
}

void config_free(struct config *config)
{
	arena_free(&config->arena);
}

int config_set_places(const struct config *config)
{
	static const char *const places[][2] = {{"data", "HUSK_DATA"}, {"state", "HUSK_STATE"}};
	const struct config_value *value;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (config_find(config, places[i][0], &value) < 0)
			return -1;
		if (value->texts.count == 0)
			continue;
		if (*value->texts.items[0] != '/')
			return err_set(EINVAL, "%s: %s '%s': expected an absolute path",
				       value->source, places[i][0], value->texts.items[0]);
		if (setenv(places[i][1], value->texts.items[0], 1) < 0)
			return err_sys("set %s", places[i][1]);
	}
	return 0;
}

static bool has_option(const struct opt *options, const char *name)
{
	for (; options && options->name; options++)
		if (strcmp(options->name, name) == 0)
			return true;
	return false;
}

static bool takes(const struct config_setting *setting, const char *command)
{
	const char *at = setting->commands ? strstr(setting->commands, command) : NULL;

	return at && at[-1] == ' ' && at[strlen(command)] == ' ';
}

/* One value is given as the flag would be: it is parsed, checked and stored by the same code. */
static int apply_value(const struct config_value *value, const struct opt *options,
		       struct arena *arena, void *values)
{
	const char *name = value->setting->option ? value->setting->option : value->setting->key;
	struct str_list operands;

	if (!has_option(options, name))
		return 0;
	for (size_t i = 0; i < value->texts.count; i++) {
		char *argv[] = {arena_format(arena, "--%s=%s", name, value->texts.items[i]), NULL};

		if (!argv[0] || opts_parse(options, OPTS_FIRST, argv, arena, values, &operands) < 0)
			return err_wrap("%s", value->source);
	}
	return 0;
}

int config_apply(const struct config *config, const char *command, const struct opt *options,
		 struct arena *arena, void *values)
{
	for (size_t i = 0; i < config->count; i++)
		if (takes(config->values[i].setting, command) &&
		    apply_value(&config->values[i], options, arena, values) < 0)
			return -1;
	return 0;
}
