/* container.c: opening, listing and saving containers. See container.h; next file: create.c */
#include "container.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/store.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_CONTAINERS = 1 << 20 };

int container_open_creator(const struct container *c, int *ret_pidfd)
{
	if (c->state.creator_pid <= 0)
		return err_set(ESRCH, "nobody makes container '%s'", c->state.id);
	return proc_open(c->state.creator_pid, c->state.creator_start_time, ret_pidfd);
}

/*
 * What the file says may be old: whether init lives, and whether it has executed its program, is
 * asked of the kernel. Where that fails for want of a descriptor, nothing is said.
 */
static int status_now(const struct container *c, enum state_status *ret_status)
{
	auto_close int creator = -1;
	struct proc_stat stat = {0};
	bool frozen = false;

	*ret_status = STATE_STOPPED;
	if (c->state.status == STATE_CREATING) {
		if (container_open_creator(c, &creator) == 0)
			*ret_status = STATE_CREATING;
		else if (err_last()->code != ESRCH)
			return -1;
	}
	if (*ret_status == STATE_CREATING || c->state.pid <= 0)
		return 0;
	if (proc_stat(c->state.pid, &stat) < 0)
		return err_last()->code == ESRCH ? 0 : -1;
	if (stat.start_time != c->state.start_time || stat.state == 'Z' || stat.state == 'X')
		return 0;
	if ((stat.flags & PROC_FORKED_NO_EXEC) && c->state.creator_pid > 0)
		return 0; /* never finished, and nobody is at it any more */
	/* A created one can be paused, too: then nothing is behind its gate that could answer. */
	if (c->cgroup.path && cgroup_is_frozen(&c->cgroup, &frozen) == 0 && frozen)
		*ret_status = STATE_PAUSED;
	else
		*ret_status = stat.flags & PROC_FORKED_NO_EXEC ? STATE_CREATED : STATE_RUNNING;
	return 0;
}

/* No damage to a file: it can be read when the machine, or the caller, is better off. */
static bool is_passing(int code)
{
	return code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO ||
	       code == EACCES || code == EPERM;
}

/*
 * With a record that cannot be read there is still the configuration, written with it; without
 * that the path that the name alone leads to.
 */
static int guess(struct container *c, const char *id)
{
	struct spec spec = {0};
	const struct spec_namespace *pid;
	int result = 0;

	c->torn = true;
	c->state = (struct state){.status = STATE_STOPPED};
	c->state.id = arena_copy(&c->state.arena, id, strlen(id));
	if (!c->state.id)
		return -1;
	if (container_load_spec(c, &spec) < 0) {
		if (is_passing(err_last()->code))
			return -1;
		spec = (struct spec){0};
	}
	pid = spec_find_namespace(&spec, CLONE_NEWPID);
	c->state.own_pid_namespace = pid && !pid->path;
	if (!c->rt->no_cgroups)
		result = cgroup_resolve_path(&c->cgroups, spec.linux.cgroups_path, id,
					     c->rt->rootless, &c->state.arena, &c->state.cgroup);
	spec_free(&spec);
	return result;
}

static int load_state(struct container *c, const char *id)
{
	auto_close int fd =
		openat(c->dir_fd, "state.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return err_sys("open the record of container '%s'", id);
	if (state_parse(fd, &c->state) < 0)
		return -1;
	return strcmp(c->state.id, id) == 0 ? 0
					    : err_set(EUCLEAN, "it is the record of another one");
}

static int read_state(struct container *c, const char *id)
{
	enum state_status status;

	state_free(&c->state);
	c->torn = false;
	if (load_state(c, id) < 0) {
		state_free(&c->state);
		if (is_passing(err_last()->code) || guess(c, id) < 0)
			return -1;
	}
	c->cgroup = (struct cgroup){
		.host = &c->cgroups, .path = c->state.cgroup, .rootless = c->rt->rootless};
	if (status_now(c, &status) < 0)
		return -1;
	c->state.status = status;
	return 0;
}

static int open_below(const struct runtime *rt, int root_fd, const char *id, struct container *ret)
{
	struct container c = {.rt = rt, .dir_fd = -1};

	c.dir_fd = openat(root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c.dir_fd < 0)
		return errno == ENOENT ? err_set(ENOENT, "container '%s' does not exist", id)
				       : err_sys("open the directory of container '%s'", id);
	*ret = c;
	if (cgroup_find(&ret->cgroups) < 0 || read_state(ret, id) < 0) {
		container_close(ret);
		return -1;
	}
	return 0;
}

int container_open(const struct runtime *rt, const char *id, struct container *ret)
{
	auto_close int root_fd = -1;

	if (spec_check_id(id) < 0)
		return -1;
	if (store_find(rt->root, &root_fd) < 0)
		return err_last()->code == ENOENT
			       ? err_set(ENOENT, "container '%s' does not exist", id)
			       : -1;
	return open_below(rt, root_fd, id, ret);
}

int container_lock(struct container *c)
{
	char *id = strdupa(c->state.id);

	if (store_lock(c->dir_fd) < 0)
		return err_wrap("container '%s'", id);
	return read_state(c, id);
}

static int save(struct container *c, int (*store)(int, const char *, const void *, size_t))
{
	struct arena arena = {0};
	char *text;
	int result = state_format(&c->state, &arena, &text);

	if (result == 0)
		result = store(c->dir_fd, "state.json", text, strlen(text));
	arena_free(&arena);
	return result < 0 ? err_wrap("%s/%s", c->rt->root, c->state.id) : 0;
}

int container_save(struct container *c)
{
	return save(c, store_write);
}

int container_save_first(struct container *c)
{
	return save(c, store_write_first);
}

void container_close(struct container *c)
{
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	c->dir_fd = -1;
	state_free(&c->state);
	cgroup_host_free(&c->cgroups);
}

int container_open_init(const struct container *c, int *ret_pidfd)
{
	if (c->state.pid <= 0)
		return err_set(ESRCH, "container '%s' has no process", c->state.id);
	if (proc_open(c->state.pid, c->state.start_time, ret_pidfd) < 0)
		return err_wrap("container '%s'", c->state.id);
	return 0;
}

int container_load_spec(const struct container *c, struct spec *ret_spec)
{
	auto_close int fd = openat(c->dir_fd, "config.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_sys("open the saved config.json of container '%s'", c->state.id);
	return spec_load(fd, "the saved config.json", ret_spec);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the directories, sorted. A name that is no ID is not ours: it is left alone. */
static int list_names(int root_fd, struct arena *arena, struct str_list *ret_names)
{
	auto_dir DIR *dir = fdopendir(fcntl(root_fd, F_DUPFD_CLOEXEC, 0));
	struct dirent *entry;
	size_t room = 0;
	char **names = NULL;

	if (!dir)
		return err_sys("list containers");
	while ((entry = readdir(dir))) {
		if (entry->d_type == DT_REG || spec_check_id(entry->d_name) < 0)
			continue;
		if (ret_names->count == room) {
			char **more;

			room = room ? 2 * room : 64;
			more = room > MAX_CONTAINERS ? NULL
						     : arena_alloc(arena, room * sizeof(*more));
			if (!more)
				return err_set(ENOMEM, "too many containers");
			if (names)
				memcpy(more, names, ret_names->count * sizeof(*more));
			names = more;
		}
		names[ret_names->count] = arena_copy(arena, entry->d_name, strlen(entry->d_name));
		if (!names[ret_names->count++])
			return -1;
	}
	ret_names->items = names;
	if (names)
		qsort(names, ret_names->count, sizeof(*names), compare_names);
	return 0;
}

/* Removed meanwhile; or a link, a FIFO: what somebody put there hides nobody. */
static int pass_over(const struct runtime *rt, const char *name)
{
	if (err_last()->code == ENOTDIR || err_last()->code == ELOOP)
		log_warn("%s/%s is no container: it is no directory; remove it", rt->root, name);
	else if (err_last()->code != ENOENT)
		return -1;
	return 0;
}

int container_each(const struct runtime *rt, int (*each)(struct container *c, void *data),
		   void *data)
{
	auto_close int root_fd = -1;
	struct arena arena = {0};
	struct str_list names = {0};
	int result;

	if (store_find(rt->root, &root_fd) < 0)
		return err_last()->code == ENOENT ? 0 : -1;
	result = list_names(root_fd, &arena, &names);
	for (size_t i = 0; i < names.count && result == 0; i++) {
		struct container c;

		if (open_below(rt, root_fd, names.items[i], &c) < 0) {
			result = pass_over(rt, names.items[i]);
			continue;
		}
		result = each(&c, data);
		container_close(&c);
	}
	arena_free(&arena);
	return result;
}

int container_expect(const struct container *c, unsigned int statuses, const char *verb)
{
	if (c->torn)
		return err_set(EUCLEAN,
			       "cannot %s container '%s': its record is damaged, or it is being "
			       "deleted; delete --force removes it",
			       verb, c->state.id);
	if (STATUS(c->state.status) & statuses)
		return 0;
	return err_set(EBUSY, "cannot %s container '%s': it is %s", verb, c->state.id,
		       state_status_name(c->state.status));
}
