/*
 * gc.c: removing what a killed command left: containers that were half made, and whose records
 * are torn. What runs, waits, or has ended in order belongs to somebody and is spared. See
 * container.h; next file: commands.h
 */
#include "../base/err.h"
#include "../base/log.h"
#include "create.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* No `create` takes so long for two system calls, unless it is stopped. */
enum { FRESH_SECONDS = 10 };

struct collection {
	bool dry_run;
	size_t count, failed;
};

/* `create` makes the directory first, then writes the record: it may be at it right now. */
static bool is_fresh(const struct container *c)
{
	struct stat st;

	return fstat(c->dir_fd, &st) < 0 || time(NULL) - st.st_mtim.tv_sec < FRESH_SECONDS;
}

/* Also if it cannot be told: what runs is nobody's garbage. */
static bool has_processes(const struct container *c)
{
	struct arena arena = {0};
	size_t count = 0;
	pid_t *pids;
	bool result = c->cgroup.path &&
		      (cgroup_processes(&c->cgroup, &arena, &pids, &count) < 0 || count > 0);

	arena_free(&arena);
	return result;
}

/* Still "creating" in its record, although nobody is at it any more: container.c says stopped. */
static bool is_garbage(const struct container *c)
{
	if (c->torn)
		return !is_fresh(c) && !has_processes(c);
	return c->state.creator_pid > 0 && c->state.status == STATE_STOPPED;
}

static int collect(struct container *c, void *data)
{
	struct collection *collection = data;

	if (!is_garbage(c))
		return 0;
	collection->count++;
	printf("%s\n", c->state.id);
	if (collection->dry_run)
		return 0;
	/* Asked again under the lock: it may be a new one of that name by now. */
	if (container_lock(c) < 0)
		return err_last()->code == ENOENT ? 0 : -1;
	if (is_garbage(c) && create_undo(c) < 0) {
		log_warn("'%s': %s", c->state.id, err_last()->text);
		collection->failed++;
	}
	return 0;
}

int collect_garbage(const struct runtime *rt, bool dry_run, size_t *ret_count)
{
	struct collection collection = {.dry_run = dry_run};

	if (container_each(rt, collect, &collection) < 0)
		return -1;
	if (collection.failed)
		return err_set(EBUSY, "%zu of %zu could not be removed: see the lines above",
			       collection.failed, collection.count);
	*ret_count = collection.count;
	return 0;
}
