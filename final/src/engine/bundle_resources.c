/*
 * bundle_resources.c: limits of the cgroup and of the process, and devices. See bundle_internal.h;
 * next file: ../cli/command.h
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/proc.h"
#include "../spec/tables.h"
#include "bundle_internal.h"
#include "resources.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { OPEN_FILES = 1024, DEVICES_MAX = 4096 };

/* --- setrlimit(2) --- */

static int find_rlimit(const char *name, int *ret_resource)
{
	char full[40];
	int64_t value;

	snprintf(full, sizeof(full), "RLIMIT_%s", name);
	for (char *c = full; *c; c++)
		*c = toupper((unsigned char)*c);
	if (!bind_value_of(spec_rlimit_names, full, &value))
		return err_set(EINVAL, "--ulimit %s: unknown: as nofile, nproc, core ...", name);
	*ret_resource = value;
	return 0;
}

/* A process may open as many files as it asks for, up to what we have, but must ask. */
static void set_open_files(struct spec_rlimit *limit)
{
	struct rlimit ours = {.rlim_max = OPEN_FILES};

	getrlimit(RLIMIT_NOFILE, &ours);
	*limit = (struct spec_rlimit){
		.resource = RLIMIT_NOFILE,
		.soft = ours.rlim_max < OPEN_FILES ? ours.rlim_max : OPEN_FILES,
		.hard = ours.rlim_max,
	};
}

static int set_rlimits(struct bundle *b)
{
	size_t count = b->box->resources.ulimits.count, used = 1;
	struct spec_rlimit *limits = arena_alloc(&b->spec.arena, (count + 1) * sizeof(*limits));

	if (!limits)
		return -1;
	set_open_files(&limits[0]);
	for (size_t i = 0; i < count; i++) {
		const struct box_ulimit *asked = &b->box->resources.ulimits.items[i];
		int resource = 0;
		size_t at = 0;

		if (find_rlimit(asked->name, &resource) < 0)
			return -1;
		while (at < used && limits[at].resource != resource)
			at++;
		used += at == used;
		limits[at] = (struct spec_rlimit){
			.resource = resource, .soft = asked->soft, .hard = asked->hard};
	}
	b->spec.process->rlimits.items = limits;
	b->spec.process->rlimits.count = used;
	return 0;
}

/* --- devices --- */

static int make_lists(struct bundle *b, size_t count)
{
	struct spec_resources *resources = b->spec.linux.resources;
	struct spec_device_rule *rules = arena_alloc(&b->spec.arena, (count + 1) * sizeof(*rules));

	b->spec.linux.devices.items =
		arena_alloc(&b->spec.arena, (count + 1) * sizeof(struct spec_device));
	if (!rules || !b->spec.linux.devices.items)
		return -1;
	rules[0] = resources->devices.items[0]; /* all are denied */
	resources->devices.items = rules;
	return 0;
}

static void add_device(struct bundle *b, char *path, const struct stat *st, char *access)
{
	struct spec_resources *resources = b->spec.linux.resources;
	char type = S_ISBLK(st->st_mode) ? 'b' : 'c';

	b->spec.linux.devices.items[b->spec.linux.devices.count++] = (struct spec_device){
		.path = path,
		.type = type,
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
		.file_mode = {.set = true, .value = st->st_mode & 07777},
		.uid = {.set = true, .value = st->st_uid},
		.gid = {.set = true, .value = st->st_gid},
	};
	if (!access)
		return;
	resources->devices.items[resources->devices.count++] = (struct spec_device_rule){
		.allow = true,
		.type = type,
		.major = {.set = true, .value = major(st->st_rdev)},
		.minor = {.set = true, .value = minor(st->st_rdev)},
		.access = access,
	};
}

static bool is_access(const char *text)
{
	return *text && strspn(text, "rwm") == strlen(text) && strlen(text) <= 3;
}

/* HOST[:CONTAINER][:rwm] */
static int add_asked(struct bundle *b, const char *text)
{
	char *rest = arena_format(&b->spec.arena, "%s", text), *host, *inside, *access;
	struct stat st;

	if (!rest)
		return -1;
	host = strsep(&rest, ":");
	inside = strsep(&rest, ":");
	access = rest;
	if (inside && !access && is_access(inside)) {
		access = inside;
		inside = NULL;
	}
	if (access && !is_access(access))
		return err_set(EINVAL, "--device %s: '%s': expected some of r, w and m", text,
			       access);
	if (inside && *inside != '/')
		return err_set(EINVAL, "--device %s: '%s': expected an absolute path", text,
			       inside);
	if (stat(host, &st) < 0)
		return err_sys("--device %s", host);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(EINVAL, "--device %s: it is no device", host);
	add_device(b, inside ? inside : host, &st, access ? access : (char *)"rwm");
	return 0;
}

/* What a container has of its own below /dev. */
static bool is_own(const char *path)
{
	static const char *const own[] = {
		"/dev/pts/", "/dev/shm/", "/dev/mqueue/", "/dev/console", "/dev/ptmx",	 "/dev/tty",
		"/dev/null", "/dev/zero", "/dev/full",	  "/dev/random",  "/dev/urandom"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (str_has_prefix(path, own[i]) &&
		    (own[i][strlen(own[i]) - 1] == '/' || !path[strlen(own[i])]))
			return true;
	return false;
}

/* --privileged: every device there is, and every one that may be made. */
static int add_every(struct bundle *b, const char *directory)
{
	auto_dir DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path = arena_format(&b->spec.arena, "%s/%s", directory, entry->d_name);
		struct stat st;

		if (!path)
			return -1;
		if (*entry->d_name == '.' || is_own(path) || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && !is_own(arena_format(&b->spec.arena, "%s/", path)) &&
		    add_every(b, path) < 0)
			return -1;
		if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) &&
		    b->spec.linux.devices.count < DEVICES_MAX)
			add_device(b, path, &st, NULL);
	}
	return 0;
}

static int set_devices(struct bundle *b)
{
	size_t count = b->box->devices.count;
	bool privileged = b->box->security.privileged;

	if (make_lists(b, count + (privileged ? DEVICES_MAX : 0)) < 0)
		return -1;
	if (privileged) {
		b->spec.linux.resources->devices.items[0].allow = true;
		if (add_every(b, "/dev") < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (add_asked(b, b->box->devices.items[i]) < 0)
			return -1;
	return 0;
}

int bundle_set_resources(struct bundle *b)
{
	/* The default of the profile needs a cgroup that an ordinary user may not make. */
	if (!proc_is_real_root())
		b->spec.linux.resources->pids_limit.set = false;
	resources_fill(&b->box->resources, b->spec.linux.resources);
	return set_rlimits(b) < 0 ? -1 : set_devices(b);
}
