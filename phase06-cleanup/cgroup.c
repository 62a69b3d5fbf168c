/*
 * cgroup.c: control groups, version 2: one directory per container, limits are files in it.
 * cgroup_v1.c has the few lines for machines that still bind controllers to version 1; read it
 * only if yours does. See cgroup.h for the order of calls.
 */
#include "cgroup.h"
#include "cgroup_v1.h"
#include "husk.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PATH_SIZE = 512, RETRIES = 100, RETRY_US = 10000 };
const char *const cgroup_controllers[CONTROLLERS] = {"memory", "cpu", "pids"};

/* Where version 2 is mounted: alone, or beside version 1 (hybrid); NULL if nowhere. */
static const char *unified(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (statfs(places[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

/* HIERARCHY/husk-course/NAME/FILE; without FILE, or without both, if they are NULL. */
static void make_path(char *ret, const char *hierarchy, const char *name, const char *file)
{
	snprintf(ret, PATH_SIZE, "%s/husk-course%s%s%s%s", hierarchy, name ? "/" : "",
		 name ? name : "", file ? "/" : "", file ? file : "");
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

int cgroup_make_directory(const char *hierarchy, const char *name)
{
	char parent[PATH_SIZE], path[PATH_SIZE];

	make_path(parent, hierarchy, NULL, NULL);
	make_path(path, hierarchy, name, NULL);
	for (;;) {
		if (mkdir(parent, 0755) < 0 && errno != EEXIST)
			return fail("create cgroup (needs root; `make lab` has it)", parent);
		if (mkdir(path, 0755) == 0)
			return 0;
		if (errno != ENOENT) /* ENOENT: the last other husk just removed the parent */
			return fail("create cgroup", path);
	}
}

int cgroup_apply(const char *hierarchy, const char *name, const struct cgroup_setting *setting)
{
	char path[PATH_SIZE], text[32];

	make_path(path, hierarchy, name, setting->file);
	snprintf(text, sizeof(text), "%lld", setting->value);
	if (write_text(path, text) == 0 || (setting->optional && errno == ENOENT))
		return 0;
	return fail("set", path);
}

long long cgroup_read_counter(const char *hierarchy, const char *name, const char *file,
			      const char *key)
{
	char path[PATH_SIZE], word[64];
	long long value, found = 0;
	FILE *stream;

	make_path(path, hierarchy, name, file);
	stream = fopen(path, "re");
	while (stream && fscanf(stream, "%63s %lld", word, &value) == 2)
		if (strcmp(word, key) == 0)
			found = value;
	if (stream)
		fclose(stream);
	return found;
}

/* rmdir(2) takes the files of a cgroup along, but not the cgroups that were made below it. */
static int remove_if_directory(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	return type == FTW_DP ? rmdir(path) : 0;
}

int cgroup_remove_directory(const char *hierarchy, const char *name)
{
	char parent[PATH_SIZE], path[PATH_SIZE];
	int result;

	make_path(parent, hierarchy, NULL, NULL);
	make_path(path, hierarchy, name, NULL);
	/* EBUSY right after the last process has gone is normal, and over in an instant. */
	for (int i = 0; i < RETRIES; i++) {
		result = nftw(path, remove_if_directory, 8, FTW_DEPTH | FTW_PHYS);
		if (result == 0 || errno != EBUSY)
			break;
		usleep(RETRY_US);
	}
	if (result < 0 && errno != ENOENT)
		return fail("remove cgroup", path);
	rmdir(parent); /* stays while other containers run */
	return 0;
}

/* Whether cfg has that limit, and version 2 is what enforces it here. */
static int is_unified_limit(const struct config *cfg, enum controller controller)
{
	char path[PATH_SIZE], word[64];
	FILE *stream = NULL;
	int found = 0;

	if (unified() && cfg->limits[controller] != NO_LIMIT) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers", unified());
		stream = fopen(path, "re");
	}
	while (stream && fscanf(stream, "%63s", word) == 1)
		if (strcmp(word, cgroup_controllers[controller]) == 0)
			found = 1;
	if (stream)
		fclose(stream);
	return found;
}

/* A cgroup has the files of a controller only if every cgroup above it passes that one on. */
static int enable_controller(const char *hierarchy, enum controller controller)
{
	char path[PATH_SIZE], text[32];

	snprintf(text, sizeof(text), "+%s", cgroup_controllers[controller]);
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", hierarchy);
	if (write_text(path, text) < 0)
		return fail("enable controller (`make doctor` says more) in", path);
	make_path(path, hierarchy, NULL, "cgroup.subtree_control");
	return write_text(path, text) < 0 ? fail("enable controller in", path) : 0;
}

static int apply_limits(const char *hierarchy, const char *name, const struct config *cfg)
{
	const struct cgroup_setting settings[] = {
		{MEMORY, "memory.max", cfg->limits[MEMORY], 0},
		{MEMORY, "memory.swap.max", 0, 1},
		{MEMORY, "memory.oom.group", 1, 0}, /* the kernel kills all of it, or nothing */
		{CPU, "cpu.max", cfg->limits[CPU], 0},
		{PIDS, "pids.max", cfg->limits[PIDS], 0},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (!is_unified_limit(cfg, settings[i].controller))
			continue;
		if (enable_controller(hierarchy, settings[i].controller) < 0)
			return -1;
		if (cgroup_apply(hierarchy, name, &settings[i]) < 0)
			return -1;
	}
	return 0;
}

static int create_unified(struct cgroup *cg, const char *hierarchy, const struct config *cfg)
{
	char path[PATH_SIZE];

	if (cgroup_make_directory(hierarchy, cg->name) < 0)
		return -1;
	make_path(path, hierarchy, cg->name, NULL);
	if (apply_limits(hierarchy, cg->name, cfg) == 0) {
		cg->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cg->fd >= 0)
			return 0;
		fail("open cgroup", path);
	}
	cgroup_remove_directory(hierarchy, cg->name);
	return -1;
}

/* Counts the limits that each version has to enforce; refuses one that neither can. */
static int find_controllers(const struct config *cfg, int *ret_unified, int *ret_v1)
{
	*ret_unified = *ret_v1 = 0;
	for (enum controller i = 0; i < CONTROLLERS; i++) {
		if (cfg->limits[i] == NO_LIMIT)
			continue;
		if (is_unified_limit(cfg, i)) {
			++*ret_unified;
		} else if (cgroup_v1_has(i)) {
			++*ret_v1;
		} else {
			errno = ENODEV;
			return fail("limit (`make doctor` says more, `make lab` has it)",
				    cgroup_controllers[i]);
		}
	}
	return 0;
}

int cgroup_create(struct cgroup *ret_cg, const struct config *cfg)
{
	struct cgroup cg = {.fd = -1};
	int on_unified;

	*ret_cg = cg;
	if (find_controllers(cfg, &on_unified, &cg.on_v1) < 0)
		return -1;
	if (!on_unified && !cg.on_v1)
		return 0;
	snprintf(cg.name, sizeof(cg.name), "%s", cfg->name);
	if (cg.on_v1 && cgroup_v1_create(cg.name, cfg) < 0)
		return -1;
	if (on_unified && create_unified(&cg, unified(), cfg) < 0) {
		if (cg.on_v1)
			cgroup_v1_remove(cg.name);
		return -1;
	}
	*ret_cg = cg;
	return 0;
}

int cgroup_add(const struct cgroup *cg, pid_t pid)
{
	return cg->on_v1 ? cgroup_v1_add(cg->name, pid) : 0;
}

int cgroup_isolate(void)
{
	/* Not at clone time: on version 1 the parent moves us only afterwards. */
	return unshare(CLONE_NEWCGROUP) < 0 ? fail("unshare", "cgroup namespace") : 0;
}

void cgroup_report(const struct cgroup *cg, const struct config *cfg)
{
	long long killed = 0;

	if (cg->fd >= 0)
		killed = cgroup_read_counter(unified(), cg->name, "memory.events", "oom_kill");
	if (cg->on_v1)
		killed += cgroup_v1_oom_kills(cg->name);
	if (killed > 0 && cfg->limits[MEMORY] == NO_LIMIT)
		fprintf(stderr, "husk: OOM-killed: memory ran out, but not by a limit of husk\n");
	else if (killed > 0)
		fprintf(stderr, "husk: OOM-killed: the memory limit of %.4g MiB was reached\n",
			cfg->limits[MEMORY] / 1048576.0);
}

/*
 * Whether a process is in our own PID namespace: then somebody else put it into the cgroup. So it
 * is if we cannot even see it: then the file says 0, and kill(2) takes 0 for all of our own group.
 */
static int is_foreign(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;

	if (pid <= 0)
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return stat("/proc/self/ns/pid", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino;
}

/* SIGKILL for each; returns how many there were, or -1 if one is not ours to kill. */
static int kill_each(const char *path)
{
	FILE *stream = fopen(path, "re");
	int pid, count = 0, foreign = 0;

	while (stream && !foreign && fscanf(stream, "%d", &pid) == 1) {
		foreign = is_foreign(pid);
		if (!foreign)
			kill(pid, SIGKILL);
		count++;
	}
	if (stream)
		fclose(stream);
	errno = EBUSY;
	return foreign ? fail("empty of a process that is not its own", path) : count;
}

int cgroup_kill_processes(const char *hierarchy, const char *name)
{
	char procs[PATH_SIZE], all[PATH_SIZE];
	int left = 1;

	make_path(procs, hierarchy, name, "cgroup.procs");
	make_path(all, hierarchy, name, "cgroup.kill");
	for (int i = 0; i < RETRIES && left > 0; i++) {
		left = kill_each(procs);
		if (left > 0) {
			/* One write kills what forks faster than we read: 5.14, version 2. */
			write_text(all, "1");
			usleep(RETRY_US);
		}
	}
	errno = EBUSY;
	return left > 0 ? fail("empty", procs) : left;
}

int cgroup_kill(const char *name)
{
	if (unified() && cgroup_kill_processes(unified(), name) < 0)
		return -1;
	return cgroup_v1_kill(name);
}

int cgroup_remove(const char *name)
{
	int result = unified() ? cgroup_remove_directory(unified(), name) : 0;

	return cgroup_v1_remove(name) < 0 ? -1 : result;
}
