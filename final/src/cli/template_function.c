/*
 * template_function.c: the functions of templates: a table. Those of Go that make sense with what is
 * listed here, and docker's own. See template_value.h; next file: ../store/clock.h
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../base/opts.h"
#include "template_value.h"

#include <ctype.h>
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
	{"print", 1, TEMPLATE_ARGUMENTS, call_print},
	{"println", 0, TEMPLATE_ARGUMENTS, call_println},
	{"eq", 2, TEMPLATE_ARGUMENTS, call_eq},
	{"ne", 2, 2, call_ne},
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
