/*
 * template_value.c: one pipeline of a template, read from left to right: operands, then functions of
 * them. See template_value.h; next file: template_function.c
 */
#include "template_value.h"
#include "../base/err.h"
#include "../base/json.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { KEYS_MAX = 64, NAME_MAX_LENGTH = 64 };

struct reader {
	const struct template_scope *scope;
	const char *at;
	int depth; /* of parentheses */
};

static int read_pipe(struct reader *reader, struct template_value *ret_value);

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\n");
}

/* --- values --- */

/* Strings have no NUL inside, json.h. */
static const char *string_of(const struct json_object *json)
{
	size_t length;

	return json_string(json, &length);
}

bool template_is_true(const struct template_value *value)
{
	switch (value->kind) {
	case TEMPLATE_TEXT:
		return *value->text != '\0';
	case TEMPLATE_NUMBER:
		return strcmp(value->text, "0") != 0;
	case TEMPLATE_TRUTH:
		return *value->text == 't';
	case TEMPLATE_JSON:
		break;
	case TEMPLATE_NOTHING:
	default:
		return false;
	}
	switch (json_kind(value->json)) {
	case JSON_BOOL:
		return json_is_true(value->json);
	case JSON_INTEGER:
		return json_is_negative(value->json) || json_uint(value->json) != 0;
	case JSON_STRING:
		return *string_of(value->json) != '\0';
	case JSON_ARRAY:
	case JSON_OBJECT:
		return json_count(value->json) > 0;
	case JSON_FRACTION:
		return true;
	case JSON_NULL:
	default:
		return false;
	}
}

static bool is_container(const struct template_value *value)
{
	enum json_kind kind = value->kind == TEMPLATE_JSON ? json_kind(value->json) : JSON_NULL;

	return kind == JSON_ARRAY || kind == JSON_OBJECT;
}

int template_count(const struct template_value *value, size_t *ret_count)
{
	if (is_container(value))
		*ret_count = json_count(value->json);
	else if (!template_is_true(value))
		*ret_count = 0;
	else
		return err_set(EINVAL, "it is neither a list nor an object");
	return 0;
}

static struct template_value json_value(const struct json_object *json)
{
	return (struct template_value){.kind = json ? TEMPLATE_JSON : TEMPLATE_NOTHING,
				       .json = json};
}

int template_item(const struct template_scope *scope, const struct template_value *whole,
		  size_t index, struct template_value *ret_key, struct template_value *ret_value)
{
	const char *key = NULL;

	if (json_kind(whole->json) == JSON_ARRAY) {
		*ret_value = json_value(json_item(whole->json, index));
		key = arena_format(scope->arena, "%zu", index);
		*ret_key = (struct template_value){.kind = TEMPLATE_NUMBER, .text = key};
		return key ? 0 : -1;
	}
	for (struct json_cursor c = json_first(whole->json); json_next(&c);)
		if (index-- == 0) {
			*ret_value = json_value(c.value);
			*ret_key = (struct template_value){.kind = TEMPLATE_TEXT, .text = c.key};
			return 0;
		}
	return err_set(EINVAL, "it has no such member");
}

struct template_value template_member(const struct template_value *value, const char *key)
{
	if (value->kind == TEMPLATE_JSON && json_kind(value->json) == JSON_OBJECT)
		for (struct json_cursor c = json_first(value->json); json_next(&c);)
			if (strcmp(c.key, key) == 0)
				return json_value(c.value);
	return (struct template_value){.kind = TEMPLATE_NOTHING};
}

/*
 * The member's own spelling: Go's name of a field differs from JSON's in the letters' case, as .ID
 * and "Id". NULL: there is none, or more than one that differ in nothing else.
 */
static const char *find_key(const struct json_object *object, const char *name)
{
	const char *found = NULL;
	int count = 0;

	for (struct json_cursor c = json_first(object); json_next(&c);) {
		if (strcmp(c.key, name) == 0)
			return c.key;
		if (strcasecmp(c.key, name) == 0) {
			found = c.key;
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

static int print_container(const struct template_scope *scope, const struct json_object *json,
			   char **ret_text)
{
	bool object = json_kind(json) == JSON_OBJECT;
	struct template_value whole = json_value(json), key, value;
	char *all = arena_format(scope->arena, "%s", object ? "map[" : "["), *part;

	for (size_t i = 0; i < json_count(json) && all; i++) {
		if (template_item(scope, &whole, i, &key, &value) < 0 ||
		    template_text(scope, &value, &part) < 0)
			return -1;
		all = arena_format(scope->arena, "%s%s%s%s%s", all, i ? " " : "",
				   object ? key.text : "", object ? ":" : "", part);
	}
	*ret_text = all ? arena_format(scope->arena, "%s]", all) : NULL;
	return *ret_text ? 0 : -1;
}

int template_text(const struct template_scope *scope, const struct template_value *value,
		  char **ret_text)
{
	const char *text = value->text;

	if (!text && is_container(value))
		return print_container(scope, value->json, ret_text);
	if (!text && value->kind == TEMPLATE_JSON && json_kind(value->json) == JSON_STRING)
		text = string_of(value->json);
	if (!text && value->kind == TEMPLATE_JSON)
		return json_text(value->json, JSON_ONE_LINE, scope->arena, ret_text);
	*ret_text = arena_format(scope->arena, "%s", text ? text : "");
	return *ret_text ? 0 : -1;
}

int template_set_variable(struct template_scope *scope, const char *name,
			  const struct template_value *value)
{
	if (!name)
		return 0;
	if (scope->count == TEMPLATE_VARIABLES)
		return err_set(EINVAL, "more than %d variables", TEMPLATE_VARIABLES);
	scope->variables[scope->count++] = (struct template_variable){name, *value};
	return 0;
}

/* --- fields --- */

static int refuse_field(const struct template_value *value, const char *name)
{
	const char *keys[KEYS_MAX + 1], *nearest;
	size_t count = 0;

	for (struct json_cursor c = json_first(value->json); json_next(&c);)
		if (count < KEYS_MAX)
			keys[count++] = c.key;
	keys[count] = NULL;
	nearest = opts_nearest(name, keys);
	if (nearest)
		return err_set(EINVAL, "there is no field .%s: did you mean .%s?", name, nearest);
	return err_set(EINVAL, "there is no field .%s: {{json .}} shows what there is", name);
}

/* Members that are maps in docker's Go. */
static bool is_map(const char *name)
{
	static const char *const maps[] = {
		"Annotations", "Attributes",   "Containers", "ExposedPorts", "Labels", "Networks",
		"Options",     "PortBindings", "Ports",	     "Sysctls",	     "Tmpfs",  "Volumes"};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (strcmp(maps[i], name) == 0)
			return true;
	return false;
}

static int read_field(const struct template_scope *scope, struct template_value *value,
		      const char *name)
{
	bool root = value->kind == TEMPLATE_JSON && value->json == scope->root;
	const char *key;

	/* What is not there has nothing in it either: the type of an empty field is not known. */
	if (!is_container(value) && !template_is_true(value)) {
		value->text = value->kind == TEMPLATE_NOTHING ? value->text : NULL;
		value->kind = TEMPLATE_NOTHING;
		return 0;
	}
	if (value->kind != TEMPLATE_JSON || json_kind(value->json) != JSON_OBJECT)
		return err_set(EINVAL, ".%s: what it is asked of is no object", name);
	key = find_key(value->json, name);
	if (value->is_map && (!key || strcmp(key, name) != 0)) { /* as Go prints it */
		*value = (struct template_value){.kind = TEMPLATE_NOTHING, .text = "<no value>"};
		return 0;
	}
	if (!key)
		return refuse_field(value, name);
	*value = template_member(value, key);
	value->is_map = is_map(key);
	if (root && scope->texts)
		value->text = str_map_get(scope->texts, key);
	return 0;
}

/* "State.Pid" behind the first dot. */
static int read_fields(struct reader *reader, struct template_value *value)
{
	while (*reader->at == '.') {
		size_t length = 0;
		char name[NAME_MAX_LENGTH];

		while (isalnum((unsigned char)reader->at[1 + length]) ||
		       reader->at[1 + length] == '_')
			length++;
		if (length >= sizeof(name))
			return err_set(EINVAL, "a name of more than %d letters", NAME_MAX_LENGTH);
		snprintf(name, sizeof(name), "%.*s", (int)length, reader->at + 1);
		reader->at += 1 + length;
		if (length > 0 && read_field(reader->scope, value, name) < 0)
			return -1;
	}
	return 0;
}

/* --- operands --- */

static int read_string(struct reader *reader, struct template_value *ret_value)
{
	char quote = *reader->at++,
	     *text = arena_alloc(reader->scope->arena, strlen(reader->at) + 1);
	size_t length = 0;

	if (!text)
		return -1;
	for (; *reader->at && *reader->at != quote; reader->at++) {
		if (*reader->at == '\\' && quote == '"' && reader->at[1]) {
			reader->at++;
			text[length++] = *reader->at == 'n'   ? '\n'
					 : *reader->at == 't' ? '\t'
							      : *reader->at;
		} else {
			text[length++] = *reader->at;
		}
	}
	if (*reader->at != quote)
		return err_set(EINVAL, "a quote is not closed");
	reader->at++;
	*ret_value = (struct template_value){.kind = TEMPLATE_TEXT, .text = text};
	return 0;
}

static int read_variable(struct reader *reader, struct template_value *ret_value)
{
	size_t length = 1;

	while (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '_')
		length++;
	for (size_t i = reader->scope->count; i-- > 0;) {
		const struct template_variable *variable = &reader->scope->variables[i];

		if (strlen(variable->name) == length &&
		    memcmp(variable->name, reader->at, length) == 0) {
			*ret_value = variable->value;
			reader->at += length;
			return 0;
		}
	}
	if (length > 1)
		return err_set(EINVAL, "there is no variable %.*s", (int)length, reader->at);
	reader->at += length; /* $ alone is the whole */
	*ret_value = json_value(reader->scope->root);
	return 0;
}

static int read_number(struct reader *reader, struct template_value *ret_value)
{
	size_t length = 1 + strspn(reader->at + 1, "0123456789");
	char *text = arena_copy(reader->scope->arena, reader->at, length);

	reader->at += length;
	*ret_value = (struct template_value){.kind = TEMPLATE_NUMBER, .text = text};
	return text ? 0 : -1;
}

static int read_parentheses(struct reader *reader, struct template_value *ret_value)
{
	if (++reader->depth > TEMPLATE_VARIABLES)
		return err_set(EINVAL, "too many parentheses");
	reader->at++;
	if (read_pipe(reader, ret_value) < 0)
		return -1;
	if (*reader->at != ')')
		return err_set(EINVAL, "expected )");
	reader->at++;
	reader->depth--;
	return 0;
}

static bool starts_operand(const char *at)
{
	return *at && (strchr(".$\"`(-", *at) || isdigit((unsigned char)*at));
}

static int read_operand(struct reader *reader, struct template_value *ret_value)
{
	struct template_value value = reader->scope->dot;
	char first = *reader->at;
	int result = 0;

	if (first == '"' || first == '`')
		return read_string(reader, ret_value);
	if (first == '-' || isdigit((unsigned char)first))
		return read_number(reader, ret_value);
	if (first == '$')
		result = read_variable(reader, &value);
	else if (first == '(')
		result = read_parentheses(reader, &value);
	if (result < 0 || read_fields(reader, &value) < 0)
		return -1;
	*ret_value = value;
	return 0;
}

/* --- commands --- */

struct arguments {
	struct template_value items[TEMPLATE_ARGUMENTS];
	size_t count;
};

static int add_argument(struct arguments *arguments, const struct template_value *value)
{
	if (arguments->count == TEMPLATE_ARGUMENTS)
		return err_set(EINVAL, "more than %d arguments", TEMPLATE_ARGUMENTS);
	arguments->items[arguments->count++] = *value;
	return 0;
}

static int read_arguments(struct reader *reader, struct arguments *arguments)
{
	struct template_value value;

	for (skip_blanks(reader); *reader->at && *reader->at != '|' && *reader->at != ')';
	     skip_blanks(reader)) {
		if (!starts_operand(reader->at))
			return err_set(EINVAL, "'%s': expected a field, a text or a number",
				       reader->at);
		if (read_operand(reader, &value) < 0 || add_argument(arguments, &value) < 0)
			return -1;
	}
	return 0;
}

/* docker's method of a listing: {{.Label "key"}}. */
static int read_label(struct reader *reader, struct template_value *ret_value)
{
	struct template_value labels = json_value(reader->scope->root);
	struct arguments arguments = {.count = 0};

	reader->at += strlen(".Label");
	labels = template_member(&labels, "Labels");
	if (read_arguments(reader, &arguments) < 0)
		return -1;
	if (arguments.count != 1 || arguments.items[0].kind != TEMPLATE_TEXT)
		return err_set(EINVAL, "expected {{.Label \"KEY\"}}");
	*ret_value = template_member(&labels, arguments.items[0].text);
	return 0;
}

/* `piped`, or NULL, is the last argument. */
static int read_command(struct reader *reader, const struct template_value *piped,
			struct template_value *ret_value)
{
	struct arguments arguments = {.count = 0};
	char name[NAME_MAX_LENGTH];
	size_t length;

	skip_blanks(reader);
	if (str_has_prefix(reader->at, ".Label ") && !piped)
		return read_label(reader, ret_value);
	if (starts_operand(reader->at) && !piped)
		return read_operand(reader, ret_value);
	length = strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (length == 0 || length >= sizeof(name))
		return err_set(EINVAL, "'%s': expected a field such as .ID, or a function",
			       reader->at);
	snprintf(name, sizeof(name), "%.*s", (int)length, reader->at);
	reader->at += length;
	if (read_arguments(reader, &arguments) < 0)
		return -1;
	if (piped && add_argument(&arguments, piped) < 0)
		return -1;
	return template_call(reader->scope, name, arguments.items, arguments.count, ret_value);
}

static int read_pipe(struct reader *reader, struct template_value *ret_value)
{
	struct template_value value, before;

	if (read_command(reader, NULL, &value) < 0)
		return -1;
	for (skip_blanks(reader); *reader->at == '|'; skip_blanks(reader)) {
		reader->at++;
		before = value;
		if (read_command(reader, &before, &value) < 0)
			return -1;
	}
	*ret_value = value;
	return 0;
}

int template_evaluate(const struct template_scope *scope, const char *pipe,
		      struct template_value *ret_value)
{
	struct reader reader = {.scope = scope, .at = pipe};

	if (read_pipe(&reader, ret_value) < 0)
		return -1;
	if (*reader.at)
		return err_set(EINVAL, "'%s': expected | or the end", reader.at);
	return 0;
}
