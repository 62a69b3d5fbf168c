/* mount_cgroup.c: the container's view of the cgroups. See mount_cgroup.h; next file: rootfs.c */
#include "mount_cgroup.h"
#include "../base/err.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "mount_attr.h"
#include "mount_fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool has_v1(const struct cgroup_host *host)
{
	for (int i = 0; host && i < CGROUP_CONTROLLERS; i++)
		if (host->v1[i])
			return true;
	return false;
}

/* A bind of what the machine has at host/path, as a detached mount. */
static int clone_host(const struct mount_context *context, const struct mount_opts *opts,
		      const char *host, const char *path, int *ret_fd)
{
	char name[PATH_MAX];
	auto_close int fd = -1;

	snprintf(name, sizeof(name), "%s%s", host, path);
	fd = sys_open_tree(AT_FDCWD, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return err_sys("clone mount %s", name);
	if (mount_attr_set(fd, opts, mount_attr_isolation(context->spec)) < 0)
		return err_wrap("%s", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * A new mount of cgroup2 made in the machine's own cgroup namespace would reset the options all
 * its mounts share (nsdelegate ...), cgroups(7): hence the bind.
 */
static int apply_v2(const struct mount_context *context, const struct spec_mount *mount,
		    const struct mount_opts *opts, int target_fd)
{
	const char *host = context->cgroups && context->cgroups->v2 ? context->cgroups->v2 : NULL;
	auto_close int fd = -1;
	int made = -1;

	if (context->new_cgroup_ns || !host) {
		made = mount_fs_make("cgroup2", mount->source, opts, NULL, &fd);
		if (made < 0 && (!host || (err_last()->code != EPERM && err_last()->code != EBUSY)))
			return -1;
	}
	if (made < 0 && clone_host(context, opts, host,
				   context->new_cgroup_ns ? context->cgroup_path : "", &fd) < 0)
		return -1;
	return mount_attr_attach(fd, target_fd);
}

/*
 * The directory is in the tmpfs made a moment ago, so its path is safe, and mount(2) is a third of
 * the calls: there are up to twelve of these.
 */
static int mount_hierarchy(const struct mount_opts *opts, const struct cgroup_mount_point *point,
			   int tmpfs)
{
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "%s/%s", path_of_fd(tmpfs).text, point->name);
	return sys_mount("cgroup", target, point->options ? "cgroup" : "cgroup2",
			 mount_fs_old_flags(opts->attr_set | opts->rec_set), point->options);
}

static int bind_hierarchy(const struct mount_context *context, const struct mount_opts *opts,
			  const struct cgroup_mount_point *point, int tmpfs)
{
	auto_close int fd = -1;

	if (clone_host(context, opts, point->host, context->cgroup_path, &fd) < 0) {
		/* A hierarchy that the container did not join, cgroup_v1.c: there is nothing to see. */
		if (err_last()->code == ENOENT && unlinkat(tmpfs, point->name, AT_REMOVEDIR) == 0)
			return 0;
		return -1;
	}
	if (sys_move_mount(fd, "", tmpfs, point->name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys("attach");
	return 0;
}

static int add_hierarchy(const struct mount_context *context, const struct mount_opts *opts,
			 const struct cgroup_mount_point *point, int tmpfs)
{
	if (mkdirat(tmpfs, point->name, 0755) < 0)
		return err_sys("make directory %s", point->name);
	if (context->new_cgroup_ns) {
		if (mount_hierarchy(opts, point, tmpfs) == 0)
			return 0;
		/* A user namespace that does not own the cgroup namespace may only bind. */
		if (errno != EPERM)
			return err_sys("mount %s", point->name);
	}
	return bind_hierarchy(context, opts, point, tmpfs);
}

/* "cpu" and "cpuacct" for "cpu,cpuacct": programs look for one controller. */
static int add_links(const char *name, int tmpfs)
{
	if (!strchr(name, ','))
		return 0;
	for (const char *part = name; *part;) {
		size_t length = strcspn(part, ",");
		char link[64];

		snprintf(link, sizeof(link), "%.*s", (int)length, part);
		if (symlinkat(name, tmpfs, link) < 0)
			return err_sys("link %s", link);
		part += length + (part[length] == ',');
	}
	return 0;
}

static int fill(const struct mount_context *context, const struct mount_opts *opts, int tmpfs)
{
	struct arena arena = {0};
	struct cgroup_mount_point *points;
	size_t count = 0;
	int result = cgroup_mount_points(context->cgroups, &arena, &points, &count);

	for (size_t i = 0; i < count && result == 0; i++) {
		result = add_hierarchy(context, opts, &points[i], tmpfs);
		if (result == 0)
			result = add_links(points[i].name, tmpfs);
	}
	arena_free(&arena);
	return result;
}

static int apply_v1(const struct mount_context *context, const struct mount_opts *opts,
		    int target_fd)
{
	char *data[] = {(char[]){"mode=755"}, NULL};
	struct mount_opts around = {.data = {.items = data, .count = 1},
				    .attr_set = opts->attr_set & ~(uint64_t)MOUNT_ATTR_RDONLY};
	struct mount_opts closed = {.attr_set = opts->attr_set & MOUNT_ATTR_RDONLY};
	auto_close int tmpfs = -1;

	if (mount_fs_make("tmpfs", "cgroup", &around, context->spec->linux.mount_label, &tmpfs) < 0)
		return -1;
	/* First attached: Linux before 6.15 takes no mount on one that is attached nowhere. */
	if (mount_attr_attach(tmpfs, target_fd) < 0)
		return -1;
	if (fill(context, opts, tmpfs) < 0)
		return -1;
	return mount_attr_set(tmpfs, &closed, 0);
}

int mount_cgroup_apply(const struct mount_context *context, const struct spec_mount *mount,
		       const struct mount_opts *opts, int target_fd)
{
	if (strcmp(mount->type, "cgroup") == 0 && has_v1(context->cgroups))
		return apply_v1(context, opts, target_fd);
	return apply_v2(context, mount, opts, target_fd);
}
