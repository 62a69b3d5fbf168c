/*
 * cleanup-cling [ignore]: takes off the signal that its runtime asked the kernel to send should it
 * die, by becoming another user (prctl(2): a change of credentials clears PR_SET_PDEATHSIG) or,
 * where there is only one user, by hand. Then it stays, with a child in a session of its own.
 */
#include "attack.h"

#include <signal.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	int sig = -1;

	(void)argv;
	for (int i = 1; i < NSIG && argc > 1; i++)
		signal(i, SIG_IGN);
	started();
	if (setgid(65534) < 0 || setuid(65534) < 0)
		prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_GET_PDEATHSIG, &sig);
	if (sig != 0)
		return blocked("clear the parent death signal");
	if (fork() == 0)
		setsid();
	printf("HOLDING on, as user %u\n", getuid());
	for (;;)
		pause();
}
