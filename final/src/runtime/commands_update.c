/*
 * commands_update.c: update, new limits for a container that exists. The options are those of runc
 * and crun, and each goes straight to its place in the resources of spec.h. Next file:
 * commands_info.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "commands.h"

#include <fcntl.h>
#include <string.h>

struct update_options {
	struct spec_resources resources;
	const char *file;
	const char *cache_schema, *bandwidth_schema, *kernel_memory;
};

#define AT(member) offsetof(struct update_options, member)
#define RESOURCE(member) AT(resources.member)

static const struct opt update_options[] = {
	{"resources", 'r', OPT_TEXT, AT(file), "FILE",
	 "JSON as linux.resources of config.json; -: standard input"},
	{"memory", 0, OPT_BYTES, RESOURCE(memory.limit), "BYTES", "limit; -1: none"},
	{"memory-reservation", 0, OPT_BYTES, RESOURCE(memory.reservation), "BYTES",
	 "what is left to it when memory is short"},
	{"memory-swap", 0, OPT_BYTES, RESOURCE(memory.swap), "BYTES",
	 "limit of memory and swap together; -1: none"},
	{"cpu-quota", 0, OPT_OPT_I64, RESOURCE(cpu.quota), "MICROSECONDS",
	 "CPU time in each period; -1: no limit"},
	{"cpu-period", 0, OPT_OPT_U64, RESOURCE(cpu.period), "MICROSECONDS",
	 "length of a period; 0: as it is"},
	{"cpu-burst", 0, OPT_OPT_U64, RESOURCE(cpu.burst), "MICROSECONDS",
	 "unused CPU time that may be saved up"},
	{"cpu-share", 0, OPT_OPT_U64, RESOURCE(cpu.shares), "N", "weight, 2 to 262144"},
	{"cpu-idle", 0, OPT_OPT_I64, RESOURCE(cpu.idle), "0|1", "1: only when nobody else runs"},
	{"cpu-rt-period", 0, OPT_OPT_U64, RESOURCE(cpu.realtime_period), "MICROSECONDS",
	 "period of real-time tasks"},
	{"cpu-rt-runtime", 0, OPT_OPT_I64, RESOURCE(cpu.realtime_runtime), "MICROSECONDS",
	 "CPU time of real-time tasks in each"},
	{"cpuset-cpus", 0, OPT_TEXT, RESOURCE(cpu.cpus), "LIST", "CPUs, as 0-3,7"},
	{"cpuset-mems", 0, OPT_TEXT, RESOURCE(cpu.mems), "LIST", "memory nodes, as 0-1"},
	{"pids-limit", 0, OPT_OPT_I64, RESOURCE(pids_limit), "N", "processes; -1: no limit"},
	{"blkio-weight", 0, OPT_OPT_U32, RESOURCE(block_io.weight), "N", "weight, 10 to 1000"},
	{"l3-cache-schema", 0, OPT_TEXT, AT(cache_schema), "TEXT", "refused: Intel RDT"},
	{"mem-bw-schema", 0, OPT_TEXT, AT(bandwidth_schema), "TEXT", "refused: Intel RDT"},
	{"kernel-memory", 0, OPT_TEXT, AT(kernel_memory), "BYTES", "ignored, as kernels do"},
	{"kernel-memory-tcp", 0, OPT_TEXT, AT(kernel_memory), "BYTES", "ignored, as kernels do"},
	{0}};

/* runc's flags have 0 for "not given", and engines pass them all. */
static void forget_zeros(struct spec_resources *r)
{
	struct opt_u64 *counts[] = {&r->cpu.period, &r->cpu.shares, &r->cpu.realtime_period};
	struct opt_i64 *sizes[] = {&r->memory.limit, &r->memory.reservation, &r->memory.swap,
				   &r->cpu.quota, &r->pids_limit};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		counts[i]->set = counts[i]->set && counts[i]->value;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i]->set = sizes[i]->set && sizes[i]->value;
	r->block_io.weight.set = r->block_io.weight.set && r->block_io.weight.value;
	if (r->cpu.cpus && !*r->cpu.cpus)
		r->cpu.cpus = NULL;
	if (r->cpu.mems && !*r->cpu.mems)
		r->cpu.mems = NULL;
}

/* No limit of memory is meant to be no limit of swap either: v1 refuses the one without the other.
 */
static void complete(struct spec_resources *r)
{
	if (r->memory.limit.set && r->memory.limit.value == -1 && !r->memory.swap.set)
		r->memory.swap = r->memory.limit;
}

static int open_resources(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? err_sys("update: open %s", path) : fd;
}

/* With a file the other options count for nothing, as in runc. */
static int read_file(const char *path, struct spec *ret_spec)
{
	auto_close int fd = open_resources(path);

	if (fd < 0 ||
	    spec_load_resources(fd, strcmp(path, "-") == 0 ? "standard input" : path, ret_spec) < 0)
		return -1;
	if (ret_spec->linux.resources) {
		/* The devices stay: engines send a list that is empty or not complete. */
		ret_spec->linux.resources->devices.count = 0;
		complete(ret_spec->linux.resources);
	}
	return 0;
}

static int refuse_rdt(const struct update_options *options)
{
	if (!options->cache_schema && !options->bandwidth_schema)
		return 0;
	return err_set(EOPNOTSUPP, "--%s: Intel RDT is not supported: leave the option out",
		       options->cache_schema ? "l3-cache-schema" : "mem-bw-schema");
}

static int update(struct container *c, const struct spec_resources *resources)
{
	if (container_lock(c) < 0 ||
	    container_expect(c,
			     STATUS(STATE_CREATED) | STATUS(STATE_RUNNING) | STATUS(STATE_PAUSED),
			     "update") < 0)
		return -1;
	if (!c->cgroup.path)
		return err_set(ENOENT, "cannot update container '%s': it has no cgroup",
			       c->state.id);
	return cgroup_set(&c->cgroup, resources);
}

/* Reads before it locks: the other end of a pipe may take its time, and `delete` waits for us. */
static int read_and_update(struct update_options *options, struct container *c)
{
	struct spec spec = {0};
	int result;

	if (!options->file) {
		forget_zeros(&options->resources);
		complete(&options->resources);
		return update(c, &options->resources);
	}
	if (read_file(options->file, &spec) < 0)
		return -1;
	result = update(c, spec.linux.resources);
	spec_free(&spec);
	return result;
}

static int run_update(const struct command_line *line)
{
	struct update_options *options = line->values;
	struct container c;
	int result;

	if (refuse_rdt(options) < 0)
		return err_wrap("update");
	if (options->kernel_memory)
		log_warn("update: --kernel-memory is ignored: Linux has no such limit since 5.16");
	if (container_open(line->rt, line->operands[0], &c) < 0)
		return -1;
	result = read_and_update(options, &c);
	container_close(&c);
	return result;
}

const struct command commands_update[] = {{"update", "ID", "Change the limits of a container",
					   "husk-runtime update --memory 64M web", update_options,
					   sizeof(struct update_options), OPTS_ANYWHERE, 1, 1,
					   .has_id = true, .run = run_update},
					  {0}};
