/*
 * linux.c: linux.* of config.json, but for the resources. See tables.h; config-linux.md. Next
 * file: resources.c
 */
#include "tables.h"

static const struct bind_field id_map_rows[] = {
	{"containerID", BIND_UINT, AT(id_map, container_id), .required = true},
	{"hostID", BIND_UINT, AT(id_map, host_id), .required = true},
	{"size", BIND_UINT, AT(id_map, size), .required = true, .min = 1, .max = UINT32_MAX},
};
const struct bind_table spec_id_map_table = BIND_TABLE(struct spec_id_map, id_map_rows);

static const struct bind_field namespace_rows[] = {
	{"type", BIND_ENUM, AT(namespace, flag), .names = spec_namespace_names, .required = true},
	{"path", BIND_STRING, AT(namespace, path)},
};
static const struct bind_table namespace = BIND_TABLE(struct spec_namespace, namespace_rows);

static const struct bind_field time_offset_rows[] = {
	{"secs", BIND_INT, AT(time_offset, secs)},
	{"nanosecs", BIND_UINT, AT(time_offset, nanosecs), .max = 999999999},
};
static const struct bind_table time_offset = BIND_TABLE(struct spec_time_offset, time_offset_rows);

static const struct bind_field time_offsets_rows[] = {
	{"monotonic", BIND_POINTER, AT(linux, time_offsets.monotonic), .table = &time_offset},
	{"boottime", BIND_POINTER, AT(linux, time_offsets.boottime), .table = &time_offset},
};
static const struct bind_table time_offsets = BIND_TABLE(struct spec_linux, time_offsets_rows);

/* Some engines write the type of the file into fileMode: load.c takes it off. */
static const struct bind_field device_rows[] = {
	{"path", BIND_STRING, AT(device, path), .required = true},
	{"type", BIND_ENUM, AT(device, type), .names = spec_device_types, .required = true},
	{"major", BIND_INT, AT(device, major), .max = UINT32_MAX, .always = true},
	{"minor", BIND_INT, AT(device, minor), .max = UINT32_MAX, .always = true},
	{"fileMode", BIND_OPT_UINT, AT(device, file_mode)},
	{"uid", BIND_OPT_UINT, AT(device, uid), .max = UINT32_MAX - 1},
	{"gid", BIND_OPT_UINT, AT(device, gid), .max = UINT32_MAX - 1},
};
static const struct bind_table device = BIND_TABLE(struct spec_device, device_rows);

static const struct bind_field net_device_rows[] = {
	{"name", BIND_STRING, AT(net_device, name)},
};
static const struct bind_table net_device = BIND_TABLE(struct spec_net_device, net_device_rows);

static const struct bind_field seccomp_arg_rows[] = {
	{"index", BIND_UINT, AT(seccomp_arg, index), .max = 5, .required = true},
	{"value", BIND_UINT, AT(seccomp_arg, value), .required = true},
	{"valueTwo", BIND_UINT, AT(seccomp_arg, value_two)},
	{"op", BIND_ENUM, AT(seccomp_arg, op), .names = spec_seccomp_ops, .required = true},
};
static const struct bind_table seccomp_arg = BIND_TABLE(struct spec_seccomp_arg, seccomp_arg_rows);

/* The kernel has 16 bits for what is returned. */
static const struct bind_field seccomp_rule_rows[] = {
	{"names", BIND_STRINGS, AT(seccomp_rule, names), .required = true},
	{"action", BIND_ENUM, AT(seccomp_rule, action), .names = spec_seccomp_actions,
	 .required = true},
	{"errnoRet", BIND_OPT_UINT, AT(seccomp_rule, errno_ret), .max = UINT16_MAX},
	{"args", BIND_LIST, AT(seccomp_rule, args), .table = &seccomp_arg},
};
const struct bind_table spec_seccomp_rule_table =
	BIND_TABLE(struct spec_seccomp_rule, seccomp_rule_rows);

static const struct bind_field seccomp_rows[] = {
	{"defaultAction", BIND_ENUM, AT(seccomp, default_action), .names = spec_seccomp_actions,
	 .required = true},
	{"defaultErrnoRet", BIND_OPT_UINT, AT(seccomp, default_errno_ret), .max = UINT16_MAX},
	{"architectures", BIND_STRINGS, AT(seccomp, architectures)},
	{"flags", BIND_FLAGS, AT(seccomp, flags), .names = spec_seccomp_flags},
	{"listenerPath", BIND_STRING, AT(seccomp, listener_path)},
	{"listenerMetadata", BIND_STRING, AT(seccomp, listener_metadata)},
	{"syscalls", BIND_LIST, AT(seccomp, syscalls), .table = &spec_seccomp_rule_table},
};
const struct bind_table spec_seccomp_table = BIND_TABLE(struct spec_seccomp, seccomp_rows);

static const struct bind_field memory_policy_rows[] = {
	{"mode", BIND_ENUM, AT(memory_policy, mode), .names = spec_memory_policy_modes,
	 .required = true},
	{"nodes", BIND_STRING, AT(memory_policy, nodes)},
	{"flags", BIND_FLAGS, AT(memory_policy, flags), .names = spec_memory_policy_flags},
};
static const struct bind_table memory_policy =
	BIND_TABLE(struct spec_memory_policy, memory_policy_rows);

static const struct bind_field personality_rows[] = {
	{"domain", BIND_OPT_ENUM, AT(linux, personality), .names = spec_personalities,
	 .required = true},
	{"flags", BIND_REFUSED, BIND_NOWHERE,
	 .reason = "the specification defines no flags: leave it out"},
};
static const struct bind_table personality = BIND_TABLE(struct spec_linux, personality_rows);

static const struct bind_field linux_rows[] = {
	{"uidMappings", BIND_LIST, AT(linux, uid_mappings), .table = &spec_id_map_table},
	{"gidMappings", BIND_LIST, AT(linux, gid_mappings), .table = &spec_id_map_table},
	{"sysctl", BIND_MAP, AT(linux, sysctl)},
	{"resources", BIND_POINTER, AT(linux, resources), .table = &spec_resources_table},
	{"cgroupsPath", BIND_STRING, AT(linux, cgroups_path)},
	{"namespaces", BIND_LIST, AT(linux, namespaces), .table = &namespace},
	{"devices", BIND_LIST, AT(linux, devices), .table = &device},
	{"netDevices", BIND_KEYED, AT(linux, net_devices), .table = &net_device},
	{"seccomp", BIND_POINTER, AT(linux, seccomp), .table = &spec_seccomp_table},
	{"rootfsPropagation", BIND_STRING, AT(linux, rootfs_propagation)},
	{"maskedPaths", BIND_STRINGS, AT(linux, masked_paths)},
	{"readonlyPaths", BIND_STRINGS, AT(linux, readonly_paths)},
	{"mountLabel", BIND_STRING, AT(linux, mount_label)},
	{"intelRdt", BIND_REFUSED, BIND_NOWHERE, .reason = "Intel RDT is not supported"},
	{"memoryPolicy", BIND_POINTER, AT(linux, memory_policy), .table = &memory_policy},
	{"personality", BIND_INSIDE, BIND_NOWHERE, .table = &personality},
	{"timeOffsets", BIND_INSIDE, BIND_NOWHERE, .table = &time_offsets},
};
const struct bind_table spec_linux_table = BIND_TABLE(struct spec_linux, linux_rows);
