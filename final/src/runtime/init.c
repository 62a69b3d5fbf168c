/*
 * init.c: the container's first process. Read the two tables at the end first: they are the order
 * of things. See init.h; next file: gate.c
 */
#include "init.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"
#include "../base/sys.h"
#include "../kernel/dev.h"
#include "../kernel/limits.h"
#include "../kernel/lsm.h"
#include "../kernel/netdev.h"
#include "../kernel/rootfs.h"
#include "../kernel/sysctl.h"
#include "confine.h"
#include "home.h"
#include "hooks.h"
#include "program.h"
#include "sync.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>

/* Until it closes at execve(2): log lines go to the parent that makes the container. */
static int log_socket = -1;

static void send_log(enum log_level level, const char *text)
{
	sync_send_log(log_socket, level, text);
}

/* --- steps before the gate --- */

static int enter_cgroup(struct init *init)
{
	return init->cgroup ? cgroup_enter(init->cgroup, init->born_in_cgroup) : 0;
}

static int wait_for_go(struct init *init)
{
	return sync_expect(init->sync, SYNC_GO, NULL);
}

static int take_namespaces(struct init *init)
{
	/* While /proc is the machine's; in a user namespace it could not be lowered later. */
	if (init->spec->process && limits_set_oom_score(init->spec->process) < 0)
		return -1;
	if (((init->plan->new_flags | init->plan->join_flags) & CLONE_NEWUSER) &&
	    ns_become_root() < 0)
		return -1;
	if (ns_enter(init->plan) < 0 || ns_new_cgroup(init->plan) < 0)
		return -1;
	if ((init->plan->new_flags & CLONE_NEWNET) && netdev_set_loopback_up() < 0)
		return -1;
	return ns_set_names(init->spec);
}

static int make_session(struct init *init)
{
	if (setsid() < 0)
		return err_sys("create session");
	return init->options->no_new_keyring ? 0 : confine_make_keyring();
}

static int open_rootfs(struct init *init)
{
	if (rootfs_isolate(init->spec) < 0)
		return -1;
	return rootfs_open(init->spec, init->rootfs, &init->mounts.root_fd);
}

static int mount_all(struct init *init)
{
	for (size_t i = 0; i < init->spec->mounts.count; i++) {
		const struct spec_mount *mount = &init->spec->mounts.items[i];

		if (mount_apply(&init->mounts, i, init->mount_sources[i]) < 0)
			return err_wrap("mount %s", mount->destination);
		scope_close(&init->mount_sources[i]);
	}
	return 0;
}

static int make_devices(struct init *init)
{
	/* mknod(2) is nobody's right in a user namespace. */
	bool in_user_ns = (init->plan->new_flags | init->plan->join_flags) & CLONE_NEWUSER;

	return dev_populate(init->mounts.root_fd, init->spec, in_user_ns);
}

static int make_terminal(struct init *init)
{
	const struct spec_process *process = init->spec->process;

	if (!process || !process->terminal)
		return 0;
	if (tty_open(init->mounts.root_fd, process, &init->tty) < 0 ||
	    tty_mount_console(init->mounts.root_fd, &init->tty) < 0)
		return -1;
	return tty_send(init->console_socket, &init->tty);
}

/* runtime.md, "State": hooks inside are told the pid as it is inside. */
static int open_hook_state(struct init *init, enum spec_hook_kind kind, enum state_status status,
			   int *ret_fd)
{
	struct state state = *init->state;

	state.pid = getpid();
	state.status = status;
	return init->spec->hooks[kind].count == 0 ? 0 : hooks_open_state(&state, ret_fd);
}

static int meet_hooks(struct init *init)
{
	auto_close int state_fd = -1;

	if (sync_send(init->sync, SYNC_HOOKS, 0) < 0)
		return -1;
	if (sync_expect(init->sync, SYNC_HOOKS_DONE, NULL) < 0)
		return -1;
	if (open_hook_state(init, HOOK_CREATE_CONTAINER, STATE_CREATING, &state_fd) < 0 ||
	    hooks_run(init->spec, HOOK_CREATE_CONTAINER, state_fd) < 0)
		return -1;
	/* For later: behind the gate a filter may be in force. */
	return open_hook_state(init, HOOK_START_CONTAINER, STATE_CREATED, &init->hook_state);
}

/* What goes to /proc goes through a procfs of our own: the container's may be anything. */
static int write_proc(struct init *init)
{
	if (init->spec->linux.sysctl.count == 0 && !confine_has_label(init->spec->process))
		return 0;
	if (sysctl_open_proc(&init->proc_fd) < 0)
		return -1;
	if (sysctl_apply(init->proc_fd, init->spec) < 0)
		return -1;
	if (!init->spec->process)
		return 0;
	return lsm_open(init->proc_fd, init->spec->process, &init->lsm_fd);
}

static int enter_rootfs(struct init *init)
{
	if (rootfs_enter(init->mounts.root_fd, init->options->no_pivot) < 0)
		return -1;
	scope_close(&init->mounts.root_fd);
	return rootfs_protect(init->spec);
}

static int take_terminal(struct init *init)
{
	if (!init->spec->process || !init->spec->process->terminal)
		return 0;
	return tty_take(&init->tty, init->spec->process->user.uid);
}

static int set_limits(struct init *init)
{
	if (limits_set_memory_policy(init->spec) < 0 || limits_set_personality(init->spec) < 0)
		return -1;
	if (!init->spec->process)
		return 0;
	if (home_complete(init->spec->process, &init->arena, &init->env) < 0)
		return -1;
	return confine_limit(init->spec->process);
}

/* Before a filter of the user's is in force: it may forbid any of this. */
static int shut_ourselves(struct init *init)
{
	/* What the caller forgot to close is no business of the container: CVE-2024-21626. */
	if (fd_close_on_exec_from(3 + init->preserve_fds) < 0)
		return -1;
	/* Soon others may be inside: they shall not look into us, CVE-2016-9962. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys("forbid to trace init");
	return 0;
}

/* Engines rely on `create`, not only `start`, to fail when there is no such program. */
static int find_program(struct init *init)
{
	const struct spec_process *process = init->spec->process;

	if (!process || process->args.count == 0 || init->program)
		return 0; /* no program is legal until `start` */
	return program_find(process->args.items[0], &init->env, &init->arena, &init->program);
}

static int find_program_early(struct init *init)
{
	bool late = !init->filter.length || confine_is_late(init->spec);

	return late ? 0 : find_program(init);
}

static int take_identity(struct init *init)
{
	struct confinement confinement = {
		.process = init->spec->process,
		.caps = &init->caps,
		.filter = init->filter.length ? &init->filter : NULL,
		.seccomp = init->spec->linux.seccomp,
		.lsm_fd = init->lsm_fd,
	};
	int listener = -1;

	if (!init->spec->process)
		return 0;
	if (confine(&confinement, &listener) < 0)
		return -1;
	return listener < 0 ? 0 : sync_send(init->sync, SYNC_LISTENER, listener);
}

/* From here to execve(2): read(2) and write(2) alone, see gate.h. */
static int be_ready(struct init *init)
{
	log_redirect(NULL);
	return sync_send(init->sync, SYNC_READY, 0);
}

/* --- steps behind the gate --- */

static int pass_gate(struct init *init)
{
	return gate_wait(&init->gate);
}

static int run_start_hooks(struct init *init)
{
	return hooks_run(init->spec, HOOK_START_CONTAINER, init->hook_state);
}

static int execute(struct init *init)
{
	const struct spec_process *process = init->spec->process;

	if (!init->program)
		return err_set(EINVAL, "config.json: process.args: there is no program to start");
	/* With no_new_privs the filter may come last: nothing before it has to be allowed. */
	if (confine_late(init->spec, &init->filter) < 0)
		return -1;
	execve(init->program, process->args.items, init->env.items);
	return program_explain(init->program, errno);
}

struct step {
	const char *name; /* leads the error text, if what the step says itself is not enough */
	int (*run)(struct init *init);
};

/*
 * The rootfs is put together while the machine's tree is still there, since that is where its parts
 * come from; what is the process's own comes after the last mount, and rights are given up last.
 */
/* clang-format off */
static const struct step before_gate[] = {
	{"cgroup", enter_cgroup},
	{NULL, wait_for_go},
	{NULL, take_namespaces},
	{NULL, make_session},
	{"rootfs", open_rootfs},
	{NULL, mount_all},
	{"devices", make_devices},
	{"terminal", make_terminal},
	{NULL, meet_hooks},
	{NULL, write_proc},
	{"rootfs", enter_rootfs},
	{"terminal", take_terminal},
	{NULL, set_limits},
	{NULL, shut_ourselves},
	{NULL, find_program_early}, /* either this one: the filter comes next ... */
	{NULL, take_identity},
	{NULL, find_program},       /* ... or this one: as the user of the container */
	{NULL, be_ready},
};

static const struct step behind_gate[] = {
	{NULL, pass_gate},
	{NULL, run_start_hooks},
	{NULL, execute},
};
/* clang-format on */

static int walk(struct init *init, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].run(init) < 0)
			return steps[i].name ? err_wrap("%s", steps[i].name) : -1;
	return 0;
}

void init_run(struct init *init)
{
	proc_reset_signals();
	log_socket = init->sync;
	log_redirect(send_log);
	if (walk(init, before_gate, ARRAY_SIZE(before_gate)) < 0) {
		sync_send_failure(log_socket);
		_exit(EXIT_FAILURE);
	}
	if (walk(init, behind_gate, ARRAY_SIZE(behind_gate)) < 0)
		gate_refuse(&init->gate);
	_exit(EXIT_FAILURE);
}
