/*
 * usage_find.h: where a process's cgroups are, in every hierarchy that this machine has mounted.
 *
 *	usage_find(pid, id, &place)
 *	usage_directory(&place, "memory", 1)     "/sys/fs/cgroup/memory/husk/ID"; NULL: not bound there
 *	usage_directory(&place, NULL, 2)         of the hierarchy of version 2, whatever is bound to it
 *	usage_forget(&place)
 *
 * Next file: usage_find.c
 */
#pragma once

#include "../base/str.h"

#include <sys/types.h>

struct usage_hierarchy {
	char *controllers; /* ",cpu,cpuacct,"; of version 2 those that are bound to it */
	int version;
	char *path;	 /* in the hierarchy */
	char *directory; /* NULL: it is not mounted where we could look */
};

enum { USAGE_HIERARCHIES = 32 };

struct usage_place {
	struct usage_hierarchy hierarchies[USAGE_HIERARCHIES];
	size_t count;
	struct arena arena;
};

/*
 * Only cgroups that have the ID in their path: others are our caller's, where a runtime had no right
 * to make one, and others' usage would be counted. ESRCH if there is no such process.
 */
int usage_find(pid_t pid, const char *id, struct usage_place *ret_place) MUST_CHECK;
void usage_forget(struct usage_place *place);
const char *usage_directory(const struct usage_place *place, const char *controller, int version);
