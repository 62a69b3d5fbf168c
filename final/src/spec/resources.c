/*
 * resources.c: linux.resources of config.json: what the container's cgroup is told. Also the whole
 * of a file for `update --resources`. See tables.h; config-linux.md, "Control groups". Next file:
 * names.c
 */
#include "tables.h"

static const struct bind_field device_rule_rows[] = {
	{"allow", BIND_BOOL, AT(device_rule, allow), .required = true},
	{"type", BIND_ENUM, AT(device_rule, type), .names = spec_device_rule_types},
	{"major", BIND_OPT_INT, AT(device_rule, major), .min = -1, .max = UINT32_MAX},
	{"minor", BIND_OPT_INT, AT(device_rule, minor), .min = -1, .max = UINT32_MAX},
	{"access", BIND_STRING, AT(device_rule, access)},
};
static const struct bind_table device_rule = BIND_TABLE(struct spec_device_rule, device_rule_rows);

/* Bytes; -1: no limit. */
static const struct bind_field memory_rows[] = {
	{"limit", BIND_OPT_INT, AT(memory, limit), .min = -1, .max = INT64_MAX},
	{"reservation", BIND_OPT_INT, AT(memory, reservation), .min = -1, .max = INT64_MAX},
	{"swap", BIND_OPT_INT, AT(memory, swap), .min = -1, .max = INT64_MAX},
	{"kernel", BIND_OPT_INT, AT(memory, kernel), .min = -1, .max = INT64_MAX},
	{"kernelTCP", BIND_OPT_INT, AT(memory, kernel_tcp), .min = -1, .max = INT64_MAX},
	{"swappiness", BIND_OPT_UINT, AT(memory, swappiness), .max = 100},
	{"disableOOMKiller", BIND_OPT_BOOL, AT(memory, disable_oom_killer)},
	{"useHierarchy", BIND_OPT_BOOL, AT(memory, use_hierarchy)},
	{"checkBeforeUpdate", BIND_OPT_BOOL, AT(memory, check_before_update)},
};
static const struct bind_table memory = BIND_TABLE(struct spec_memory, memory_rows);

static const struct bind_field cpu_rows[] = {
	{"shares", BIND_OPT_UINT, AT(cpu, shares)},
	{"quota", BIND_OPT_INT, AT(cpu, quota)},
	{"burst", BIND_OPT_UINT, AT(cpu, burst)},
	{"period", BIND_OPT_UINT, AT(cpu, period)},
	{"realtimeRuntime", BIND_OPT_INT, AT(cpu, realtime_runtime)},
	{"realtimePeriod", BIND_OPT_UINT, AT(cpu, realtime_period)},
	{"cpus", BIND_STRING, AT(cpu, cpus)},
	{"mems", BIND_STRING, AT(cpu, mems)},
	{"idle", BIND_OPT_INT, AT(cpu, idle), .min = 0, .max = 1},
};
static const struct bind_table cpu = BIND_TABLE(struct spec_cpu, cpu_rows);

static const struct bind_field pids_rows[] = {
	{"limit", BIND_OPT_INT, AT(resources, pids_limit)},
};
static const struct bind_table pids = BIND_TABLE(struct spec_resources, pids_rows);

/* Weight 0 is an engine's word for none. */
static const struct bind_field weight_device_rows[] = {
	{"major", BIND_INT, AT(weight_device, major), .required = true},
	{"minor", BIND_INT, AT(weight_device, minor), .required = true},
	{"weight", BIND_OPT_UINT, AT(weight_device, weight), .max = 1000},
	{"leafWeight", BIND_OPT_UINT, AT(weight_device, leaf_weight), .max = 1000},
};
static const struct bind_table weight_device =
	BIND_TABLE(struct spec_weight_device, weight_device_rows);

static const struct bind_field throttle_rows[] = {
	{"major", BIND_INT, AT(throttle_device, major), .required = true},
	{"minor", BIND_INT, AT(throttle_device, minor), .required = true},
	{"rate", BIND_UINT, AT(throttle_device, rate), .required = true},
};
static const struct bind_table throttle = BIND_TABLE(struct spec_throttle_device, throttle_rows);

static const struct bind_field block_io_rows[] = {
	{"weight", BIND_OPT_UINT, AT(block_io, weight), .max = 1000},
	{"leafWeight", BIND_OPT_UINT, AT(block_io, leaf_weight), .max = 1000},
	{"weightDevice", BIND_LIST, AT(block_io, weight_devices), .table = &weight_device},
	{"throttleReadBpsDevice", BIND_LIST, AT(block_io, read_bps), .table = &throttle},
	{"throttleWriteBpsDevice", BIND_LIST, AT(block_io, write_bps), .table = &throttle},
	{"throttleReadIOPSDevice", BIND_LIST, AT(block_io, read_iops), .table = &throttle},
	{"throttleWriteIOPSDevice", BIND_LIST, AT(block_io, write_iops), .table = &throttle},
};
static const struct bind_table block_io = BIND_TABLE(struct spec_block_io, block_io_rows);

static const struct bind_field hugepage_rows[] = {
	{"pageSize", BIND_STRING, AT(hugepage_limit, page_size), .required = true},
	{"limit", BIND_UINT, AT(hugepage_limit, limit), .required = true},
};
static const struct bind_table hugepage = BIND_TABLE(struct spec_hugepage_limit, hugepage_rows);

static const struct bind_field if_priority_rows[] = {
	{"name", BIND_STRING, AT(if_priority, name), .required = true},
	{"priority", BIND_UINT, AT(if_priority, priority), .required = true},
};
static const struct bind_table if_priority = BIND_TABLE(struct spec_if_priority, if_priority_rows);

static const struct bind_field network_rows[] = {
	{"classID", BIND_OPT_UINT, AT(network, class_id)},
	{"priorities", BIND_LIST, AT(network, priorities), .table = &if_priority},
};
static const struct bind_table network = BIND_TABLE(struct spec_network, network_rows);

static const struct bind_field rdma_rows[] = {
	{"hcaHandles", BIND_OPT_UINT, AT(rdma, hca_handles)},
	{"hcaObjects", BIND_OPT_UINT, AT(rdma, hca_objects)},
};
static const struct bind_table rdma = BIND_TABLE(struct spec_rdma, rdma_rows);

static const struct bind_field resources_rows[] = {
	{"devices", BIND_LIST, AT(resources, devices), .table = &device_rule},
	{"memory", BIND_EMBEDDED, AT(resources, memory), .table = &memory},
	{"cpu", BIND_EMBEDDED, AT(resources, cpu), .table = &cpu},
	{"pids", BIND_INSIDE, BIND_NOWHERE, .table = &pids},
	{"blockIO", BIND_EMBEDDED, AT(resources, block_io), .table = &block_io},
	{"hugepageLimits", BIND_LIST, AT(resources, hugepage_limits), .table = &hugepage},
	{"network", BIND_EMBEDDED, AT(resources, network), .table = &network},
	{"rdma", BIND_KEYED, AT(resources, rdma), .table = &rdma},
	{"unified", BIND_MAP, AT(resources, unified)},
};
const struct bind_table spec_resources_table = BIND_TABLE(struct spec_resources, resources_rows);
