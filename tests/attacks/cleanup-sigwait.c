/*
 * cleanup-sigwait: what small programs for PID 1 do: they block signals and wait for them by
 * sigtimedwait(2). Ends with 7 when it has got a SIGTERM that way.
 */
#include "attack.h"

#include <signal.h>

int main(void)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	started();
	return sigwaitinfo(&wanted, NULL) == SIGTERM ? 7 : 1;
}
