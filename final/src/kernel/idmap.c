/* idmap.c: uid_map and gid_map. See idmap.h; next file: mount_opts.h */
#include "idmap.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

enum { MAP_TEXT = 8192 }; /* 340 lines are the kernel's limit, a page was once */

static int format_map(const struct spec_id_maps *maps, char *ret_text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < maps->count; i++) {
		used += snprintf(ret_text + used, size - used, "%u %u %u\n",
				 maps->items[i].container_id, maps->items[i].host_id,
				 maps->items[i].size);
		if (used >= size)
			return err_set(E2BIG, "%zu ID mappings are too many", maps->count);
	}
	return 0;
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return fd_write_file(AT_FDCWD, path, text);
}

/* Whether the kernel lets us write it ourselves: one line, for the ID we have. */
static bool is_own_id(const struct spec_id_maps *maps, uint32_t id)
{
	return maps->count == 1 && maps->items[0].host_id == id && maps->items[0].size == 1;
}

/* newuidmap PID CONTAINER HOST SIZE ...: set-user-ID root, checks /etc/subuid. */
static int run_helper(const char *helper, pid_t pid, const struct spec_id_maps *maps)
{
	struct arena arena = {0};
	struct str_list args = {0};
	int result, status = 0;
	pid_t child;

	result = str_list_add(&args, &arena, (char *)helper);
	if (result == 0)
		result = str_list_add(&args, &arena, arena_format(&arena, "%d", pid));
	for (size_t i = 0; i < maps->count && result == 0; i++) {
		const struct spec_id_map *map = &maps->items[i];
		const uint32_t numbers[] = {map->container_id, map->host_id, map->size};

		for (size_t n = 0; n < ARRAY_SIZE(numbers) && result == 0; n++)
			result =
				str_list_add(&args, &arena, arena_format(&arena, "%u", numbers[n]));
	}
	child = result == 0 ? fork() : -1;
	if (child == 0) {
		char *const environment[] = {"PATH=/usr/bin:/bin", NULL};

		execve(helper, args.items, environment);
		_exit(errno == ENOENT ? 127 : 126);
	}
	arena_free(&arena);
	if (child < 0)
		return result < 0 ? -1 : err_sys("fork for %s", helper);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(ENOENT,
			       "%s: not installed (package uidmap): without it only your "
			       "own ID can be mapped",
			       helper);
	if (status != 0)
		return err_set(EPERM, "%s refused the mapping: see /etc/subuid and /etc/subgid",
			       helper);
	return 0;
}

static int write_one(pid_t pid, const char *file, const char *helper, uint32_t own_id,
		     const struct spec_id_maps *maps)
{
	char text[MAP_TEXT];

	if (geteuid() != 0 && !is_own_id(maps, own_id))
		return run_helper(helper, pid, maps);
	if (format_map(maps, text, sizeof(text)) < 0 || write_proc(pid, file, text) < 0)
		return err_wrap("map IDs of the user namespace");
	return 0;
}

int idmap_write(pid_t pid, const struct spec_id_maps *uids, const struct spec_id_maps *gids)
{
	/*
	 * Without "deny", dropping a group would give access to what the group may not touch:
	 * CVE-2014-8989. newgidmap(1) may map groups with setgroups(2) left allowed.
	 */
	if (geteuid() != 0 && is_own_id(gids, getegid()) &&
	    write_proc(pid, "setgroups", "deny") < 0)
		return -1;
	if (write_one(pid, "gid_map", "/usr/bin/newgidmap", getegid(), gids) < 0)
		return -1;
	return write_one(pid, "uid_map", "/usr/bin/newuidmap", geteuid(), uids);
}

int idmap_open_namespace(const struct spec_id_maps *uids, const struct spec_id_maps *gids,
			 int *ret_fd)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	char path[64];
	int go[2], result, fd = -1;
	pid_t child;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys("create pipe");
	child = sys_clone3(&args);
	if (child == 0) { /* the namespace lives as long as this process, or the descriptor */
		char byte;

		close(go[1]);
		_exit(read(go[0], &byte, 1) < 0);
	}
	close(go[0]);
	result = child < 0 ? err_sys("create a user namespace for ID-mapped mounts")
			   : idmap_write(child, uids, gids);
	if (result == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", child);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		result = fd < 0 ? err_sys("open %s", path) : 0;
	}
	close(go[1]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (result == 0)
		*ret_fd = fd;
	return result;
}
