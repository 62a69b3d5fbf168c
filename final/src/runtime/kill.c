/* kill.c: signals, pause and resume. See container.h; next file: delete.c */
#include "../base/err.h"
#include "../base/sys.h"
#include "container.h"

#include <signal.h>

enum { LIVING = STATUS(STATE_CREATED) | STATUS(STATE_RUNNING) | STATUS(STATE_PAUSED) };

/*
 * Every process. SIGKILL to the first one of a PID namespace takes all others along: the kernel
 * does that, pid_namespaces(7). Else the cgroup knows who they are.
 */
static int kill_all(const struct container *c, int signal)
{
	if (c->cgroup.path)
		return cgroup_kill(&c->cgroup, signal, c->state.own_pid_namespace);
	if (signal == SIGKILL && c->state.own_pid_namespace)
		return 0; /* the first one got it already */
	return err_set(ENOTSUP, "cannot signal all processes of container '%s': it has no cgroup",
		       c->state.id);
}

static int kill_init(const struct container *c, int signal)
{
	auto_close int pidfd = -1;

	if (container_open_init(c, &pidfd) < 0)
		return -1;
	if (sys_pidfd_send_signal(pidfd, signal, NULL, 0) < 0)
		return err_sys("send signal %d to container '%s'", signal, c->state.id);
	return 0;
}

static int kill_open(const struct container *c, int signal, bool all)
{
	/* Of a stopped one others may be left, without a PID namespace of its own. */
	if (all && c->state.status == STATE_STOPPED && !c->torn)
		return c->cgroup.path ? kill_all(c, signal) : 0;
	/* The words "not running" are what containerd looks for. */
	if (!c->torn && !(STATUS(c->state.status) & LIVING))
		return err_set(ESRCH,
			       "cannot kill container '%s': container not running (it is %s)",
			       c->state.id, state_status_name(c->state.status));
	if (container_expect(c, LIVING, "kill") < 0 || kill_init(c, signal) < 0)
		return -1;
	/* Frozen by version 1 it would die only when resumed; without cgroup.kill it is the same.
	 */
	if (all || (signal == SIGKILL && c->state.status == STATE_PAUSED && c->cgroup.path))
		return kill_all(c, signal);
	return 0;
}

int kill_container(const struct runtime *rt, const char *id, int signal, bool all)
{
	struct container c;
	int result;

	if (container_open(rt, id, &c) < 0)
		return -1;
	result = kill_open(&c, signal, all);
	container_close(&c);
	return result;
}

static int pause_locked(struct container *c, bool pause)
{
	unsigned int from =
		pause ? STATUS(STATE_RUNNING) | STATUS(STATE_CREATED) : STATUS(STATE_PAUSED);

	if (container_expect(c, from, pause ? "pause" : "resume") < 0)
		return -1;
	if (!c->cgroup.path)
		return err_set(ENOTSUP,
			       "cannot pause container '%s': it has no cgroup, and so no "
			       "freezer",
			       c->state.id);
	return cgroup_freeze(&c->cgroup, pause);
}

int pause_container(const struct runtime *rt, const char *id, bool pause)
{
	struct container c;
	int result;

	if (container_open(rt, id, &c) < 0)
		return -1;
	result = container_lock(&c);
	if (result == 0)
		result = pause_locked(&c, pause);
	container_close(&c);
	return result;
}
