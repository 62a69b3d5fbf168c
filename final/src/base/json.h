/*
 * json.h: JSON text <-> values, and nothing in between that could be read in two ways.
 *
 *	json_read(fd, "config.json", &root)     a regular file; its root is an object
 *	for (struct json_cursor c = json_first(root); json_next(&c);)
 *		... c.key, c.value ...
 *	json_free(root)                         all of its values too
 *
 *	object = json_new_object(); json_add(object, "pid", json_new_int(pid)) ...
 *	json_text(object, JSON_PRETTY, &arena, &text)
 *
 * Few files use it directly: bind.h moves whole structures. json.c is the only file that knows
 * json-c. What json-c accepts and we do not is in json_scan.c: duplicate keys, NUL in strings,
 * numbers beyond 64 bits, bytes that are not UTF-8. PARENT. Next file: bind.h
 */
#pragma once

#include "str.h"

/* json-c's own name; a value, of any kind. NULL is the value null. */
struct json_object;

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INTEGER, /* INT64_MIN to UINT64_MAX */
	JSON_FRACTION,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

enum { JSON_MAX_SIZE = 16 << 20, JSON_MAX_DEPTH = 128 };

/*
 * Reads a regular file from its beginning; `name` is for messages. Refused, with the line: empty,
 * cut, trailing text, a byte order mark, UTF-16, a root that is no object, more than JSON_MAX_SIZE
 * bytes or JSON_MAX_DEPTH levels, and what json_scan.c lists.
 */
int json_read(int fd, const char *name, struct json_object **ret_root) MUST_CHECK;

/* The same to the end of a pipe or whatever fd is: `update --resources -`. */
int json_read_stream(int fd, const char *name, struct json_object **ret_root) MUST_CHECK;

int json_parse(const char *text, size_t length, const char *name,
	       struct json_object **ret_root) MUST_CHECK;
void json_free(struct json_object *root);

static inline void scope_json_free(struct json_object **root)
{
	json_free(*root);
}
#define auto_json __attribute__((cleanup(scope_json_free)))

enum json_kind json_kind(const struct json_object *value);

/* These expect a value of their kind. Strings have no NUL inside, integers are as they say. */
bool json_is_true(const struct json_object *value);
bool json_is_negative(const struct json_object *value);
int64_t json_int(const struct json_object *value);   /* INT64_MAX if it is greater */
uint64_t json_uint(const struct json_object *value); /* 0 if it is negative */
const char *json_string(const struct json_object *value, size_t *ret_length);

size_t json_count(const struct json_object *array_or_object);
struct json_object *json_item(const struct json_object *array, size_t index);

/* Members in the order of the text; keys are unique. */
struct json_cursor {
	const char *key;
	struct json_object *value;
	void *next;
};
struct json_cursor json_first(const struct json_object *object);
bool json_next(struct json_cursor *cursor);

/* NULL: no memory; json_add() and json_append() see that, and take the value over in any case. */
struct json_object *json_new_object(void) MUST_CHECK;
struct json_object *json_new_array(void) MUST_CHECK;
struct json_object *json_new_bool(bool value) MUST_CHECK;
struct json_object *json_new_int(int64_t value) MUST_CHECK;
struct json_object *json_new_uint(uint64_t value) MUST_CHECK;
struct json_object *json_new_string(const char *value) MUST_CHECK;
int json_add(struct json_object *object, const char *key, struct json_object *value) MUST_CHECK;
int json_append(struct json_object *array, struct json_object *value) MUST_CHECK;

/*
 * The same for many: {{"Id", json_new_string(id)}, ... {0}}. A value that is NULL: no memory; all the
 * values are taken over in any case.
 */
struct json_member {
	const char *key;
	struct json_object *value;
};
int json_add_members(struct json_object *object, const struct json_member *members) MUST_CHECK;
struct json_object *json_new_members(const struct json_member *members) MUST_CHECK;

/* JSON_PRETTY: a member a line, tabs, as runc and crun print. JSON_ONE_LINE: no line ends. */
enum json_style { JSON_ONE_LINE, JSON_PRETTY };
int json_text(const struct json_object *value, enum json_style style, struct arena *arena,
	      char **ret_text) MUST_CHECK;

/* json_scan.c: the first byte of a text that is no UTF-8; NULL: all of it is. */
const char *json_find_not_utf8(const char *text);

/* The same text: '?' instead of such bytes. For what others say, which may quote anything. */
char *json_make_utf8(char *text);

/* json_scan.c: refuses what json-c let through in a text that it took for JSON. */
int json_scan(const char *text, size_t length, const char *name) MUST_CHECK;
