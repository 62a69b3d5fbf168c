/*
 * resources.h: options for what a box may use: the same ones of run, create and update.
 *
 *	static const struct opt options[] = {..., RESOURCES_OPTIONS(struct run_options, resources), {0}};
 *	resources_merge(&options->resources, &box->resources)     those that were given
 *	resources_fill(&box->resources, &spec_resources)                  in OCI's words
 *
 * No side effects. Next file: ../cli/cmd_update.c
 */
#pragma once

#include "../store/box.h"

struct spec_resources;

struct resources_options {
	struct opt_i64 memory, memory_swap, memory_reservation; /* bytes; 0 and -1: no limit */
	const char *cpus, *cpu;					/* "0.25"; "25%" */
	struct opt_i64 cpu_quota;				/* microseconds in each period */
	struct opt_u64 cpu_period;				/* microseconds */
	struct opt_u64 cpu_shares;				/* 2 to 262144 */
	char *cpuset_cpus, *cpuset_mems;			/* "0-3,7" */
	struct opt_i64 pids_limit;				/* 0 and -1: no limit */
	struct opt_u32 blkio_weight;				/* 10 to 1000 */
};

#define RESOURCES_ROW(name, letter, kind, type, member, value, help)                               \
	{                                                                                          \
		name, letter, kind, offsetof(type, member), value, help                            \
	}
#define RESOURCES_OPTIONS(type, m)                                                                 \
	RESOURCES_ROW("memory", 'm', OPT_BYTES, type, m.memory, "BYTES",                           \
		      "limit of memory, as 64M; -1: none"),                                        \
		RESOURCES_ROW("mem", 0, OPT_BYTES, type, m.memory, "BYTES", "same as --memory"),   \
		RESOURCES_ROW("memory-swap", 0, OPT_BYTES, type, m.memory_swap, "BYTES",           \
			      "limit of memory and swap together; default: no swap"),              \
		RESOURCES_ROW("memory-reservation", 0, OPT_BYTES, type, m.memory_reservation,      \
			      "BYTES", "what is left to it when memory is short"),                 \
		RESOURCES_ROW("cpus", 0, OPT_TEXT, type, m.cpus, "N",                              \
			      "CPUs' worth of time, as 0.5; 0: no limit"),                         \
		RESOURCES_ROW("cpu", 0, OPT_TEXT, type, m.cpu, "PERCENT", "the same, as 50%"),     \
		RESOURCES_ROW("cpu-quota", 0, OPT_OPT_I64, type, m.cpu_quota, "MICROSECONDS",      \
			      "the same, in each period; -1: no limit"),                           \
		RESOURCES_ROW("cpu-period", 0, OPT_OPT_U64, type, m.cpu_period, "MICROSECONDS",    \
			      "what the quota is meant for (default 100000)"),                     \
		RESOURCES_ROW("cpu-shares", 'c', OPT_OPT_U64, type, m.cpu_shares, "N",             \
			      "weight against others, 2 to 262144 (default 1024)"),                \
		RESOURCES_ROW("cpuset-cpus", 0, OPT_TEXT, type, m.cpuset_cpus, "LIST",             \
			      "CPUs that it may use, as 0-3,7"),                                   \
		RESOURCES_ROW("cpuset-mems", 0, OPT_TEXT, type, m.cpuset_mems, "LIST",             \
			      "memory nodes that it may use, as 0-1"),                             \
		RESOURCES_ROW("pids-limit", 0, OPT_OPT_I64, type, m.pids_limit, "N",               \
			      "processes and threads; -1: no limit (default 512)"),                \
		RESOURCES_ROW("blkio-weight", 0, OPT_OPT_U32, type, m.blkio_weight, "N",           \
			      "weight of its disk accesses, 10 to 1000")

/* EINVAL with the option and what it may be. Strings stay where they are. */
int resources_merge(const struct resources_options *options,
		    struct box_resources *resources) MUST_CHECK;

/* Memory without a word on swap means none of it. Devices and ulimits are not touched. */
void resources_fill(const struct box_resources *resources, struct spec_resources *spec);

/* "0.25", "25%": microseconds for each 100 ms; -1: no limit. */
int resources_parse_cpus(const char *text, int64_t *ret_quota) MUST_CHECK;
int resources_parse_percent(const char *text, int64_t *ret_quota) MUST_CHECK;
