/*
 * cgroup_delegate.c: a container that may divide its cgroup: an init system, or containers in it.
 * On version 2 that is safe: the files of its limits stay root's. On version 1 it would not be.
 * Next file: cgroup_kill.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

static bool is_cgroup_writable(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		bool read_only = false;

		if (!mount->type || !str_has_prefix(mount->type, "cgroup") ||
		    strcmp(mount->destination, "/sys/fs/cgroup") != 0)
			continue;
		for (size_t j = 0; j < mount->options.count; j++)
			read_only |= strcmp(mount->options.items[j], "ro") == 0;
		return !read_only;
	}
	return false;
}

/* The machine's number for the user of the container's process; false if nobody's. */
static bool find_host_uid(const struct spec *spec, uid_t *ret_uid)
{
	const struct spec_id_maps *maps = &spec->linux.uid_mappings;
	uint32_t uid = spec->process ? spec->process->user.uid : 0;

	for (size_t i = 0; i < maps->count; i++) {
		const struct spec_id_map *map = &maps->items[i];

		if (uid >= map->container_id && uid - map->container_id < map->size) {
			*ret_uid = map->host_id + (uid - map->container_id);
			return true;
		}
	}
	*ret_uid = uid;
	return maps->count == 0;
}

static int give(int dir_fd, const char *name, uid_t uid)
{
	if (fchownat(dir_fd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 || errno == ENOENT)
		return 0;
	return err_sys("give %s of the cgroup to user %u", name, uid);
}

int cgroup_delegate(const struct cgroup *cg, const struct spec *spec)
{
	const struct spec_namespace *ns = spec_find_namespace(spec, CLONE_NEWCGROUP);
	char names[1024], path[PATH_MAX], *saved;
	auto_close int fd = -1;
	uid_t uid;

	if (!cg->host->v2 || cg->rootless || !ns || ns->path || !is_cgroup_writable(spec) ||
	    !find_host_uid(spec, &uid) || uid == 0)
		return 0;
	/* Where the kernel does not list the files, these three it is: cgroups(7). */
	if (cgroup_file_read("/sys/kernel/cgroup", "", "delegate", names, sizeof(names)) < 0)
		snprintf(names, sizeof(names),
			 "cgroup.procs\ncgroup.threads\ncgroup.subtree_control");
	snprintf(path, sizeof(path), "%s%s", cg->host->v2, cg->path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open cgroup %s", path);
	if (give(fd, ".", uid) < 0)
		return -1;
	for (char *name = strtok_r(names, "\n", &saved); name; name = strtok_r(NULL, "\n", &saved))
		if (give(fd, name, uid) < 0)
			return -1;
	return 0;
}
