/* delete.c: removing a container: the undo column of create.c. See create.h; next file: gc.c */
#include "../base/err.h"
#include "../base/log.h"
#include "create.h"
#include "hooks.h"

#include <string.h>

/* Hooks free what other programs made for the container. They may fail: it is gone all the same. */
static void run_poststop(const struct container *c, const struct spec *spec)
{
	auto_close int state_fd = -1;

	if (hooks_open_state(spec, &state_fd) < 0 || hooks_write_state(state_fd, &c->state) < 0 ||
	    hooks_run(spec, HOOK_POSTSTOP, state_fd) < 0)
		log_warn("container '%s' is deleted, but: %s", c->state.id, err_last()->text);
}

static int remove_all(struct container *c)
{
	struct spec spec;
	bool has_hooks = c->state.has_poststop && container_load_spec(c, &spec) == 0;

	if (create_undo(c) < 0)
		return err_wrap("delete container '%s'", c->state.id);
	c->state.status = STATE_STOPPED;
	if (has_hooks) {
		run_poststop(c, &spec);
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

int delete_container(const struct runtime *rt, const char *id, bool force)
{
	struct container c;
	int result;

	if (container_open(rt, id, &c) < 0) /* with force, what is not there is as it should be */
		return force && err_last()->code == ENOENT ? 0 : -1;
	result = container_lock(&c);
	if (result == 0)
		result = delete_locked(&c, force);
	else if (err_last()->code == ENOENT) /* somebody else has just removed it */
		result = force ? 0 : err_set(ENOENT, "container '%s' does not exist", id);
	container_close(&c);
	return result;
}
