/*
 * main.c: husk starts here. The reading order goes from main.c to command.h, command.c, cmd_run.c,
 * box.h, life.h and life.c: what `husk run` does, in the order it does it.
 */
#include "command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

/*
 * A caller may have closed 0, 1 or 2. The next open(2) would then give, say, a box's directory the
 * number of standard error, and every message would go there.
 */
static int fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0) {
		perror("husk: open /dev/null");
		return -1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (fill_standard_fds() < 0)
		return EXIT_HUSK;
	umask(022);
	/* A reader of our output that has gone is an error of one write(2), not our end half way. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_HUSK;
	/* A caller that ignores it would make the kernel reap, and us lose every status. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return EXIT_HUSK;
	return command_run(argc, argv);
}
