/* cpu-hog SECONDS PROCESSES: computes nothing, as fast as it can, for SECONDS of wall time. */
#include "attack.h"

#include <time.h>

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	int processes = argc > 2 ? atoi(argv[2]) : 2;
	struct timespec begin, now;

	started();
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 1; i < processes; i++)
		if (fork() == 0)
			break;
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);
	while (wait(NULL) > 0)
		;
	return 0;
}
