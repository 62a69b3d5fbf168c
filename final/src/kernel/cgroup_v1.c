/*
 * cgroup_v1.c: version 1: a hierarchy for each controller, and the same path in each of them.
 *
 * A container joins the hierarchies that count, and the freezer where there is no version 2 to
 * freeze it; any other when the first limit of that controller is set. A hierarchy without a
 * controller (name=systemd) is left alone: it limits nothing, and its owner sorts into it what it
 * has started itself. Next file: cgroup_dir.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <signal.h>
#include <string.h>

enum {
	FREEZE_TRIES = 1000, /* with 1 ms between them */
	FREEZE_AGAIN = 20,   /* thawed and frozen again after as many */
	KILL_ROUNDS = 1000,
};

/* What every container joins. */
static bool is_default(const struct cgroup_host *host, enum cgroup_controller c)
{
	return c == CGROUP_CPU || c == CGROUP_CPUACCT || c == CGROUP_MEMORY || c == CGROUP_PIDS ||
	       (c == CGROUP_FREEZER && !host->v2);
}

/*
 * A new cgroup of cpuset has no CPUs and no memory nodes, and takes no process until it has: they
 * are copied down from the first cgroup above it that has some.
 */
static int copy_cpuset(const char *mount, const char *path, const char *file, char *text,
		       size_t size)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (cgroup_file_read(mount, path, file, text, size) < 0)
		return err_sys("read %s%s/%s", mount, path, file);
	if (*text || !slash)
		return 0;
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	if (copy_cpuset(mount, parent, file, text, size) < 0)
		return -1;
	if (cgroup_file_write(mount, path, file, text) < 0)
		return err_sys("write '%s' to %s%s/%s", text, mount, path, file);
	return 0;
}

static int fill_cpuset(const struct cgroup *cg, const char *mount)
{
	char text[4096];

	if (mount != cg->host->v1[CGROUP_CPUSET])
		return 0;
	if (copy_cpuset(mount, cg->path, "cpuset.cpus", text, sizeof(text)) < 0)
		return -1;
	return copy_cpuset(mount, cg->path, "cpuset.mems", text, sizeof(text));
}

static bool is_permission(int code)
{
	return code == EACCES || code == EPERM || code == EROFS;
}

static bool is_forbidden(const struct cgroup *cg)
{
	return cg->rootless && is_permission(errno);
}

static int join(const struct cgroup *cg, const char *mount)
{
	if (cgroup_dir_make(mount, cg->path) == 0)
		return fill_cpuset(cg, mount);
	if (is_forbidden(cg))
		return 0;
	if (errno != EEXIST)
		return err_sys("make cgroup %s%s", mount, cg->path);
	if (cgroup_dir_check_empty(mount, cg->path) < 0)
		return -1;
	/* One that somebody left frozen would never start. */
	if (mount == cg->host->v1[CGROUP_FREEZER] &&
	    cgroup_file_write(mount, cg->path, "freezer.state", "THAWED") < 0)
		return err_sys("thaw cgroup %s%s", mount, cg->path);
	return fill_cpuset(cg, mount);
}

static int create(const struct cgroup *cg)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *mount = cgroup_v1_hierarchy(cg->host, c);

		if (mount && is_default(cg->host, c) && join(cg, mount) < 0)
			return -1;
	}
	return 0;
}

static int enter_one(const struct cgroup *cg, const char *mount)
{
	if (cgroup_file_write(mount, cg->path, "tasks", "0") == 0)
		return 0;
	/* ENOENT: it has not joined this one. */
	if (errno == ENOENT || is_forbidden(cg))
		return 0;
	return err_sys("enter cgroup %s%s", mount, cg->path);
}

/*
 * The process moves itself, by its only thread: 0 in `tasks`. A pid in cgroup.procs would have to
 * wait until no process of the machine is in the middle of fork(2) or exit(2), an RCU grace
 * period: 6 to 23 ms, measured. Whoever moves only itself is in no such middle.
 */
static int enter(const struct cgroup *cg)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *mount = cgroup_v1_hierarchy(cg->host, c);

		if (mount && enter_one(cg, mount) < 0)
			return -1;
	}
	return 0;
}

/* The processes, by the first hierarchy that every container joins: they are the same in all. */
static int list(const struct cgroup *cg, struct cgroup_pids *pids)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *mount = cgroup_v1_hierarchy(cg->host, c);

		if (mount && is_default(cg->host, c))
			return cgroup_dir_list(mount, cg->path, pids);
	}
	return 0;
}

static int move_one(const struct cgroup *cg, const char *mount, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (cgroup_file_write(mount, cg->path, "cgroup.procs", text) == 0 || errno == ESRCH)
		return 0;
	return err_sys("move process %d to cgroup %s%s", pid, mount, cg->path);
}

/* Moves all into a hierarchy that is joined late, those that are born meanwhile too. */
static int move_all(const struct cgroup *cg, const char *mount)
{
	size_t moved = 0;

	for (;;) {
		struct cgroup_pids pids = {0}, there = {0};
		int result = list(cg, &pids);

		if (result == 0 && pids.count > 0)
			result = cgroup_dir_list(mount, cg->path, &there);
		for (size_t i = 0; result == 0 && there.count < pids.count && i < pids.count; i++)
			result = move_one(cg, mount, pids.items[i]);
		moved = there.count < pids.count ? moved + 1 : 0;
		free(pids.items);
		free(there.items);
		if (result < 0 || moved == 0 || moved > KILL_ROUNDS)
			return result;
	}
}

static int make_ready(const struct cgroup *cg, const struct cgroup_write *write)
{
	const char *mount = cg->host->v1[write->controller];

	if (cgroup_dir_make(mount, cg->path) < 0) {
		if (errno == EEXIST)
			return 0; /* then it is the file that is missing */
		if (errno == EACCES || errno == EPERM || errno == EROFS)
			return err_set(errno,
				       "linux.resources.%s: no permission to make cgroup %s%s; run "
				       "as root, or remove the limit",
				       write->property, mount, cg->path);
		return err_sys("linux.resources.%s: make cgroup %s%s", write->property, mount,
			       cg->path);
	}
	if (fill_cpuset(cg, mount) < 0)
		return -1;
	return move_all(cg, mount);
}

static int set_devices(const struct cgroup *cg, const struct spec_resources *resources)
{
	const struct cgroup_write write = {.controller = CGROUP_DEVICES, .property = "devices"};
	const char *mount = cg->host->v1[CGROUP_DEVICES];
	struct arena arena = {0};
	struct cgroup_devices rules;
	int result;

	result = make_ready(cg, &write);
	if (result == 0)
		result = cgroup_devices_expand(resources, &arena, &rules);
	if (result == 0)
		result = cgroup_devices_write(mount, cg->path, &rules);
	arena_free(&arena);
	/* These files take CAP_SYS_ADMIN of the machine. Who lacks it has no mknod(2) either. */
	return result < 0 && cg->rootless && is_permission(err_last()->code) ? 0 : result;
}

static int set(const struct cgroup *cg, struct cgroup_plan *plan,
	       const struct spec_resources *resources)
{
	if (cgroup_plan_apply(cg, plan, CGROUP_V1, make_ready) < 0)
		return -1;
	if (resources->devices.count == 0 || cgroup_binding(cg->host, CGROUP_DEVICES) != CGROUP_V1)
		return 0;
	return set_devices(cg, resources);
}

static int is_frozen(const struct cgroup *cg, bool *ret_frozen)
{
	const char *mount = cg->host->v1[CGROUP_FREEZER];
	char state[32];

	*ret_frozen =
		mount &&
		cgroup_file_read(mount, cg->path, "freezer.state", state, sizeof(state)) == 0 &&
		strcmp(state, "FROZEN") == 0;
	return 0;
}

/*
 * A cgroup that forks while it is being frozen can stay FREEZING for ever; thawing it for a moment
 * lets those processes arrive where they can be stopped. cgroup-v1/freezer-subsystem.rst
 */
static int freeze(const struct cgroup *cg, bool frozen)
{
	const char *mount = cg->host->v1[CGROUP_FREEZER], *wanted = frozen ? "FROZEN" : "THAWED";
	char state[32] = "";

	if (!mount)
		return err_set(ENOTSUP,
			       "cannot freeze: the cgroup controller freezer is bound nowhere on "
			       "this machine, nor is there version 2");
	for (int i = 0; i < FREEZE_TRIES; i++) {
		if (i % FREEZE_AGAIN == FREEZE_AGAIN - 1 &&
		    cgroup_file_write(mount, cg->path, "freezer.state", "THAWED") < 0)
			break;
		if (cgroup_file_write(mount, cg->path, "freezer.state", wanted) < 0 ||
		    cgroup_file_read(mount, cg->path, "freezer.state", state, sizeof(state)) < 0)
			break;
		if (strcmp(state, wanted) == 0)
			return 0;
		cgroup_sleep_ms(1);
		errno = EBUSY;
	}
	err_sys("write %s to %s%s/freezer.state", wanted, mount, cg->path);
	/* Half frozen is neither: back to where it was. */
	if (frozen && cgroup_file_write(mount, cg->path, "freezer.state", "THAWED") < 0)
		err_wrap("and it cannot be thawed again");
	return -1;
}

/* One round in one hierarchy. Frozen, nothing forks between the list and the signal. */
static int kill_round(const struct cgroup *cg, const char *mount, int signal, ino_t pid_namespace,
		      size_t *ret_count)
{
	const char *freezer = cg->host->v1[CGROUP_FREEZER];
	struct cgroup_pids pids = {0};
	bool stop = signal == SIGKILL && freezer;
	int result;

	/* Not waited for: what is not stopped yet is for the next round. ENOENT: never joined. */
	stop = stop && cgroup_file_write(freezer, cg->path, "freezer.state", "FROZEN") == 0;
	result = cgroup_dir_list(mount, cg->path, &pids);
	if (result == 0)
		result = cgroup_signal_each(&pids, signal, pid_namespace, ret_count);
	/* A process dies of SIGKILL only after it has been thawed. */
	if (stop && cgroup_file_write(freezer, cg->path, "freezer.state", "THAWED") < 0 &&
	    result == 0)
		result = err_sys("thaw cgroup %s%s", freezer, cg->path);
	free(pids.items);
	return result;
}

static int kill_in(const struct cgroup *cg, const char *mount, int signal, ino_t pid_namespace)
{
	struct cgroup_pids pids = {0};
	int result = cgroup_dir_list(mount, cg->path, &pids);
	size_t count = pids.count;

	free(pids.items);
	if (result < 0)
		return -1;
	for (int i = 0; count > 0 && i < KILL_ROUNDS; i++) {
		if (kill_round(cg, mount, signal, pid_namespace, &count) < 0)
			return -1;
		if (signal != SIGKILL)
			return 0;
		if (count > 0)
			cgroup_sleep_ms(i < 10 ? 1 : 10);
	}
	return count > 0 ? err_set(EBUSY,
				   "cgroup %s%s: processes are left after %d rounds of "
				   "SIGKILL",
				   mount, cg->path, KILL_ROUNDS)
			 : 0;
}

static int kill_all(const struct cgroup *cg, int signal, ino_t pid_namespace)
{
	int result = 0;

	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *mount = cgroup_v1_hierarchy(cg->host, c);

		if (mount && kill_in(cg, mount, signal, pid_namespace) < 0)
			result = -1;
		else if (mount && signal != SIGKILL)
			break; /* once is enough */
	}
	return result;
}

static int destroy(const struct cgroup *cg)
{
	int result = 0;

	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const char *mount = cgroup_v1_hierarchy(cg->host, c);

		if (mount && cgroup_dir_remove(mount, cg->path) < 0)
			result = -1;
	}
	return result;
}

const struct cgroup_ops cgroup_v1_ops = {
	.create = create,
	.enter = enter,
	.set = set,
	.freeze = freeze,
	.is_frozen = is_frozen,
	.stat = cgroup_stat_v1,
	.list = list,
	.kill = kill_all,
	.destroy = destroy,
};
