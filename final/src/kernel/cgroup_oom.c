/*
 * cgroup_oom.c: to be told when the kernel kills a process for the memory limit. Version 2 changes
 * memory.events, which inotify(7) sees; version 1 counts up an eventfd(2) that is registered in
 * cgroup.event_control. Next file: seccomp.h
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

static int watch_v2(const struct cgroup *cg, int *ret_fd)
{
	auto_close int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[PATH_MAX];

	if (fd < 0)
		return err_sys("make an inotify descriptor");
	snprintf(path, sizeof(path), "%s%s/memory.events", cg->host->v2, cg->path);
	if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
		return err_sys("watch %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int watch_v1(const struct cgroup *cg, int *ret_fd)
{
	const char *mount = cg->host->v1[CGROUP_MEMORY];
	auto_close int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), control = -1;
	char path[PATH_MAX], text[32];

	if (fd < 0)
		return err_sys("make an event descriptor");
	snprintf(path, sizeof(path), "%s%s/memory.oom_control", mount, cg->path);
	control = open(path, O_RDONLY | O_CLOEXEC);
	if (control < 0)
		return err_sys("open %s", path);
	snprintf(text, sizeof(text), "%d %d", fd, control);
	if (cgroup_file_write(mount, cg->path, "cgroup.event_control", text) < 0)
		return err_sys("register in %s%s/cgroup.event_control", mount, cg->path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int cgroup_watch_oom(const struct cgroup *cg, int *ret_fd)
{
	switch (cgroup_binding(cg->host, CGROUP_MEMORY)) {
	case CGROUP_V2:
		return watch_v2(cg, ret_fd);
	case CGROUP_V1:
		return watch_v1(cg, ret_fd);
	default:
		return err_set(ENOTSUP, "no OOM events: the cgroup controller memory is bound "
					"nowhere on this machine");
	}
}

int cgroup_oom_kills(const struct cgroup *cg, uint64_t *ret_count)
{
	enum cgroup_version version = cgroup_binding(cg->host, CGROUP_MEMORY);
	const char *file = version == CGROUP_V2 ? "memory.events" : "memory.oom_control";
	char text[512] = "";
	const char *line;

	if (version != CGROUP_UNBOUND &&
	    cgroup_file_read(cgroup_mount(cg->host, CGROUP_MEMORY, version), cg->path, file, text,
			     sizeof(text)) < 0 &&
	    errno != ENOENT)
		return err_sys("read %s of cgroup %s", file, cg->path);
	line = strstr(text, "oom_kill "); /* not oom_kill_disable, nor oom_group_kill */
	*ret_count = line ? strtoull(line + strlen("oom_kill "), NULL, 10) : 0;
	return 0;
}
