/* run.c: create, start, wait, delete: what people type. See container.h; next file: exec.c */
#include "../base/err.h"
#include "../base/log.h"
#include "bundle.h"
#include "foreground.h"
#include "gate.h"
#include "hooks.h"

static int expect_created(const struct container *c)
{
	if (container_expect(c, STATUS(STATE_CREATED), "start") == 0)
		return 0;
	return c->torn || c->state.status != STATE_PAUSED
		       ? -1
		       : err_set(EBUSY, "%s: resume it first", err_last()->text);
}

/* The gate has to be found shut: then whatever happens, exactly one `start` opens it. */
static int open_gate(struct container *c, int pidfd)
{
	if (expect_created(c) < 0)
		return -1;
	if (gate_open(c->dir_fd, pidfd, c->state.pid) < 0)
		return err_wrap("start container '%s'", c->state.id);
	return 0;
}

/* A hook that fails here stops nothing: "log a warning, but the lifecycle continues". */
static void run_poststart(struct container *c)
{
	struct spec spec;

	if (!c->state.has_poststart)
		return;
	c->state.status = STATE_RUNNING;
	if (container_load_spec(c, &spec) < 0) {
		log_warn("container '%s' runs, but no poststart hook: %s", c->state.id,
			 err_last()->text);
		return;
	}
	hooks_run_after(&spec, HOOK_POSTSTART, &c->state);
	spec_free(&spec);
}

static int start(struct container *c, int *ret_pidfd)
{
	auto_close int pidfd = -1;

	if (expect_created(c) < 0)
		return -1;
	if (container_open_init(c, &pidfd) < 0 || open_gate(c, pidfd) < 0)
		return -1;
	run_poststart(c);
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

int start_container(const struct runtime *rt, const char *id)
{
	auto_close int pidfd = -1;
	struct container c;
	int result;

	if (container_open(rt, id, &c) < 0)
		return -1;
	result = start(&c, &pidfd);
	container_close(&c);
	return result;
}

/* A status of 137 does not say who killed. */
static void report_oom(const struct container *c)
{
	struct cgroup_stat stat;
	uint64_t kills = 0;

	if (!c->cgroup.path || cgroup_oom_kills(&c->cgroup, &kills) < 0 || kills == 0 ||
	    cgroup_stat(&c->cgroup, &stat) < 0)
		return;
	log_warn("container '%s': OOM-killed: its memory limit was reached: %.4g MiB", c->state.id,
		 stat.memory_limit / 1048576.0);
	cgroup_stat_free(&stat);
}

static int start_and_wait(const struct run_options *options, struct container *c,
			  struct terminal *terminal, int *ret_status)
{
	auto_close int pidfd = -1;

	if (foreground_take_master(terminal) < 0 || start(c, &pidfd) < 0)
		return -1;
	if (options->detach)
		return 0;
	if (foreground_wait(terminal, c->state.pid, pidfd, ret_status) < 0)
		return -1;
	report_oom(c);
	return 0;
}

/*
 * Whatever came of it: nothing stays, unless it shall run on, or be kept. Not by its name: while we
 * waited it may have been deleted, and the name given to another.
 */
static int finish(const struct run_options *options, struct container *c, int result)
{
	struct err cause = *err_last();

	if (result == 0 && (options->detach || options->keep))
		return 0;
	if (delete_opened(c, true) < 0 && result == 0)
		return -1;
	if (result < 0)
		err_adopt(&cause);
	return result;
}

static int remove_unopened(const struct runtime *rt, const char *id)
{
	struct err cause = *err_last();

	if (cause.code == ENOENT || delete_container(rt, id, true) == 0)
		err_adopt(&cause);
	return -1;
}

int run_container(const struct runtime *rt, const struct run_options *options, int *ret_status)
{
	struct terminal terminal = {-1, -1, -1};
	struct create_options create = options->create;
	struct container c;
	int result;

	*ret_status = 0;
	if (!options->detach && foreground_begin() < 0)
		return -1;
	if (!options->detach && !create.console_socket) {
		/* Whether it has a terminal is not known before config.json is read. */
		if (foreground_open_terminal(&terminal) < 0)
			return -1;
		create.console_fd = terminal.theirs;
	}
	if (create_container(rt, &create) < 0)
		return -1;
	if (container_open(rt, create.id, &c) < 0)
		return remove_unopened(rt, create.id);
	if (!c.state.terminal)
		terminal.ours = -1;
	result = finish(options, &c, start_and_wait(options, &c, &terminal, ret_status));
	container_close(&c);
	return result;
}
