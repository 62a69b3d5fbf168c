/*
 * load.c: a configuration from its file: parsed, bound to the structures, tidied, checked. See
 * spec.h and tables.h; next file: linux.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "tables.h"

#include <stddef.h>
#include <string.h>

/* 2^32 - 1 is no ID: "leave as it is" to chown(2) and setresuid(2). */
#define MAX_ID (UINT32_MAX - 1)

static const struct bind_field console_size_rows[] = {
	{"height", BIND_UINT, AT(process, console_size.height), .max = UINT16_MAX},
	{"width", BIND_UINT, AT(process, console_size.width), .max = UINT16_MAX},
};
static const struct bind_table console_size = BIND_TABLE(struct spec_process, console_size_rows);

static const struct bind_field user_rows[] = {
	{"uid", BIND_UINT, AT(user, uid), .max = MAX_ID, .required = true},
	{"gid", BIND_UINT, AT(user, gid), .max = MAX_ID, .required = true},
	{"umask", BIND_OPT_UINT, AT(user, umask), .max = 0777},
	{"additionalGids", BIND_UINTS, AT(user, additional_gids), .max = MAX_ID},
	{"username", BIND_IGNORED}, /* Windows */
};
static const struct bind_table user = BIND_TABLE(struct spec_user, user_rows);

static const struct bind_field capabilities_rows[] = {
	{"bounding", BIND_STRINGS, AT(capabilities, bounding)},
	{"effective", BIND_STRINGS, AT(capabilities, effective)},
	{"inheritable", BIND_STRINGS, AT(capabilities, inheritable)},
	{"permitted", BIND_STRINGS, AT(capabilities, permitted)},
	{"ambient", BIND_STRINGS, AT(capabilities, ambient)},
};
static const struct bind_table capabilities =
	BIND_TABLE(struct spec_capabilities, capabilities_rows);

static const struct bind_field rlimit_rows[] = {
	{"type", BIND_ENUM, AT(rlimit, resource), .names = spec_rlimit_names, .required = true},
	{"type", BIND_STRING, AT(rlimit, type)},
	{"hard", BIND_UINT, AT(rlimit, hard), .required = true},
	{"soft", BIND_UINT, AT(rlimit, soft), .required = true},
};
static const struct bind_table rlimit = BIND_TABLE(struct spec_rlimit, rlimit_rows);

static const struct bind_field scheduler_rows[] = {
	{"policy", BIND_ENUM, AT(scheduler, policy), .names = spec_scheduler_policies,
	 .required = true},
	{"nice", BIND_INT, AT(scheduler, nice), .min = -20, .max = 19},
	{"priority", BIND_INT, AT(scheduler, priority), .min = 0, .max = 99},
	{"flags", BIND_FLAGS, AT(scheduler, flags), .names = spec_scheduler_flags},
	{"runtime", BIND_UINT, AT(scheduler, runtime)},
	{"deadline", BIND_UINT, AT(scheduler, deadline)},
	{"period", BIND_UINT, AT(scheduler, period)},
};
static const struct bind_table scheduler = BIND_TABLE(struct spec_scheduler, scheduler_rows);

static const struct bind_field io_priority_rows[] = {
	{"class", BIND_ENUM, AT(io_priority, class), .names = spec_io_classes, .required = true},
	{"priority", BIND_INT, AT(io_priority, priority), .min = 0, .max = 7, .always = true},
};
static const struct bind_table io_priority = BIND_TABLE(struct spec_io_priority, io_priority_rows);

static const struct bind_field cpu_affinity_rows[] = {
	{"initial", BIND_STRING, AT(cpu_affinity, initial)},
	{"final", BIND_STRING, AT(cpu_affinity, final)},
};
static const struct bind_table cpu_affinity =
	BIND_TABLE(struct spec_cpu_affinity, cpu_affinity_rows);

static const struct bind_field process_rows[] = {
	{"terminal", BIND_BOOL, AT(process, terminal)},
	{"consoleSize", BIND_INSIDE, BIND_NOWHERE, .table = &console_size},
	{"user", BIND_EMBEDDED, AT(process, user), .table = &user},
	{"args", BIND_STRINGS, AT(process, args)},
	{"commandLine", BIND_IGNORED}, /* Windows */
	{"env", BIND_STRINGS, AT(process, env)},
	{"cwd", BIND_STRING, AT(process, cwd), .required = true},
	{"capabilities", BIND_POINTER, AT(process, capabilities), .table = &capabilities},
	{"rlimits", BIND_LIST, AT(process, rlimits), .table = &rlimit},
	{"noNewPrivileges", BIND_BOOL, AT(process, no_new_privileges)},
	{"apparmorProfile", BIND_STRING, AT(process, apparmor_profile)},
	{"oomScoreAdj", BIND_OPT_INT, AT(process, oom_score_adj), .min = -1000, .max = 1000},
	{"scheduler", BIND_POINTER, AT(process, scheduler), .table = &scheduler},
	{"selinuxLabel", BIND_STRING, AT(process, selinux_label)},
	{"ioPriority", BIND_POINTER, AT(process, io_priority), .table = &io_priority},
	{"execCPUAffinity", BIND_POINTER, AT(process, exec_cpu_affinity), .table = &cpu_affinity},
};
const struct bind_table spec_process_table = BIND_TABLE(struct spec_process, process_rows);

static const struct bind_field root_rows[] = {
	{"path", BIND_STRING, BIND_AT(struct spec, root.path), .required = true},
	{"readonly", BIND_BOOL, BIND_AT(struct spec, root.readonly)},
};
static const struct bind_table root = BIND_TABLE(struct spec, root_rows);

static const struct bind_field mount_rows[] = {
	{"destination", BIND_STRING, AT(mount, destination), .required = true},
	{"type", BIND_STRING, AT(mount, type)},
	{"source", BIND_STRING, AT(mount, source)},
	{"options", BIND_STRINGS, AT(mount, options)},
	{"uidMappings", BIND_LIST, AT(mount, uid_mappings), .table = &spec_id_map_table},
	{"gidMappings", BIND_LIST, AT(mount, gid_mappings), .table = &spec_id_map_table},
};
static const struct bind_table mount = BIND_TABLE(struct spec_mount, mount_rows);

static const struct bind_field hook_rows[] = {
	{"path", BIND_STRING, AT(hook, path), .required = true},
	{"args", BIND_STRINGS, AT(hook, args)},
	{"env", BIND_STRINGS, AT(hook, env)},
	{"timeout", BIND_INT, AT(hook, timeout), .min = 1, .max = INT32_MAX},
};
static const struct bind_table hook = BIND_TABLE(struct spec_hook, hook_rows);

#define HOOKS(kind) BIND_AT(struct spec, hooks[kind]), .table = &hook

static const struct bind_field hooks_rows[] = {
	{"prestart", BIND_LIST, HOOKS(HOOK_PRESTART)},
	{"createRuntime", BIND_LIST, HOOKS(HOOK_CREATE_RUNTIME)},
	{"createContainer", BIND_LIST, HOOKS(HOOK_CREATE_CONTAINER)},
	{"startContainer", BIND_LIST, HOOKS(HOOK_START_CONTAINER)},
	{"poststart", BIND_LIST, HOOKS(HOOK_POSTSTART)},
	{"poststop", BIND_LIST, HOOKS(HOOK_POSTSTOP)},
};
static const struct bind_table hooks = BIND_TABLE(struct spec, hooks_rows);

#define TOP(member) BIND_AT(struct spec, member)

static const struct bind_field top_rows[] = {
	{"ociVersion", BIND_STRING, TOP(oci_version), .required = true},
	{"process", BIND_POINTER, TOP(process), .table = &spec_process_table},
	{"root", BIND_INSIDE, BIND_NOWHERE, .table = &root, .required = true},
	{"hostname", BIND_STRING, TOP(hostname)},
	{"domainname", BIND_STRING, TOP(domainname)},
	{"mounts", BIND_LIST, TOP(mounts), .table = &mount},
	{"hooks", BIND_INSIDE, BIND_NOWHERE, .table = &hooks},
	{"annotations", BIND_MAP, TOP(annotations)},
	{"linux", BIND_EMBEDDED, TOP(linux), .table = &spec_linux_table},
	{"vm", BIND_REFUSED, BIND_NOWHERE, .reason = "virtual machines are not supported"},
	{"solaris", BIND_IGNORED}, /* other platforms' */
	{"windows", BIND_IGNORED},
	{"zos", BIND_IGNORED},
	{"freebsd", BIND_IGNORED},
};
const struct bind_table spec_top_table = BIND_TABLE(struct spec, top_rows);

/* config.md, "Mounts": a relative destination is deprecated, and begins at "/". */
static int tidy_mounts(struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		struct spec_mount *m = &spec->mounts.items[i];

		if (*m->destination == '/')
			continue;
		m->destination = arena_format(&spec->arena, "/%s", m->destination);
		if (!m->destination)
			return -1;
	}
	return 0;
}

/* No type is every type; -1 is every number, engines' word for "absent". */
static void tidy_device_rules(struct spec_resources *resources)
{
	for (size_t i = 0; i < resources->devices.count; i++) {
		struct spec_device_rule *rule = &resources->devices.items[i];

		if (!rule->type)
			rule->type = 'a';
		if (rule->major.value == -1)
			rule->major.set = false;
		if (rule->minor.value == -1)
			rule->minor.set = false;
	}
}

static int tidy(struct spec *spec)
{
	for (size_t i = 0; i < spec->linux.devices.count; i++)
		spec->linux.devices.items[i].file_mode.value &= 07777;
	if (spec->linux.resources)
		tidy_device_rules(spec->linux.resources);
	return tidy_mounts(spec);
}

/* The values in the message come from a file: it has to be fit for a terminal. */
static int fail(const char *name)
{
	struct err err;

	err_wrap("%s", name);
	err = *err_last();
	str_printable(err.text);
	err_adopt(&err);
	return -1;
}

static int read_whole(const struct json_object *json, const char *name, struct spec *spec)
{
	if (bind_read(&spec_top_table, json, name, &spec->arena, spec) < 0 || tidy(spec) < 0)
		return -1;
	if (spec_check(spec) < 0)
		return fail(name);
	return 0;
}

int spec_load(int fd, const char *name, struct spec *ret_spec)
{
	auto_json struct json_object *json = NULL;
	struct spec spec = {0};

	if (json_read(fd, name, &json) < 0)
		return -1;
	if (read_whole(json, name, &spec) < 0) {
		spec_free(&spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static int read_process(const struct json_object *json, const char *name, struct spec *spec)
{
	spec->process = arena_alloc(&spec->arena, sizeof(*spec->process));
	if (!spec->process ||
	    bind_read(&spec_process_table, json, name, &spec->arena, spec->process) < 0)
		return -1;
	if (spec_check_process(spec->process) < 0)
		return fail(name);
	return 0;
}

int spec_load_process(int fd, const char *name, struct spec *ret_spec)
{
	auto_json struct json_object *json = NULL;
	struct spec spec = {0};

	if (json_read(fd, name, &json) < 0)
		return -1;
	if (read_process(json, name, &spec) < 0) {
		spec_free(&spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static int read_resources(const struct json_object *json, const char *name, struct spec *spec)
{
	struct spec_resources *resources = arena_alloc(&spec->arena, sizeof(*resources));

	if (!resources || bind_read(&spec_resources_table, json, name, &spec->arena, resources) < 0)
		return -1;
	tidy_device_rules(resources);
	spec->linux.resources = resources;
	if (spec_check_resources(resources) < 0)
		return fail(name);
	return 0;
}

int spec_load_resources(int fd, const char *name, struct spec *ret_spec)
{
	auto_json struct json_object *json = NULL;
	struct spec spec = {0};

	if (json_read_stream(fd, name, &json) < 0)
		return -1;
	if (read_resources(json, name, &spec) < 0) {
		spec_free(&spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

void spec_free(struct spec *spec)
{
	arena_free(&spec->arena);
}

const struct spec_namespace *spec_find_namespace(const struct spec *spec, int flag)
{
	for (size_t i = 0; i < spec->linux.namespaces.count; i++)
		if (spec->linux.namespaces.items[i].flag == flag)
			return &spec->linux.namespaces.items[i];
	return NULL;
}
