/* check_linux.c: linux.*: config-linux.md. See check.h; next file: state.c */
#include "../base/err.h"
#include "check.h"
#include "tables.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <string.h>

static int check_namespaces(const struct spec *spec)
{
	int seen = 0;

	for (size_t i = 0; i < spec->linux.namespaces.count; i++) {
		const struct spec_namespace *ns = &spec->linux.namespaces.items[i];

		if (seen & ns->flag)
			return err_set(EINVAL, "linux.namespaces[%zu]: %s is there twice", i,
				       bind_name_of(spec_namespace_names, ns->flag));
		if (ns->path && *ns->path != '/')
			return err_set(EINVAL, "linux.namespaces[%zu].path: '%s' is not absolute",
				       i, ns->path);
		seen |= ns->flag;
	}
	return 0;
}

int check_id_maps(const struct spec_id_maps *maps, const char *where)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct spec_id_map *map = &maps->items[i];

		if (map->size > UINT32_MAX - map->host_id ||
		    map->size > UINT32_MAX - map->container_id)
			return err_set(EINVAL, "%s[%zu]: ends beyond the last ID, 4294967294",
				       where, i);
	}
	return 0;
}

static int check_user_namespace(const struct spec *spec)
{
	const struct spec_linux *linux = &spec->linux;

	if ((linux->uid_mappings.count || linux->gid_mappings.count) &&
	    !spec_find_namespace(spec, CLONE_NEWUSER))
		return err_set(EINVAL,
			       "linux.uidMappings, linux.gidMappings: need a user namespace: "
			       "add one to linux.namespaces");
	if (check_id_maps(&linux->uid_mappings, "linux.uidMappings") < 0)
		return -1;
	return check_id_maps(&linux->gid_mappings, "linux.gidMappings");
}

/* Only who makes a time namespace can set its clocks, time_namespaces(7). */
static int check_time_offsets(const struct spec *spec)
{
	const struct spec_namespace *ns = spec_find_namespace(spec, CLONE_NEWTIME);

	if (!spec->linux.time_offsets.monotonic && !spec->linux.time_offsets.boottime)
		return 0;
	if (!ns || ns->path)
		return err_set(EINVAL, "linux.timeOffsets: need a new time namespace: add one "
				       "without path to linux.namespaces");
	return 0;
}

static bool is_interface_name(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int check_net_devices(const struct spec *spec)
{
	if (spec->linux.net_devices.count && !spec_find_namespace(spec, CLONE_NEWNET))
		return err_set(EINVAL, "linux.netDevices: need a network namespace: add one to "
				       "linux.namespaces");
	for (size_t i = 0; i < spec->linux.net_devices.count; i++) {
		const struct spec_net_device *device = &spec->linux.net_devices.items[i];

		if (!is_interface_name(device->host_name) ||
		    (device->name && !is_interface_name(device->name)))
			return err_set(EINVAL,
				       "linux.netDevices.%.80s: expected names of 1 to %d "
				       "characters without '/', ':' and spaces",
				       device->host_name, IFNAMSIZ - 1);
	}
	return 0;
}

static int check_absolute(const struct str_list *paths, const char *where)
{
	for (size_t i = 0; i < paths->count; i++)
		if (*paths->items[i] != '/')
			return err_set(EINVAL, "%s[%zu]: '%s' is not absolute", where, i,
				       paths->items[i]);
	return 0;
}

static int check_paths(const struct spec *spec)
{
	const struct spec_linux *linux = &spec->linux;

	if (linux->cgroups_path && check_has_dotdot(linux->cgroups_path))
		return err_set(EINVAL, "linux.cgroupsPath: '%s': '..' is not allowed",
			       linux->cgroups_path);
	for (size_t i = 0; i < linux->devices.count; i++)
		if (*linux->devices.items[i].path != '/')
			return err_set(EINVAL, "linux.devices[%zu].path: '%s' is not absolute", i,
				       linux->devices.items[i].path);
	if (check_absolute(&linux->masked_paths, "linux.maskedPaths") < 0)
		return -1;
	return check_absolute(&linux->readonly_paths, "linux.readonlyPaths");
}

static int check_propagation(const struct spec *spec)
{
	static const char *const words[] = {"private", "slave", "shared", "unbindable"};
	const char *word = spec->linux.rootfs_propagation;

	if (!word)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0 ||
		    (*word == 'r' && strcmp(word + 1, words[i]) == 0))
			return 0;
	return err_set(EINVAL,
		       "linux.rootfsPropagation: '%s': expected private, slave, shared, "
		       "unbindable, or one of them with an r in front",
		       word);
}

static bool has_notify(const struct spec_seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		if (seccomp->syscalls.items[i].action == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

static int check_seccomp(const struct spec *spec)
{
	const struct spec_seccomp *seccomp = spec->linux.seccomp;

	if (!seccomp)
		return 0;
	/* The call that hands the listener over would wait for the listener. */
	if (seccomp->default_action == SECCOMP_RET_USER_NOTIF)
		return err_set(EINVAL, "linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY");
	if (has_notify(seccomp) && !seccomp->listener_path)
		return err_set(EINVAL, "linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath");
	if (seccomp->listener_metadata && !seccomp->listener_path)
		return err_set(EINVAL, "linux.seccomp.listenerMetadata: needs listenerPath");
	return 0;
}

static int check_device_rules(const struct spec_resources *resources)
{
	for (size_t i = 0; i < resources->devices.count; i++) {
		const char *access = resources->devices.items[i].access;

		if (access && access[strspn(access, "rwm")])
			return err_set(EINVAL,
				       "linux.resources.devices[%zu].access: '%s': expected "
				       "letters of rwm",
				       i, access);
	}
	return 0;
}

int spec_check_resources(const struct spec_resources *resources)
{
	const struct spec_memory *memory = &resources->memory;

	/* Swap is counted with the memory: less than the limit means nothing. */
	if (memory->swap.set && memory->swap.value > 0 && memory->limit.set &&
	    memory->swap.value < memory->limit.value)
		return err_set(EINVAL,
			       "linux.resources.memory.swap: %jd: memory and swap together are "
			       "less than the limit of memory, %jd",
			       (intmax_t)memory->swap.value, (intmax_t)memory->limit.value);
	for (size_t i = 0; i < resources->unified.count; i++)
		if (strchr(resources->unified.items[i].key, '/'))
			return err_set(EINVAL,
				       "linux.resources.unified: '%s': expected the name of a file",
				       resources->unified.items[i].key);
	return check_device_rules(resources);
}

static int check_resources(const struct spec *spec)
{
	return spec->linux.resources ? spec_check_resources(spec->linux.resources) : 0;
}

int check_linux(const struct spec *spec)
{
	static int (*const checks[])(const struct spec *) = {
		check_namespaces, check_user_namespace, check_time_offsets, check_net_devices,
		check_paths,	  check_propagation,	check_seccomp,	    check_resources,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i](spec) < 0)
			return -1;
	return 0;
}
