/* json.c: json-c, and only here. See json.h; next file: json_scan.c */
#include "json.h"
#include "err.h"
#include "fd.h"

#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

static unsigned int line_at(const char *text, size_t offset)
{
	unsigned int line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* What people save by mistake, in words that say what to do. */
static int check_encoding(const char *text, size_t length, const char *name)
{
	const char *nul = memchr(text, '\0', length);

	if (length == 0)
		return err_set(EINVAL, "%s: is empty, expected a JSON object", name);
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return err_set(EINVAL, "%s: begins with a byte order mark: save it without", name);
	if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 ||
			    text[0] == '\0' || text[1] == '\0'))
		return err_set(EINVAL, "%s: is UTF-16 or UTF-32: save it as UTF-8", name);
	if (nul)
		return err_set(EINVAL, "%s:%u: has a NUL byte", name, line_at(text, nul - text));
	return 0;
}

static int explain(struct json_tokener *tokener, const char *text, size_t length, const char *name)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t at = json_tokener_get_parse_end(tokener);
	unsigned int line = line_at(text, at < length ? at : length);

	if (error == json_tokener_error_depth)
		return err_set(EINVAL, "%s:%u: nested deeper than %d", name, line, JSON_MAX_DEPTH);
	if (error == json_tokener_continue || at >= length)
		return err_set(EINVAL, "%s:%u: ends in the middle: the file is cut", name, line);
	return err_set(EINVAL, "%s:%u: not JSON: %s", name, line, json_tokener_error_desc(error));
}

static int check_rest(const char *text, size_t at, size_t length, const char *name)
{
	size_t end = at + strspn(text + at, " \t\r\n");

	if (end < length)
		return err_set(EINVAL, "%s:%u: text after the end of the JSON object", name,
			       line_at(text, end));
	return 0;
}

/* The text has a NUL after its end: json-c is given it, to know that a number ends there. */
static int parse(struct json_tokener *tokener, const char *text, size_t length, const char *name,
		 struct json_object **ret_root)
{
	auto_json struct json_object *root = NULL;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	root = json_tokener_parse_ex(tokener, text, length + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		return explain(tokener, text, length, name);
	if (check_rest(text, json_tokener_get_parse_end(tokener), length, name) < 0)
		return -1;
	if (json_kind(root) != JSON_OBJECT)
		return err_set(EINVAL, "%s: expected a JSON object", name);
	if (json_scan(text, length, name) < 0)
		return -1;
	*ret_root = TAKE_PTR(root);
	return 0;
}

static int parse_terminated(const char *text, size_t length, const char *name,
			    struct json_object **ret_root)
{
	struct json_tokener *tokener;
	int result;

	if (check_encoding(text, length, name) < 0)
		return -1;
	tokener = json_tokener_new_ex(JSON_MAX_DEPTH);
	if (!tokener)
		return err_set(ENOMEM, "out of memory");
	result = parse(tokener, text, length, name, ret_root);
	json_tokener_free(tokener);
	return result;
}

int json_parse(const char *text, size_t length, const char *name, struct json_object **ret_root)
{
	auto_free char *copy = NULL;

	if (length > JSON_MAX_SIZE)
		return err_set(EFBIG, "%s: has more than %d bytes", name, JSON_MAX_SIZE);
	copy = malloc(length + 1);
	if (!copy)
		return err_set(ENOMEM, "out of memory");
	memcpy(copy, text, length);
	copy[length] = '\0';
	return parse_terminated(copy, length, name, ret_root);
}

int json_read(int fd, const char *name, struct json_object **ret_root)
{
	auto_free char *text = NULL;
	size_t length = 0;
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return err_sys("%s: fstat", name);
	if (!S_ISREG(stat.st_mode))
		return err_set(EINVAL, "%s: is not a regular file", name);
	if (stat.st_size > JSON_MAX_SIZE)
		return err_set(EFBIG, "%s: has more than %d bytes", name, JSON_MAX_SIZE);
	text = malloc(stat.st_size + 1);
	if (!text)
		return err_set(ENOMEM, "out of memory");
	while (length < (size_t)stat.st_size) {
		ssize_t got = pread(fd, text + length, stat.st_size - length, length);

		if (got < 0 && errno != EINTR)
			return err_sys("read %s", name);
		if (got == 0)
			break;
		if (got > 0)
			length += got;
	}
	text[length] = '\0';
	return parse_terminated(text, length, name, ret_root);
}

int json_read_stream(int fd, const char *name, struct json_object **ret_root)
{
	struct arena arena = {0};
	size_t length = 0;
	char *text = NULL;
	int result = fd_read_text(fd, JSON_MAX_SIZE, &arena, &text, &length);

	if (result < 0)
		err_wrap("%s", name);
	else
		result = parse_terminated(text, length, name, ret_root);
	arena_free(&arena);
	return result;
}

void json_free(struct json_object *root)
{
	json_object_put(root);
}

enum json_kind json_kind(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return JSON_NULL;
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INTEGER;
	case json_type_double:
		return JSON_FRACTION;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	}
	return JSON_NULL;
}

bool json_is_true(const struct json_object *value)
{
	return json_object_get_boolean(value);
}

bool json_is_negative(const struct json_object *value)
{
	return json_object_get_int64(value) < 0;
}

int64_t json_int(const struct json_object *value)
{
	return json_object_get_int64(value);
}

uint64_t json_uint(const struct json_object *value)
{
	return json_object_get_uint64(value);
}

/* json-c keeps a text inside of some values: that is why its functions take no const. */
const char *json_string(const struct json_object *value, size_t *ret_length)
{
	*ret_length = json_object_get_string_len(value);
	return json_object_get_string((struct json_object *)value);
}

size_t json_count(const struct json_object *array_or_object)
{
	if (json_object_is_type(array_or_object, json_type_array))
		return json_object_array_length(array_or_object);
	return json_object_object_length(array_or_object);
}

struct json_object *json_item(const struct json_object *array, size_t index)
{
	return json_object_array_get_idx(array, index);
}

struct json_cursor json_first(const struct json_object *object)
{
	return (struct json_cursor){.next = json_object_get_object(object)->head};
}

bool json_next(struct json_cursor *cursor)
{
	struct lh_entry *entry = cursor->next;

	if (!entry)
		return false;
	cursor->key = lh_entry_k(entry);
	cursor->value = (struct json_object *)lh_entry_v(entry);
	cursor->next = entry->next;
	return true;
}

struct json_object *json_new_object(void)
{
	return json_object_new_object();
}

struct json_object *json_new_array(void)
{
	return json_object_new_array();
}

struct json_object *json_new_bool(bool value)
{
	return json_object_new_boolean(value);
}

struct json_object *json_new_int(int64_t value)
{
	return json_object_new_int64(value);
}

struct json_object *json_new_uint(uint64_t value)
{
	return json_object_new_uint64(value);
}

struct json_object *json_new_string(const char *value)
{
	return json_object_new_string(value);
}

int json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return err_set(ENOMEM, "out of memory");
}

int json_append(struct json_object *array, struct json_object *value)
{
	if (value && json_object_array_add(array, value) == 0)
		return 0;
	json_object_put(value);
	return err_set(ENOMEM, "out of memory");
}

int json_add_members(struct json_object *object, const struct json_member *members)
{
	int failed = 0;

	for (; members->key; members++)
		failed |= json_add(object, members->key, members->value);
	return failed;
}

struct json_object *json_new_members(const struct json_member *members)
{
	struct json_object *object = json_new_object();

	if (json_add_members(object, members) == 0)
		return object;
	json_free(object);
	return NULL;
}

int json_text(const struct json_object *value, enum json_style style, struct arena *arena,
	      char **ret_text)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (style == JSON_PRETTY)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB |
			 JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_ext((struct json_object *)value, flags);
	if (!text)
		return err_set(ENOMEM, "out of memory");
	*ret_text = arena_copy(arena, text, strlen(text));
	return *ret_text ? 0 : -1;
}
