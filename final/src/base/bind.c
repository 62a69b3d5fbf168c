/* bind.c: JSON -> structures. See bind.h; next file: bind_write.c */
#include "bind.h"
#include "err.h"
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* Where a value is: a chain on the stack, made text only for a message. */
struct place {
	const struct place *up;
	const char *key; /* NULL: an item of an array; in the outermost place: the file */
	size_t index;
	struct arena *arena;
};

static struct place member_of(const struct place *up, const char *key)
{
	return (struct place){.up = up, .key = key, .arena = up->arena};
}

static struct place item_of(const struct place *up, size_t index)
{
	return (struct place){.up = up, .index = index, .arena = up->arena};
}

static void put_place(const struct place *place, FILE *stream)
{
	if (!place->up) {
		fprintf(stream, "%s: ", place->key);
		return;
	}
	put_place(place->up, stream);
	if (!place->key)
		fprintf(stream, "[%zu]", place->index);
	else
		fprintf(stream, "%s%.80s", place->up->up ? "." : "", place->key);
}

static void describe(const struct place *place, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");

	if (!stream)
		return;
	put_place(place, stream);
	fclose(stream);
}

static int complain(const struct place *place, const char *format, ...) PRINTF_LIKE(2, 3);

static int complain(const struct place *place, const char *format, ...)
{
	char where[ERR_TEXT / 2] = "", what[ERR_TEXT / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	describe(place, where, sizeof(where));
	return err_set(EINVAL, "%s%s%s", str_printable(where), place->up ? ": " : "",
		       str_printable(what));
}

static int expect(const struct place *place, const struct json_object *json, enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOL] = "true or false",
		[JSON_INTEGER] = "a whole number",
		[JSON_FRACTION] = "a number with a fraction",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};
	enum json_kind found = json_kind(json);

	if (found == kind)
		return 0;
	return complain(place, "expected %s, found %s", names[kind], names[found]);
}

/* The layout of every LIST_OF(). */
struct list {
	char *items;
	size_t count;
};

static int read_object(const struct place *place, const struct bind_table *table,
		       const struct json_object *json, void *to);

static int out_of_range(const struct place *place, const struct json_object *json, int64_t min,
			uint64_t max)
{
	char number[24];

	if (json_is_negative(json))
		snprintf(number, sizeof(number), "%" PRId64, json_int(json));
	else
		snprintf(number, sizeof(number), "%" PRIu64, json_uint(json));
	return complain(place, "%s: expected %" PRId64 " to %" PRIu64, number, min, max);
}

static int check_int(const struct place *place, const struct bind_field *field, size_t size,
		     const struct json_object *json, int64_t *ret_value)
{
	bool any = field->min == 0 && field->max == 0;
	int64_t min = any ? (size == 4 ? INT32_MIN : INT64_MIN) : field->min;
	uint64_t max = any ? (size == 4 ? INT32_MAX : INT64_MAX) : field->max;

	if (expect(place, json, JSON_INTEGER) < 0)
		return -1;
	if (json_int(json) < min || (!json_is_negative(json) && json_uint(json) > max))
		return out_of_range(place, json, min, max);
	*ret_value = json_int(json);
	return 0;
}

static int check_uint(const struct place *place, const struct bind_field *field, size_t size,
		      const struct json_object *json, uint64_t *ret_value)
{
	uint64_t max = field->max ? field->max : size == 4 ? UINT32_MAX : UINT64_MAX;

	if (expect(place, json, JSON_INTEGER) < 0)
		return -1;
	if (json_is_negative(json) || json_uint(json) < (uint64_t)field->min ||
	    json_uint(json) > max)
		return out_of_range(place, json, field->min, max);
	*ret_value = json_uint(json);
	return 0;
}

static int check_string(const struct place *place, const struct json_object *json, char **ret_value)
{
	const char *text;
	size_t length;

	if (expect(place, json, JSON_STRING) < 0)
		return -1;
	text = json_string(json, &length);
	*ret_value = arena_copy(place->arena, text, length);
	return *ret_value ? 0 : -1;
}

static int check_name(const struct place *place, const struct bind_field *field,
		      const struct json_object *json, int64_t *ret_value)
{
	char known[ERR_TEXT / 3] = "";
	size_t length;

	if (expect(place, json, JSON_STRING) < 0)
		return -1;
	if (bind_value_of(field->names, json_string(json, &length), ret_value))
		return 0;
	length = 0;
	for (const struct bind_name *n = field->names; n->name && length < sizeof(known); n++)
		length += snprintf(known + length, sizeof(known) - length, "%s%s",
				   length ? ", " : "", n->name);
	return complain(place, "'%.80s': expected %s%s", json_string(json, &(size_t){0}), known,
			length < sizeof(known) ? "" : " ...");
}

static void store(void *to, size_t size, uint64_t value)
{
	if (size == sizeof(uint64_t))
		*(uint64_t *)to = value;
	else if (size == sizeof(uint32_t))
		*(uint32_t *)to = value;
	else
		*(char *)to = value;
}

static int read_bool(const struct place *place, const struct bind_field *field,
		     const struct json_object *json, void *to)
{
	(void)field;
	if (expect(place, json, JSON_BOOL) < 0)
		return -1;
	*(bool *)to = json_is_true(json);
	return 0;
}

static int read_opt_bool(const struct place *place, const struct bind_field *field,
			 const struct json_object *json, void *to)
{
	struct opt_bool *option = to;

	if (read_bool(place, field, json, &option->value) < 0)
		return -1;
	option->set = true;
	return 0;
}

static int read_int(const struct place *place, const struct bind_field *field,
		    const struct json_object *json, void *to)
{
	int64_t value;

	if (check_int(place, field, field->size, json, &value) < 0)
		return -1;
	store(to, field->size, value);
	return 0;
}

static int read_uint(const struct place *place, const struct bind_field *field,
		     const struct json_object *json, void *to)
{
	uint64_t value;

	if (check_uint(place, field, field->size, json, &value) < 0)
		return -1;
	store(to, field->size, value);
	return 0;
}

static int read_opt_int(const struct place *place, const struct bind_field *field,
			const struct json_object *json, void *to)
{
	struct opt_i64 *option = to;

	if (check_int(place, field, sizeof(option->value), json, &option->value) < 0)
		return -1;
	option->set = true;
	return 0;
}

static int read_opt_uint(const struct place *place, const struct bind_field *field,
			 const struct json_object *json, void *to)
{
	uint64_t value;

	if (check_uint(place, field, field->size / 2, json, &value) < 0)
		return -1;
	if (field->size == sizeof(struct opt_u64))
		*(struct opt_u64 *)to = (struct opt_u64){true, value};
	else
		*(struct opt_u32 *)to = (struct opt_u32){true, value};
	return 0;
}

static int read_string(const struct place *place, const struct bind_field *field,
		       const struct json_object *json, void *to)
{
	(void)field;
	return check_string(place, json, to);
}

static int read_enum(const struct place *place, const struct bind_field *field,
		     const struct json_object *json, void *to)
{
	int64_t value;

	if (check_name(place, field, json, &value) < 0)
		return -1;
	store(to, field->size, value);
	return 0;
}

static int read_opt_enum(const struct place *place, const struct bind_field *field,
			 const struct json_object *json, void *to)
{
	int64_t value;

	if (check_name(place, field, json, &value) < 0)
		return -1;
	*(struct opt_u32 *)to = (struct opt_u32){true, value};
	return 0;
}

static int read_flags(const struct place *place, const struct bind_field *field,
		      const struct json_object *json, void *to)
{
	uint64_t flags = 0;

	if (expect(place, json, JSON_ARRAY) < 0)
		return -1;
	for (size_t i = 0; i < json_count(json); i++) {
		struct place item = item_of(place, i);
		int64_t flag;

		if (check_name(&item, field, json_item(json, i), &flag) < 0)
			return -1;
		flags |= flag;
	}
	store(to, field->size, flags);
	return 0;
}

/* Items of `size` bytes and one of zeros behind them. */
static int make_list(const struct place *place, const struct json_object *json, enum json_kind kind,
		     size_t size, struct list *ret_list)
{
	if (expect(place, json, kind) < 0)
		return -1;
	ret_list->count = json_count(json);
	if (ret_list->count == 0)
		return 0;
	ret_list->items = arena_alloc(place->arena, (ret_list->count + 1) * size);
	return ret_list->items ? 0 : -1;
}

static int read_strings(const struct place *place, const struct bind_field *field,
			const struct json_object *json, void *to)
{
	struct list list = {0};

	(void)field;
	if (make_list(place, json, JSON_ARRAY, sizeof(char *), &list) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		struct place item = item_of(place, i);

		if (check_string(&item, json_item(json, i), (char **)list.items + i) < 0)
			return -1;
	}
	*(struct list *)to = list;
	return 0;
}

static int read_uints(const struct place *place, const struct bind_field *field,
		      const struct json_object *json, void *to)
{
	struct list list = {0};

	if (make_list(place, json, JSON_ARRAY, sizeof(uint32_t), &list) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		struct place item = item_of(place, i);
		uint64_t value;

		if (check_uint(&item, field, sizeof(uint32_t), json_item(json, i), &value) < 0)
			return -1;
		((uint32_t *)list.items)[i] = value;
	}
	*(struct list *)to = list;
	return 0;
}

static int read_map(const struct place *place, const struct bind_field *field,
		    const struct json_object *json, void *to)
{
	struct list list = {0};
	struct str_pair *pair;

	(void)field;
	if (make_list(place, json, JSON_OBJECT, sizeof(*pair), &list) < 0)
		return -1;
	pair = (struct str_pair *)list.items;
	for (struct json_cursor c = json_first(json); json_next(&c); pair++) {
		struct place member = member_of(place, c.key);

		pair->key = arena_copy(place->arena, c.key, strlen(c.key));
		if (!pair->key || check_string(&member, c.value, &pair->value) < 0)
			return -1;
	}
	*(struct list *)to = list;
	return 0;
}

static int read_embedded(const struct place *place, const struct bind_field *field,
			 const struct json_object *json, void *to)
{
	return read_object(place, field->table, json, to);
}

static int read_pointer(const struct place *place, const struct bind_field *field,
			const struct json_object *json, void *to)
{
	void *value = arena_alloc(place->arena, field->table->size);

	if (!value || read_object(place, field->table, json, value) < 0)
		return -1;
	*(void **)to = value;
	return 0;
}

static int read_list(const struct place *place, const struct bind_field *field,
		     const struct json_object *json, void *to)
{
	size_t size = field->table->size;
	struct list list = {0};

	if (make_list(place, json, JSON_ARRAY, size, &list) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		struct place item = item_of(place, i);

		if (read_object(&item, field->table, json_item(json, i), list.items + i * size) < 0)
			return -1;
	}
	*(struct list *)to = list;
	return 0;
}

static int read_keyed(const struct place *place, const struct bind_field *field,
		      const struct json_object *json, void *to)
{
	struct list list = {0};
	char *item;

	if (make_list(place, json, JSON_OBJECT, field->table->size, &list) < 0)
		return -1;
	item = list.items;
	for (struct json_cursor c = json_first(json); item && json_next(&c);
	     item += field->table->size) {
		struct place member = member_of(place, c.key);

		*(char **)item = arena_copy(place->arena, c.key, strlen(c.key));
		if (!*(char **)item || read_object(&member, field->table, c.value, item) < 0)
			return -1;
	}
	*(struct list *)to = list;
	return 0;
}

static int ignore(const struct place *place, const struct bind_field *field,
		  const struct json_object *json, void *to)
{
	(void)place, (void)field, (void)json, (void)to;
	return 0;
}

static int refuse(const struct place *place, const struct bind_field *field,
		  const struct json_object *json, void *to)
{
	enum json_kind kind = json_kind(json);

	(void)to;
	if ((kind == JSON_ARRAY || kind == JSON_OBJECT) && json_count(json) == 0)
		return 0;
	return complain(place, "%s", field->reason);
}

static int (*const readers[])(const struct place *, const struct bind_field *,
			      const struct json_object *, void *to) = {
	[BIND_BOOL] = read_bool,	 [BIND_INT] = read_int,
	[BIND_UINT] = read_uint,	 [BIND_STRING] = read_string,
	[BIND_OPT_BOOL] = read_opt_bool, [BIND_OPT_INT] = read_opt_int,
	[BIND_OPT_UINT] = read_opt_uint, [BIND_ENUM] = read_enum,
	[BIND_OPT_ENUM] = read_opt_enum, [BIND_FLAGS] = read_flags,
	[BIND_STRINGS] = read_strings,	 [BIND_UINTS] = read_uints,
	[BIND_MAP] = read_map,		 [BIND_INSIDE] = read_embedded,
	[BIND_EMBEDDED] = read_embedded, [BIND_POINTER] = read_pointer,
	[BIND_LIST] = read_list,	 [BIND_KEYED] = read_keyed,
	[BIND_IGNORED] = ignore,	 [BIND_REFUSED] = refuse,
};

/* null is absent; "" is too, except where a string is an item of a list or a map. */
static bool is_absent(const struct json_object *json)
{
	size_t length;

	switch (json_kind(json)) {
	case JSON_NULL:
		return true;
	case JSON_STRING:
		json_string(json, &length);
		return length == 0;
	default:
		return false;
	}
}

static const struct bind_field *find_field(const struct bind_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->fields[i].key, key) == 0)
			return &table->fields[i];
	return NULL;
}

static int read_member(const struct place *place, const struct bind_table *table,
		       const struct bind_field *field, const struct json_object *json, void *to)
{
	const struct bind_field *end = table->fields + table->count, *next = field;

	do
		if (readers[next->kind](place, next, json, (char *)to + next->offset) < 0)
			return -1;
	while (++next < end && strcmp(next->key, field->key) == 0);
	return 0;
}

static void note_unknown(const struct place *place)
{
	char where[ERR_TEXT / 2] = "";

	describe(place, where, sizeof(where));
	log_debug("%s: unknown property, ignored", str_printable(where));
}

static int check_required(const struct place *place, const struct bind_table *table, uint64_t seen)
{
	for (size_t i = 0; i < table->count; i++) {
		struct place member = member_of(place, table->fields[i].key);

		if (table->fields[i].required && !(seen & (uint64_t)1 << i))
			return complain(&member, "is missing or empty");
	}
	return 0;
}

static int read_object(const struct place *place, const struct bind_table *table,
		       const struct json_object *json, void *to)
{
	uint64_t seen = 0; /* no table has 64 rows */

	if (expect(place, json, JSON_OBJECT) < 0)
		return -1;
	for (struct json_cursor c = json_first(json); json_next(&c);) {
		struct place member = member_of(place, c.key);
		const struct bind_field *field = find_field(table, c.key);

		if (!field) {
			note_unknown(&member);
			continue;
		}
		if (is_absent(c.value))
			continue;
		seen |= (uint64_t)1 << (field - table->fields);
		if (read_member(&member, table, field, c.value, to) < 0)
			return -1;
	}
	return check_required(place, table, seen);
}

int bind_read(const struct bind_table *table, const struct json_object *json, const char *name,
	      struct arena *arena, void *ret_value)
{
	struct place place = {.key = name, .arena = arena};

	return read_object(&place, table, json, ret_value);
}
