/*
 * cgroup_v2.c: version 2: one directory for a container, in the one hierarchy there is.
 *
 * A cgroup has the files of a controller only if each cgroup above it passes the controller on in
 * cgroup.subtree_control, and one that passes any on may not hold processes itself, but for the
 * root: cgroups(7), "no internal processes". On a hybrid machine the directory may have no
 * controller at all; it still freezes and kills. Next file: cgroup_v1.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <signal.h>
#include <string.h>

/* For how long freezing, and the end of killed processes, is waited for. */
enum { FREEZE_MS = 10000, KILL_ROUNDS = 200, KILL_MS = 5 };

/* Those that count what a container uses; enabled for every container. */
static const char accounting[] = "+memory +pids +cpu";
enum { ACCOUNTING = 1 << CGROUP_MEMORY | 1 << CGROUP_PIDS | 1 << CGROUP_CPU };

static int explain_enable(const char *mount, const char *parent, const char *name, int code)
{
	if (code == EBUSY)
		return err_set(
			EBUSY,
			"cgroup %s%s cannot divide %s among cgroups below it while it holds "
			"processes itself (cgroups(7), \"no internal processes\"): move "
			"them, this one too, into a cgroup below it first, or choose another "
			"cgroupsPath",
			mount, *parent ? parent : "/", name);
	if (code == EACCES || code == EPERM || code == EROFS)
		return err_set(code,
			       "no permission to enable the cgroup controller %s in %s%s; run as "
			       "root, have the cgroup delegated to you, or remove the limit",
			       name, mount, *parent ? parent : "/");
	errno = code;
	return err_sys("enable the cgroup controller %s in %s%s", name, mount,
		       *parent ? parent : "/");
}

/*
 * A cgroup with processes may pass on cpu, cpuset and pids, for threads: what is below it then is
 * "domain invalid", cgroups(7), and takes no process. That was not meant: it is taken back.
 */
static int check_type(const char *mount, const char *path, const char *parent, const char *names)
{
	char type[64], *minus;

	if (cgroup_file_read(mount, path, "cgroup.type", type, sizeof(type)) < 0 ||
	    strcmp(type, "domain invalid") != 0)
		return 0;
	minus = strdupa(names);
	for (char *c = minus; *c; c++)
		if (*c == '+')
			*c = '-';
	if (cgroup_file_write(mount, parent, "cgroup.subtree_control", minus) < 0)
		return explain_enable(mount, parent, names + 1, errno);
	return explain_enable(mount, parent, names + 1, EBUSY);
}

/*
 * Has the parent of path pass controllers on: "+memory", one or more. ENOENT: the parent itself has
 * not got them, so first its own parent. Above a delegated cgroup that is not ours to do.
 */
static int enable(const char *mount, const char *path, const char *names)
{
	char parent[PATH_MAX];
	int length = (int)(strrchr(path, '/') - path);

	snprintf(parent, sizeof(parent), "%.*s", length, path);
	if (cgroup_file_write(mount, parent, "cgroup.subtree_control", names) == 0)
		return check_type(mount, path, parent, names);
	if (errno != ENOENT || !*parent)
		return explain_enable(mount, parent, names + 1, errno);
	if (enable(mount, parent, names) < 0)
		return -1;
	if (cgroup_file_write(mount, parent, "cgroup.subtree_control", names) < 0)
		return explain_enable(mount, parent, names + 1, errno);
	return check_type(mount, path, parent, names);
}

/* For a file that is missing: its first word is the controller that has to be enabled. */
static int make_ready(const struct cgroup *cg, const struct cgroup_write *write)
{
	char name[64];

	if (cgroup_dir_make(cg->host->v2, cg->path) < 0 && errno != EEXIST)
		return err_sys("linux.resources.%s: make cgroup %s%s", write->property,
			       cg->host->v2, cg->path);
	if (str_has_prefix(write->file, "cgroup."))
		return 0;
	snprintf(name, sizeof(name), "+%.*s", (int)strcspn(write->file, "."), write->file);
	if (enable(cg->host->v2, cg->path, name) == 0)
		return 0;
	if (err_last()->code == EINVAL || err_last()->code == ENOENT)
		return err_set(ENOTSUP,
			       "linux.resources.%s: this machine's cgroup version 2 has no "
			       "controller %s; %s/cgroup.controllers lists what there is",
			       write->property, name + 1, cg->host->v2);
	return err_wrap("linux.resources.%s", write->property);
}

/* One look instead of three writes: whoever enabled memory mostly enabled the others as well. */
static void enable_accounting(const struct cgroup *cg)
{
	char file[PATH_MAX];
	struct err saved = *err_last();

	if ((cg->host->v2_controllers & ACCOUNTING) != ACCOUNTING)
		return;
	snprintf(file, sizeof(file), "%s%s/memory.max", cg->host->v2, cg->path);
	if (access(file, F_OK) < 0 && enable(cg->host->v2, cg->path, accounting) < 0)
		err_adopt(&saved); /* then it is not counted; a limit will say why */
}

static int create(const struct cgroup *cg)
{
	if (cgroup_dir_make(cg->host->v2, cg->path) < 0) {
		if (errno != EEXIST)
			return cg->rootless && (errno == EACCES || errno == EPERM || errno == EROFS)
				       ? 0
				       : err_sys("make cgroup %s%s", cg->host->v2, cg->path);
		if (cgroup_dir_check_empty(cg->host->v2, cg->path) < 0)
			return -1;
		/* One that somebody left frozen would never start. */
		if (cgroup_file_write(cg->host->v2, cg->path, "cgroup.freeze", "0") < 0)
			return err_sys("thaw cgroup %s%s", cg->host->v2, cg->path);
	}
	enable_accounting(cg);
	return 0;
}

static int enter(const struct cgroup *cg)
{
	if (cgroup_file_write(cg->host->v2, cg->path, "cgroup.procs", "0") == 0)
		return 0;
	if (cg->rootless && (errno == ENOENT || errno == EACCES || errno == EPERM))
		return 0;
	return err_sys("enter cgroup %s%s", cg->host->v2, cg->path);
}

static int set_devices(const struct cgroup *cg, const struct spec_resources *resources)
{
	struct arena arena = {0};
	struct cgroup_devices rules;
	int result = cgroup_devices_expand(resources, &arena, &rules);

	if (result == 0)
		result = cgroup_bpf_attach(cg->host->v2, cg->path, &rules);
	/* A user namespace that is not root's has no device nodes of its own: mknod(2). */
	if (result < 0 && cg->rootless)
		result = 0;
	arena_free(&arena);
	return result;
}

static int set(const struct cgroup *cg, struct cgroup_plan *plan,
	       const struct spec_resources *resources)
{
	if (cgroup_plan_apply(cg, plan, CGROUP_V2, make_ready) < 0)
		return -1;
	if (resources->devices.count == 0 || cgroup_binding(cg->host, CGROUP_DEVICES) != CGROUP_V2)
		return 0;
	return set_devices(cg, resources);
}

/* The number behind "key " in a file of such lines, or -1. */
static int read_key(const struct cgroup *cg, const char *file, const char *key)
{
	char text[512];
	const char *line;

	if (cgroup_file_read(cg->host->v2, cg->path, file, text, sizeof(text)) < 0)
		return -1;
	line = strstr(text, key);
	return line ? (int)strtol(line + strlen(key), NULL, 10) : -1;
}

static int is_frozen(const struct cgroup *cg, bool *ret_frozen)
{
	*ret_frozen = read_key(cg, "cgroup.events", "frozen ") == 1;
	return 0;
}

/* cgroup.events can be polled, but the kernel tells of a change up to 10 ms late. */
static int wait_frozen(const struct cgroup *cg, bool frozen)
{
	for (int waited = 0; waited < FREEZE_MS; waited++) {
		if (read_key(cg, "cgroup.events", "frozen ") == frozen)
			return 0;
		cgroup_sleep_ms(1);
	}
	return err_set(EBUSY,
		       "cgroup %s is still not %s after %d s: a process waits inside of the kernel",
		       cg->path, frozen ? "frozen" : "thawed", FREEZE_MS / 1000);
}

static int freeze(const struct cgroup *cg, bool frozen)
{
	if (cgroup_file_write(cg->host->v2, cg->path, "cgroup.freeze", frozen ? "1" : "0") < 0)
		return err_sys("write %s%s/cgroup.freeze", cg->host->v2, cg->path);
	if (wait_frozen(cg, frozen) == 0)
		return 0;
	/* Half frozen is neither: back to where it was. */
	if (frozen && cgroup_file_write(cg->host->v2, cg->path, "cgroup.freeze", "0") < 0)
		return err_wrap("and cannot be thawed again");
	return -1;
}

static int list(const struct cgroup *cg, struct cgroup_pids *pids)
{
	return cgroup_dir_list(cg->host->v2, cg->path, pids);
}

/* Waits for the end of processes that have got SIGKILL. */
static int wait_empty(const struct cgroup *cg)
{
	for (int i = 0; i < KILL_ROUNDS; i++) {
		if (read_key(cg, "cgroup.events", "populated ") != 1)
			return 0;
		cgroup_sleep_ms(KILL_MS);
	}
	return cgroup_dir_check_empty(cg->host->v2, cg->path) < 0
		       ? err_wrap("SIGKILL was not enough")
		       : 0;
}

/* SIGKILL goes to all at once, by one write that no fork(2) escapes: cgroup.kill, Linux 5.14. */
static int kill_all(const struct cgroup *cg, int signal, ino_t pid_namespace)
{
	struct cgroup_pids pids = {0};
	size_t count = 0;
	int result;

	if (read_key(cg, "cgroup.events", "populated ") != 1)
		return 0;
	if (list(cg, &pids) < 0)
		return -1;
	/* Signal 0 finds a process that has to be spared before anything is done. */
	result = cgroup_signal_each(&pids, signal == SIGKILL ? 0 : signal, pid_namespace, &count);
	if (signal == SIGKILL && result == 0 &&
	    cgroup_file_write(cg->host->v2, cg->path, "cgroup.kill", "1") < 0 && errno != ENOENT)
		result = err_sys("write %s%s/cgroup.kill", cg->host->v2, cg->path);
	else if (signal == SIGKILL && result < 0) {
		struct err foreign = *err_last();

		if (cgroup_signal_each(&pids, SIGKILL, pid_namespace, &count) == 0)
			err_adopt(&foreign);
	} else if (signal == SIGKILL) {
		result = wait_empty(cg);
	}
	free(pids.items);
	return result;
}

static int destroy(const struct cgroup *cg)
{
	return cgroup_dir_remove(cg->host->v2, cg->path);
}

const struct cgroup_ops cgroup_v2_ops = {
	.create = create,
	.enter = enter,
	.set = set,
	.freeze = freeze,
	.is_frozen = is_frozen,
	.stat = cgroup_stat_v2,
	.list = list,
	.kill = kill_all,
	.destroy = destroy,
};
