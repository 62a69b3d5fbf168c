/*
 * image_changes.c: lines of a Dockerfile change a configuration. See image_changes.h; next file:
 * image_load.c
 */
#include "image_changes.h"
#include "../base/err.h"

#include <string.h>

static int add_key(struct arena *arena, struct image_key **items, size_t *count, char *name)
{
	struct image_key *grown = arena_alloc(arena, (*count + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	if (*count)
		memcpy(grown, *items, *count * sizeof(*grown));
	grown[*count].name = name;
	*items = grown;
	++*count;
	return 0;
}

static int read_json_list(char *text, struct arena *arena, struct str_list *ret_list)
{
	char *wrapped = arena_format(arena, "{\"list\":%s}", text);
	struct wrapped {
		struct str_list list;
	} value = {0};
	const struct bind_field rows[] = {
		{"list", BIND_STRINGS, BIND_AT(struct wrapped, list)},
	};
	const struct bind_table table = BIND_TABLE(struct wrapped, rows);
	auto_json struct json_object *json = NULL;

	if (!wrapped || json_parse(wrapped, strlen(wrapped), "--change", &json) < 0 ||
	    bind_read(&table, json, "--change", arena, &value) < 0)
		return -1;
	*ret_list = value.list;
	return 0;
}

/* ["a", "b"], or what a shell is to run. */
static int read_command(char *rest, struct arena *arena, struct str_list *ret_list)
{
	struct str_list list = {0};

	if (*rest == '[')
		return read_json_list(rest, arena, ret_list);
	if (str_list_add(&list, arena, arena_format(arena, "/bin/sh")) < 0 ||
	    str_list_add(&list, arena, arena_format(arena, "-c")) < 0 ||
	    str_list_add(&list, arena, rest) < 0)
		return -1;
	*ret_list = list;
	return 0;
}

static int apply_cmd(char *rest, struct image_config *config, struct arena *arena)
{
	return read_command(rest, arena, &config->config.cmd);
}

static int apply_entrypoint(char *rest, struct image_config *config, struct arena *arena)
{
	return read_command(rest, arena, &config->config.entrypoint);
}

/* Cuts off the next word, of which quotes are taken away; NULL: none is left. */
static char *next_word(char **rest)
{
	char *from = *rest + strspn(*rest, " \t"), *word = from, *to = from, quote = '\0';

	if (!*from)
		return NULL;
	for (; *from && (quote || (*from != ' ' && *from != '\t')); from++) {
		if (quote ? *from == quote : (*from == '"' || *from == '\''))
			quote = quote ? '\0' : *from;
		else if (*from == '\\' && from[1] && quote != '\'')
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*rest = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

/* KEY=VALUE... or KEY VALUE, into `take`. */
static int each_pair(char *rest, int (*take)(char *, char *, struct image_config *, struct arena *),
		     struct image_config *config, struct arena *arena)
{
	size_t key_length = strcspn(rest, "= \t");
	char *word;

	if (rest[key_length] == ' ' || rest[key_length] == '\t') {
		rest[key_length] = '\0';
		word = rest + key_length + 1;
		return take(rest, word + strspn(word, " \t"), config, arena);
	}
	while ((word = next_word(&rest))) {
		char *value = strchr(word, '=');

		if (!value || value == word)
			return err_set(EINVAL, "'%s': expected KEY=VALUE", word);
		*value = '\0';
		if (take(word, value + 1, config, arena) < 0)
			return -1;
	}
	return 0;
}

static int take_env(char *key, char *value, struct image_config *config, struct arena *arena)
{
	char *entry = arena_format(arena, "%s=%s", key, value);
	size_t length = strlen(key) + 1;

	if (!entry)
		return -1;
	for (size_t i = 0; i < config->config.env.count; i++)
		if (strncmp(config->config.env.items[i], entry, length) == 0) {
			config->config.env.items[i] = entry;
			return 0;
		}
	return str_list_add(&config->config.env, arena, entry);
}

static int apply_env(char *rest, struct image_config *config, struct arena *arena)
{
	return each_pair(rest, take_env, config, arena);
}

static int take_label(char *key, char *value, struct image_config *config, struct arena *arena)
{
	struct str_map *labels = &config->config.labels;
	struct str_pair *grown;

	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(labels->items[i].key, key) == 0) {
			labels->items[i].value = value;
			return 0;
		}
	grown = arena_alloc(arena, (labels->count + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	if (labels->count)
		memcpy(grown, labels->items, labels->count * sizeof(*grown));
	grown[labels->count++] = (struct str_pair){key, value};
	labels->items = grown;
	return 0;
}

static int apply_label(char *rest, struct image_config *config, struct arena *arena)
{
	return each_pair(rest, take_label, config, arena);
}

static int apply_expose(char *rest, struct image_config *config, struct arena *arena)
{
	char *word;

	while ((word = next_word(&rest))) {
		size_t digits = strspn(word, "0123456789");
		char *port;

		if (digits == 0 || (word[digits] && strcmp(word + digits, "/tcp") != 0 &&
				    strcmp(word + digits, "/udp") != 0))
			return err_set(EINVAL, "'%s': expected PORT, PORT/tcp or PORT/udp", word);
		port = arena_format(arena, "%s%s", word, word[digits] ? "" : "/tcp");
		if (!port || add_key(arena, &config->config.exposed_ports.items,
				     &config->config.exposed_ports.count, port) < 0)
			return -1;
	}
	return 0;
}

static int apply_volume(char *rest, struct image_config *config, struct arena *arena)
{
	struct str_list list = {0};
	char *word;

	if (*rest == '[') {
		if (read_json_list(rest, arena, &list) < 0)
			return -1;
	} else {
		while ((word = next_word(&rest)))
			if (str_list_add(&list, arena, word) < 0)
				return -1;
	}
	for (size_t i = 0; i < list.count; i++)
		if (add_key(arena, &config->config.volumes.items, &config->config.volumes.count,
			    list.items[i]) < 0)
			return -1;
	return 0;
}

static int apply_user(char *rest, struct image_config *config, struct arena *arena)
{
	(void)arena;
	config->config.user = rest;
	return 0;
}

/* Relative to what it was, as a Dockerfile has it. */
static int apply_workdir(char *rest, struct image_config *config, struct arena *arena)
{
	const char *before = config->config.workdir ? config->config.workdir : "";

	config->config.workdir = *rest == '/' ? rest : arena_format(arena, "%s/%s", before, rest);
	return config->config.workdir ? 0 : -1;
}

static int apply_stop_signal(char *rest, struct image_config *config, struct arena *arena)
{
	(void)arena;
	config->config.stop_signal = rest;
	return 0;
}

static const struct {
	const char *word;
	int (*apply)(char *rest, struct image_config *config, struct arena *arena);
} instructions[] = {
	{"CMD", apply_cmd},
	{"ENTRYPOINT", apply_entrypoint},
	{"ENV", apply_env},
	{"EXPOSE", apply_expose},
	{"LABEL", apply_label},
	{"USER", apply_user},
	{"VOLUME", apply_volume},
	{"WORKDIR", apply_workdir},
	{"STOPSIGNAL", apply_stop_signal},
};

static int apply(const char *change, struct image_config *config, struct arena *arena)
{
	char *copy = arena_format(arena, "%s", change + strspn(change, " \t")), *rest;
	size_t length;

	if (!copy)
		return -1;
	length = strcspn(copy, " \t=");
	rest = copy + length;
	rest += *rest != '\0';
	rest += strspn(rest, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		if (strlen(instructions[i].word) == length &&
		    strncasecmp(copy, instructions[i].word, length) == 0) {
			if (!*rest)
				return err_set(EINVAL, "needs a value");
			return instructions[i].apply(rest, config, arena);
		}
	return err_set(EINVAL, "expected CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, "
			       "VOLUME or WORKDIR, and a value");
}

int image_changes_apply(const struct str_list *changes, struct image_config *config,
			struct arena *arena)
{
	for (size_t i = 0; i < changes->count; i++)
		if (apply(changes->items[i], config, arena) < 0)
			return err_wrap("--change '%.100s'", changes->items[i]);
	return 0;
}
