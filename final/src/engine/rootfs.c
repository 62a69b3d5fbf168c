/* rootfs.c: a box's layers, mounted. See rootfs.h; next file: rootfs_changes.c */
#include "rootfs.h"
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/sys.h"
#include "../base/tree.h"
#include "../image/image.h"
#include "../image/overlay.h"
#include "../store/digest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { UMOUNT_FLAGS = SYS_MNT_DETACH | 8 /* UMOUNT_NOFOLLOW */ };

void rootfs_close_lowers(struct rootfs_lowers *lowers)
{
	for (size_t i = 0; i < lowers->count; i++)
		scope_close(&lowers->fds[i]);
	free(lowers->fds);
	*lowers = (struct rootfs_lowers){0};
}

static int add_lower(struct rootfs_lowers *lowers, int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open %s", path);
	lowers->fds[lowers->count++] = fd;
	return 0;
}

/* Whether there is the same one above. */
static bool is_repeated(const struct str_list *layers, size_t position)
{
	for (size_t i = position + 1; i < layers->count; i++)
		if (strcmp(layers->items[i], layers->items[position]) == 0)
			return true;
	return false;
}

/*
 * box.json has the lowest first, overlayfs wants the topmost. It takes no directory twice (ELOOP);
 * all that the lower one of two has is in the upper one, so that it hides it.
 */
static int add_layers(const struct box *box, struct rootfs_lowers *lowers)
{
	for (size_t i = box->layers.count; i-- > 0;) {
		const char *id = box->layers.items[i];
		char path[96];

		if (is_repeated(&box->layers, i))
			continue;
		snprintf(path, sizeof(path), "layers/%s",
			 digest_is_valid(id) ? digest_hex(id) : id);
		if (!digest_is_valid(id) && strchr(id, '/'))
			return err_set(EINVAL, "'%.80s': expected a layer's digest", id);
		if (add_lower(lowers, box->place->data_fd, path) < 0)
			return -1;
	}
	return 0;
}

/* An image of no layers: a directory with nothing in it. */
static int add_nothing(const struct box *box, struct rootfs_lowers *lowers)
{
	if (mkdirat(box->dir_fd, "empty", 0755) < 0 && errno != EEXIST)
		return err_sys("make a directory");
	return add_lower(lowers, box->dir_fd, "empty");
}

static int open_lowers(const struct box *box, struct rootfs_lowers *ret_lowers)
{
	auto_lowers struct rootfs_lowers lowers = {0};

	lowers.fds = calloc(box->layers.count + 1, sizeof(*lowers.fds));
	if (!lowers.fds)
		return err_set(ENOMEM, "out of memory");
	if (box->rootfs) {
		if (add_lower(&lowers, AT_FDCWD, box->rootfs) < 0)
			return -1;
	} else if (box->layers.count == 0) {
		if (add_nothing(box, &lowers) < 0)
			return -1;
	} else if (add_layers(box, &lowers) < 0) {
		return -1;
	}
	*ret_lowers = lowers;
	lowers = (struct rootfs_lowers){0};
	return 0;
}

/* From the image, as long as that is there. */
static int unpack(const struct box *box)
{
	struct err missing = *err_last();
	struct image image;
	int result;

	if (!box->image_id || image_find(box->place, box->image_id, &image) < 0) {
		err_adopt(&missing);
		return err_wrap("a layer is gone, and its image too");
	}
	result = image_unpack(box->place, &image);
	image_free(&image);
	return result;
}

int rootfs_open_lowers(const struct box *box, struct rootfs_lowers *ret_lowers)
{
	if (open_lowers(box, ret_lowers) == 0)
		return 0;
	if (err_last()->code != ENOENT || box->rootfs || unpack(box) < 0)
		return -1;
	return open_lowers(box, ret_lowers);
}

/* What is upper becomes the container's "/": owner and mode are those of the image's. */
static int copy_root(int lower_fd, int upper_fd)
{
	struct stat st;

	if (fstat(lower_fd, &st) < 0)
		return err_sys("look at a layer");
	if (proc_is_real_root() && fchown(upper_fd, st.st_uid, st.st_gid) < 0)
		return err_sys("set the owner of the upper layer");
	if (fchmod(upper_fd, st.st_mode & 07777) < 0)
		return err_sys("set the mode of the upper layer");
	return 0;
}

/* *ret_made: it was not there. */
static int open_own(const struct box *box, const char *name, mode_t mode, bool *ret_made,
		    int *ret_fd)
{
	int fd;

	*ret_made = mkdirat(box->dir_fd, name, mode) == 0;
	if (!*ret_made && errno != EEXIST)
		return err_sys("make %s", name);
	fd = openat(box->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open %s", name);
	*ret_fd = fd;
	return 0;
}

static int mount_on(const struct box *box, const struct rootfs_lowers *lowers)
{
	auto_close int upper_fd = -1, work_fd = -1, merged_fd = -1;
	struct overlay overlay = {
		.lowers = lowers->fds,
		.count = lowers->count,
		.volatile_upper = box->remove, /* what is thrown away need not reach the disk */
		.devices = box->security.privileged,
	};
	bool made;

	if (open_own(box, "upper", 0755, &made, &upper_fd) < 0)
		return -1;
	if (made && copy_root(lowers->fds[0], upper_fd) < 0)
		return -1;
	/*
	 * A volatile one that was not unmounted, after a crash, is refused by the kernel for ever.
	 */
	if (box->remove && tree_remove(box->dir_fd, "work") < 0)
		return -1;
	if (open_own(box, "work", 0700, &made, &work_fd) < 0 ||
	    open_own(box, "merged", 0700, &made, &merged_fd) < 0)
		return -1;
	overlay.upper_fd = upper_fd;
	overlay.work_fd = work_fd;
	return overlay_mount(&overlay, merged_fd);
}

int rootfs_mount(const struct box *box, struct arena *arena, char **ret_path)
{
	auto_lowers struct rootfs_lowers lowers = {0};
	char *path = place_data(box->place, arena, "boxes/%s/merged", box->id);

	/* One that is left from before a crash may have another upper than what is there now. */
	if (!path || rootfs_unmount(box) < 0 || rootfs_open_lowers(box, &lowers) < 0 ||
	    mount_on(box, &lowers) < 0)
		return -1;
	*ret_path = path;
	return 0;
}

/* EINVAL: nothing is mounted there. */
int rootfs_unmount(const struct box *box)
{
	auto_arena struct arena arena = {0};
	char *path = place_data(box->place, &arena, "boxes/%s/merged", box->id);

	if (!path)
		return -1;
	while (sys_umount2(path, UMOUNT_FLAGS) == 0)
		;
	return errno == EINVAL || errno == ENOENT ? 0 : err_sys("unmount %s", path);
}
