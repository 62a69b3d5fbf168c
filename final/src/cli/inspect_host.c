/* inspect_host.c: HostConfig: what was asked of the host. See inspect.h; next file: inspect_network.c */
#include "../spec/profile.h"
#include "inspect.h"

#include <string.h>

enum { CPU_PERIOD = 100000 };

static int64_t value_of(struct opt_i64 option)
{
	return option.set ? option.value : 0;
}

static struct json_object *log_of(const struct box *box, struct arena *arena)
{
	const struct box_log *log = &box->log;

	return json_new_members((struct json_member[]){
		{"Type", inspect_text(log->driver)},
		{"Config",
		 json_new_members((struct json_member[]){
			 {"max-size", inspect_text(arena_format(arena, "%lu", log->max_size))},
			 {"max-file", inspect_text(arena_format(arena, "%u", log->max_files))},
			 {0}})},
		{0}});
}

/* SOURCE:TARGET[:OPTIONS], of what -v can say. */
static struct json_object *binds_of(const struct box *box, struct arena *arena)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];
		char *options = str_join(&m->options, ",", arena);

		if (m->source && !m->anonymous)
			failed |= json_append(
				array,
				inspect_text(arena_format(arena, "%s:%s%s%s", m->source, m->target,
							  *options ? ":" : "", options)));
	}
	return failed ? NULL : array;
}

static struct json_object *tmpfs_of(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];

		if (strcmp(m->type, "tmpfs") == 0)
			failed |= json_add(o, m->target,
					   inspect_text(str_join(&m->options, ",", arena)));
	}
	return failed ? NULL : o;
}

static struct json_object *ulimits_of(const struct box *box)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->resources.ulimits.count; i++) {
		const struct box_ulimit *limit = &box->resources.ulimits.items[i];

		failed |= json_append(array, json_new_members((struct json_member[]){
						     {"Name", inspect_text(limit->name)},
						     {"Hard", json_new_int(limit->hard)},
						     {"Soft", json_new_int(limit->soft)},
						     {0}}));
	}
	return failed ? NULL : array;
}

static int add_limits(struct json_object *o, const struct box *box)
{
	const struct box_resources *r = &box->resources;
	int64_t swap = r->memory_swap.set ? r->memory_swap.value : value_of(r->memory);
	int64_t pids = r->pids_limit.set ? r->pids_limit.value : PROFILE_PIDS;

	return json_add_members(
		o, (struct json_member[]){
			   {"Memory", json_new_int(value_of(r->memory))},
			   {"MemorySwap", json_new_int(swap)},
			   {"MemoryReservation", json_new_int(value_of(r->memory_reservation))},
			   {"NanoCpus", json_new_int(value_of(r->cpu_quota) * 10000)},
			   {"CpuShares", json_new_uint(r->cpu_shares.value)},
			   {"CpuPeriod", json_new_uint(r->cpu_quota.set ? CPU_PERIOD : 0)},
			   {"CpuQuota", json_new_int(value_of(r->cpu_quota))},
			   {"CpusetCpus", inspect_text(r->cpuset_cpus)},
			   {"CpusetMems", inspect_text(r->cpuset_mems)},
			   {"PidsLimit", json_new_int(pids)},
			   {"BlkioWeight", json_new_uint(r->blkio_weight.value)},
			   {"Ulimits", ulimits_of(box)},
			   {0}});
}

struct json_object *inspect_host_config(const struct box *box, struct arena *arena)
{
	const struct box_security *security = &box->security;
	struct json_object *o = json_new_members((struct json_member[]){
		{"Binds", binds_of(box, arena)},
		{"LogConfig", log_of(box, arena)},
		{"NetworkMode", inspect_text(box->network_mode)},
		{"PortBindings", inspect_port_map(box, arena)},
		{"RestartPolicy",
		 json_new_members((struct json_member[]){
			 {"Name", inspect_text(box->restart.policy)},
			 {"MaximumRetryCount", json_new_uint(box->restart.maximum)},
			 {0}})},
		{"AutoRemove", json_new_bool(box->remove)},
		{"Dns", inspect_list(&box->dns)},
		{"ExtraHosts", inspect_list(&box->extra_hosts)},
		{"GroupAdd", inspect_list(&box->group_add)},
		{"CapAdd", inspect_list(&security->cap_add)},
		{"CapDrop", inspect_list(&security->cap_drop)},
		{"Privileged", json_new_bool(security->privileged)},
		{"SecurityOpt", inspect_list(&security->options)},
		{"UsernsMode", inspect_text(security->userns)},
		{"ReadonlyRootfs", json_new_bool(box->read_only)},
		{"Tmpfs", tmpfs_of(box, arena)},
		{"Sysctls", inspect_map(&box->sysctls)},
		{"Devices", inspect_list(&box->devices)},
		{"Init", json_new_bool(box->init)},
		{"Runtime", inspect_text(box->runtime)},
		{0}});

	if (o && add_limits(o, box) == 0)
		return o;
	json_free(o);
	return NULL;
}
