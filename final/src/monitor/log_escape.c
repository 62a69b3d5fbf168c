/* log_escape.c: bytes of any kind as a JSON string. See log_file.h; next file: log_syslog.h */
#include "log_file.h"

#include <stdio.h>
#include <string.h>

/*
 * The length of the character at text, 0 if there is none: not UTF-8 (RFC 3629 section 4: no
 * surrogates, nothing longer than needed, nothing above U+10FFFF), or cut.
 */
static size_t character_length(const unsigned char *text, size_t length)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first byte, of the second one */
		size_t length;
	} rows[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (*text < rows[i].first || *text > rows[i].last)
			continue;
		if (length < rows[i].length || text[1] < rows[i].low || text[1] > rows[i].high)
			return 0;
		for (size_t at = 2; at < rows[i].length; at++)
			if ((text[at] & 0xc0) != 0x80)
				return 0;
		return rows[i].length;
	}
	return 0;
}

/* One byte that cannot stand for itself. */
static size_t escape_byte(char *ret, unsigned char byte)
{
	static const char letters[][2] = {{'\n', 'n'}, {'\t', 't'}, {'\r', 'r'}, {'\b', 'b'},
					  {'\f', 'f'}, {'"', '"'},  {'\\', '\\'}};
	char code[8];

	ret[0] = '\\';
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if ((unsigned char)letters[i][0] == byte) {
			ret[1] = letters[i][1];
			return 2;
		}
	snprintf(code, sizeof(code), "\\u%04x", byte < 0x80 ? byte : 0xfffd);
	memcpy(ret, code, 6);
	return 6;
}

size_t log_file_escape(char *ret, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;
	char *next = ret;
	size_t width;

	while (at < end) {
		if (*at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\') {
			*next++ = *at++;
			continue;
		}
		width = *at < 0x80 ? 0 : character_length(at, end - at);
		if (width) {
			memcpy(next, at, width);
			next += width;
			at += width;
		} else {
			next += escape_byte(next, *at++);
		}
	}
	return next - ret;
}
