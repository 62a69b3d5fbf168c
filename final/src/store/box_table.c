/* box_table.c: box.json, row by row. See box.h; next file: box_name.c */
#include "box.h"

#define AT(type, member) BIND_AT(struct type, member)

const struct bind_name box_status_names[] = {
	{"created", BOX_CREATED},
	{"running", BOX_RUNNING},
	{"paused", BOX_PAUSED},
	{"restarting", BOX_RESTARTING},
	{"exited", BOX_EXITED},
	{"removing", BOX_REMOVING},
	{NULL},
};

static const struct bind_field mount_rows[] = {
	{"type", BIND_STRING, AT(box_mount, type), .required = true},
	{"source", BIND_STRING, AT(box_mount, source)},
	{"target", BIND_STRING, AT(box_mount, target), .required = true},
	{"options", BIND_STRINGS, AT(box_mount, options)},
	{"anonymous", BIND_BOOL, AT(box_mount, anonymous)},
};
static const struct bind_table mount = BIND_TABLE(struct box_mount, mount_rows);

static const struct bind_field port_rows[] = {
	{"hostIp", BIND_STRING, AT(box_port, host_ip)},
	{"host", BIND_UINT, AT(box_port, host), .required = true, .max = UINT16_MAX},
	{"container", BIND_UINT, AT(box_port, container), .required = true, .max = UINT16_MAX},
	{"protocol", BIND_STRING, AT(box_port, protocol), .required = true},
};
static const struct bind_table port = BIND_TABLE(struct box_port, port_rows);

static const struct bind_field endpoint_rows[] = {
	{"network", BIND_STRING, AT(box_endpoint, network), .required = true},
	{"bridge", BIND_STRING, AT(box_endpoint, bridge)},
	{"interface", BIND_STRING, AT(box_endpoint, interface)},
	{"address", BIND_STRING, AT(box_endpoint, address)},
	{"prefix", BIND_UINT, AT(box_endpoint, prefix)},
	{"gateway", BIND_STRING, AT(box_endpoint, gateway)},
	{"address6", BIND_STRING, AT(box_endpoint, address6)},
	{"prefix6", BIND_UINT, AT(box_endpoint, prefix6)},
	{"gateway6", BIND_STRING, AT(box_endpoint, gateway6)},
	{"mac", BIND_STRING, AT(box_endpoint, mac)},
	{"aliases", BIND_STRINGS, AT(box_endpoint, aliases)},
};
static const struct bind_table endpoint = BIND_TABLE(struct box_endpoint, endpoint_rows);

static const struct bind_field ulimit_rows[] = {
	{"name", BIND_STRING, AT(box_ulimit, name), .required = true},
	{"soft", BIND_INT, AT(box_ulimit, soft), .required = true},
	{"hard", BIND_INT, AT(box_ulimit, hard), .required = true},
};
static const struct bind_table ulimit = BIND_TABLE(struct box_ulimit, ulimit_rows);

static const struct bind_field resources_rows[] = {
	{"memory", BIND_OPT_INT, AT(box_resources, memory)},
	{"memorySwap", BIND_OPT_INT, AT(box_resources, memory_swap)},
	{"memoryReservation", BIND_OPT_INT, AT(box_resources, memory_reservation)},
	{"cpuQuota", BIND_OPT_INT, AT(box_resources, cpu_quota)},
	{"cpuShares", BIND_OPT_UINT, AT(box_resources, cpu_shares)},
	{"cpusetCpus", BIND_STRING, AT(box_resources, cpuset_cpus)},
	{"cpusetMems", BIND_STRING, AT(box_resources, cpuset_mems)},
	{"pidsLimit", BIND_OPT_INT, AT(box_resources, pids_limit)},
	{"blkioWeight", BIND_OPT_UINT, AT(box_resources, blkio_weight)},
	{"ulimits", BIND_LIST, AT(box_resources, ulimits), .table = &ulimit},
};
static const struct bind_table resources = BIND_TABLE(struct box_resources, resources_rows);

static const struct bind_field security_rows[] = {
	{"capAdd", BIND_STRINGS, AT(box_security, cap_add)},
	{"capDrop", BIND_STRINGS, AT(box_security, cap_drop)},
	{"options", BIND_STRINGS, AT(box_security, options)},
	{"privileged", BIND_BOOL, AT(box_security, privileged)},
	{"userns", BIND_STRING, AT(box_security, userns)},
};
static const struct bind_table security = BIND_TABLE(struct box_security, security_rows);

static const struct bind_field restart_rows[] = {
	{"policy", BIND_STRING, AT(box_restart, policy)},
	{"maximum", BIND_UINT, AT(box_restart, maximum)},
};
static const struct bind_table restart = BIND_TABLE(struct box_restart, restart_rows);

static const struct bind_field log_rows[] = {
	{"driver", BIND_STRING, AT(box_log, driver)},
	{"maxSize", BIND_UINT, AT(box_log, max_size)},
	{"maxFiles", BIND_UINT, AT(box_log, max_files)},
	{"tag", BIND_STRING, AT(box_log, tag)},
};
static const struct bind_table log_part = BIND_TABLE(struct box_log, log_rows);

static const struct bind_field state_rows[] = {
	{"status", BIND_ENUM, AT(box_state, status), .names = box_status_names, .required = true},
	{"starting", BIND_BOOL, AT(box_state, starting)},
	{"pid", BIND_INT, AT(box_state, pid)},
	{"startTime", BIND_UINT, AT(box_state, start_time)},
	{"monitorPid", BIND_INT, AT(box_state, monitor_pid)},
	{"monitorStartTime", BIND_UINT, AT(box_state, monitor_start_time)},
	{"exitCode", BIND_INT, AT(box_state, exit_code)},
	{"oomKilled", BIND_BOOL, AT(box_state, oom_killed)},
	{"stopped", BIND_BOOL, AT(box_state, stopped)},
	{"restarts", BIND_UINT, AT(box_state, restarts)},
	{"error", BIND_STRING, AT(box_state, error)},
	{"started", BIND_STRING, AT(box_state, started)},
	{"finished", BIND_STRING, AT(box_state, finished)},
};
static const struct bind_table state = BIND_TABLE(struct box_state, state_rows);

static const struct bind_field box_rows[] = {
	{"id", BIND_STRING, AT(box, id), .required = true},
	{"name", BIND_STRING, AT(box, name), .required = true},
	{"created", BIND_STRING, AT(box, created), .required = true},
	{"image", BIND_STRING, AT(box, image)},
	{"imageId", BIND_STRING, AT(box, image_id)},
	{"layers", BIND_STRINGS, AT(box, layers)},
	{"rootfs", BIND_STRING, AT(box, rootfs)},
	{"entrypoint", BIND_STRINGS, AT(box, entrypoint)},
	{"args", BIND_STRINGS, AT(box, args)},
	{"env", BIND_STRINGS, AT(box, env)},
	{"workdir", BIND_STRING, AT(box, workdir)},
	{"user", BIND_STRING, AT(box, user)},
	{"hostname", BIND_STRING, AT(box, hostname)},
	{"terminal", BIND_BOOL, AT(box, terminal)},
	{"stdinOpen", BIND_BOOL, AT(box, stdin_open)},
	{"remove", BIND_BOOL, AT(box, remove)},
	{"init", BIND_BOOL, AT(box, init)},
	{"readOnly", BIND_BOOL, AT(box, read_only)},
	{"detached", BIND_BOOL, AT(box, detached)},
	{"labels", BIND_MAP, AT(box, labels)},
	{"annotations", BIND_MAP, AT(box, annotations)},
	{"sysctls", BIND_MAP, AT(box, sysctls)},
	{"devices", BIND_STRINGS, AT(box, devices)},
	{"groupAdd", BIND_STRINGS, AT(box, group_add)},
	{"mounts", BIND_LIST, AT(box, mounts), .table = &mount},
	{"networkMode", BIND_STRING, AT(box, network_mode), .required = true},
	{"ports", BIND_LIST, AT(box, ports), .table = &port},
	{"endpoints", BIND_LIST, AT(box, endpoints), .table = &endpoint},
	{"dns", BIND_STRINGS, AT(box, dns)},
	{"extraHosts", BIND_STRINGS, AT(box, extra_hosts)},
	{"networkAliases", BIND_STRINGS, AT(box, network_aliases)},
	{"resources", BIND_EMBEDDED, AT(box, resources), .table = &resources},
	{"security", BIND_EMBEDDED, AT(box, security), .table = &security},
	{"restart", BIND_EMBEDDED, AT(box, restart), .table = &restart},
	{"log", BIND_EMBEDDED, AT(box, log), .table = &log_part},
	{"stopSignal", BIND_STRING, AT(box, stop_signal)},
	{"stopTimeout", BIND_UINT, AT(box, stop_timeout)},
	{"runtime", BIND_STRING, AT(box, runtime), .required = true},
	{"state", BIND_EMBEDDED, AT(box, state), .table = &state, .required = true},
};
const struct bind_table box_table = BIND_TABLE(struct box, box_rows);
