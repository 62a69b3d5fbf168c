/* dev.c: device nodes and links of /dev. See dev.h; next file: tty.c */
#include "dev.h"
#include "../base/err.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "mount_opts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const struct spec_device defaults[] = {
	{.path = (char[]){"/dev/null"}, .type = 'c', .major = 1, .minor = 3},
	{.path = (char[]){"/dev/zero"}, .type = 'c', .major = 1, .minor = 5},
	{.path = (char[]){"/dev/full"}, .type = 'c', .major = 1, .minor = 7},
	{.path = (char[]){"/dev/random"}, .type = 'c', .major = 1, .minor = 8},
	{.path = (char[]){"/dev/urandom"}, .type = 'c', .major = 1, .minor = 9},
	{.path = (char[]){"/dev/tty"}, .type = 'c', .major = 5, .minor = 0},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},
};

static mode_t type_of(const struct spec_device *device)
{
	return device->type == 'b' ? S_IFBLK : device->type == 'p' ? S_IFIFO : S_IFCHR;
}

static dev_t number_of(const struct spec_device *device)
{
	return device->type == 'p' ? 0 : makedev(device->major, device->minor);
}

static mode_t mode_of(const struct spec_device *device)
{
	return (device->file_mode.set ? device->file_mode.value : 0666) & 07777;
}

static bool is_device(const struct stat *st, const struct spec_device *device)
{
	return (st->st_mode & S_IFMT) == type_of(device) && st->st_rdev == number_of(device);
}

static int refuse(const struct spec_device *device)
{
	return err_set(EEXIST, "%s is in the rootfs already, and is not the device %c %lld:%lld",
		       device->path, device->type, (long long)device->major,
		       (long long)device->minor);
}

static int set_owner(int parent, const char *name, const struct spec_device *device)
{
	auto_close int fd = -1;
	struct stat st;

	if (!device->uid.value && !device->gid.value)
		return 0;
	/* The rootfs may be shared with a container that runs: is it still what was made? */
	fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("open %s", device->path);
	if (!is_device(&st, device))
		return refuse(device);
	if (fchownat(fd, "", device->uid.value, device->gid.value, AT_EMPTY_PATH) < 0)
		return err_sys("change owner of %s", device->path);
	return 0;
}

/* 1: it is there already and right. */
static int check_existing(int parent, const char *name, const struct spec_device *device)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys("stat %s", device->path);
	return is_device(&st, device) ? 1 : refuse(device);
}

/* An empty file to bind over; one may be left from an earlier container with this rootfs. */
static int make_place(int parent, const char *name, const char *path, int *ret_fd)
{
	auto_close int fd = openat(parent, name, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0 && errno == EEXIST)
		fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("make %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size)
		return err_set(EEXIST, "%s is in the rootfs already, and is not an empty file",
			       path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int bind_node(int parent, const char *name, const struct spec_device *device)
{
	auto_close int node = -1, place = -1;
	struct stat st;

	node = sys_open_tree(AT_FDCWD, device->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (node < 0 || fstat(node, &st) < 0)
		return err_sys("device %s of the machine", device->path);
	if (!is_device(&st, device))
		return err_set(ENODEV,
			       "%s of the machine is not the device %c %lld:%lld: a user namespace "
			       "may not make it, only take over the machine's",
			       device->path, device->type, (long long)device->major,
			       (long long)device->minor);
	if (make_place(parent, name, device->path, &place) < 0)
		return -1;
	if (sys_move_mount(node, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
	    0)
		return err_sys("bind %s", device->path);
	return 0;
}

static int add_node(int parent, const char *name, const struct spec_device *device, bool bind)
{
	if (bind && device->type != 'p') {
		int there = check_existing(parent, name, device);

		/* An empty file is refused by the check but fine here: make_place() looks itself.
		 */
		return there > 0 ? 0 : bind_node(parent, name, device);
	}
	if (mknodat(parent, name, type_of(device) | mode_of(device), number_of(device)) == 0)
		return set_owner(parent, name, device);
	if (errno == EEXIST)
		return check_existing(parent, name, device) < 0 ? -1 : 0;
	if (errno == EPERM)
		return bind_node(parent, name, device);
	return err_sys("make device %s", device->path);
}

static int add_device(int root_fd, const struct spec_device *device, bool bind)
{
	auto_close int parent = -1;
	auto_free char *directory = strdup(device->path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!slash || !slash[1])
		return err_set(EINVAL, "linux.devices: \"%s\" is no path of a device",
			       device->path);
	/* That one is a link to the container's own terminals, below. */
	if (strcmp(device->path, "/dev/ptmx") == 0)
		return 0;
	*slash = '\0';
	if (path_make_dir(root_fd, *directory ? directory : "/", 0755, &parent) < 0)
		return -1;
	return add_node(parent, slash + 1, device, bind);
}

static int add_links(int dev_fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (strcmp(links[i].name, "core") == 0 && access(links[i].target, F_OK) < 0)
			continue;
		if (symlinkat(links[i].target, dev_fd, links[i].name) < 0 && errno != EEXIST)
			return err_sys("make link /dev/%s", links[i].name);
	}
	if (symlinkat("pts/ptmx", dev_fd, "ptmx") == 0)
		return 0;
	/* An image's node would be the machine's terminals, config-linux.md "Default Devices". */
	if (errno == EEXIST &&
	    (unlinkat(dev_fd, "ptmx", 0) < 0 || symlinkat("pts/ptmx", dev_fd, "ptmx") < 0))
		return err_sys("replace /dev/ptmx");
	return errno == EEXIST ? 0 : err_sys("make link /dev/ptmx");
}

static int add_all(int root_fd, const struct spec *spec, bool bind)
{
	auto_close int dev = -1;

	if (path_make_dir(root_fd, "/dev", 0755, &dev) < 0)
		return -1;
	/* First: an owner or mode for /dev/tty that is asked for counts. */
	for (size_t i = 0; i < spec->linux.devices.count; i++)
		if (add_device(root_fd, &spec->linux.devices.items[i], bind) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (add_node(dev, defaults[i].path + strlen("/dev/"), &defaults[i], bind) < 0)
			return -1;
	return add_links(dev);
}

static bool is_dev(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return length == strlen("/dev") && str_has_prefix(path, "/dev");
}

static bool is_dev_bound(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		struct arena arena = {0};
		struct mount_opts opts = {0};
		int parsed =
			is_dev(mount->destination) ? mount_opts_parse(mount, &arena, &opts) : -1;

		arena_free(&arena);
		if (parsed == 0 && opts.bind)
			return true;
	}
	return false;
}

int dev_populate(int root_fd, const struct spec *spec, bool bind)
{
	mode_t umask_before;
	int result;

	if (is_dev_bound(spec))
		return 0;
	umask_before = umask(0); /* modes are as they are asked for */
	result = add_all(root_fd, spec, bind);
	umask(umask_before);
	return result;
}
