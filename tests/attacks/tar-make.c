/*
 * tar-make MEMBER...: writes a tar that no tar(1) would write to standard output. A MEMBER is
 * TYPE,NAME[,CONTENT[,SIZE]]: TYPE is tar's: 0 file, 1 hard link and 2 symbolic link to CONTENT,
 * 3 and 4 devices, 5 directory, 6 FIFO, x a pax header, whose CONTENT is "KEYWORD=VALUE".
 * SIZE is what the header says that the content has, whatever it has.
 */
#include "attack.h"

enum { BLOCK = 512 };

/* The next field of *text, or "" at its end. */
static char *next_field(char **text)
{
	char *field = strsep(text, ",");

	return field ? field : "";
}

static void write_padded(const char *content, size_t size)
{
	static const char zeros[BLOCK];

	fwrite(content, 1, size, stdout);
	fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, stdout);
}

/* A record of a pax header begins with its own length in decimal, these digits included. */
static const char *pax_record(const char *content)
{
	static char record[16 * BLOCK];
	size_t length = strlen(content) + 3;

	for (size_t limit = 10; length >= limit; limit *= 10)
		length++;
	snprintf(record, sizeof(record), "%zu %s\n", length, content);
	return record;
}

static void write_header(const char *type, const char *name, const char *link, long long size)
{
	char block[BLOCK] = "";
	unsigned int sum = 0;

	snprintf(block, 100, "%s", name);
	snprintf(block + 100, 24, "%s", *type == '5' ? "0000777" : "0004755");
	snprintf(block + 108, 8, "%07o", 0);
	snprintf(block + 116, 8, "%07o", 0);
	snprintf(block + 124, 13, "%012llo", size); /* 12 digits, for 64 GiB */
	snprintf(block + 136, 12, "%011o", 1);
	memset(block + 148, ' ', 8);
	block[156] = *type;
	snprintf(block + 157, 100, "%s", link);
	memcpy(block + 257, "ustar\00000", 8);
	snprintf(block + 329, 8, "%07o", 1);
	snprintf(block + 337, 8, "%07o", 11);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	fwrite(block, 1, BLOCK, stdout);
}

static void write_member(char *text)
{
	const char *type = next_field(&text), *name = next_field(&text);
	const char *content = next_field(&text), *size_text = next_field(&text);
	const char *link = "";
	long long size;

	if (*type == '1' || *type == '2') {
		link = content;
		content = "";
	}
	if (*type == 'x')
		content = pax_record(content);
	size = *size_text ? atoll(size_text) : (long long)strlen(content);
	write_header(type, name, link, size);
	write_padded(content, strlen(content));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		write_member(argv[i]);
	fwrite((const char[2 *BLOCK]){0}, 1, 2 * BLOCK, stdout);
	return 0;
}
