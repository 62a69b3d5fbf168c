/*
 * template_function.c: the functions of templates: a table. Those of Go that make sense with what is
 * listed here, and docker's own. See template_value.h; next file: ../store/clock.h
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/opts.h"
#include "template_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct call {
	const struct template_scope *scope;
	const struct template_value *arguments;
	size_t count;
};

static int give_text(enum template_kind kind, const char *text, struct template_value *ret_value)
{
	*ret_value = (struct template_value){.kind = kind, .text = text};
	return text ? 0 : -1;
}

static int give_truth(bool value, struct template_value *ret_value)
{
	return give_text(TEMPLATE_TRUTH, value ? "true" : "false", ret_value);
}

static int text_at(const struct call *call, size_t index, char **ret_text)
{
	return template_text(call->scope, &call->arguments[index], ret_text);
}

static int call_json(const struct call *call, struct template_value *ret_value)
{
	const struct template_value *value = &call->arguments[0];
	auto_json struct json_object *string = NULL;
	char *text;

	if (value->kind == TEMPLATE_NOTHING)
		return give_text(TEMPLATE_TEXT, "null", ret_value);
	if (value->kind == TEMPLATE_NUMBER || value->kind == TEMPLATE_TRUTH)
		return give_text(TEMPLATE_TEXT, value->text, ret_value);
	if (value->kind == TEMPLATE_TEXT && !(string = json_new_string(value->text)))
		return err_set(ENOMEM, "out of memory");
	if (json_text(string ? string : value->json, JSON_ONE_LINE, call->scope->arena, &text) < 0)
		return -1;
	return give_text(TEMPLATE_TEXT, text, ret_value);
}

/* One index after the other: of a list a number, of an object a key. */
static int call_index(const struct call *call, struct template_value *ret_value)
{
	struct template_value value = call->arguments[0], whole, ignored;

	for (size_t i = 1; i < call->count; i++) {
		int64_t number;
		size_t count;
		char *key;

		if (text_at(call, i, &key) < 0 || template_count(&value, &count) < 0)
			return -1;
		if (count == 0 || json_kind(value.json) == JSON_OBJECT) {
			value = template_member(&value, key);
			continue;
		}
		if (str_to_i64(key, 0, (int64_t)count - 1, &number) < 0)
			return -1;
		whole = value;
		if (template_item(call->scope, &whole, number, &ignored, &value) < 0)
			return -1;
	}
	*ret_value = value;
	return 0;
}

static int call_len(const struct call *call, struct template_value *ret_value)
{
	size_t count;
	char *text;

	if (template_count(&call->arguments[0], &count) < 0) {
		if (text_at(call, 0, &text) < 0)
			return -1;
		count = strlen(text);
	}
	return give_text(TEMPLATE_NUMBER, arena_format(call->scope->arena, "%zu", count),
			 ret_value);
}

static int call_join(const struct call *call, struct template_value *ret_value)
{
	struct template_value key, value;
	char *all = arena_format(call->scope->arena, "%s", ""), *between, *part;
	size_t count;

	if (text_at(call, 1, &between) < 0 || template_count(&call->arguments[0], &count) < 0)
		return -1;
	for (size_t i = 0; i < count && all; i++) {
		if (template_item(call->scope, &call->arguments[0], i, &key, &value) < 0 ||
		    template_text(call->scope, &value, &part) < 0)
			return -1;
		all = arena_format(call->scope->arena, "%s%s%s", all, i ? between : "", part);
	}
	return give_text(TEMPLATE_TEXT, all, ret_value);
}

static int change_case(const struct call *call, int (*change)(int),
		       struct template_value *ret_value)
{
	char *text;

	if (text_at(call, 0, &text) < 0)
		return -1;
	for (char *c = text; *c; c++)
		*c = (char)change((unsigned char)*c);
	return give_text(TEMPLATE_TEXT, text, ret_value);
}

static int call_upper(const struct call *call, struct template_value *ret_value)
{
	return change_case(call, toupper, ret_value);
}

static int call_lower(const struct call *call, struct template_value *ret_value)
{
	return change_case(call, tolower, ret_value);
}

/* As Go's: the first letter of every word; of ASCII. */
static int call_title(const struct call *call, struct template_value *ret_value)
{
	char *text, before = ' ';

	if (text_at(call, 0, &text) < 0)
		return -1;
	for (char *c = text; *c; before = *c++)
		if (isspace((unsigned char)before))
			*c = (char)toupper((unsigned char)*c);
	return give_text(TEMPLATE_TEXT, text, ret_value);
}

/* Of a text: slice .ID 0 12. Bytes, as Go counts them. */
static int call_slice(const struct call *call, struct template_value *ret_value)
{
	char *text, *number;
	int64_t at[2] = {0};

	if (text_at(call, 0, &text) < 0)
		return -1;
	at[1] = (int64_t)strlen(text);
	for (size_t i = 1; i < call->count; i++)
		if (text_at(call, i, &number) < 0 ||
		    str_to_i64(number, at[0], (int64_t)strlen(text), &at[i - 1]) < 0)
			return err_wrap("slice '%s'", text);
	return give_text(TEMPLATE_TEXT,
			 arena_copy(call->scope->arena, text + at[0], (size_t)(at[1] - at[0])),
			 ret_value);
}

static int call_split(const struct call *call, struct template_value *ret_value)
{
	struct json_object *list = json_new_array();
	char *text, *between, *end;
	size_t length;

	/* The list is freed with the template. */
	if (json_append(call->scope->made, list) < 0 || text_at(call, 0, &text) < 0 ||
	    text_at(call, 1, &between) < 0)
		return -1;
	length = strlen(between);
	if (length == 0)
		return err_set(EINVAL, "split: by what? split .Image \":\"");
	for (; (end = strstr(text, between)); text = end + length) {
		*end = '\0';
		if (json_append(list, json_new_string(text)) < 0)
			return -1;
	}
	*ret_value = (struct template_value){.kind = TEMPLATE_JSON, .json = list};
	return json_append(list, json_new_string(text));
}

/* A verb of printf: "%-10.5s" without its percent sign. */
struct verb {
	int width, precision; /* width: negative: to the left; precision: -1: none */
	char letter;
};

/* Digits, of which there are few: a width is one of a terminal. NULL: they are too many. */
static const char *read_digits(const char *at, int *ret_number)
{
	size_t length = strspn(at, "0123456789");

	*ret_number = (int)strtol(at, NULL, 10);
	return length > 3 ? NULL : at + length;
}

/* NULL: there is no such verb. */
static const char *read_verb(const char *at, struct verb *ret_verb)
{
	bool is_left = *at == '-';
	struct verb verb = {.precision = -1};

	at = read_digits(at + is_left, &verb.width);
	if (at && *at == '.')
		at = read_digits(at + 1, &verb.precision);
	if (!at || !*at || !strchr("sdvqt", *at))
		return NULL;
	if (is_left)
		verb.width = -verb.width;
	verb.letter = *at;
	*ret_verb = verb;
	return at + 1;
}

static int format_verb(const struct call *call, struct verb verb, size_t index, char **ret_text)
{
	auto_json struct json_object *quoted = NULL;
	int64_t number;
	char *text;

	if (index >= call->count)
		return err_set(EINVAL, "printf: %%%c has no value", verb.letter);
	if (text_at(call, index, &text) < 0)
		return -1;
	if (verb.letter == 'd' && str_to_i64(text, INT64_MIN, INT64_MAX, &number) < 0)
		return err_wrap("printf: %%d");
	if (verb.letter == 'q') {
		quoted = json_new_string(text);
		if (!quoted)
			return err_set(ENOMEM, "out of memory");
		if (json_text(quoted, JSON_ONE_LINE, call->scope->arena, &text) < 0)
			return -1;
	}
	*ret_text = arena_format(call->scope->arena, "%*.*s", verb.width,
				 verb.letter == 'd' ? -1 : verb.precision, text);
	return *ret_text ? 0 : -1;
}

/* What stands for the percent sign at *at, which goes on behind it. */
static int format_next(const struct call *call, const char **at, size_t *used, char **ret_text)
{
	const char *percent = *at;
	struct verb verb;

	if (percent[1] == '%') {
		*at = percent + 2;
		*ret_text = arena_format(call->scope->arena, "%%");
		return *ret_text ? 0 : -1;
	}
	*at = read_verb(percent + 1, &verb);
	if (!*at)
		return err_set(EINVAL,
			       "printf '%s': expected %%s, %%d, %%q, %%v or %%t, as %%-10s or "
			       "%%.5s; %%%% is a percent sign",
			       percent);
	return format_verb(call, verb, (*used)++, ret_text);
}

static int call_printf(const struct call *call, struct template_value *ret_value)
{
	struct arena *arena = call->scope->arena;
	char *format, *all = arena_format(arena, "%s", ""), *part = NULL;
	const char *at, *percent;
	size_t used = 1;

	if (!all || text_at(call, 0, &format) < 0)
		return -1;
	for (at = format; all && (percent = strchr(at, '%'));) {
		int before = (int)(percent - at);
		const char *text = at;

		at = percent;
		if (format_next(call, &at, &used, &part) < 0)
			return -1;
		all = arena_format(arena, "%s%.*s%s", all, before, text, part);
	}
	if (used < call->count)
		return err_set(EINVAL, "printf: more values than verbs in '%s'", format);
	return give_text(TEMPLATE_TEXT, all ? arena_format(arena, "%s%s", all, at) : NULL,
			 ret_value);
}

static int print_all(const struct call *call, const char *between, const char *end,
		     struct template_value *ret_value)
{
	char *all = arena_format(call->scope->arena, "%s", ""), *part;

	for (size_t i = 0; i < call->count && all; i++) {
		if (text_at(call, i, &part) < 0)
			return -1;
		all = arena_format(call->scope->arena, "%s%s%s", all, i ? between : "", part);
	}
	if (all)
		all = arena_format(call->scope->arena, "%s%s", all, end);
	return give_text(TEMPLATE_TEXT, all, ret_value);
}

static int call_print(const struct call *call, struct template_value *ret_value)
{
	return print_all(call, "", "", ret_value);
}

static int call_println(const struct call *call, struct template_value *ret_value)
{
	return print_all(call, " ", "\n", ret_value);
}

/* As Go: whether the first one equals any of the others. */
static int is_equal(const struct call *call, bool *ret_equal)
{
	char *first, *other;

	*ret_equal = false;
	if (text_at(call, 0, &first) < 0)
		return -1;
	for (size_t i = 1; i < call->count; i++) {
		if (text_at(call, i, &other) < 0)
			return -1;
		*ret_equal = *ret_equal || strcmp(first, other) == 0;
	}
	return 0;
}

static int call_eq(const struct call *call, struct template_value *ret_value)
{
	bool equal;

	return is_equal(call, &equal) < 0 ? -1 : give_truth(equal, ret_value);
}

static int call_ne(const struct call *call, struct template_value *ret_value)
{
	bool equal;

	return is_equal(call, &equal) < 0 ? -1 : give_truth(!equal, ret_value);
}

/* Less than 0, 0 or more, as strcmp(3): numbers as such, all else as text. */
static int compare(const struct call *call, int *ret_order)
{
	int64_t x, y;
	char *a, *b;

	if (text_at(call, 0, &a) < 0 || text_at(call, 1, &b) < 0)
		return -1;
	*ret_order = strcmp(a, b);
	if (str_to_i64(a, INT64_MIN, INT64_MAX, &x) == 0 &&
	    str_to_i64(b, INT64_MIN, INT64_MAX, &y) == 0)
		*ret_order = (x > y) - (x < y);
	return 0;
}

static int call_lt(const struct call *call, struct template_value *ret_value)
{
	int order;

	return compare(call, &order) < 0 ? -1 : give_truth(order < 0, ret_value);
}

static int call_le(const struct call *call, struct template_value *ret_value)
{
	int order;

	return compare(call, &order) < 0 ? -1 : give_truth(order <= 0, ret_value);
}

static int call_gt(const struct call *call, struct template_value *ret_value)
{
	int order;

	return compare(call, &order) < 0 ? -1 : give_truth(order > 0, ret_value);
}

static int call_ge(const struct call *call, struct template_value *ret_value)
{
	int order;

	return compare(call, &order) < 0 ? -1 : give_truth(order >= 0, ret_value);
}

static int call_not(const struct call *call, struct template_value *ret_value)
{
	return give_truth(!template_is_true(&call->arguments[0]), ret_value);
}

/* The first one that decides, or the last. */
static int pick(const struct call *call, bool decides, struct template_value *ret_value)
{
	size_t i = 0;

	while (i + 1 < call->count && template_is_true(&call->arguments[i]) != decides)
		i++;
	*ret_value = call->arguments[i];
	return 0;
}

static int call_and(const struct call *call, struct template_value *ret_value)
{
	return pick(call, false, ret_value);
}

static int call_or(const struct call *call, struct template_value *ret_value)
{
	return pick(call, true, ret_value);
}

static int call_true(const struct call *call, struct template_value *ret_value)
{
	(void)call;
	return give_truth(true, ret_value);
}

static int call_false(const struct call *call, struct template_value *ret_value)
{
	(void)call;
	return give_truth(false, ret_value);
}

static const struct {
	const char *name;
	size_t least, most; /* arguments */
	int (*run)(const struct call *call, struct template_value *ret_value);
} functions[] = {
	{"json", 1, 1, call_json},
	{"index", 2, TEMPLATE_ARGUMENTS, call_index},
	{"len", 1, 1, call_len},
	{"join", 2, 2, call_join},
	{"upper", 1, 1, call_upper},
	{"lower", 1, 1, call_lower},
	{"title", 1, 1, call_title},
	{"slice", 1, 3, call_slice},
	{"split", 2, 2, call_split},
	{"printf", 1, TEMPLATE_ARGUMENTS, call_printf},
	{"print", 1, TEMPLATE_ARGUMENTS, call_print},
	{"println", 0, TEMPLATE_ARGUMENTS, call_println},
	{"eq", 2, TEMPLATE_ARGUMENTS, call_eq},
	{"ne", 2, 2, call_ne},
	{"lt", 2, 2, call_lt},
	{"le", 2, 2, call_le},
	{"gt", 2, 2, call_gt},
	{"ge", 2, 2, call_ge},
	{"not", 1, 1, call_not},
	{"and", 1, TEMPLATE_ARGUMENTS, call_and},
	{"or", 1, TEMPLATE_ARGUMENTS, call_or},
	{"true", 0, 0, call_true},
	{"false", 0, 0, call_false},
};

static int refuse_function(const char *name)
{
	const char *names[ARRAY_SIZE(functions) + 1], *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		names[i] = functions[i].name;
	names[ARRAY_SIZE(functions)] = NULL;
	nearest = opts_nearest(name, names);
	if (nearest)
		return err_set(ENOENT,
			       "there is no function %s: did you mean %s? Fields begin "
			       "with a dot, as .ID",
			       name, nearest);
	return err_set(ENOENT, "there is no function %s: fields begin with a dot, as .ID", name);
}

int template_call(const struct template_scope *scope, const char *name,
		  const struct template_value *arguments, size_t count,
		  struct template_value *ret_value)
{
	struct call call = {.scope = scope, .arguments = arguments, .count = count};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (strcmp(functions[i].name, name) != 0)
			continue;
		if (count < functions[i].least || count > functions[i].most)
			return err_set(EINVAL, "%s: too %s arguments", name,
				       count < functions[i].least ? "few" : "many");
		return functions[i].run(&call, ret_value);
	}
	return refuse_function(name);
}
