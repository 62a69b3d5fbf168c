/*
 * bind_write.c: structures -> JSON, and the list of what the tables know. See bind.h; next file:
 * ../spec/spec.h
 */
#include "bind.h"
#include "err.h"

#include <string.h>

/* The layout of every LIST_OF(). */
struct list {
	char *items;
	size_t count;
};

static struct json_object *new_from(const struct bind_table *table, const void *value);

const char *bind_name_of(const struct bind_name *names, int64_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

bool bind_value_of(const struct bind_name *names, const char *name, int64_t *ret_value)
{
	for (; names->name; names++) {
		if (strcmp(names->name, name) == 0) {
			*ret_value = names->value;
			return true;
		}
	}
	return false;
}

static int64_t load(const void *from, size_t size, bool is_signed)
{
	if (size == sizeof(uint64_t))
		return *(const int64_t *)from;
	if (size == sizeof(uint32_t) && is_signed)
		return *(const int32_t *)from;
	if (size == sizeof(uint32_t))
		return *(const uint32_t *)from;
	return *(const char *)from;
}

/* Whether nothing is there: then the property is left out. */
static bool is_zero(const struct bind_field *field, const void *from)
{
	switch (field->kind) {
	case BIND_STRINGS:
	case BIND_UINTS:
	case BIND_MAP:
	case BIND_LIST:
	case BIND_KEYED:
		return ((const struct list *)from)->count == 0;
	case BIND_INSIDE:
	case BIND_EMBEDDED:
		return false; /* seen when it is written */
	case BIND_OPT_BOOL:
		return !((const struct opt_bool *)from)->set;
	case BIND_OPT_INT:
		return !((const struct opt_i64 *)from)->set;
	case BIND_OPT_ENUM:
		return !((const struct opt_u32 *)from)->set;
	case BIND_OPT_UINT:
		return field->size == sizeof(struct opt_u64) ? !((const struct opt_u64 *)from)->set
							     : !((const struct opt_u32 *)from)->set;
	case BIND_IGNORED:
	case BIND_REFUSED:
		return true;
	default:
		return load(from, field->size, false) == 0;
	}
}

static struct json_object *new_opt_uint(const struct bind_field *field, const void *from)
{
	if (field->size == sizeof(struct opt_u64))
		return json_new_uint(((const struct opt_u64 *)from)->value);
	return json_new_uint(((const struct opt_u32 *)from)->value);
}

/* What an array or an object is filled with; whatever failed, *json is released. */
static struct json_object *or_release(struct json_object *json, int result)
{
	if (result == 0)
		return json;
	json_free(json);
	return NULL;
}

static struct json_object *new_flags(const struct bind_field *field, uint64_t flags)
{
	struct json_object *array = json_new_array();
	int result = array ? 0 : -1;

	for (const struct bind_name *n = field->names; n->name && result == 0; n++)
		if (n->value && (flags & n->value) == (uint64_t)n->value)
			result = json_append(array, json_new_string(n->name));
	return or_release(array, result);
}

static struct json_object *new_array(const struct bind_field *field, const struct list *list)
{
	struct json_object *array = json_new_array();
	int result = array ? 0 : -1;

	for (size_t i = 0; i < list->count && result == 0; i++) {
		if (field->kind == BIND_STRINGS)
			result = json_append(array, json_new_string(((char **)list->items)[i]));
		else if (field->kind == BIND_UINTS)
			result = json_append(array, json_new_uint(((uint32_t *)list->items)[i]));
		else
			result = json_append(array, new_from(field->table,
							     list->items + i * field->table->size));
	}
	return or_release(array, result);
}

static struct json_object *new_map(const struct bind_field *field, const struct list *list)
{
	struct json_object *object = json_new_object();
	int result = object ? 0 : -1;

	for (size_t i = 0; i < list->count && result == 0; i++) {
		if (field->kind == BIND_MAP) {
			const struct str_pair *pair = (struct str_pair *)list->items + i;

			result = json_add(object, pair->key, json_new_string(pair->value));
		} else {
			const char *item = list->items + i * field->table->size;

			result = json_add(object, *(char *const *)item,
					  new_from(field->table, item));
		}
	}
	return or_release(object, result);
}

static struct json_object *new_name(const struct bind_field *field, int64_t value)
{
	const char *name = bind_name_of(field->names, value);

	return json_new_string(name ? name : "?");
}

static struct json_object *new_value(const struct bind_field *field, const void *from)
{
	switch (field->kind) {
	case BIND_BOOL:
		return json_new_bool(*(const bool *)from);
	case BIND_OPT_BOOL:
		return json_new_bool(((const struct opt_bool *)from)->value);
	case BIND_INT:
		return json_new_int(load(from, field->size, true));
	case BIND_UINT:
		return json_new_uint(load(from, field->size, false));
	case BIND_OPT_INT:
		return json_new_int(((const struct opt_i64 *)from)->value);
	case BIND_OPT_UINT:
		return new_opt_uint(field, from);
	case BIND_STRING:
		return json_new_string(*(char *const *)from ? *(char *const *)from : "");
	case BIND_ENUM:
		return new_name(field, load(from, field->size, false));
	case BIND_OPT_ENUM:
		return new_name(field, ((const struct opt_u32 *)from)->value);
	case BIND_FLAGS:
		return new_flags(field, load(from, field->size, false));
	case BIND_STRINGS:
	case BIND_UINTS:
	case BIND_LIST:
		return new_array(field, from);
	case BIND_MAP:
	case BIND_KEYED:
		return new_map(field, from);
	case BIND_POINTER:
		return new_from(field->table, *(void *const *)from);
	default:
		return new_from(field->table, from);
	}
}

/* Unset is not zero: there is nothing to be written. */
static bool has_no_zero(const struct bind_field *field)
{
	return field->kind == BIND_POINTER || field->kind == BIND_OPT_BOOL ||
	       field->kind == BIND_OPT_INT || field->kind == BIND_OPT_UINT ||
	       field->kind == BIND_OPT_ENUM;
}

static int write_field(const struct bind_field *field, const char *from, struct json_object *object)
{
	bool wanted = field->required || field->always;
	struct json_object *value;

	if (is_zero(field, from) && (!wanted || has_no_zero(field)))
		return 0;
	value = new_value(field, from);
	if ((field->kind == BIND_INSIDE || field->kind == BIND_EMBEDDED) && value && !wanted &&
	    json_count(value) == 0) {
		json_free(value);
		return 0;
	}
	return json_add(object, field->key, value);
}

static struct json_object *new_from(const struct bind_table *table, const void *value)
{
	struct json_object *object = json_new_object();
	int result = object ? 0 : -1;

	for (size_t i = 0; i < table->count && result == 0; i++)
		result = write_field(&table->fields[i],
				     (const char *)value + table->fields[i].offset, object);
	return or_release(object, result);
}

/* A byte of the command line's that json_read() would refuse: then nothing could be read back. */
static int check_utf8(const char *text)
{
	const char *bad = json_find_not_utf8(text), *begin = bad;

	if (!bad)
		return 0;
	while (begin > text && begin[-1] != '"' && bad - begin < 40)
		begin--;
	return err_set(EILSEQ, "\"%.*s\", and then byte 0x%02x: it has to be UTF-8, as JSON is",
		       (int)(bad - begin), begin, (unsigned char)*bad);
}

int bind_write(const struct bind_table *table, const void *value, enum json_style style,
	       struct arena *arena, char **ret_text)
{
	auto_json struct json_object *object = new_from(table, value);

	if (!object)
		return err_set(ENOMEM, "out of memory");
	if (json_text(object, style, arena, ret_text) < 0)
		return -1;
	return check_utf8(*ret_text);
}

static int list_below(const struct bind_table *table, const char *prefix, struct arena *arena,
		      struct str_list *paths)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bind_field *field = &table->fields[i];
		bool is_array = field->kind == BIND_LIST || field->kind == BIND_STRINGS ||
				field->kind == BIND_UINTS || field->kind == BIND_FLAGS;
		bool is_map = field->kind == BIND_MAP || field->kind == BIND_KEYED;
		char *path = arena_format(arena, "%s%s%s%s", prefix, *prefix ? "." : "", field->key,
					  is_array ? "[]"
					  : is_map ? "{}"
						   : "");

		if (!path)
			return -1;
		if (i > 0 && strcmp(field->key, field[-1].key) == 0)
			continue;
		if (str_list_add(paths, arena, path) < 0)
			return -1;
		if (field->kind >= BIND_INSIDE && field->kind <= BIND_KEYED &&
		    list_below(field->table, path, arena, paths) < 0)
			return -1;
	}
	return 0;
}

int bind_list(const struct bind_table *table, struct arena *arena, struct str_list *ret_paths)
{
	struct str_list paths = {0};

	if (list_below(table, "", arena, &paths) < 0)
		return -1;
	*ret_paths = paths;
	return 0;
}
