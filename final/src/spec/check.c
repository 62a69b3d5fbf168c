/*
 * check.c: what can be said about a configuration without looking at the machine: the "MUST"s of
 * config.md and config-linux.md that a table of types cannot say, and what has been used to break
 * out of containers. The IDs of containers, too. See spec.h; next file: check_mounts.c
 */
#include "check.h"
#include "../base/err.h"

#include <ctype.h>
#include <linux/sched.h>
#include <string.h>

enum { MAX_ID_LENGTH = 255, MAX_HOST_NAME = 64 /* sethostname(2) */ };

bool check_has_dotdot(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += strspn(part, "/");
		if (part[0] == '.' && part[1] == '.' && (part[2] == '/' || part[2] == '\0'))
			return true;
	}
	return false;
}

/* SemVer, MAJOR.MINOR.PATCH and more; config.md "Specification version". */
static int check_version(const struct spec *spec)
{
	const char *version = spec->oci_version;
	unsigned int major, minor, patch;

	if (sscanf(version, "%u.%u.%u", &major, &minor, &patch) != 3 || !isdigit(*version))
		return err_set(EINVAL, "ociVersion: '%.80s': expected a version such as 1.2.1",
			       version);
	if (major != 1)
		return err_set(EINVAL, "ociVersion: '%.80s': only versions 1.x.y are supported",
			       version);
	return 0;
}

static int check_rlimits(const struct spec_process *process)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < process->rlimits.count; i++) {
		const struct spec_rlimit *rlimit = &process->rlimits.items[i];

		if (seen & 1u << rlimit->resource)
			return err_set(EINVAL, "process.rlimits[%zu]: %s is there twice", i,
				       rlimit->type);
		if (rlimit->soft > rlimit->hard)
			return err_set(
				EINVAL, "process.rlimits[%zu]: %s: soft %ju is above hard %ju", i,
				rlimit->type, (uintmax_t)rlimit->soft, (uintmax_t)rlimit->hard);
		seen |= 1u << rlimit->resource;
	}
	return 0;
}

/* Without arguments it can be created, but not started: that is `start`'s to say. */
int spec_check_process(const struct spec_process *process)
{
	if (*process->cwd != '/')
		return err_set(EINVAL, "process.cwd: '%s' is not absolute", process->cwd);
	return check_rlimits(process);
}

static int check_process(const struct spec *spec)
{
	return spec->process ? spec_check_process(spec->process) : 0;
}

static int check_name(const struct spec *spec, const char *what, const char *name)
{
	if (!name)
		return 0;
	if (!spec_find_namespace(spec, CLONE_NEWUTS))
		return err_set(EINVAL,
			       "%s: would be the host's: add a uts namespace to linux.namespaces",
			       what);
	if (strlen(name) > MAX_HOST_NAME)
		return err_set(EINVAL, "%s: has more than %d bytes", what, MAX_HOST_NAME);
	return 0;
}

static int check_names(const struct spec *spec)
{
	if (check_name(spec, "hostname", spec->hostname) < 0)
		return -1;
	return check_name(spec, "domainname", spec->domainname);
}

static int check_hooks(const struct spec *spec)
{
	static const char *const kinds[HOOK_KINDS] = {
		[HOOK_PRESTART] = "prestart",
		[HOOK_CREATE_RUNTIME] = "createRuntime",
		[HOOK_CREATE_CONTAINER] = "createContainer",
		[HOOK_START_CONTAINER] = "startContainer",
		[HOOK_POSTSTART] = "poststart",
		[HOOK_POSTSTOP] = "poststop",
	};

	for (int kind = 0; kind < HOOK_KINDS; kind++)
		for (size_t i = 0; i < spec->hooks[kind].count; i++)
			if (*spec->hooks[kind].items[i].path != '/')
				return err_set(EINVAL, "hooks.%s[%zu].path: '%s' is not absolute",
					       kinds[kind], i, spec->hooks[kind].items[i].path);
	return 0;
}

static int check_annotations(const struct spec *spec)
{
	for (size_t i = 0; i < spec->annotations.count; i++)
		if (!*spec->annotations.items[i].key)
			return err_set(EINVAL, "annotations: a key is empty");
	return 0;
}

int spec_check(const struct spec *spec)
{
	static int (*const checks[])(const struct spec *) = {
		check_version, check_process, check_names,	 check_mounts,
		check_hooks,   check_linux,   check_annotations,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i](spec) < 0)
			return -1;
	return 0;
}

int spec_check_id(const char *id)
{
	size_t length = strlen(id);
	char shown[40];

	if (length > 0 && length <= MAX_ID_LENGTH && *id != '.' &&
	    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.") ==
		    length)
		return 0;
	snprintf(shown, sizeof(shown), "%s", id);
	return err_set(
		EINVAL,
		"container ID '%s'%s: expected 1 to %d of A-Z a-z 0-9 _ + - . and no '.' first",
		str_printable(shown), length >= sizeof(shown) ? " ..." : "", MAX_ID_LENGTH);
}
