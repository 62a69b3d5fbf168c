/*
 * rootfs.c: the root file system, entered by pivot_root(2). See rootfs.h for the order of calls.
 */
#include "rootfs.h"
#include "husk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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

/* A symbolic link here would lead what we mount to where the image wants it: CVE-2023-28642. */
static int check_mount_points(const char *path)
{
	const char *const names[] = {"proc", "sys", "dev"};
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (fstatat(AT_FDCWD, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISDIR(st.st_mode))
				continue;
			errno = ENOTDIR;
		}
		fprintf(stderr, "husk: use %s in root file system %s: %s\n", names[i], path,
			strerror(errno));
		return -1;
	}
	return 0;
}

int rootfs_open(const char *path)
{
	/* pivot_root(2) takes nothing but a mount point: a bind mount of itself makes it one. */
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(path) < 0)
		return fail("open root file system (rootfs-builder/build makes one)", path);
	return check_mount_points(path);
}

enum { RECURSIVELY = 0x8000 };		/* AT_RECURSIVE */
enum { READ_ONLY = 1, NO_DEVICES = 4 }; /* MOUNT_ATTR_RDONLY, MOUNT_ATTR_NODEV */

/* mount(2) would need every flag of the mount repeated; mount_setattr(2) adds some. */
static int set_attributes(const char *path, uint64_t attributes, unsigned int flags)
{
	/* struct mount_attr, which glibc knows since 2.36 only */
	const struct {
		uint64_t set, clear, propagation, userns_fd;
	} attr = {.set = attributes};

	if (syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof(attr)) < 0)
		return fail("change attributes of mount", path);
	return 0;
}

int rootfs_mount_volume(const struct volume *volume)
{
	if (mount(volume->source, volume->target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail("mount volume on (make the place in ROOTFS first)", volume->target);
	if (set_attributes(volume->target, NO_DEVICES, RECURSIVELY) < 0)
		return -1;
	return volume->read_only ? set_attributes(volume->target, READ_ONLY, RECURSIVELY) : 0;
}

int rootfs_make_read_only(void)
{
	return set_attributes("/", READ_ONLY, 0);
}

int rootfs_mount_sys(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("sysfs", "sys", "sysfs", flags | MS_RDONLY, NULL) == 0)
		return 0;
	/* A user namespace that has no network namespace of its own gets EPERM: lend the host's. */
	if (errno != EPERM || mount("/sys", "sys", NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail("mount sysfs on", "sys");
	return set_attributes("sys", READ_ONLY, RECURSIVELY);
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

/* An instance of devpts and a tmpfs that nobody else has, where the host shares its own. */
static int mount_terminals_and_shm(void)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC;

	if (mkdir("dev/pts", 0755) < 0 || mkdir("dev/shm", 01777) < 0)
		return fail("create", "dev/pts and dev/shm");
	if (mount("devpts", "dev/pts", "devpts", flags, "newinstance,ptmxmode=666,mode=620") < 0)
		return fail("mount devpts on", "dev/pts");
	if (mount("tmpfs", "dev/shm", "tmpfs", flags | MS_NODEV, "mode=1777,size=64m") < 0)
		return fail("mount tmpfs on", "dev/shm");
	return 0;
}

/* Names that programs expect to find below /dev, each leading into another file system. */
static int link_devices(void)
{
	const char *const links[][2] = {
		{"pts/ptmx", "dev/ptmx"},	   {"/proc/self/fd", "dev/fd"},
		{"/proc/self/fd/0", "dev/stdin"},  {"/proc/self/fd/1", "dev/stdout"},
		{"/proc/self/fd/2", "dev/stderr"},
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			return fail("link", links[i][1]);
	return 0;
}

int rootfs_mount_dev(void)
{
	const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

	if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k") < 0)
		return fail("mount tmpfs on", "dev");
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (bind_device(devices[i]) < 0)
			return -1;
	return mount_terminals_and_shm() < 0 ? -1 : link_devices();
}

int rootfs_enter(void)
{
	/*
	 * With both arguments "." the old root lands on top of the new one (pivot_root(2), NOTES);
	 * detaching it takes the host's mounts out of this namespace, and no directory is needed.
	 * EINVAL: the host runs from an initramfs. EBUSY: ROOTFS is the host's own "/".
	 */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail("pivot_root to", "the root file system");
	if (umount2(".", MNT_DETACH) < 0)
		return fail("detach", "the old root");
	return chdir("/") < 0 ? fail("change directory to", "/") : 0;
}

/*
 * /dev/null for a file, an empty read-only tmpfs for a directory; a path that the kernel does not
 * have needs nothing.
 */
static int mask(const char *path, const char *null)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail("look at", path);
	if (S_ISDIR(st.st_mode)) {
		if (mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  "size=0k,nr_inodes=1,mode=555") < 0)
			return fail("mask", path);
	} else if (mount(null, path, NULL, MS_BIND, NULL) < 0) {
		return fail("mask", path);
	}
	return 0;
}

/* Through a link in its place we would bind a file of the image's choice: CVE-2025-31133. */
static int open_null(char *ret_path, size_t size)
{
	int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail("open", "/dev/null of the container");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
		errno = EINVAL;
		return fail("mask kernel files with", "/dev/null, which is not the null device");
	}
	snprintf(ret_path, size, "/proc/self/fd/%d", fd);
	return fd;
}

static int make_read_only(const char *path)
{
	if (access(path, F_OK) < 0)
		return 0;
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail("bind", path);
	return set_attributes(path, READ_ONLY, RECURSIVELY);
}

int rootfs_protect(void)
{
	/* What tells of the machine, or of its other users */
	const char *const masked[] = {
		"/proc/acpi",	       "/proc/asound",
		"/proc/interrupts",    "/proc/kcore",
		"/proc/keys",	       "/proc/kmsg",
		"/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi",	       "/proc/timer_list",
		"/proc/timer_stats",   "/proc/key-users",
		"/proc/kpagecgroup",   "/proc/kpagecount",
		"/proc/kpageflags",    "/sys/firmware",
		"/sys/kernel/debug",   "/sys/kernel/security",
		"/sys/kernel/tracing", "/sys/devices/virtual/powercap",
	};
	/* What commands the machine */
	const char *const read_only[] = {"/proc/bus", "/proc/fs",   "/proc/irq",
					 "/proc/sys", "/proc/mtrr", "/proc/sysrq-trigger"};
	char null[64];
	int fd, result;

	/* A device file opens the device behind it, whoever made it: those of /dev are enough. */
	if (set_attributes("/", NO_DEVICES, 0) < 0)
		return -1;
	fd = open_null(null, sizeof(null));
	result = fd < 0 ? -1 : 0;
	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked) && result == 0; i++)
		result = mask(masked[i], null);
	for (size_t i = 0; i < sizeof(read_only) / sizeof(*read_only) && result == 0; i++)
		result = make_read_only(read_only[i]);
	if (fd >= 0)
		close(fd);
	return result;
}
