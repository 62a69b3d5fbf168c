/* logs_entry.c: entries of log files. See logs_entry.h; next file: logs_files.h */
#include "logs_entry.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is still to be read of a line, and where its text is put meanwhile: never behind. */
struct cursor {
	char *at, *end;
};

static bool take(struct cursor *c, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
		return false;
	c->at += length;
	return true;
}

static char *put_character(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = code;
	} else if (code < 0x800) {
		*out++ = 0xc0 | code >> 6;
		*out++ = 0x80 | (code & 0x3f);
	} else {
		*out++ = 0xe0 | code >> 12;
		*out++ = 0x80 | (code >> 6 & 0x3f);
		*out++ = 0x80 | (code & 0x3f);
	}
	return out;
}

/* Four hexadecimal digits; -1: they are not. */
static int32_t take_code(struct cursor *c)
{
	char digits[5] = "", *end;
	long code;

	if (c->end - c->at < 4)
		return -1;
	memcpy(digits, c->at, 4);
	code = strtol(digits, &end, 16);
	if (end != digits + 4 || digits[0] == '-' || digits[0] == '+' || digits[0] == ' ')
		return -1;
	c->at += 4;
	return code;
}

/* After a backslash. NULL: no such escape. The result is never longer than what it stood for. */
static char *take_escape(struct cursor *c, char *out)
{
	static const char letters[][2] = {{'n', '\n'}, {'"', '"'},  {'\\', '\\'}, {'t', '\t'},
					  {'r', '\r'}, {'b', '\b'}, {'f', '\f'},  {'/', '/'}};
	char letter = c->at < c->end ? *c->at++ : '\0';
	int32_t code;

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letter == letters[i][0]) {
			*out = letters[i][1];
			return out + 1;
		}
	if (letter != 'u')
		return NULL;
	code = take_code(c);
	return code < 0 ? NULL : put_character(out, code);
}

/* A string after its opening quote, the closing one included; the text is put where it stood. */
static bool take_string(struct cursor *c, char **ret_text, size_t *ret_length)
{
	char *out = c->at;

	*ret_text = out;
	while (c->at < c->end && *c->at != '"') {
		if (*c->at != '\\') {
			*out++ = *c->at++;
			continue;
		}
		c->at++;
		out = take_escape(c, out);
		if (!out)
			return false;
	}
	*ret_length = out - *ret_text;
	return take(c, "\"");
}

bool logs_entry_parse(char *line, size_t length, struct logs_entry *ret_entry)
{
	struct cursor c = {line, line + length};
	struct logs_entry entry;
	size_t stream, time;
	char *name, *stamp;

	if (!take(&c, "{\"log\":\"") || !take_string(&c, &entry.text, &entry.length) ||
	    !take(&c, ",\"stream\":\"") || !take_string(&c, &name, &stream) ||
	    !take(&c, ",\"time\":\"") || !take_string(&c, &stamp, &time) || !take(&c, "}"))
		return false;
	stamp[time] = '\0'; /* the quote's place, or before it */
	entry.time = stamp;
	entry.is_error = stream == strlen("stderr") && memcmp(name, "stderr", stream) == 0;
	*ret_entry = entry;
	return true;
}
