/*
 * json_scan.c: the second look at a JSON text. json-c has read it already, so brackets match and
 * strings end; what json-c merges, cuts or rounds without a word is refused here, with the line:
 *
 *	two equal keys in an object     which one counts? a checker may have looked at the other
 *	NUL, as \u0000                  C would see a shorter string than the checker did
 *	integers beyond 64 bits         json-c takes the nearest
 *	NaN, 'x', 00, 1.                not JSON
 *	bytes that are not UTF-8        config.md, "Configuration"; also overlong and surrogates
 *
 * See json.h; next file: bind.c
 */
#include "err.h"
#include "json.h"

#include <ctype.h>
#include <string.h>

struct key {
	const char *text; /* decoded */
	size_t length;
	unsigned int line;
};

struct level {
	bool is_object;
	size_t first_key; /* in scan.keys */
};

struct scan {
	const char *name, *next, *end;
	unsigned int line;
	bool key_comes; /* the next string is a key */
	int depth;
	struct level levels[JSON_MAX_DEPTH + 1];
	struct key *keys; /* of all open objects */
	size_t count, capacity;
	struct arena arena; /* keys that had escapes */
};

/* The length of the UTF-8 sequence at text, RFC 3629; 0: it is none. */
static int utf8_length(const unsigned char *text, const char *end)
{
	size_t room = end - (const char *)text;
	unsigned char first = text[0], second = room > 1 ? text[1] : 0;
	int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if (first < 0xc2 || first > 0xf4 || room < (size_t)length)
		return 0;
	for (int i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, beyond U+10FFFF */
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return length;
}

const char *json_find_not_utf8(const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		int length = (unsigned char)*text < 0x80
				     ? 1
				     : utf8_length((const unsigned char *)text, end);

		if (!length)
			return text;
		text += length;
	}
	return NULL;
}

char *json_make_utf8(char *text)
{
	for (char *bad = text; (bad = (char *)json_find_not_utf8(bad));)
		*bad = '?';
	return text;
}

static char *put_utf8(char *out, unsigned int code)
{
	if (code < 0x80) {
		*out++ = code;
		return out;
	}
	if (code < 0x800) {
		*out++ = 0xc0 | code >> 6;
	} else {
		if (code < 0x10000) {
			*out++ = 0xe0 | code >> 12;
		} else {
			*out++ = 0xf0 | code >> 18;
			*out++ = 0x80 | (code >> 12 & 0x3f);
		}
		*out++ = 0x80 | (code >> 6 & 0x3f);
	}
	*out++ = 0x80 | (code & 0x3f);
	return out;
}

static unsigned int hex4(const char *text)
{
	char digits[5] = {0};

	memcpy(digits, text, 4);
	return strtoul(digits, NULL, 16);
}

/* The code point of an escape, "n" or "u00e9": two escapes if it is a surrogate pair. */
static unsigned int decode_escape(const char **text)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name = strchr(names, **text);
	unsigned int code;

	if (**text != 'u') {
		code = name ? values[name - names] : **text;
		*text += 1;
		return code;
	}
	code = hex4(*text + 1);
	*text += 5;
	if (code >= 0xd800 && code < 0xdc00 && (*text)[0] == '\\' && (*text)[1] == 'u') {
		code = 0x10000 + ((code & 0x3ff) << 10) + (hex4(*text + 2) & 0x3ff);
		*text += 6;
	}
	return code;
}

/* "a" and "\u0061" are the same key. */
static int decode(struct scan *scan, struct key *key)
{
	const char *text = key->text, *end = key->text + key->length;
	char *decoded, *out;

	if (!memchr(text, '\\', key->length))
		return 0;
	out = decoded = arena_alloc(&scan->arena, key->length);
	if (!out)
		return -1;
	while (text < end) {
		if (*text == '\\') {
			text++;
			out = put_utf8(out, decode_escape(&text));
		} else {
			*out++ = *text++;
		}
	}
	key->text = decoded;
	key->length = out - decoded;
	return 0;
}

static int add_key(struct scan *scan, const char *text, size_t length)
{
	struct key key = {.text = text, .length = length, .line = scan->line};

	if (scan->count == scan->capacity) {
		size_t capacity = scan->capacity ? 2 * scan->capacity : 64;
		struct key *keys = realloc(scan->keys, capacity * sizeof(*keys));

		if (!keys)
			return err_set(ENOMEM, "out of memory");
		scan->keys = keys;
		scan->capacity = capacity;
	}
	if (decode(scan, &key) < 0)
		return -1;
	scan->keys[scan->count++] = key;
	scan->key_comes = false;
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->text, b->text, a->length);
}

/* Sorted, equal keys are neighbours. An object with all of 50,000 keys is no trouble. */
static int close_object(struct scan *scan)
{
	size_t first = scan->levels[scan->depth].first_key;
	struct key *keys = scan->keys + first;
	size_t count = scan->count - first;

	if (count > 1)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		unsigned int line =
			keys[i].line > keys[i - 1].line ? keys[i].line : keys[i - 1].line;
		char shown[64];

		if (compare_keys(&keys[i - 1], &keys[i]) != 0)
			continue;
		snprintf(shown, sizeof(shown), "%.*s", (int)keys[i].length, keys[i].text);
		return err_set(EINVAL, "%s:%u: duplicate key \"%s\"", scan->name, line,
			       str_printable(shown));
	}
	scan->count = first;
	return 0;
}

static int scan_string(struct scan *scan)
{
	const char *begin = ++scan->next, *c = begin;

	while (c < scan->end && *c != '"') {
		if (*c == '\\') {
			if (scan->end - c >= 6 && memcmp(c, "\\u0000", 6) == 0)
				return err_set(EINVAL, "%s:%u: NUL in a string (\\u0000)",
					       scan->name, scan->line);
			c += 2;
		} else if ((unsigned char)*c < 0x80) {
			if ((unsigned char)*c < ' ')
				return err_set(EINVAL,
					       "%s:%u: control character 0x%02x in a string: "
					       "JSON wants \\u%04x",
					       scan->name, scan->line, *c, *c);
			c++;
		} else {
			int length = utf8_length((const unsigned char *)c, scan->end);

			if (!length)
				return err_set(EINVAL, "%s:%u: byte 0x%02x is not UTF-8",
					       scan->name, scan->line, (unsigned char)*c);
			c += length;
		}
	}
	scan->next = c + 1;
	return scan->key_comes ? add_key(scan, begin, c - begin) : 0;
}

/* RFC 8259, "Numbers": no leading zero, digits on both sides of the point. */
static bool is_number(const char *text)
{
	const char *digits = text + (*text == '-'), *point = strchr(digits, '.');

	if (!isdigit(*digits) || (*digits == '0' && isdigit(digits[1])))
		return false;
	return !point || isdigit(point[1]);
}

static int scan_number(struct scan *scan)
{
	const char *begin = scan->next;
	size_t length = 0, whole;
	char digits[24];

	while (begin + length < scan->end && strchr("+-.0123456789Ee", begin[length]))
		length++;
	scan->next += length;
	whole = length < sizeof(digits) ? length : sizeof(digits) - 1;
	memcpy(digits, begin, whole);
	digits[whole] = '\0';
	if (!is_number(digits))
		return err_set(EINVAL, "%s:%u: '%s' is not a number", scan->name, scan->line,
			       digits);
	if (memchr(begin, '.', length) || memchr(begin, 'e', length) || memchr(begin, 'E', length))
		return 0;
	errno = 0;
	if (*digits == '-')
		strtoll(digits, NULL, 10);
	else
		strtoull(digits, NULL, 10);
	if (errno || whole < length)
		return err_set(ERANGE, "%s:%u: number %s%s does not fit in 64 bits", scan->name,
			       scan->line, digits, whole < length ? "..." : "");
	return 0;
}

static int scan_open(struct scan *scan, bool is_object)
{
	if (scan->depth == JSON_MAX_DEPTH)
		return err_set(EINVAL, "%s:%u: nested deeper than %d", scan->name, scan->line,
			       JSON_MAX_DEPTH);
	scan->depth++;
	scan->levels[scan->depth] = (struct level){is_object, scan->count};
	scan->key_comes = is_object;
	scan->next++;
	return 0;
}

static int scan_close(struct scan *scan)
{
	if (scan->depth == 0)
		return err_set(EINVAL, "%s:%u: unexpected bracket", scan->name, scan->line);
	if (scan->levels[scan->depth].is_object && close_object(scan) < 0)
		return -1;
	scan->depth--;
	scan->key_comes = false;
	scan->next++;
	return 0;
}

static int scan_next(struct scan *scan)
{
	switch (*scan->next) {
	case '"':
		return scan_string(scan);
	case '{':
	case '[':
		return scan_open(scan, *scan->next == '{');
	case '}':
	case ']':
		return scan_close(scan);
	case '-':
	case '0' ... '9':
		return scan_number(scan);
	case 'N':
	case 'I':
		return err_set(EINVAL, "%s:%u: NaN and Infinity are not JSON", scan->name,
			       scan->line);
	case '\'':
		return err_set(EINVAL, "%s:%u: expected \" instead of '", scan->name, scan->line);
	case ',':
		scan->key_comes = scan->levels[scan->depth].is_object;
		break;
	case '\n':
		scan->line++;
		break;
	}
	scan->next++; /* spaces, ':', letters of true, false and null */
	return 0;
}

int json_scan(const char *text, size_t length, const char *name)
{
	struct scan scan = {.name = name, .next = text, .end = text + length, .line = 1};
	int result = 0;

	while (scan.next < scan.end && result == 0)
		result = scan_next(&scan);
	free(scan.keys);
	arena_free(&scan.arena);
	return result;
}
