/* memory-hog MIB: takes and touches MIB mebibytes of memory, and holds them. */
#define _GNU_SOURCE
#include "attack.h"

#include <sys/mman.h>

int main(int argc, char **argv)
{
	long mib = argc > 1 ? atol(argv[1]) : 256;

	started();
	for (long i = 0; i < mib; i++) {
		char *piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (piece == MAP_FAILED)
			return blocked("mmap");
		memset(piece, 1, 1 << 20);
	}
	hold("MiB", mib);
	return 0;
}
