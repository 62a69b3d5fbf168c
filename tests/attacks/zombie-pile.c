/* zombie-pile N: orphans N processes that end at once. Who reaps them? Process 1, or nobody. */
#include "attack.h"

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 20;

	started();
	for (int i = 0; i < wanted; i++) {
		pid_t parent = fork();

		if (parent == 0)
			_exit(fork() < 0); /* its child outlives it, for an instant */
		if (parent < 0)
			return blocked("fork");
		waitpid(parent, NULL, 0);
	}
	hold("orphans", wanted);
	return 0;
}
