/*
 * resources.c: values of options to box.json, and from there to linux.resources of config.json. See
 * resources.h; next file: ../cli/cmd_update.c
 */
#include "resources.h"
#include "../base/err.h"
#include "../spec/spec.h"

#include <inttypes.h>
#include <string.h>

enum {
	PERIOD = 100000,	/* microseconds: the kernel's own, and everybody's */
	QUOTA_MIN = 1000,	/* the kernel refuses less */
	CPUS_MAX = 8192,	/* CONFIG_NR_CPUS of the largest kernels */
	MEMORY_MIN = 512 << 10, /* bytes: below that no program can be executed in there */
};

/* A decimal number of at most six digits behind the point, in millionths; false: it is none. */
static bool parse_decimal(const char *text, const char *end, int64_t *ret_millionths)
{
	int64_t whole = 0, part = 0, unit = 1000000;
	const char *at = text;

	for (; at < end && *at >= '0' && *at <= '9' && whole < INT32_MAX; at++)
		whole = whole * 10 + (*at - '0');
	if (at < end && *at == '.')
		for (at++; at < end && *at >= '0' && *at <= '9'; at++) {
			unit /= 10;
			part += unit * (*at - '0');
		}
	*ret_millionths = whole * 1000000 + part;
	return at == end && end > text && strpbrk(text, "0123456789");
}

static int quota_of(int64_t millionths, int64_t *ret_quota)
{
	int64_t quota = millionths / 10;

	if (millionths == 0) {
		*ret_quota = -1;
		return 0;
	}
	if (quota < QUOTA_MIN || quota / PERIOD > CPUS_MAX)
		return err_set(ERANGE, "expected at least 0.01 CPUs (1%%), and at most %d",
			       CPUS_MAX);
	*ret_quota = quota;
	return 0;
}

int resources_parse_cpus(const char *text, int64_t *ret_quota)
{
	int64_t millionths;

	if (!parse_decimal(text, text + strlen(text), &millionths))
		return err_set(EINVAL, "--cpus '%s': expected a number of CPUs, as 0.5 or 2", text);
	return quota_of(millionths, ret_quota) < 0 ? err_wrap("--cpus '%s'", text) : 0;
}

int resources_parse_percent(const char *text, int64_t *ret_quota)
{
	size_t length = strlen(text);
	const char *end = text + length - (length > 0 && text[length - 1] == '%');
	int64_t millionths;

	if (!parse_decimal(text, end, &millionths))
		return err_set(EINVAL, "--cpu '%s': expected percents of one CPU, as 25%% or 150%%",
			       text);
	return quota_of(millionths / 100, ret_quota) < 0 ? err_wrap("--cpu '%s'", text) : 0;
}

/* --- options --- */

/* 0 is no limit to docker's options; a limit that nothing can live in is refused. */
static int merge_bytes(const char *name, const struct opt_i64 *given, struct opt_i64 *kept)
{
	if (!given->set)
		return 0;
	*kept = *given;
	if (kept->value == 0)
		kept->value = -1;
	if (kept->value > 0 && kept->value < MEMORY_MIN)
		return err_set(ERANGE, "--%s %" PRId64 ": expected at least %dK", name, kept->value,
			       MEMORY_MIN >> 10);
	return 0;
}

static int merge_memory(const struct resources_options *options, struct box_resources *resources)
{
	if (merge_bytes("memory", &options->memory, &resources->memory) < 0 ||
	    merge_bytes("memory-swap", &options->memory_swap, &resources->memory_swap) < 0 ||
	    merge_bytes("memory-reservation", &options->memory_reservation,
			&resources->memory_reservation) < 0)
		return -1;
	if (!resources->memory_swap.set || resources->memory_swap.value < 0)
		return 0;
	if (!resources->memory.set || resources->memory.value < 0)
		return err_set(EINVAL, "--memory-swap: it is memory and swap together, so give "
				       "--memory too");
	if (resources->memory_swap.value < resources->memory.value)
		return err_set(EINVAL,
			       "--memory-swap %" PRId64 ": it is memory and swap together, so at "
			       "least --memory, %" PRId64,
			       resources->memory_swap.value, resources->memory.value);
	return 0;
}

static int merge_quota(const struct resources_options *options, struct box_resources *resources)
{
	uint64_t period = options->cpu_period.set ? options->cpu_period.value : PERIOD;
	int64_t quota = options->cpu_quota.value;

	if (!options->cpu_quota.set)
		return options->cpu_period.set ? err_set(EINVAL, "--cpu-period goes with "
								 "--cpu-quota")
					       : 0;
	if (period < 1000 || period > 1000000)
		return err_set(ERANGE, "--cpu-period %" PRIu64 ": expected 1000 to 1000000",
			       period);
	if (quota > INT64_MAX / PERIOD || (quota > 0 && quota < QUOTA_MIN))
		return err_set(ERANGE, "--cpu-quota %" PRId64 ": expected -1, or at least %d",
			       quota, QUOTA_MIN);
	resources->cpu_quota.set = true;
	resources->cpu_quota.value = quota <= 0 ? -1 : quota * PERIOD / (int64_t)period;
	return 0;
}

static int merge_cpu(const struct resources_options *options, struct box_resources *resources)
{
	int ways = !!options->cpus + !!options->cpu + options->cpu_quota.set;

	if (ways > 1)
		return err_set(EINVAL, "--cpus, --cpu and --cpu-quota say the same: give one");
	if (options->cpus || options->cpu) {
		int64_t quota;

		if (options->cpus ? resources_parse_cpus(options->cpus, &quota) < 0
				  : resources_parse_percent(options->cpu, &quota) < 0)
			return -1;
		resources->cpu_quota = (struct opt_i64){.set = true, .value = quota};
		return 0;
	}
	return merge_quota(options, resources);
}

static int merge_weights(const struct resources_options *options, struct box_resources *resources)
{
	if (options->cpu_shares.set) {
		if (options->cpu_shares.value < 2 || options->cpu_shares.value > 262144)
			return err_set(ERANGE, "--cpu-shares %" PRIu64 ": expected 2 to 262144",
				       options->cpu_shares.value);
		resources->cpu_shares = options->cpu_shares;
	}
	if (options->blkio_weight.set) {
		if (options->blkio_weight.value < 10 || options->blkio_weight.value > 1000)
			return err_set(ERANGE, "--blkio-weight %u: expected 10 to 1000",
				       options->blkio_weight.value);
		resources->blkio_weight = options->blkio_weight;
	}
	return 0;
}

static int merge_list(const char *name, char *given, char **kept)
{
	if (!given)
		return 0;
	if (!*given || given[strspn(given, "0123456789,-")])
		return err_set(EINVAL, "--%s '%s': expected a list, as 0-3,7", name, given);
	*kept = given;
	return 0;
}

static int merge_pids(const struct resources_options *options, struct box_resources *resources)
{
	if (!options->pids_limit.set)
		return 0;
	if (options->pids_limit.value < -1)
		return err_set(ERANGE,
			       "--pids-limit %" PRId64 ": expected a number, or -1: no limit",
			       options->pids_limit.value);
	resources->pids_limit = options->pids_limit;
	if (resources->pids_limit.value == 0)
		resources->pids_limit.value = -1;
	return 0;
}

int resources_merge(const struct resources_options *options, struct box_resources *resources)
{
	struct box_resources merged = *resources;

	if (merge_memory(options, &merged) < 0 || merge_cpu(options, &merged) < 0 ||
	    merge_weights(options, &merged) < 0 || merge_pids(options, &merged) < 0 ||
	    merge_list("cpuset-cpus", options->cpuset_cpus, &merged.cpuset_cpus) < 0 ||
	    merge_list("cpuset-mems", options->cpuset_mems, &merged.cpuset_mems) < 0)
		return -1;
	*resources = merged;
	return 0;
}

/* --- config.json --- */

void resources_fill(const struct box_resources *resources, struct spec_resources *spec)
{
	spec->memory.limit = resources->memory;
	spec->memory.swap = resources->memory_swap;
	spec->memory.reservation = resources->memory_reservation;
	/* A limit that can be passed by swapping is none; and v1 refuses swap below memory. */
	if (resources->memory.set && !resources->memory_swap.set)
		spec->memory.swap = resources->memory;
	spec->cpu.shares = resources->cpu_shares;
	spec->cpu.cpus = resources->cpuset_cpus;
	spec->cpu.mems = resources->cpuset_mems;
	spec->block_io.weight = resources->blkio_weight;
	if (resources->cpu_quota.set) {
		spec->cpu.quota = resources->cpu_quota;
		spec->cpu.period = (struct opt_u64){.set = true, .value = PERIOD};
	}
	if (resources->pids_limit.set)
		spec->pids_limit = resources->pids_limit;
}
