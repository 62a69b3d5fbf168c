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
	struct json_object *o = json_new_object(), *config = json_new_object();
	char *size = arena_format(arena, "%lu", (unsigned long)box->log.max_size);
	char *files = arena_format(arena, "%u", box->log.max_files);
	int failed = 0;

	failed |= json_add(config, "max-size", inspect_text(size));
	failed |= json_add(config, "max-file", inspect_text(files));
	failed |= json_add(o, "Type", inspect_text(box->log.driver));
	failed |= json_add(o, "Config", config);
	return failed ? NULL : o;
}

static struct json_object *restart_of(const struct box *box)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	failed |= json_add(o, "Name", inspect_text(box->restart.policy));
	failed |= json_add(o, "MaximumRetryCount", json_new_uint(box->restart.maximum));
	return failed ? NULL : o;
}

/* SOURCE:TARGET[:OPTIONS], of what -v can say. */
static struct json_object *binds_of(const struct box *box, struct arena *arena)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];
		char *text = arena_format(arena, "%s:%s", m->source ? m->source : "", m->target);

		if (!m->source || m->anonymous)
			continue;
		for (size_t k = 0; k < m->options.count && text; k++)
			text = arena_format(arena, "%s%c%s", text, k ? ',' : ':',
					    m->options.items[k]);
		failed |= json_append(array, inspect_text(text));
	}
	return failed ? NULL : array;
}

static struct json_object *tmpfs_of(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++) {
		const struct box_mount *m = &box->mounts.items[i];
		char *text = arena_format(arena, "%s", "");

		if (strcmp(m->type, "tmpfs") != 0)
			continue;
		for (size_t k = 0; k < m->options.count && text; k++)
			text = arena_format(arena, "%s%s%s", text, k ? "," : "",
					    m->options.items[k]);
		failed |= json_add(o, m->target, inspect_text(text));
	}
	return failed ? NULL : o;
}

static struct json_object *ulimits_of(const struct box *box)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->resources.ulimits.count; i++) {
		const struct box_ulimit *limit = &box->resources.ulimits.items[i];
		struct json_object *o = json_new_object();

		failed |= json_add(o, "Name", inspect_text(limit->name));
		failed |= json_add(o, "Hard", json_new_int(limit->hard));
		failed |= json_add(o, "Soft", json_new_int(limit->soft));
		failed |= json_append(array, o);
	}
	return failed ? NULL : array;
}

static int add_limits(struct json_object *o, const struct box *box)
{
	const struct box_resources *r = &box->resources;
	int64_t swap = r->memory_swap.set ? r->memory_swap.value : value_of(r->memory);
	int64_t pids = r->pids_limit.set ? r->pids_limit.value : PROFILE_PIDS;
	int failed = 0;

	failed |= json_add(o, "Memory", json_new_int(value_of(r->memory)));
	failed |= json_add(o, "MemorySwap", json_new_int(swap));
	failed |= json_add(o, "MemoryReservation", json_new_int(value_of(r->memory_reservation)));
	failed |= json_add(o, "NanoCpus",
			   json_new_int(r->cpu_quota.set ? r->cpu_quota.value * 10000 : 0));
	failed |= json_add(o, "CpuShares", json_new_uint(r->cpu_shares.value));
	failed |= json_add(o, "CpuPeriod", json_new_uint(r->cpu_quota.set ? CPU_PERIOD : 0));
	failed |= json_add(o, "CpuQuota", json_new_int(value_of(r->cpu_quota)));
	failed |= json_add(o, "CpusetCpus", inspect_text(r->cpuset_cpus));
	failed |= json_add(o, "CpusetMems", inspect_text(r->cpuset_mems));
	failed |= json_add(o, "PidsLimit", json_new_int(pids));
	failed |= json_add(o, "BlkioWeight", json_new_uint(r->blkio_weight.value));
	return failed | json_add(o, "Ulimits", ulimits_of(box));
}

static int add_security(struct json_object *o, const struct box *box)
{
	const struct box_security *security = &box->security;
	int failed = 0;

	failed |= json_add(o, "CapAdd", inspect_list(&security->cap_add));
	failed |= json_add(o, "CapDrop", inspect_list(&security->cap_drop));
	failed |= json_add(o, "Privileged", json_new_bool(security->privileged));
	failed |= json_add(o, "SecurityOpt", inspect_list(&security->options));
	failed |= json_add(o, "UsernsMode", inspect_text(security->userns));
	return failed | json_add(o, "ReadonlyRootfs", json_new_bool(box->read_only));
}

struct json_object *inspect_host_config(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	failed |= json_add(o, "Binds", binds_of(box, arena));
	failed |= json_add(o, "LogConfig", log_of(box, arena));
	failed |= json_add(o, "NetworkMode", inspect_text(box->network_mode));
	failed |= json_add(o, "PortBindings", inspect_port_map(box, arena));
	failed |= json_add(o, "RestartPolicy", restart_of(box));
	failed |= json_add(o, "AutoRemove", json_new_bool(box->remove));
	failed |= json_add(o, "Dns", inspect_list(&box->dns));
	failed |= json_add(o, "ExtraHosts", inspect_list(&box->extra_hosts));
	failed |= json_add(o, "GroupAdd", inspect_list(&box->group_add));
	failed |= add_security(o, box);
	failed |= json_add(o, "Tmpfs", tmpfs_of(box, arena));
	failed |= json_add(o, "Sysctls", inspect_map(&box->sysctls));
	failed |= json_add(o, "Devices", inspect_list(&box->devices));
	failed |= json_add(o, "Init", json_new_bool(box->init));
	failed |= json_add(o, "Runtime", inspect_text(box->runtime));
	failed |= add_limits(o, box);
	return failed ? NULL : o;
}
