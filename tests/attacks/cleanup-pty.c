/*
 * cleanup-pty CMD...: runs CMD with a new terminal as its standard streams, and prints what CMD
 * prints there. Exit status: CMD's. A test's tool, not an attack: it stands for somebody's shell.
 */
#define _GNU_SOURCE
#include "attack.h"

static void run_on(const char *terminal, char **command)
{
	int fd;

	setsid();
	fd = open(terminal, O_RDWR);
	for (int stream = 0; stream <= 2; stream++)
		dup2(fd, stream);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	char terminal[64], text[4096];
	ssize_t size;
	pid_t pid;

	if (argc < 2 || master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, terminal, sizeof(terminal)) != 0)
		return blocked("make a terminal");
	pid = fork();
	if (pid == 0)
		run_on(terminal, argv + 1);
	/* EIO: nobody has the other side open any more; or not yet, right at the beginning. */
	while ((size = read(master, text, sizeof(text))) > 0 || waitpid(pid, &status, WNOHANG) == 0)
		if (size > 0 && write(STDOUT_FILENO, text, size) < 0)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
