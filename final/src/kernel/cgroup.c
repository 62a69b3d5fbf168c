/*
 * cgroup.c: the public calls: each walks over the versions that this machine has. On a hybrid one
 * both have a directory of the container: version 2 to be born in, to be frozen and to be killed,
 * version 1 for its controllers. See cgroup.h for the order of calls; next file: cgroup_plan.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"
#include "../base/log.h"
#include "../base/path.h"
#include "../base/stamp.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

/* How long SIGKILL waits for one who is not the container's to leave its cgroup. */
enum { ENTER_MS = 5, ENTER_MAX_MS = 1000 };

static const struct cgroup_ops *v2(const struct cgroup *cg)
{
	return cg->host->v2 ? &cgroup_v2_ops : NULL;
}

static const struct cgroup_ops *v1(const struct cgroup *cg)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		if (cg->host->v1[c])
			return &cgroup_v1_ops;
	return NULL;
}

/*
 * Where a user's containers begin. Beside the caller's own cgroup if that can be, as below a
 * systemd user session: the cgroup that holds the caller cannot be divided. Else below it.
 */
static const char *user_base(const struct cgroup_host *host, struct arena *arena)
{
	int length = (int)(strrchr(host->v2_own, '/') - host->v2_own);
	char *parent = arena_format(arena, "%s%.*s", host->v2, length, host->v2_own);

	if (parent && length > 0 && access(parent, W_OK) == 0)
		return parent + strlen(host->v2);
	return length > 0 || host->v2_own[1] ? host->v2_own : "";
}

int cgroup_resolve_path(const struct cgroup_host *host, const char *cgroups_path, const char *id,
			bool rootless, struct arena *arena, char **ret_path)
{
	const char *given = cgroups_path && *cgroups_path ? cgroups_path : NULL;
	bool from_own = rootless && host->v2_own && !(given && *given == '/');
	const char *base = from_own ? user_base(host, arena) : "";
	char *path = given ? arena_format(arena, "%s/%s", base, given)
			   : arena_format(arena, "%s/husk-%s", base, id);
	char *to = path;

	if (!path)
		return -1;
	/* Without empty parts and ".": what is left is clean, or goes up. */
	for (const char *from = path; *from;) {
		size_t length;

		from += strspn(from, "/");
		length = strcspn(from, "/");
		if (length > 0 && !(length == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	*to = '\0';
	if (!*path)
		return err_set(EINVAL, "linux.cgroupsPath '%s' names no cgroup of its own",
			       given ? given : "");
	if (!path_is_clean(path))
		return err_set(EINVAL, "linux.cgroupsPath '%s': '..' is not allowed in it", given);
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < ' ')
			return err_set(EINVAL, "linux.cgroupsPath has a control character in it");
	*ret_path = path;
	return 0;
}

int cgroup_check_free(const struct cgroup *cg)
{
	const struct cgroup_ops *ops = v2(cg) ? v2(cg) : v1(cg);
	struct cgroup_pids pids = {0};
	int result = ops ? ops->list(cg, &pids) : 0;

	if (result == 0 && pids.count > 0)
		result = err_set(EBUSY,
				 "cgroup %s is in use, by process %d: choose another "
				 "linux.cgroupsPath, or end what is in it",
				 cg->path, pids.items[0]);
	free(pids.items);
	return result;
}

/* Only what is empty goes: what is in use is another's. */
static void undo_create(const struct cgroup *cg)
{
	if (cg->host->v2)
		cgroup_dir_discard(cg->host->v2, cg->path);
	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		if (cg->host->v1[c])
			cgroup_dir_discard(cg->host->v1[c], cg->path);
}

int cgroup_create(const struct cgroup *cg)
{
	const struct cgroup_ops *ops[] = {v2(cg), v1(cg)};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i] && ops[i]->create(cg) < 0) {
			undo_create(cg);
			return err_wrap("cgroup %s", cg->path);
		}
	return 0;
}

static bool has_directory(const char *mount, const struct cgroup *cg)
{
	char path[PATH_MAX];

	if (!mount)
		return false;
	snprintf(path, sizeof(path), "%s%s", mount, cg->path);
	return access(path, F_OK) == 0;
}

bool cgroup_exists(const struct cgroup *cg)
{
	bool exists = has_directory(cg->host->v2, cg);

	for (int c = 0; c < CGROUP_CONTROLLERS && !exists; c++)
		exists = has_directory(cg->host->v1[c], cg);
	return exists;
}

int cgroup_set(const struct cgroup *cg, const struct spec_resources *resources)
{
	const struct cgroup_ops *ops[] = {v2(cg), v1(cg)};
	struct cgroup_write devices = {.controller = CGROUP_DEVICES, .property = "devices"};
	struct cgroup_plan plan = {0};
	int result = 0;

	if (!resources)
		return 0;
	if (resources->devices.count && !cg->rootless && cgroup_plan_bind(cg, &devices) < 0)
		return -1;
	if (cgroup_check_memory(cg, &resources->memory) < 0 ||
	    cgroup_plan_make(cg, resources, &plan) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(ops); i++)
		if (ops[i])
			result = ops[i]->set(cg, &plan, resources);
	arena_free(&plan.arena);
	return result;
}

int cgroup_open(const struct cgroup *cg, int *ret_fd)
{
	char path[PATH_MAX];
	int fd = -1;

	if (v2(cg)) {
		snprintf(path, sizeof(path), "%s%s", cg->host->v2, cg->path);
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && !(errno == ENOENT && cg->rootless))
			return err_sys("open cgroup %s", path);
	}
	*ret_fd = fd;
	return 0;
}

int cgroup_enter(const struct cgroup *cg, bool born_inside)
{
	const struct cgroup_ops *newer = v2(cg), *older = v1(cg);

	if (newer && !born_inside && newer->enter(cg) < 0)
		return -1;
	return older ? older->enter(cg) : 0;
}

/* Where there are two, version 2 freezes: a container does not join the freezer of version 1. */
static const struct cgroup_ops *freezer(const struct cgroup *cg)
{
	return v2(cg) ? v2(cg) : v1(cg);
}

int cgroup_freeze(const struct cgroup *cg, bool frozen)
{
	const struct cgroup_ops *ops = freezer(cg);

	if (!ops)
		return err_set(ENOTSUP, "cannot freeze: no cgroups are mounted on this machine");
	return ops->freeze(cg, frozen);
}

int cgroup_is_frozen(const struct cgroup *cg, bool *ret_frozen)
{
	const struct cgroup_ops *ops = freezer(cg);
	bool frozen = false;

	if (ops && ops->is_frozen(cg, &frozen) < 0)
		return -1;
	*ret_frozen = frozen;
	return 0;
}

int cgroup_stat(const struct cgroup *cg, struct cgroup_stat *ret_stat)
{
	const struct cgroup_ops *newer = v2(cg), *older = v1(cg);
	struct cgroup_stat stat = {0};

	if ((newer && newer->stat(cg, &stat) < 0) || (older && older->stat(cg, &stat) < 0)) {
		cgroup_stat_free(&stat);
		return -1;
	}
	*ret_stat = stat;
	return 0;
}

int cgroup_processes(const struct cgroup *cg, struct arena *arena, pid_t **ret_pids,
		     size_t *ret_count)
{
	const struct cgroup_ops *ops[] = {v2(cg), v1(cg)};
	struct cgroup_pids pids = {0};
	pid_t *copy = NULL;
	int result = 0;

	for (size_t i = 0; result == 0 && pids.count == 0 && i < ARRAY_SIZE(ops); i++)
		if (ops[i])
			result = ops[i]->list(cg, &pids);
	if (result == 0)
		copy = arena_alloc(arena, (pids.count + 1) * sizeof(*copy));
	if (copy) {
		if (pids.count)
			memcpy(copy, pids.items, pids.count * sizeof(*copy));
		*ret_pids = copy;
		*ret_count = pids.count;
	}
	free(pids.items);
	return copy ? 0 : -1;
}

static int kill_once(const struct cgroup *cg, int signal, ino_t pid_namespace)
{
	const struct cgroup_ops *newer = v2(cg), *older = v1(cg);
	/* A signal that does not end a process is sent once. */
	bool both = signal == SIGKILL || !newer;
	int result = 0;

	if (newer)
		result = newer->kill(cg, signal, pid_namespace);
	if (older && both && older->kill(cg, signal, pid_namespace) < 0)
		result = -1;
	return result;
}

int cgroup_kill(const struct cgroup *cg, int signal, ino_t pid_namespace)
{
	int64_t end = stamp_milliseconds() + ENTER_MAX_MS;
	int result = kill_once(cg, signal, pid_namespace);
	bool is_thawed = false;

	/*
	 * An `exec` on its way in is foreign, until it has joined the PID namespace or given up. The
	 * others have got their signal: there is nobody that must stay frozen. One that does not die
	 * has taken the time already.
	 */
	while (result < 0 && signal == SIGKILL && err_last()->code == EBUSY &&
	       stamp_milliseconds() < end) {
		if (!is_thawed && cgroup_freeze(cg, false) < 0)
			log_debug("%s", err_last()->text);
		is_thawed = true;
		cgroup_sleep_ms(ENTER_MS);
		result = kill_once(cg, signal, pid_namespace);
	}
	return result;
}

int cgroup_destroy(const struct cgroup *cg)
{
	const struct cgroup_ops *newer = v2(cg), *older = v1(cg);
	int result = 0;

	if (older)
		result = older->destroy(cg);
	if (newer && newer->destroy(cg) < 0)
		result = -1;
	return result;
}
