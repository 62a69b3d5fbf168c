/*
 * overlay.c: mounting overlayfs in three ways, of which the kernel has one at least. See overlay.h;
 * next file: ../engine/rootfs.c
 */
#include "overlay.h"
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/path.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/*
 * The upper directory is complete in itself: no paths in attributes, which whoever can write to it
 * could change (redirect_dir), no files that are somewhere else (metacopy). index=off: the same
 * layers are below many boxes, at the same time.
 */
static const char *const settings[][2] = {
	{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}};

/* <sys/mount.h>'s; it cannot be included beside <linux/mount.h>. */
enum { FLAG_NODEV = 4 };

static int complain(void)
{
	return err_sys("mount overlayfs (overlayfs and NFS hold no upper layers: HUSK_DATA=DIR on "
		       "another file system does)");
}

/* What the kernel wrote about it, fsopen(2): "e overlay: ...". It says more than EINVAL. */
static int complain_of(int fs_fd)
{
	char text[256];
	int saved = errno;
	ssize_t length = read(fs_fd, text, sizeof(text) - 1);

	errno = saved;
	if (length <= 2)
		return complain();
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_set(saved, "mount overlayfs: %s", str_printable(text + 2));
}

/* A layer, the upper or the work directory. */
static int set_directory(int fs_fd, enum overlay_way way, const char *key, int fd)
{
	struct path_of_fd path = path_of_fd(fd);

	if (way == OVERLAY_BY_FD)
		return sys_fsconfig(fs_fd, FSCONFIG_SET_FD, key, NULL, fd);
	return sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, key, path.text, 0);
}

/* With userxattr redirects are never followed, and to say so is refused. */
static size_t first_setting(void)
{
	return proc_is_real_root() ? 0 : 1;
}

static int set_options(int fs_fd, const struct overlay *overlay)
{
	for (size_t i = first_setting(); i < ARRAY_SIZE(settings); i++)
		if (sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, settings[i][0], settings[i][1], 0) < 0)
			return -1;
	if (overlay->volatile_upper &&
	    sys_fsconfig(fs_fd, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return -1;
	/* trusted.* attributes are for root outside only. */
	if (!proc_is_real_root() && sys_fsconfig(fs_fd, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		return -1;
	return sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", "overlay", 0);
}

static int mount_new(const struct overlay *overlay, enum overlay_way way, int at_fd)
{
	auto_close int fs_fd = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	auto_close int mount_fd = -1;

	if (fs_fd < 0)
		return complain();
	for (size_t i = 0; i < overlay->count; i++)
		if (set_directory(fs_fd, way, "lowerdir+", overlay->lowers[i]) < 0)
			return i > 0 || (errno != EINVAL && errno != EBADF)
				       ? complain_of(fs_fd)
				       : err_set(EOPNOTSUPP, "this kernel takes layers otherwise");
	if (set_directory(fs_fd, way, "upperdir", overlay->upper_fd) < 0 ||
	    set_directory(fs_fd, way, "workdir", overlay->work_fd) < 0 ||
	    set_options(fs_fd, overlay) < 0 ||
	    sys_fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return complain_of(fs_fd);
	mount_fd = sys_fsmount(fs_fd, FSMOUNT_CLOEXEC, overlay->devices ? 0 : MOUNT_ATTR_NODEV);
	if (mount_fd < 0)
		return complain_of(fs_fd);
	if (sys_move_mount(mount_fd, "", at_fd, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return complain();
	return 0;
}

/* "lowerdir=5:4:3,upperdir=6,workdir=7,...": mount(2) takes one page of it. */
static int write_options(const struct overlay *overlay, char *text, size_t size)
{
	size_t length =
		snprintf(text, size, "upperdir=%d,workdir=%d", overlay->upper_fd, overlay->work_fd);

	for (size_t i = first_setting(); i < ARRAY_SIZE(settings); i++)
		length += snprintf(text + length, size - length, ",%s=%s", settings[i][0],
				   settings[i][1]);
	length += snprintf(text + length, size - length,
			   "%s%s,lowerdir=", overlay->volatile_upper ? ",volatile" : "",
			   !proc_is_real_root() ? ",userxattr" : "");
	for (size_t i = 0; i < overlay->count && length < size; i++)
		length += snprintf(text + length, size - length, "%s%d", i ? ":" : "",
				   overlay->lowers[i]);
	return length < size ? 0 : err_set(E2BIG, "%zu layers do not fit", overlay->count);
}

static int mount_old(const struct overlay *overlay, int at_fd)
{
	auto_close int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned long flags = overlay->devices ? 0 : FLAG_NODEV;
	char options[4096];
	int result;

	if (write_options(overlay, options, sizeof(options)) < 0)
		return -1;
	if (here < 0 || chdir("/proc/self/fd") < 0)
		return err_sys("change directory to /proc/self/fd");
	result = sys_mount("overlay", path_of_fd(at_fd).text, "overlay", flags, options);
	if (result < 0)
		complain();
	if (fchdir(here) < 0)
		return err_sys("change directory back");
	return result;
}

int overlay_mount_by(const struct overlay *overlay, enum overlay_way way, int at_fd)
{
	return way == OVERLAY_BY_NUMBER ? mount_old(overlay, at_fd)
					: mount_new(overlay, way, at_fd);
}

/*
 * Before Linux 6.5 an option is looked at when all have come, and is EINVAL like many other things.
 */
int overlay_mount(const struct overlay *overlay, int at_fd)
{
	struct err first = {0};

	for (int way = OVERLAY_BY_FD; way < OVERLAY_WAYS; way++) {
		if (overlay_mount_by(overlay, way, at_fd) == 0)
			return 0;
		if (err_last()->code != EOPNOTSUPP && err_last()->code != EINVAL)
			return -1;
		if (err_last()->code == EINVAL && !first.code)
			first = *err_last();
	}
	if (first.code)
		err_adopt(&first);
	return -1;
}

bool overlay_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* The attribute is in user.* where trusted.* is not allowed: without root. */
bool overlay_is_opaque(int dir_fd)
{
	char value;

	return (fgetxattr(dir_fd, "trusted.overlay.opaque", &value, 1) == 1 ||
		fgetxattr(dir_fd, "user.overlay.opaque", &value, 1) == 1) &&
	       value == 'y';
}
