/* fork-once: one fork(2), the first thing it does. */
#include "attack.h"

int main(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	started();
	if (pid < 0)
		return blocked("fork");
	wait(NULL);
	puts("ESCAPED forked");
	return 0;
}
