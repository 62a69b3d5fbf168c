/* sysctl.c: kernel parameters of namespaces. See sysctl.h; next file: lsm.h */
#include "sysctl.h"
#include "../base/err.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "ns.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* linux/proc_fs.h of the kernel: every procfs has it. */
enum { PROC_ROOT_INODE = 1 };

/*
 * Every parameter that belongs to a namespace, as a path below /proc/sys; what ends in '*' is a
 * beginning. Everything else is the machine's.
 */
static const struct {
	const char *pattern;
	int namespace;
	const char *own; /* the caller's namespace */
} parameters[] = {
	{"net/*", CLONE_NEWNET, "/proc/self/ns/net"},
	{"fs/mqueue/*", CLONE_NEWIPC, "/proc/self/ns/ipc"},
	{"kernel/shm*", CLONE_NEWIPC, "/proc/self/ns/ipc"},
	{"kernel/msg*", CLONE_NEWIPC, "/proc/self/ns/ipc"},
	{"kernel/sem", CLONE_NEWIPC, "/proc/self/ns/ipc"},
	{"kernel/sem_next_id", CLONE_NEWIPC, "/proc/self/ns/ipc"},
	{"kernel/domainname", CLONE_NEWUTS, "/proc/self/ns/uts"},
};

/*
 * sysctl(8) takes "net.ipv4.conf.eth0/1.forwarding" and "net/ipv4/conf/eth0.1/forwarding" for the
 * same: which of the two comes first is the separator, the other one is part of a name.
 */
static int make_path(const char *key, char *ret_path, size_t size)
{
	const char *first = strpbrk(key, "./");
	size_t length = strlen(key);

	if (length >= size)
		return err_set(ENAMETOOLONG, "linux.sysctl: a name of %zu bytes", length);
	for (size_t i = 0; i <= length; i++) {
		ret_path[i] = key[i];
		if (first && *first == '.' && key[i] == '.')
			ret_path[i] = '/';
		else if (first && *first == '.' && key[i] == '/')
			ret_path[i] = '.';
	}
	return 0;
}

static bool has_control_characters(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			return true;
	return false;
}

static bool matches(const char *pattern, const char *path)
{
	size_t length = strlen(pattern);

	if (pattern[length - 1] == '*')
		return strncmp(pattern, path, length - 1) == 0;
	return strcmp(pattern, path) == 0;
}

/* The namespace is another one than the caller's: new, or joined by the path of another one. */
static bool is_own_namespace(const struct spec *spec, int namespace, const char *own)
{
	const struct spec_namespace *entry = spec_find_namespace(spec, namespace);
	struct stat ours, theirs;

	if (!entry)
		return false;
	if (!entry->path)
		return true;
	return stat(own, &ours) == 0 && stat(entry->path, &theirs) == 0 &&
	       (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev);
}

static int check_one(const struct spec *spec, const char *key)
{
	char path[PATH_MAX], absolute[PATH_MAX + 1];

	if (has_control_characters(key))
		return err_set(EINVAL, "linux.sysctl: a name with control characters");
	if (make_path(key, path, sizeof(path)) < 0)
		return -1;
	snprintf(absolute, sizeof(absolute), "/%s", path);
	if (!path_is_clean(absolute))
		return err_set(EINVAL, "linux.sysctl: '%s' is not the name of a parameter", key);
	if (strcmp(path, "kernel/hostname") == 0)
		return err_set(EINVAL, "linux.sysctl: %s: set `hostname` instead", key);
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		if (!matches(parameters[i].pattern, path))
			continue;
		if (is_own_namespace(spec, parameters[i].namespace, parameters[i].own))
			return 0;
		return err_set(EINVAL,
			       "linux.sysctl: %s would change the machine: the container has no %s "
			       "namespace of its own",
			       key, ns_name(parameters[i].namespace));
	}
	return err_set(EINVAL,
		       "linux.sysctl: %s belongs to the machine, not to a namespace; set it there "
		       "with sysctl(8)",
		       key);
}

int sysctl_check(const struct spec *spec)
{
	for (size_t i = 0; i < spec->linux.sysctl.count; i++)
		if (check_one(spec, spec->linux.sysctl.items[i].key) < 0)
			return -1;
	return 0;
}

int sysctl_open_file(int proc_fd, const char *path, int flags, int *ret_fd)
{
	const struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
				     .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
						RESOLVE_NO_XDEV};
	int fd = sys_openat2(proc_fd, path, &how);

	if (fd < 0)
		return err_sys("open /proc/%s", path);
	*ret_fd = fd;
	return 0;
}

static int write_one(int proc_fd, const struct str_pair *parameter)
{
	char name[PATH_MAX], path[PATH_MAX + 8];
	auto_close int fd = -1;

	if (make_path(parameter->key, name, sizeof(name)) < 0)
		return -1;
	snprintf(path, sizeof(path), "sys/%s", name);
	if (sysctl_open_file(proc_fd, path, O_WRONLY, &fd) < 0) {
		if (err_last()->code == ENOENT)
			return err_set(ENOENT, "linux.sysctl: this kernel has no %s",
				       parameter->key);
		return err_wrap("linux.sysctl: %s", parameter->key);
	}
	if (write(fd, parameter->value, strlen(parameter->value)) < 0)
		return err_sys("linux.sysctl: write '%s' to %s", parameter->value, parameter->key);
	return 0;
}

int sysctl_apply(int proc_fd, const struct spec *spec)
{
	for (size_t i = 0; i < spec->linux.sysctl.count; i++)
		if (write_one(proc_fd, &spec->linux.sysctl.items[i]) < 0)
			return -1;
	return 0;
}

static int make_proc(int *ret_proc_fd)
{
	auto_close int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	fd = sys_fsmount(fs, FSMOUNT_CLOEXEC,
			 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return -1;
	*ret_proc_fd = fd;
	return 0;
}

int sysctl_open_proc(int *ret_proc_fd)
{
	auto_close int fd = -1;
	struct statfs fs;
	struct stat st;

	if (make_proc(&fd) == 0) {
		*ret_proc_fd = TAKE_FD(fd);
		return 0;
	}
	if (errno != EPERM)
		return err_sys("make a private procfs");
	fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return err_sys("open /proc");
	/* Its root, not one of its directories. */
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INODE)
		return err_set(EPERM, "/proc is not a procfs");
	*ret_proc_fd = TAKE_FD(fd);
	return 0;
}
