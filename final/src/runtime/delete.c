/* delete.c: removing a container: the undo column of create.c. See create.h; next file: gc.c */
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/sys.h"
#include "create.h"
#include "hooks.h"

#include <signal.h>
#include <string.h>

/* A process that was killed is gone at once, unless the machine is in trouble. */
enum { CREATOR_WAIT_MS = 10000 };

static int remove_all(struct container *c)
{
	struct spec spec;
	bool has_hooks = c->state.has_poststop && container_load_spec(c, &spec) == 0;

	if (create_undo(c) < 0)
		return err_wrap("delete container '%s'", c->state.id);
	c->state.status = STATE_STOPPED;
	/* They free what others made for the container, and may fail: it is gone all the same. */
	if (has_hooks) {
		hooks_run_after(&spec, HOOK_POSTSTOP, &c->state);
		spec_free(&spec);
	}
	return 0;
}

/* Without force, what the specification says: only what is stopped. */
static int delete_locked(struct container *c, bool force)
{
	if (!force && container_expect(c, STATUS(STATE_STOPPED), "delete") < 0)
		return err_last()->code == EUCLEAN
			       ? -1
			       : err_set(EBUSY, "%s: stop it first, or delete --force",
					 err_last()->text);
	return remove_all(c);
}

/*
 * Whoever is still making it would go on with what is being removed. Its init ends with it: the end
 * of the socket between them is a message.
 */
static int stop_creator(const struct container *c)
{
	auto_close int pidfd = -1;

	if (container_open_creator(c, &pidfd) < 0)
		return err_last()->code == ESRCH ? 0 : -1;
	if (sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return err_sys("end process %d, which makes container '%s'", c->state.creator_pid,
			       c->state.id);
	if (!proc_wait(pidfd, CREATOR_WAIT_MS))
		return err_set(EBUSY, "process %d, which makes container '%s', does not end",
			       c->state.creator_pid, c->state.id);
	return 0;
}

int delete_opened(struct container *c, bool force)
{
	char *id = strdupa(c->state.id); /* which the lock reads anew */
	int result = force ? stop_creator(c) : 0;

	if (result == 0)
		result = container_lock(c);
	if (result == 0)
		return delete_locked(c, force);
	if (err_last()->code == ENOENT) /* somebody else has just removed it */
		return force ? 0 : err_set(ENOENT, "container '%s' does not exist", id);
	return -1;
}

int delete_container(const struct runtime *rt, const char *id, bool force)
{
	struct container c;
	int result;

	if (container_open(rt, id, &c) < 0) /* with force, what is not there is as it should be */
		return force && err_last()->code == ENOENT ? 0 : -1;
	result = delete_opened(&c, force);
	container_close(&c);
	return result;
}
