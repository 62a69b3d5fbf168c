/* rootfs.c: the root of the container. See rootfs.h; next file: rootfs_protect.c */
#include "rootfs.h"
#include "../base/err.h"
#include "../base/sys.h"
#include "mount_opts.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>

int rootfs_isolate(const struct spec *spec)
{
	unsigned long wanted = mount_opts_propagation(spec->linux.rootfs_propagation);
	unsigned long kind = wanted & (MS_PRIVATE | MS_UNBINDABLE) ? MS_PRIVATE : MS_SLAVE;

	if (!spec_find_namespace(spec, CLONE_NEWNS))
		return err_set(EINVAL,
			       "linux.namespaces has no mount namespace: without one every "
			       "mount would be made on the machine; add {\"type\": \"mount\"}");
	if (sys_mount(NULL, "/", NULL, MS_REC | kind, NULL) < 0)
		return err_sys("make mounts %s", kind == MS_SLAVE ? "slave" : "private");
	return 0;
}

int rootfs_open(const struct spec *spec, const char *path, int *ret_root_fd)
{
	auto_close int root =
		sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (root < 0 && errno == EACCES && spec_find_namespace(spec, CLONE_NEWUSER))
		return err_set(
			EACCES,
			"%s: permission denied: root of the user namespace has to reach it, so "
			"all directories above need execute permission (chmod a+x)",
			path);
	if (root < 0)
		return err_sys("%s", path);
	if (sys_move_mount(root, "", AT_FDCWD, path,
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return err_sys("mount %s over itself", path);
	*ret_root_fd = TAKE_FD(root);
	return 0;
}

/*
 * Without pivot_root(2) the machine's mounts stay below the new root. Its /proc and /sys must not:
 * seeing them, the kernel would let a user namespace in the container mount new ones unmasked.
 */
static int drop_old_mounts(void)
{
	static const char *const paths[] = {"/proc", "/sys"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (sys_umount2(paths[i], SYS_MNT_DETACH) < 0 && errno != EINVAL &&
		    errno != ENOENT && errno != EPERM)
			return err_sys("unmount %s", paths[i]);
	return 0;
}

static int move_root(int root_fd)
{
	if (drop_old_mounts() < 0)
		return -1;
	if (sys_move_mount(root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys("move the rootfs to /");
	if (chroot(".") < 0)
		return err_sys("chroot");
	return 0;
}

int rootfs_enter(int root_fd, bool no_pivot)
{
	if (fchdir(root_fd) < 0)
		return err_sys("change to the rootfs");
	if (no_pivot)
		return move_root(root_fd);
	if (sys_pivot_root(".", ".") < 0)
		return errno == EINVAL ? err_set(EINVAL, "pivot_root: invalid argument: if the "
							 "machine's root is an initramfs, use "
							 "--no-pivot")
				       : err_sys("pivot_root");
	/* The old root lies on the new one now, and "." is where it lies: pivot_root(2). */
	if (sys_umount2(".", SYS_MNT_DETACH) < 0)
		return err_sys("unmount the old root");
	return 0;
}

int rootfs_change_dir(const struct spec_process *process)
{
	char where[PATH_MAX];

	if (chdir(process->cwd) < 0)
		return errno == ENOENT ? err_set(ENOENT,
						 "process.cwd %s: No such file or directory in the "
						 "container: only create makes it",
						 process->cwd)
				       : err_sys("process.cwd %s", process->cwd);
	/* A descriptor of the caller's, reached by /proc/self/fd, may be a directory outside. */
	if (!getcwd(where, sizeof(where)) || *where != '/')
		return err_set(EPERM, "process.cwd %s: it is outside of the container's root",
			       process->cwd);
	return 0;
}
