/*
 * create.c: making a container: what happens outside. The table of stages at the end is the table
 * of contents; init.c is what happens inside at the same time. See create.h; next file: init.c
 */
#include "create.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/stamp.h"
#include "../base/store.h"
#include "../base/sys.h"
#include "../base/tree.h"
#include "../kernel/idmap.h"
#include "../kernel/lsm.h"
#include "../kernel/netdev.h"
#include "../kernel/seal.h"
#include "../kernel/sysctl.h"
#include "bundle.h"
#include "confine.h"
#include "hooks.h"
#include "init.h"
#include "sync.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* A process that was killed is gone at once, unless the machine is in trouble. */
enum { KILL_WAIT_MS = 10000 };

/* A process by pidfd; a cgroup's directory, the one below it and its list; one more. */
enum { SPARE_FDS = 5 };

/* What is known and open while a container is being made. */
struct creation {
	const struct create_options *options;
	struct container c;
	struct bundle bundle;
	struct ns_plan plan;
	struct init init; /* prepared here, used by the child */
	struct ns_child child;
	int sync; /* our end */
	int cgroup_fd;
	int *mount_sources;
	int spare[SPARE_FDS];
	bool hooks_were_run; /* or one of them: then poststop hooks have something to undo */
	struct arena arena;
};

/* --- the stages: run, and undo --- */

/* The record of what is about to exist: whoever finds it can remove everything. */
static int describe(struct creation *n)
{
	const struct spec *spec = &n->bundle.spec;
	struct state *state = &n->c.state;
	struct proc_stat self;

	if (proc_stat(getpid(), &self) < 0)
		return -1;
	*state = (struct state){
		.id = (char *)n->options->id,
		.status = STATE_CREATING,
		.bundle = n->bundle.path,
		.rootfs = n->bundle.rootfs,
		.owner = geteuid(),
		.creator_pid = getpid(),
		.creator_start_time = self.start_time,
		.terminal = spec->process && spec->process->terminal,
		.own_pid_namespace = n->plan.new_flags & CLONE_NEWPID,
		.has_poststart = spec->hooks[HOOK_POSTSTART].count > 0,
		.has_poststop = spec->hooks[HOOK_POSTSTOP].count > 0,
		.annotations = spec->annotations,
	};
	state->created = arena_format(&state->arena, "%s", stamp_now().text);
	if (!state->created)
		return -1;
	if (n->c.rt->no_cgroups)
		return 0;
	if (cgroup_resolve_path(&n->c.cgroups, spec->linux.cgroups_path, state->id,
				n->c.rt->rootless, &state->arena, &state->cgroup) < 0)
		return -1;
	n->c.cgroup = (struct cgroup){
		.host = &n->c.cgroups, .path = state->cgroup, .rootless = n->c.rt->rootless};
	n->init.mounts.cgroup_path = state->cgroup;
	return cgroup_check_free(&n->c.cgroup);
}

static int reserve_directory(struct creation *n)
{
	auto_close int root_fd = -1;

	if (store_open(n->c.rt->root, 0711, &root_fd) < 0)
		return -1;
	/* Known already, the ID is the reason, and not the cgroup that comes with it. */
	if (faccessat(root_fd, n->options->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(EEXIST, "container '%s' exists: its ID is in use", n->options->id);
	if (describe(n) < 0 || store_reserve(root_fd, n->options->id, &n->c.dir_fd) < 0)
		return -1;
	if (container_save_first(&n->c) < 0) {
		/* It was removed, and made again by another, before we had opened it. */
		if (err_last()->code == EEXIST) {
			close(n->c.dir_fd);
			n->c.dir_fd = -1;
		}
		return -1;
	}
	if (store_write(n->c.dir_fd, "config.json", n->bundle.config, n->bundle.config_length) < 0)
		return err_wrap("%s/%s", n->c.rt->root, n->options->id);
	return 0;
}

static int remove_directory(struct container *c)
{
	auto_close int root_fd = -1;
	struct stat st;

	/* Removed by somebody else: what has its name now is not ours. */
	if (c->dir_fd >= 0 && fstat(c->dir_fd, &st) == 0 && st.st_nlink == 0)
		return 0;
	if (store_open(c->rt->root, 0711, &root_fd) < 0)
		return -1;
	return tree_remove(root_fd, c->state.id);
}

static bool is_deny_all(const struct spec_device_rule *rule)
{
	return rule->type == 'a' && !rule->allow && (!rule->access || strlen(rule->access) == 3);
}

/*
 * The list of devices begins with nothing, whatever it says, as in runc: one that only allows, or
 * none at all, would with CAP_MKNOD leave the machine's disks. What config-linux.md calls "Default
 * Devices" is added by cgroup_set().
 */
static int set_resources(struct creation *n)
{
	const struct spec_resources *wanted = n->bundle.spec.linux.resources;
	struct spec_resources resources = wanted ? *wanted : (struct spec_resources){0};
	size_t count = resources.devices.count;
	struct spec_device_rule *rules = arena_alloc(&n->arena, (count + 1) * sizeof(*rules));

	if (!rules)
		return -1;
	rules[0] = (struct spec_device_rule){.type = 'a'};
	if (count > 0)
		memcpy(rules + 1, resources.devices.items, count * sizeof(*rules));
	/* Said by the configuration itself, once is enough. */
	if (count > 0 && is_deny_all(&rules[1]))
		return cgroup_set(&n->c.cgroup, &resources);
	resources.devices.items = rules;
	resources.devices.count = count + 1;
	return cgroup_set(&n->c.cgroup, &resources);
}

static int make_cgroup(struct creation *n)
{
	if (!n->c.cgroup.path)
		return 0;
	if (cgroup_create(&n->c.cgroup) < 0) {
		n->c.cgroup.path = NULL; /* there is none, or it is another's: not to be undone */
		return -1;
	}
	if (set_resources(n) < 0)
		return -1;
	if (n->c.rt->rootless && !cgroup_exists(&n->c.cgroup)) {
		/* Then no other command shall look for it either. */
		n->c.cgroup.path = n->c.state.cgroup = NULL;
		n->init.mounts.cgroup_path = NULL;
		return 0;
	}
	if (cgroup_delegate(&n->c.cgroup, &n->bundle.spec) < 0)
		return -1;
	return cgroup_open(&n->c.cgroup, &n->cgroup_fd);
}

static int remove_cgroup(struct container *c)
{
	return c->cgroup.path ? cgroup_destroy(&c->cgroup) : 0;
}

/* Compiling takes 20 ms with an engine's profile, finding it again 0.1 ms. */
static int open_filter_cache(struct creation *n)
{
	char *path = arena_format(&n->arena, "%s/.seccomp", n->c.rt->root);
	int fd;

	return path && store_open(path, 0700, &fd) == 0 ? fd : -1;
}

static int compile_filter(struct creation *n)
{
	const struct spec_seccomp *seccomp = n->bundle.spec.linux.seccomp;
	auto_close int cache_fd = seccomp ? open_filter_cache(n) : -1;
	struct seccomp_bpf *filter = &n->init.filter;

	if (!seccomp)
		return 0;
	if (seccomp_compile(seccomp, cache_fd, &n->arena, filter) < 0)
		return -1;
	/* For `exec`, which does not compile it again. */
	return store_write(n->c.dir_fd, "seccomp.bpf", filter->code, filter->length);
}

static int open_sources(struct creation *n)
{
	const struct spec *spec = &n->bundle.spec;

	for (size_t i = 0; i < spec->mounts.count; i++)
		if (mount_open_source(spec, i, n->bundle.fd, &n->mount_sources[i]) < 0)
			return err_wrap("mount %s", spec->mounts.items[i].destination);
	return 0;
}

static int make_gate(struct creation *n)
{
	if (gate_make(n->c.dir_fd, &n->init.gate) < 0)
		return err_wrap("%s/%s", n->c.rt->root, n->options->id);
	return 0;
}

/*
 * In the child. From these directories ".." leads to the machine's files, and init may wait at its
 * gate for days, with others in its PID namespace that have CAP_SYS_PTRACE: CVE-2016-9962.
 */
static void shut_out(struct creation *n)
{
	scope_close(&n->c.dir_fd);
	scope_close(&n->bundle.fd);
	scope_close(&n->cgroup_fd);
}

static int spawn_init(struct creation *n)
{
	struct proc_stat stat;
	int sync[2], who;

	if (sync_open(sync) < 0)
		return -1;
	n->sync = sync[0];
	n->init.sync = sync[1];
	n->init.cgroup = n->c.cgroup.path ? &n->c.cgroup : NULL;
	n->init.born_in_cgroup = n->cgroup_fd >= 0;
	who = ns_spawn(&n->plan, n->cgroup_fd, &n->child);
	if (who == 0) {
		close(sync[0]); /* or our death would not be the end of it */
		shut_out(n);
		init_run(&n->init);
	}
	close(sync[1]);
	gate_close(&n->init.gate);
	if (who < 0 || proc_stat(n->child.pid, &stat) < 0)
		return -1;
	n->c.state.pid = n->child.pid;
	n->c.state.start_time = stat.start_time;
	return container_save(&n->c);
}

/* Returns 1 for a live container whose cgroup is the one of `data`, or below that. */
static int look_for_neighbour(struct container *other, void *data)
{
	const struct container *c = data;
	size_t length = strlen(c->cgroup.path);

	if (strcmp(other->state.id, c->state.id) == 0 || other->state.status == STATE_STOPPED ||
	    !other->cgroup.path || strncmp(other->cgroup.path, c->cgroup.path, length) != 0 ||
	    (other->cgroup.path[length] && other->cgroup.path[length] != '/'))
		return 0;
	log_warn("container '%s': its cgroup %s stays: container '%s' is in it", c->state.id,
		 c->cgroup.path, other->state.id);
	return 1;
}

/*
 * While our init lives cgroup_check_free() lets nobody else into its cgroup. When it has ended
 * another container may be there by right, and what is in it is not ours. Returns 1 if so.
 */
static int is_handed_on(struct container *c)
{
	struct arena arena = {0};
	size_t count = 0;
	pid_t *pids;
	int result = cgroup_processes(&c->cgroup, &arena, &pids, &count);

	arena_free(&arena);
	if (result == 0 && count > 0) /* else nobody would be killed, so nobody is looked for */
		result = container_each(c->rt, look_for_neighbour, c);
	return result;
}

static int kill_processes(struct container *c)
{
	auto_close int pidfd = -1;

	if (container_open_init(c, &pidfd) < 0 && err_last()->code != ESRCH)
		return -1;
	if (c->cgroup.path && (pidfd < 0 || proc_wait(pidfd, 0))) {
		int handed_on = is_handed_on(c);

		if (handed_on < 0)
			return -1;
		if (handed_on)
			c->cgroup.path = NULL; /* nor is it ours to remove */
	}
	if (pidfd >= 0) {
		if (sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
			return err_sys("kill process %d", c->state.pid);
		/* In a frozen cgroup of version 1 it dies only when thawed: that comes next. */
	}
	if (c->cgroup.path && cgroup_kill(&c->cgroup, SIGKILL, c->state.own_pid_namespace) < 0)
		return -1;
	if (pidfd >= 0)
		proc_wait(pidfd, KILL_WAIT_MS);
	if (c->state.pid > 0)
		waitpid(c->state.pid, NULL, WNOHANG); /* ours, if we have just made it */
	return 0;
}

static int place_init(struct creation *n)
{
	const struct spec *spec = &n->bundle.spec;

	if (ns_map_ids(&n->child, spec) < 0)
		return -1;
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (n->mount_sources[i] >= 0 &&
		    mount_idmap_source(n->mount_sources[i], spec, i) < 0)
			return err_wrap("mount %s", spec->mounts.items[i].destination);
	return sync_order(n->sync, SYNC_GO);
}

static int run_hooks(struct creation *n)
{
	const struct spec *spec = &n->bundle.spec;
	auto_close int state_fd = -1;

	n->hooks_were_run = true;
	if (sync_expect(n->sync, SYNC_HOOKS, NULL) < 0)
		return -1;
	if (spec->linux.net_devices.count && netdev_move(spec, n->child.pid) < 0)
		return -1;
	if (spec->hooks[HOOK_PRESTART].count + spec->hooks[HOOK_CREATE_RUNTIME].count > 0 &&
	    hooks_open_state(&n->c.state, &state_fd) < 0)
		return -1;
	if (hooks_run(spec, HOOK_PRESTART, state_fd) < 0 ||
	    hooks_run(spec, HOOK_CREATE_RUNTIME, state_fd) < 0)
		return -1;
	return sync_order(n->sync, SYNC_HOOKS_DONE);
}

static int pass_listener(struct creation *n)
{
	return n->bundle.spec.process
		       ? confine_pass_listener(&n->bundle.spec, n->sync, &n->child, &n->c.state)
		       : 0;
}

static int wait_until_ready(struct creation *n)
{
	if (sync_expect(n->sync, SYNC_READY, NULL) < 0)
		return -1;
	n->c.state.status = STATE_CREATED;
	n->c.state.creator_pid = 0; /* from here on it is nobody's but its ID's */
	return container_save(&n->c);
}

static int tell_pid(struct creation *n)
{
	return bundle_write_pid(n->options->pid_file, n->options->pidfd_socket, n->child.pid,
				n->child.pidfd);
}

/* clang-format off */
static const struct stage {
	const char *name; /* leads the error text where the reason alone would not say enough */
	int (*run)(struct creation *n);
	int (*undo)(struct container *c);
} stages[] = {
	{NULL, reserve_directory, remove_directory},
	{"cgroup", make_cgroup, remove_cgroup},
	{"seccomp", compile_filter, NULL},
	{NULL, open_sources, NULL},
	{NULL, make_gate, NULL},
	{NULL, spawn_init, kill_processes},
	{NULL, place_init, NULL},
	{NULL, run_hooks, NULL},
	{"seccomp", pass_listener, NULL},
	{NULL, wait_until_ready, NULL},
	{NULL, tell_pid, NULL},
};

/* clang-format on */

/* Walks back from row `count` - 1; returns the first failure, and then keeps the record. */
static int undo(struct container *c, size_t count)
{
	struct err first = {0};

	while (count-- > 0) {
		if (!stages[count].undo || (count == 0 && first.code))
			continue;
		if (stages[count].undo(c) < 0 && !first.code)
			first = *err_last();
	}
	if (!first.code)
		return 0;
	err_adopt(&first);
	return -1;
}

int create_undo(struct container *c)
{
	return undo(c, ARRAY_SIZE(stages));
}

/*
 * To undo takes descriptors, too: whether they are there is seen before anything is made. Not copies
 * of ours: init has them until its execve, and engines read our standard error to the end first.
 */
static int set_aside(struct creation *n)
{
	for (size_t i = 0; i < SPARE_FDS; i++) {
		n->spare[i] = eventfd(0, EFD_CLOEXEC);
		if (n->spare[i] < 0)
			return err_sys("set descriptors aside");
	}
	return 0;
}

static void give_back(struct creation *n)
{
	for (size_t i = 0; i < SPARE_FDS; i++)
		close(n->spare[i]);
}

static int walk(struct creation *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		struct err cause;

		if (stages[i].run(n) == 0)
			continue;
		if (stages[i].name)
			err_wrap("%s", stages[i].name);
		cause = *err_last();
		give_back(n);
		/* Somebody else's directory is not ours to remove. */
		if ((i > 0 || n->c.dir_fd >= 0) && undo(&n->c, i + 1) < 0)
			log_warn("not everything of '%s' could be removed (%s): delete --force it",
				 n->options->id, err_last()->text);
		n->c.state.status = STATE_STOPPED;
		if (n->hooks_were_run)
			hooks_run_after(&n->bundle.spec, HOOK_POSTSTOP, &n->c.state);
		err_adopt(&cause);
		return -1;
	}
	return 0;
}

/* --- before the first side effect --- */

static int check_machine(const struct spec *spec)
{
	if (lsm_check(spec) < 0)
		return -1;
	return sysctl_check(spec);
}

/* All that init needs, so that nothing is looked up inside. */
static int prepare(struct creation *n)
{
	const struct spec *spec = &n->bundle.spec;
	struct init *init = &n->init;
	uint64_t all;

	if (ns_plan(spec, &n->plan) < 0 || cgroup_find(&n->c.cgroups) < 0)
		return -1;
	if (spec->process && cap_resolve(spec->process->capabilities, &init->caps) < 0)
		return -1;
	n->mount_sources = arena_alloc(&n->arena, (spec->mounts.count + 1) * sizeof(int));
	if (!n->mount_sources)
		return -1;
	for (size_t i = 0; i < spec->mounts.count; i++)
		n->mount_sources[i] = -1;
	all = n->plan.new_flags | n->plan.join_flags;
	init->spec = spec;
	init->options = n->options;
	init->state = &n->c.state;
	init->rootfs = n->bundle.rootfs;
	init->plan = &n->plan;
	init->mount_sources = n->mount_sources;
	init->mounts = (struct mount_context){
		.root_fd = -1,
		.bundle = n->bundle.path,
		.spec = spec,
		.cgroups = &n->c.cgroups,
		.new_user_ns = all & CLONE_NEWUSER,
		.new_net_ns = all & CLONE_NEWNET,
		.new_cgroup_ns = all & CLONE_NEWCGROUP,
	};
	init->preserve_fds = n->bundle.preserve_fds;
	return bundle_connect_console(spec->process, n->options, &init->console_socket);
}

static int create(struct creation *n)
{
	if (bundle_load(n->options, &n->bundle) < 0 || check_machine(&n->bundle.spec) < 0)
		return -1;
	if (prepare(n) < 0 || set_aside(n) < 0)
		return -1;
	return walk(n);
}

/* `run` lives as long as its container: what was open for init must not stay open, nor busy. */
static void end(struct creation *n)
{
	struct init *init = &n->init;

	for (size_t i = 0; n->mount_sources && i < n->bundle.spec.mounts.count; i++)
		scope_close(&n->mount_sources[i]);
	gate_close(&init->gate);
	ns_plan_close(&n->plan);
	scope_close(&n->child.pidfd);
	scope_close(&n->sync);
	scope_close(&n->cgroup_fd);
	if (init->console_socket != n->options->console_fd)
		scope_close(&init->console_socket);
	container_close(&n->c);
	bundle_free(&n->bundle);
	arena_free(&n->arena);
}

int create_container(const struct runtime *rt, const struct create_options *options)
{
	struct creation n = {
		.options = options,
		.c = {.rt = rt, .dir_fd = -1},
		.bundle = {.fd = -1},
		.init = {.gate = {-1, -1},
			 .sync = -1,
			 .console_socket = -1,
			 .hook_state = -1,
			 .proc_fd = -1,
			 .lsm_fd = -1,
			 .tty = {.master = -1, .peer = -1}},
		.child = {.pidfd = -1},
		.sync = -1,
		.cgroup_fd = -1,
	};
	int result;

	if (spec_check_id(options->id) < 0 || bundle_check_preserved(options->preserve_fds) < 0)
		return -1;
	/* What the caller forgot to close ends where we execute ourselves: CVE-2024-21626. */
	if (!getenv("LISTEN_FDS") && fd_close_on_exec_from(3 + options->preserve_fds) < 0)
		return -1;
	if (seal_self(rt->argv) < 0)
		return -1;
	result = create(&n);
	end(&n);
	return result;
}
