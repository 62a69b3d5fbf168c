/*
 * usage_find.c: /proc/PID/cgroup says the path in each hierarchy, our own mountinfo where that
 * hierarchy is mounted. See usage_find.h; next file: ../cli/cmd_stats.c
 */
#include "usage_find.h"
#include "../base/err.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 20 };

/* Whether `list`, with commas at both ends, has the word. */
static bool has_controller(const char *list, const char *word, size_t length)
{
	for (const char *at = list; (at = strstr(at, ",")); at++)
		if (strncmp(at + 1, word, length) == 0 && at[1 + length] == ',')
			return true;
	return false;
}

/* What is below `root` of a path: a mount may show a part of its hierarchy only. NULL: it is not. */
static const char *below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

/* One of version 1 is known by its controllers, or its name, among the mount's options. */
static bool is_hierarchy(const struct usage_hierarchy *hierarchy, const char *type,
			 const char *options)
{
	if (hierarchy->version == 2)
		return strcmp(type, "cgroup2") == 0;
	if (strcmp(type, "cgroup") != 0)
		return false;
	for (size_t length; *options; options += length + (options[length] == ',')) {
		length = strcspn(options, ",");
		if (has_controller(hierarchy->controllers, options, length))
			return true;
	}
	return false;
}

struct mount {
	char *root, *point, *type, *options;
};

/* proc_pid_mountinfo(5): "36 35 98:0 /ROOT /POINT OPTIONS TAGS - TYPE SOURCE SUPER_OPTIONS" */
static bool read_mount(char *line, struct mount *ret_mount)
{
	char *after = strstr(line, " - ");

	if (!after)
		return false;
	after += strlen(" - ");
	for (int i = 0; i < 3; i++)
		strsep(&line, " ");
	ret_mount->root = strsep(&line, " ");
	ret_mount->point = strsep(&line, " ");
	ret_mount->type = strsep(&after, " ");
	strsep(&after, " ");
	ret_mount->options = after;
	return ret_mount->point && ret_mount->options;
}

static int take_mount(struct usage_place *place, const struct mount *mount)
{
	for (size_t i = 0; i < place->count; i++) {
		struct usage_hierarchy *hierarchy = &place->hierarchies[i];
		const char *path = below(hierarchy->path, mount->root);
		char *directory;

		if (hierarchy->directory || !path ||
		    !is_hierarchy(hierarchy, mount->type, mount->options))
			continue;
		directory = arena_format(&place->arena, "%s%s", mount->point, path);
		if (!directory)
			return -1;
		if (access(directory, F_OK) == 0)
			hierarchy->directory = directory;
	}
	return 0;
}

static int take_mounts(struct usage_place *place)
{
	struct mount mount;
	char *text, *line;

	if (fd_read_file(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &place->arena, &text, NULL) <
	    0)
		return err_wrap("/proc/self/mountinfo");
	while ((line = strsep(&text, "\n")))
		if (read_mount(line, &mount) && take_mount(place, &mount) < 0)
			return -1;
	return 0;
}

/* "4:memory:/husk/ID"; version 2: "0::/husk/ID". */
static int take_membership(struct usage_place *place, const char *id, char *line)
{
	struct usage_hierarchy hierarchy = {.version = 1};
	char *controllers;

	strsep(&line, ":");
	controllers = strsep(&line, ":");
	if (!line || !strstr(line, id) || place->count == USAGE_HIERARCHIES)
		return 0;
	hierarchy.path = line;
	hierarchy.controllers = arena_format(&place->arena, ",%s,", controllers);
	if (!*controllers)
		hierarchy.version = 2;
	place->hierarchies[place->count++] = hierarchy;
	return hierarchy.controllers ? 0 : -1;
}

static int take_memberships(struct usage_place *place, pid_t pid, const char *id)
{
	char path[40], *text, *line;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (fd_read_file(AT_FDCWD, path, TEXT_MAX, &place->arena, &text, NULL) < 0)
		return err_wrap("%s", path);
	while ((line = strsep(&text, "\n")))
		if (take_membership(place, id, line) < 0)
			return -1;
	return 0;
}

/* On hybrid machines the hierarchy of version 2 has only what version 1 does not. */
static int take_controllers(struct usage_place *place, struct usage_hierarchy *hierarchy)
{
	char *path, *text;

	if (hierarchy->version != 2 || !hierarchy->directory)
		return 0;
	path = arena_format(&place->arena, "%s/cgroup.controllers", hierarchy->directory);
	if (!path || fd_read_file(AT_FDCWD, path, TEXT_MAX, &place->arena, &text, NULL) < 0)
		return path ? 0 : -1;
	for (char *c = text; *c; c++)
		if (*c == ' ' || *c == '\n')
			*c = ',';
	hierarchy->controllers = arena_format(&place->arena, ",%s,", text);
	return hierarchy->controllers ? 0 : -1;
}

int usage_find(pid_t pid, const char *id, struct usage_place *ret_place)
{
	struct usage_place place = {.count = 0};
	bool failed = take_memberships(&place, pid, id) < 0 || take_mounts(&place) < 0;

	for (size_t i = 0; i < place.count && !failed; i++)
		failed = take_controllers(&place, &place.hierarchies[i]) < 0;
	if (failed) {
		usage_forget(&place);
		return -1;
	}
	*ret_place = place;
	return 0;
}

void usage_forget(struct usage_place *place)
{
	arena_free(&place->arena);
}

const char *usage_directory(const struct usage_place *place, const char *controller, int version)
{
	for (size_t i = 0; i < place->count; i++) {
		const struct usage_hierarchy *hierarchy = &place->hierarchies[i];

		if (hierarchy->version != version)
			continue;
		/* Whose cgroup is the root of version 2 has none of its own there. */
		if (controller
			    ? has_controller(hierarchy->controllers, controller, strlen(controller))
			    : strcmp(hierarchy->path, "/") != 0)
			return hierarchy->directory;
	}
	return NULL;
}
