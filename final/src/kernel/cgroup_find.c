/*
 * cgroup_find.c: which controller is bound where. A controller belongs to one hierarchy at a time:
 * the one of version 2, or one of version 1. cgroups(7). Next file: cgroup_plan.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

enum { MOUNTINFO_MAX = 16 << 20 };

static const char *const names[CGROUP_CONTROLLERS][2] = {
	[CGROUP_CPU] = {"cpu", "cpu"},
	[CGROUP_CPUACCT] = {"cpuacct", NULL},
	[CGROUP_CPUSET] = {"cpuset", "cpuset"},
	[CGROUP_MEMORY] = {"memory", "memory"},
	[CGROUP_IO] = {"blkio", "io"},
	[CGROUP_PIDS] = {"pids", "pids"},
	[CGROUP_HUGETLB] = {"hugetlb", "hugetlb"},
	[CGROUP_RDMA] = {"rdma", "rdma"},
	[CGROUP_DEVICES] = {"devices", NULL},
	[CGROUP_FREEZER] = {"freezer", NULL},
	[CGROUP_NET_CLS] = {"net_cls", NULL},
	[CGROUP_NET_PRIO] = {"net_prio", NULL},
};

const char *cgroup_controller_name(enum cgroup_controller c, enum cgroup_version version)
{
	return version == CGROUP_V2 && names[c][1] ? names[c][1] : names[c][0];
}

enum cgroup_version cgroup_binding(const struct cgroup_host *host, enum cgroup_controller c)
{
	if (host->v2 && host->v2_controllers & (1U << c))
		return CGROUP_V2;
	if (host->v1[c])
		return CGROUP_V1;
	/* Without a controller for devices version 2 has eBPF programs. */
	return host->v2 && c == CGROUP_DEVICES ? CGROUP_V2 : CGROUP_UNBOUND;
}

const char *cgroup_mount(const struct cgroup_host *host, enum cgroup_controller c,
			 enum cgroup_version version)
{
	return version == CGROUP_V2 ? host->v2 : host->v1[c];
}

const char *cgroup_v1_hierarchy(const struct cgroup_host *host, enum cgroup_controller c)
{
	for (int i = 0; i < (int)c; i++)
		if (host->v1[i] == host->v1[c])
			return NULL;
	return host->v1[c];
}

/* Sets the bits of a list: cgroup.controllers, or the options of a mount of version 1. */
static uint32_t find_controllers(const char *list, const char *separators, int version)
{
	uint32_t found = 0;

	for (list += strspn(list, separators); *list; list += strspn(list, separators)) {
		size_t length = strcspn(list, separators);

		for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
			const char *name = names[c][version - 1];

			if (name && strlen(name) == length && strncmp(name, list, length) == 0)
				found |= 1U << c;
		}
		list += length;
	}
	return found;
}

static int read_v2_controllers(struct cgroup_host *host)
{
	char text[1024];

	if (cgroup_file_read(host->v2, "", "cgroup.controllers", text, sizeof(text)) < 0)
		return err_sys("read %s/cgroup.controllers", host->v2);
	host->v2_controllers = find_controllers(text, " ", CGROUP_V2);
	return 0;
}

/* In mountinfo space, tab, newline and backslash are \040 and so on: proc_pid_mountinfo(5). */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ = (from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0');
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* The words of a hierarchy that mount(2) needs to find it again: its controllers, its name. */
static const char *mount_options(struct cgroup_host *host, char *super_options)
{
	char *options = NULL, *saved;

	for (char *word = strtok_r(super_options, ",", &saved); word;
	     word = strtok_r(NULL, ",", &saved)) {
		if (strcmp(word, "rw") == 0 || strcmp(word, "ro") == 0 ||
		    strcmp(word, "xattr") == 0 || strcmp(word, "clone_children") == 0 ||
		    str_has_prefix(word, "release_agent="))
			continue;
		if (str_has_prefix(word, "name=") && !options)
			options = arena_format(&host->arena, "none,%s", word);
		else
			options = arena_format(&host->arena, "%s%s%s", options ? options : "",
					       options ? "," : "", word);
		if (!options)
			return NULL;
	}
	return options ? options : arena_copy(&host->arena, "", 0);
}

static int add_mount(struct cgroup_host *host, const char *place, const char *options)
{
	struct cgroup_mount_point *points;
	size_t count = host->mounts.count;
	const char *slash = strrchr(place, '/'), *name = slash ? slash + 1 : place;

	for (size_t i = 0; i < count; i++)
		if (strcmp(host->mounts.items[i].name, name) == 0)
			return 0; /* mounted twice, or one that covers the other */
	points = arena_alloc(&host->arena, (count + 1) * sizeof(*points));
	if (!points)
		return -1;
	if (count)
		memcpy(points, host->mounts.items, count * sizeof(*points));
	points[count] =
		(struct cgroup_mount_point){.name = name, .options = options, .host = place};
	host->mounts.items = points;
	host->mounts.count = count + 1;
	return 0;
}

static int take_v1(struct cgroup_host *host, char *place, char *super_options)
{
	uint32_t found = find_controllers(super_options, ",", CGROUP_V1);
	const char *options;

	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		if (found & (1U << c) && host->v1[c])
			return 0; /* mounted twice: the first will do */
	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		if (found & (1U << c))
			host->v1[c] = place;
	options = mount_options(host, super_options);
	return options ? add_mount(host, place, options) : -1;
}

static bool is_v2(const char *place)
{
	struct statfs fs;

	return statfs(place, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* "36 35 98:0 /root /mount/point options optional... - type source super-options" */
static int take_line(struct cgroup_host *host, char *line)
{
	char *rest = strstr(line, " - cgroup"), type[16], super_options[512], place[PATH_MAX];
	char *copy;

	if (!rest || sscanf(line, "%*s %*s %*s %*s %4095s", place) != 1 ||
	    sscanf(rest, " - %15s %*s %511s", type, super_options) != 2)
		return 0;
	unescape(place);
	copy = arena_copy(&host->arena, place, strlen(place));
	if (!copy)
		return -1;
	if (strcmp(type, "cgroup") == 0)
		return take_v1(host, copy, super_options);
	/* Covered by a later mount, as on a hybrid machine whose v2 side is hidden: not there. */
	if (strcmp(type, "cgroup2") != 0 || host->v2 || !is_v2(copy))
		return 0;
	host->v2 = copy;
	return add_mount(host, copy, NULL);
}

/* Not by stdio: at a signal that drops what it has read so far. */
static int read_mountinfo(struct cgroup_host *host)
{
	struct arena arena = {0};
	char *next = NULL, *line;
	int result =
		fd_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &arena, &next, NULL);

	while (result == 0 && (line = strsep(&next, "\n")))
		result = take_line(host, line);
	arena_free(&arena);
	return result;
}

/* The line "0::PATH" of cgroups(7), as seen from the root of the mount. */
static int read_own(struct cgroup_host *host)
{
	char text[8192], *line;
	auto_close int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : fd_read(fd, text, sizeof(text) - 1);

	if (length < 0)
		return err_sys("read /proc/self/cgroup");
	text[length] = '\0';
	line = str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
	if (!line)
		return 0;
	line = strstr(line, "::") + 2;
	/* "/../x": outside of the cgroup namespace; no path below the mount leads there. */
	if (*line != '/' || str_has_prefix(line, "/.."))
		return 0;
	host->v2_own = arena_copy(&host->arena, line, strcspn(line, "\n"));
	return host->v2_own ? 0 : -1;
}

static int find(struct cgroup_host *host)
{
	/* Version 2 alone, by far the most common: mountinfo can be long, this is one call. */
	if (is_v2("/sys/fs/cgroup")) {
		host->v2 = arena_format(&host->arena, "/sys/fs/cgroup");
		if (!host->v2 || add_mount(host, host->v2, NULL) < 0)
			return -1;
		host->mounts.items[0].name = "";
	} else if (read_mountinfo(host) < 0) {
		return -1;
	}
	if (!host->v2)
		return 0;
	return read_v2_controllers(host) < 0 ? -1 : read_own(host);
}

int cgroup_find(struct cgroup_host *ret_host)
{
	struct cgroup_host host = {0};

	if (find(&host) < 0) {
		cgroup_host_free(&host);
		return err_wrap("find the machine's cgroups");
	}
	*ret_host = host;
	return 0;
}

void cgroup_host_free(struct cgroup_host *host)
{
	arena_free(&host->arena);
	*host = (struct cgroup_host){0};
}

int cgroup_mount_points(const struct cgroup_host *host, struct arena *arena,
			struct cgroup_mount_point **ret_points, size_t *ret_count)
{
	size_t size = host->mounts.count * sizeof(*host->mounts.items);
	struct cgroup_mount_point *points = arena_alloc(arena, size ? size : 1);

	if (!points)
		return -1;
	if (size)
		memcpy(points, host->mounts.items, size);
	*ret_points = points;
	*ret_count = host->mounts.count;
	return 0;
}
