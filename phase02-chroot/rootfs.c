/*
 * rootfs.c: the root file system, entered by chroot(2). See rootfs.h for the order of calls.
 */
#include "rootfs.h"
#include "husk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

const char *rootfs_default(void)
{
	static char own[4096];
	const char *chosen = getenv("HUSK_ROOTFS");
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (chosen && *chosen)
		return chosen;
	snprintf(own, sizeof(own), "%s%s/husk-course/rootfs/busybox",
		 data ? data : (home ? home : ""), data ? "" : "/.local/share");
	if (geteuid() != 0 && access(own, F_OK) == 0)
		return own;
	return "/var/lib/husk-course/rootfs/busybox";
}

int rootfs_open(const char *path)
{
	if (chdir(path) < 0)
		return fail("open root file system (rootfs-builder/build makes one)", path);
	return 0;
}

/* mknod(2) would need real root, and a node on disk outlives us: lend the host's node instead. */
static int bind_device(const char *name)
{
	char from[64], to[64];
	int fd;

	snprintf(from, sizeof(from), "/dev/%s", name);
	snprintf(to, sizeof(to), "dev/%s", name);
	fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); /* a bind mount needs a target */
	if (fd < 0)
		return fail("create", to);
	close(fd);
	return mount(from, to, NULL, MS_BIND, NULL) < 0 ? fail("bind device", from) : 0;
}

int rootfs_mount_dev(void)
{
	const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

	if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k") < 0)
		return fail("mount tmpfs on", "dev");
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (bind_device(devices[i]) < 0)
			return -1;
	return 0;
}

int rootfs_enter(void)
{
	if (chroot(".") < 0)
		return fail("chroot to", "the root file system");
	return chdir("/") < 0 ? fail("change directory to", "/") : 0;
}
