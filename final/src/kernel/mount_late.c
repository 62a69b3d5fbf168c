/*
 * mount_late.c: "ro" of a tmpfs, when all that belongs in it is there. See mount.h; next file:
 * mount_fs.c
 *
 * A tmpfs is empty at first: the targets of mounts in it, and the nodes and links of /dev, are made
 * by us. So it is writable until the last of them; runc does the same.
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "mount.h"
#include "mount_opts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool is_tmpfs(const struct spec_mount *mount)
{
	return mount->type && strcmp(mount->type, "tmpfs") == 0;
}

bool mount_is_late(const struct spec_mount *mount, const struct mount_opts *opts)
{
	return is_tmpfs(mount) && !opts->bind && !opts->remount && opts->readonly_fs;
}

static int parse(const struct spec_mount *mount, struct mount_opts *ret_opts)
{
	struct arena arena = {0};
	int result = mount_opts_parse(mount, &arena, ret_opts);

	arena_free(&arena);
	ret_opts->data = (struct str_list){0};
	return result;
}

/* *ret_id: of the mount that is to be seen at the destination; 0 if none begins there. */
static int find_mount(int root_fd, const struct spec_mount *mount, const struct mount_opts *opts,
		      int *ret_fd, uint64_t *ret_id)
{
	struct statx st;

	*ret_id = 0;
	if (path_open(root_fd, mount->destination,
		      O_PATH | (opts->nofollow_target ? O_NOFOLLOW : 0), ret_fd) < 0)
		/* Not there: a later mount hides it. */
		return err_last()->code == ENOENT || err_last()->code == ENOTDIR ? 0 : -1;
	if (statx(*ret_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return err_sys("look at the mount");
	if (!(st.stx_mask & STATX_MNT_ID))
		return err_set(ENOTSUP, "statx(2) does not tell mounts apart: leave out \"ro\"");
	if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		*ret_id = st.stx_mnt_id;
	return 0;
}

/* 1: what is to be seen there is a later mount of the list, or "remount" said "rw". */
static int is_overruled(const struct spec *spec, size_t index, int root_fd, uint64_t id)
{
	for (size_t i = index + 1; i < spec->mounts.count; i++) {
		const struct spec_mount *later = &spec->mounts.items[i];
		auto_close int fd = -1;
		struct mount_opts opts;
		uint64_t other;

		if (parse(later, &opts) < 0 || find_mount(root_fd, later, &opts, &fd, &other) < 0)
			return -1;
		if (other != id || opts.copy_symlink)
			continue;
		if (!opts.remount || (opts.attr_clear & MOUNT_ATTR_RDONLY))
			return 1;
	}
	return 0;
}

static int close_one(const struct spec *spec, size_t index)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	const struct spec_mount *mount = &spec->mounts.items[index];
	auto_close int fd = -1, root_fd = -1;
	struct mount_opts opts;
	int overruled;
	uint64_t id;

	if (!is_tmpfs(mount))
		return 0;
	if (parse(mount, &opts) < 0)
		return -1;
	if (!mount_is_late(mount, &opts))
		return 0;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return err_sys("open /");
	if (find_mount(root_fd, mount, &opts, &fd, &id) < 0)
		return -1;
	overruled = id ? is_overruled(spec, index, root_fd, id) : 1;
	if (overruled)
		return overruled < 0 ? -1 : 0;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0 ? err_sys("make it read-only")
								   : 0;
}

int mount_finish(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (close_one(spec, i) < 0)
			return err_wrap("mount %s", spec->mounts.items[i].destination);
	return 0;
}
