/* fork-bomb N: N processes at one time, or as many as it gets; bounded, and gone when asked. */
#include "attack.h"

#include <signal.h>

int main(int argc, char **argv)
{
	long wanted = argc > 1 ? atol(argv[1]) : 120, count;
	pid_t *children = calloc(wanted, sizeof(*children));

	started();
	for (count = 0; children && count < wanted; count++) {
		children[count] = fork();
		if (children[count] < 0)
			break;
		if (children[count] == 0) {
			pause();
			_exit(0);
		}
	}
	hold("children", count);
	for (long i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
