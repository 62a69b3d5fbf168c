/*
 * main.c: husk-runtime starts here. The reading order goes from main.c to commands.h, commands.c,
 * commands_life.c, container.h and create.c: what `husk-runtime run` does, in the order it does it.
 */
#include "../base/scope.h"
#include "commands.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

/*
 * A caller may have closed 0, 1 or 2. The next open(2) would then give, say, the state directory
 * the number of standard error, and every message would go there.
 */
static int fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0) {
		perror("husk-runtime: open /dev/null");
		return -1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (fill_standard_fds() < 0)
		return 1;
	/* What we make has the modes that the code says; a container's umask is its own matter. */
	umask(022);
	/* A reader of our output that has gone is an error of one write(2), not our end half way. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	return commands_run(argc, argv);
}
