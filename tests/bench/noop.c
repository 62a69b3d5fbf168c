/*
 * The program that the containers of the bench run. It ends at once; by the name /idle it stays,
 * by the name /calls it makes 4000 cheap system calls first, which is how `where` learns what
 * strace(1) adds to each.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";

	if (strstr(name, "/idle"))
		pause();
	if (!strstr(name, "/calls"))
		return 0;
	for (int i = 0; i < 2000; i++) {
		syscall(SYS_getppid);
		fcntl(0, F_GETFL);
	}
	return 0;
}
