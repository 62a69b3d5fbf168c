/*
 * check_mounts.c: mounts, and above all /proc. The runtime writes below /proc on behalf of the
 * container (security labels, sysctls): a mount there could send those writes elsewhere,
 * CVE-2019-16884, CVE-2019-19921, CVE-2023-27561. See check.h; next file: check_linux.c
 */
#include "../base/err.h"
#include "check.h"

#include <linux/sched.h>
#include <string.h>

/*
 * The list of runc 1.1.5, and fips_enabled, which later ones have. Most only report: engines and
 * lxcfs put other files over them. ns_last_pid is bound over itself, so that CRIU inside can choose
 * a pid though /proc/sys is read-only. The runtime itself writes to none of them: it is no sysctl
 * that it sets, and it has its own procfs.
 */
static const char *const allowed[] = {"cpuinfo",
				      "diskstats",
				      "loadavg",
				      "meminfo",
				      "slabinfo",
				      "stat",
				      "swaps",
				      "uptime",
				      "net/dev",
				      "sys/crypto/fips_enabled",
				      "sys/kernel/ns_last_pid"};

/* The path without "//", "." and "..", by its letters alone. `out` has room for path. */
static void tidy_path(const char *path, char *out)
{
	char *end = out;

	while (*path) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 2 && path[0] == '.' && path[1] == '.') {
			while (end > out && *--end != '/')
				;
		} else if (length > 0 && !(length == 1 && *path == '.')) {
			*end++ = '/';
			end = mempcpy(end, path, length);
		}
		path += length;
	}
	*end = '\0';
}

static bool is_bind(const struct spec_mount *mount)
{
	if (mount->type && strcmp(mount->type, "bind") == 0)
		return true;
	for (size_t i = 0; i < mount->options.count; i++)
		if (strcmp(mount->options.items[i], "bind") == 0 ||
		    strcmp(mount->options.items[i], "rbind") == 0)
			return true;
	return false;
}

/* A procfs: a new one, or the host's for a container in the host's pid namespace. */
static bool is_procfs(const struct spec_mount *mount)
{
	if (is_bind(mount))
		return mount->source && strcmp(mount->source, "/proc") == 0;
	return mount->type && strcmp(mount->type, "proc") == 0;
}

static bool is_allowed(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (strcmp(allowed[i], name) == 0)
			return true;
	return false;
}

static int check_proc(const struct spec_mount *mount, size_t index)
{
	auto_free char *path = malloc(strlen(mount->destination) + 2);

	if (!path)
		return err_set(ENOMEM, "out of memory");
	tidy_path(mount->destination, path);
	if (strcmp(path, "/proc") == 0 && !is_procfs(mount))
		return err_set(EINVAL, "mounts[%zu]: only a mount of type proc may be on /proc",
			       index);
	if (str_has_prefix(path, "/proc/") &&
	    !(is_bind(mount) && is_allowed(path + strlen("/proc/"))))
		return err_set(EINVAL,
			       "mounts[%zu]: '%s': nothing may be mounted inside of /proc but "
			       "bind mounts over the files that only report, such as /proc/cpuinfo",
			       index, mount->destination);
	return 0;
}

static int check_mount(const struct spec_mount *mount, size_t index)
{
	char where[64];

	if (!mount->source && is_bind(mount))
		return err_set(EINVAL, "mounts[%zu]: '%s': a bind mount needs a source", index,
			       mount->destination);
	if (!mount->type && !is_bind(mount))
		return err_set(EINVAL, "mounts[%zu]: '%s': needs a type, or the option bind", index,
			       mount->destination);
	if (!mount->uid_mappings.count != !mount->gid_mappings.count)
		return err_set(EINVAL,
			       "mounts[%zu]: needs both uidMappings and gidMappings, or none",
			       index);
	snprintf(where, sizeof(where), "mounts[%zu].uidMappings", index);
	if (check_id_maps(&mount->uid_mappings, where) < 0)
		return -1;
	snprintf(where, sizeof(where), "mounts[%zu].gidMappings", index);
	if (check_id_maps(&mount->gid_mappings, where) < 0)
		return -1;
	return check_proc(mount, index);
}

int check_mounts(const struct spec *spec)
{
	/* Even pivot_root(2) alone would move the host's processes. */
	if (!spec_find_namespace(spec, CLONE_NEWNS))
		return err_set(EINVAL, "linux.namespaces: without a mount namespace the "
				       "container's mounts would be the host's: add one");
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (check_mount(&spec->mounts.items[i], i) < 0)
			return -1;
	return 0;
}
