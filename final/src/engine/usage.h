/*
 * usage.h: what a container has used so far: the accounts of its cgroup, and of its network.
 *
 *	usage_read(pid, id, &usage)   pid: its init; twice, with time in between: a rate
 *
 * Where the cgroup is says /proc/PID/cgroup, so any runtime's containers can be asked. Version 1, 2
 * or both: each controller is read where it is bound (cgroups(7)); what is bound nowhere is not
 * known. Next file: usage.c
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { USAGE_UNKNOWN = -1 };

struct usage {
	int64_t time;	   /* when it was read, nanoseconds of CLOCK_MONOTONIC */
	int64_t cpu;	   /* nanoseconds; everything from here on may be USAGE_UNKNOWN */
	int64_t throttled; /* nanoseconds in which it wanted to run, and was not let */
	int64_t throttled_periods;
	int64_t memory;		    /* bytes; without files' pages that can be had back at once */
	int64_t memory_limit;	    /* bytes; of the machine if it has none */
	int64_t oom_kills;	    /* processes that were killed for the limit */
	int64_t pids, pids_limit;   /* -1: no limit */
	int64_t received, sent;	    /* bytes, all interfaces but lo; unknown: the host's network */
	int64_t disk_read, written; /* bytes */
	/* Pressure stall information, PSI: hundredths of percent of the last ten seconds. */
	int64_t cpu_pressure, memory_pressure, io_pressure;
};

/* ESRCH if there is no such process. */
int usage_read(pid_t pid, const char *id, struct usage *ret_usage) MUST_CHECK;

/* Of a container that does not run. */
struct usage usage_nothing(void);

/* Hundredths of percent of one CPU between two readings. */
int64_t usage_cpu_percent(const struct usage *before, const struct usage *now);
