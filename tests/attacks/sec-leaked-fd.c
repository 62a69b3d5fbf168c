/*
 * sec-leaked-fd FILE: looks for FILE below every descriptor that it was born with: an open
 * directory is a way into the mount namespace it was opened in, whatever the root is. First by
 * openat(2), then by fchdir(2).
 */
#define _GNU_SOURCE
#include "attack.h"

int main(int argc, char **argv)
{
	int fd, found = -1;

	started();
	for (fd = 3; argc > 1 && fd < 64 && found < 0; fd++) {
		found = openat(fd, argv[1], O_RDONLY);
		if (found < 0)
			continue;
		close(found);
		if (fchdir(fd) == 0)
			return read_token(argv[1]);
	}
	return blocked("openat");
}
