/*
 * tar-flip SEED <TAR: copies a tar with one to eight of its bytes changed, and now and then cut
 * off. Where a header was changed its checksum is put right, so that what reads it reads on.
 */
#include "attack.h"

enum { BLOCK = 512, SUM = 148, SUM_SIZE = 8, MAX_SIZE = 1 << 20 };

static unsigned int checksum(const unsigned char *block)
{
	unsigned int sum = 0;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= SUM && i < SUM + SUM_SIZE ? ' ' : block[i];
	return sum;
}

static int is_header(const unsigned char *block)
{
	return block[0] && strtoul((const char *)block + SUM, NULL, 8) == checksum(block);
}

static void flip_byte(unsigned char *byte)
{
	const unsigned char likely[] = {0,    '/',  '.',  '0', '7', '-',
					0x80, 0xff, '\n', 'x', 'L', '1'};

	*byte = random() % 2 ? likely[random() % sizeof(likely)] : random();
}

int main(int argc, char **argv)
{
	static unsigned char tar[MAX_SIZE];
	size_t size = fread(tar, 1, sizeof(tar), stdin), at;
	int was_header;

	srandom(argc > 1 ? atoi(argv[1]) : 0);
	for (long flips = size ? 1 + random() % 8 : 0; flips > 0; flips--) {
		at = random() % size;
		was_header = is_header(tar + at / BLOCK * BLOCK);
		flip_byte(&tar[at]);
		if (was_header)
			snprintf((char *)tar + at / BLOCK * BLOCK + SUM, SUM_SIZE, "%06o",
				 checksum(tar + at / BLOCK * BLOCK));
	}
	if (size && random() % 16 == 0)
		size = random() % size;
	return fwrite(tar, 1, size, stdout) == size ? 0 : 1;
}
