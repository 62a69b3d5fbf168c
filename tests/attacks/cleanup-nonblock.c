/*
 * cleanup-nonblock CMD...: runs CMD with a standard output that others have made non-blocking, as a
 * terminal's or a pipe's can be: the flag belongs to the open file, not to the process. A test's
 * tool, not an attack.
 */
#include "attack.h"

int main(int argc, char **argv)
{
	if (argc < 2 ||
	    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK | fcntl(STDOUT_FILENO, F_GETFL)) < 0)
		return blocked("set O_NONBLOCK");
	execvp(argv[1], argv + 1);
	return blocked(argv[1]);
}
