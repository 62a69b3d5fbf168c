/*
 * mount_idmap.c: mounts that show other owners, mount_setattr(2) "ID-mapped mounts". See mount.h;
 * next file: mount_cgroup.c
 *
 * The kernel takes a mapping as a user namespace. A child that does nothing is born in a new one,
 * its maps are written, the namespace is opened, and the child ends.
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"
#include "mount.h"
#include "mount_opts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* Ends when the pipe is closed at the other end, also by the death of the runtime. */
static void wait_for_close(const int pipe_fds[2])
{
	char byte;

	close(pipe_fds[1]);
	while (read(pipe_fds[0], &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static int write_map(pid_t pid, const char *name, const struct spec_id_maps *maps)
{
	struct arena arena = {0};
	char path[48], *text = arena_copy(&arena, "", 0);
	int result = -1;

	for (size_t i = 0; i < maps->count && text; i++)
		text = arena_format(&arena, "%s%u %u %u\n", text, maps->items[i].container_id,
				    maps->items[i].host_id, maps->items[i].size);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	if (text)
		result = fd_write_file(AT_FDCWD, path, text);
	arena_free(&arena);
	return result;
}

static int open_mapped(pid_t pid, const struct spec_id_maps *uids, const struct spec_id_maps *gids,
		       int *ret_fd)
{
	char path[48];
	int fd;

	if (write_map(pid, "uid_map", uids) < 0 || write_map(pid, "gid_map", gids) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open %s", path);
	*ret_fd = fd;
	return 0;
}

static int make_user_ns(const struct spec_id_maps *uids, const struct spec_id_maps *gids,
			int *ret_fd)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	int pipe_fds[2], result;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys("pipe");
	pid = sys_clone3(&args);
	if (pid == 0)
		wait_for_close(pipe_fds);
	close(pipe_fds[0]);
	if (pid < 0)
		result = err_sys("new user namespace");
	else
		result = open_mapped(pid, uids, gids, ret_fd);
	close(pipe_fds[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

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
	if (make_user_ns(uids, gids, &user_ns) < 0)
		return err_wrap("idmap");
	attr.userns_fd = user_ns;
	if (sys_mount_setattr(source_fd, "", AT_EMPTY_PATH | (opts.ridmap ? AT_RECURSIVE : 0),
			      &attr) < 0)
		return err_sys("idmap of %s: the file system may not have it (ext4, xfs, btrfs do, "
			       "tmpfs from Linux 6.3 on, overlay from 5.19 on)",
			       mount->source);
	return 0;
}
