/*
 * cgroup_v1.h: the older dialect of control groups: a hierarchy for each controller, and a child
 * that cannot be born inside. Called by cgroup.c only, which explains the steps. PARENT
 */
#ifndef CGROUP_V1_H
#define CGROUP_V1_H

#include "cgroup.h"

struct config;

/* Whether the controller is bound to a version 1 hierarchy of its own. */
int cgroup_v1_has(enum controller controller);

/* The directory NAME in every hierarchy we use, with the limits of cfg. Undone if it fails. */
int cgroup_v1_create(const char *name, const struct config *cfg);

int cgroup_v1_add(const char *name, pid_t pid);
long long cgroup_v1_oom_kills(const char *name);
int cgroup_v1_kill(const char *name);
int cgroup_v1_remove(const char *name);

#endif
