/*
 * mount_idmap.c: mounts that show other owners, mount_setattr(2) "ID-mapped mounts". The kernel
 * takes a mapping as a user namespace. See mount.h; next file: mount_cgroup.c
 */
#include "../base/err.h"
#include "../base/sys.h"
#include "idmap.h"
#include "mount.h"
#include "mount_opts.h"

#include <fcntl.h>

int mount_idmap_source(int source_fd, const struct spec *spec, size_t index)
{
	const struct spec_mount *mount = &spec->mounts.items[index];
	bool own = mount->uid_mappings.count || mount->gid_mappings.count;
	const struct spec_id_maps *uids = own ? &mount->uid_mappings : &spec->linux.uid_mappings;
	const struct spec_id_maps *gids = own ? &mount->gid_mappings : &spec->linux.gid_mappings;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	auto_close int user_ns = -1;
	struct arena arena = {0};
	struct mount_opts opts;
	int parsed = mount_opts_parse(mount, &arena, &opts);

	arena_free(&arena);
	if (parsed < 0 || !opts.idmap)
		return parsed;
	if (!uids->count || !gids->count)
		return err_set(EINVAL, "idmap needs uidMappings and gidMappings: of the mount, or "
				       "of linux with a user namespace");
	if (idmap_open_namespace(uids, gids, &user_ns) < 0)
		return err_wrap("idmap");
	attr.userns_fd = user_ns;
	if (sys_mount_setattr(source_fd, "", AT_EMPTY_PATH | (opts.ridmap ? AT_RECURSIVE : 0),
			      &attr) < 0)
		return err_sys("idmap of %s: the file system may not have it (ext4, xfs, btrfs do, "
			       "tmpfs from Linux 6.3 on, overlay from 5.19 on)",
			       mount->source);
	return 0;
}
