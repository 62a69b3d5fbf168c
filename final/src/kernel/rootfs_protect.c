/*
 * rootfs_protect.c: what the container must not see or change, when it is in its root. See
 * rootfs.h; next file: dev.c
 *
 * Paths are the container's, and no link in it leads out any more. Engines list some twenty of
 * them for every container, so each costs as few system calls as it can: a missing one, one.
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "mount.h"
#include "mount_fs.h"
#include "mount_opts.h"
#include "rootfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* What lies over masked paths. Descriptors, -1 until needed. */
struct masks {
	int null;      /* /dev/null, O_PATH */
	int directory; /* an empty tmpfs; attached to the first masked directory */
	bool directory_used;
	const char *label;
};

static int attach_to_path(int fd, const char *path)
{
	return sys_move_mount(fd, "", AT_FDCWD, path,
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

static bool is_missing(int code)
{
	return code == ENOENT || code == ENOTDIR;
}

/* Any other file would leave what is masked readable, or be written instead: CVE-2025-31133. */
static int open_null(int *ret_fd)
{
	auto_close int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys("open /dev/null for maskedPaths");
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(EPERM, "/dev/null of the container is not the null device: nothing "
				      "can be masked with it");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int clone_mount(int fd, int *ret_fd)
{
	int clone = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (clone < 0)
		return err_sys("clone the mask");
	*ret_fd = clone;
	return 0;
}

static int mask_directory(struct masks *masks, const char *path)
{
	struct mount_opts opts = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	auto_close int clone = -1;

	if (masks->directory < 0 &&
	    mount_fs_make("tmpfs", "tmpfs", &opts, masks->label, &masks->directory) < 0)
		return -1;
	/* Only what is attached can be cloned before Linux 6.15: so the first one is it itself. */
	if (masks->directory_used && clone_mount(masks->directory, &clone) < 0)
		return -1;
	if (attach_to_path(masks->directory_used ? clone : masks->directory, path) < 0)
		return err_sys("attach");
	masks->directory_used = true;
	return 0;
}

static int mask_file(struct masks *masks, const char *path)
{
	auto_close int clone = -1;

	if (masks->null < 0 && open_null(&masks->null) < 0)
		return -1;
	if (clone_mount(masks->null, &clone) < 0)
		return -1;
	return attach_to_path(clone, path) < 0 ? err_sys("attach") : 0;
}

/* Made when it is needed: to close a clone that is attached nowhere costs an RCU grace period. */
static int mask(struct masks *masks, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return is_missing(errno) ? 0 : err_sys("look at it");
	return S_ISDIR(st.st_mode) ? mask_directory(masks, path) : mask_file(masks, path);
}

static int mask_all(const struct spec *spec)
{
	const struct str_list *paths = &spec->linux.masked_paths;
	struct masks masks = {.null = -1, .directory = -1, .label = spec->linux.mount_label};
	int result = 0;

	for (size_t i = 0; i < paths->count && result == 0; i++) {
		result = mask(&masks, paths->items[i]);
		if (result < 0)
			err_wrap("mask %s", paths->items[i]);
	}
	scope_close(&masks.null);
	scope_close(&masks.directory);
	return result;
}

/* However it is written: "//", "/etc/..", a link. */
static bool is_root(int fd, const struct stat *root)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == root->st_dev && st.st_ino == root->st_ino;
}

static int make_readonly(const char *path, const struct stat *root)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	auto_close int fd =
		sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return is_missing(errno) ? 0 : err_sys("readonly path %s", path);
	/*
	 * What is mounted over "/" lies over nothing: our root is the mount below it. So that one
	 * itself, and as with root.readonly it alone: /dev and /tmp stay what their mounts say.
	 */
	if (is_root(fd, root)) {
		if (sys_mount_setattr(AT_FDCWD, path, 0, &attr) == 0)
			return 0;
		if (errno != EINVAL) /* the directory once more, by a bind, but not its root */
			return err_sys("readonly path %s", path);
	}
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys("readonly path %s", path);
	if (attach_to_path(fd, path) < 0)
		return err_sys("readonly path %s", path);
	return 0;
}

/* What else there is may be a link to anything: rootfs_change_dir() decides. */
static int make_cwd(const struct spec *spec)
{
	const char *cwd = spec->process ? spec->process->cwd : NULL;
	auto_close int root = -1, directory = -1;
	struct stat st;

	if (!cwd || stat(cwd, &st) == 0 || errno != ENOENT)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys("open /");
	return path_make_dir(root, cwd, 0755, &directory) < 0 ? err_wrap("process.cwd") : 0;
}

static int make_root_readonly(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (sys_mount_setattr(AT_FDCWD, "/", 0, &attr) < 0)
		return err_sys("make the rootfs read-only");
	return 0;
}

static int set_propagation(const char *word)
{
	unsigned long kind = mount_opts_propagation(word);

	if (sys_mount(NULL, "/", NULL, kind, NULL) < 0)
		return err_sys("rootfsPropagation %s", word);
	return 0;
}

int rootfs_protect(const struct spec *spec)
{
	const struct str_list *readonly = &spec->linux.readonly_paths;
	const char *propagation = spec->linux.rootfs_propagation;
	struct stat root;

	/* First: where it is, may be read-only soon. */
	if (make_cwd(spec) < 0 || mount_finish(spec) < 0)
		return -1;
	if (stat("/", &root) < 0)
		return err_sys("look at /");
	for (size_t i = 0; i < readonly->count; i++)
		if (make_readonly(readonly->items[i], &root) < 0)
			return -1;
	if (mask_all(spec) < 0)
		return -1;
	if (spec->root.readonly && make_root_readonly() < 0)
		return -1;
	/* Slave and private it is already, rootfs_isolate(). */
	if (mount_opts_propagation(propagation) & (MS_SHARED | MS_UNBINDABLE))
		return set_propagation(propagation);
	return 0;
}
