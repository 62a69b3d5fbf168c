/*
 * oom.h: whether the kernel killed a process of the container for its memory limit.
 *
 *	oom_open(pid, &oom)     while its init lives: which counter it is, and where it stands
 *	oom_has_killed(&oom)    after its end, and before the cgroup is removed
 *	oom_close(&oom)
 *
 * The counter oom_kill is in memory.events of a cgroup of version 2, in memory.oom_control of one
 * of version 1. No cgroup for memory, or none that is found: never. PARENT. Next file: logger.h
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct oom {
	int fd; /* of the file with the counter; -1: none */
	uint64_t before;
};

void oom_open(pid_t pid, struct oom *ret_oom);
bool oom_has_killed(const struct oom *oom);
void oom_close(struct oom *oom);
