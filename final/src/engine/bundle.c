/*
 * bundle.c: the configuration of a box: what is common to all, then one step after the other what
 * was asked for. See bundle.h; next file: bundle_internal.h
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/store.h"
#include "../network/network.h"
#include "../spec/profile.h"
#include "../spec/tables.h"
#include "bundle_internal.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/* Nothing here is newer, and older runtimes refuse a newer one. */
static const char oci_version[] = "1.0.2";
static const char init_path[] = "/dev/husk-init";

/* --- the process --- */

static const char *env_value(const struct str_list *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, length) == 0 && env->items[i][length] == '=')
			return env->items[i] + length + 1;
	return NULL;
}

static int set_default(struct str_list *env, struct arena *arena, const char *name,
		       const char *value)
{
	char *item;

	if (env_value(env, name))
		return 0;
	item = arena_format(arena, "%s=%s", name, value);
	return item ? str_list_add(env, arena, item) : -1;
}

/* In docker's order: what is ours first, so that `env` reads the same. */
static int make_env(const struct box *box, bool terminal, const struct bundle_user *user,
		    struct arena *arena, struct str_list *env)
{
	char *hostname = arena_format(arena, "HOSTNAME=%s", box->hostname);

	if (!hostname ||
	    (!env_value(&box->env, "PATH") && str_list_add(env, arena, (char *)default_path) < 0))
		return -1;
	if (!env_value(&box->env, "HOSTNAME") && str_list_add(env, arena, hostname) < 0)
		return -1;
	for (size_t i = 0; i < box->env.count; i++)
		if (str_list_add(env, arena, box->env.items[i]) < 0)
			return -1;
	if (terminal && set_default(env, arena, "TERM", "xterm") < 0)
		return -1;
	return set_default(env, arena, "HOME", user->home ? user->home : "/");
}

static void set_user(struct spec_process *process, const struct bundle_user *user)
{
	process->user.uid = user->uid;
	process->user.gid = user->gid;
	process->user.additional_gids.items = user->gids.items;
	process->user.additional_gids.count = user->gids.count;
}

static int add_all(struct str_list *list, struct arena *arena, const struct str_list *more)
{
	for (size_t i = 0; i < more->count; i++)
		if (str_list_add(list, arena, more->items[i]) < 0)
			return -1;
	return 0;
}

static int make_args(struct bundle *b)
{
	struct str_list *args = &b->spec.process->args;
	struct arena *arena = &b->spec.arena;

	if (b->box->init && (str_list_add(args, arena, (char *)init_path) < 0 ||
			     str_list_add(args, arena, (char *)"--") < 0))
		return -1;
	if (add_all(args, arena, &b->box->entrypoint) < 0 ||
	    add_all(args, arena, &b->box->args) < 0)
		return -1;
	if (args->count == 0)
		return err_set(EINVAL, "no command is given, and the image has none");
	return 0;
}

/* As docker does: what an image's WORKDIR or -w names need not be there. */
static int make_workdir(int root_fd, const char *path)
{
	auto_close int fd = -1;

	if (*path != '/')
		return err_set(EINVAL, "working directory '%s': expected an absolute path", path);
	if (path_make_dir(root_fd, path, 0755, &fd) < 0)
		return err_wrap("working directory %s", path);
	return 0;
}

static int make_process(struct bundle *b)
{
	struct spec_process *process = b->spec.process;
	struct box *box = b->box;
	struct bundle_user user;

	if (bundle_find_user(b->root_fd, box->user, &box->group_add, &b->spec.arena, &user) < 0)
		return -1;
	set_user(process, &user);
	process->terminal = box->terminal;
	if (box->workdir) {
		if (make_workdir(b->root_fd, box->workdir) < 0)
			return -1;
		process->cwd = box->workdir;
	}
	if (make_args(b) < 0)
		return -1;
	return make_env(box, box->terminal, &user, &b->spec.arena, &process->env);
}

/* --- the rest --- */

static int write_text(struct bundle *b, const char *name, const char *text)
{
	if (store_write(b->box->dir_fd, name, text, strlen(text)) < 0)
		return -1;
	/* Everybody in the container reads it. */
	return fchmodat(b->box->dir_fd, name, 0644, 0) < 0 ? err_sys("chmod %s", name) : 0;
}

static int write_files(struct bundle *b)
{
	char *hosts, *resolv, *hostname = arena_format(&b->spec.arena, "%s\n", b->box->hostname);

	if (!hostname || network_hosts(b->box, &b->spec.arena, &hosts) < 0 ||
	    network_resolv(b->box, &b->spec.arena, &resolv) < 0)
		return -1;
	if (write_text(b, "hosts", hosts) < 0 || write_text(b, "resolv.conf", resolv) < 0)
		return -1;
	return write_text(b, "hostname", hostname);
}

/* The host's network: no namespace; else one that is there, or a new one. */
static void set_network(struct bundle *b)
{
	struct spec_namespace *items = b->spec.linux.namespaces.items;
	size_t kept = 0;

	for (size_t i = 0; i < b->spec.linux.namespaces.count; i++) {
		if (items[i].flag == CLONE_NEWNET) {
			if (!b->context->netns && !b->context->new_netns)
				continue;
			items[i].path = (char *)b->context->netns;
		}
		items[kept++] = items[i];
	}
	b->spec.linux.namespaces.count = kept;
}

static int fill(struct bundle *b)
{
	struct spec *spec = &b->spec;
	struct box *box = b->box;

	if (profile_fill(PROFILE_HARDENED | PROFILE_ROOTFUL, spec) < 0)
		return -1;
	spec->oci_version = (char *)oci_version;
	spec->root.path = (char *)b->context->rootfs;
	spec->root.readonly = box->read_only;
	spec->hostname = box->hostname;
	spec->annotations = box->annotations;
	spec->linux.sysctl = box->sysctls;
	spec->linux.cgroups_path = arena_format(&spec->arena, "/husk-%s", box->id);
	if (!spec->linux.cgroups_path)
		return -1;
	set_network(b);
	if (make_process(b) < 0 || write_files(b) < 0 || bundle_add_mounts(b) < 0)
		return -1;
	return bundle_set_security(b) < 0 ? -1 : bundle_set_resources(b);
}

static int save(struct bundle *b)
{
	char *text;

	if (bind_write(&spec_top_table, &b->spec, JSON_PRETTY, &b->spec.arena, &text) < 0)
		return -1;
	return store_write(b->box->dir_fd, "config.json", text, strlen(text));
}

int bundle_write(struct box *box, const struct bundle_context *context)
{
	struct bundle b = {.box = box, .context = context};
	auto_close int root_fd = open(context->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (root_fd < 0)
		return err_sys("open %s", context->rootfs);
	b.root_fd = root_fd;
	result = fill(&b);
	if (result == 0)
		result = save(&b);
	spec_free(&b.spec);
	return result;
}

/* --- one more process --- */

static int load(struct box *box, struct spec *ret_spec)
{
	auto_close int fd = openat(box->dir_fd, "config.json", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open config.json");
	return spec_load(fd, "config.json", ret_spec);
}

/* What init has, but for its hostname and HOME, and what was asked for; the last one counts. */
static int exec_env(struct spec *spec, const struct bundle_exec *exec,
		    const struct bundle_user *user)
{
	struct str_list env = {0}, *old = &spec->process->env;
	char *home = arena_format(&spec->arena, "HOME=%s", user->home ? user->home : "/");

	for (size_t i = 0; i < old->count; i++) {
		char *item = old->items[i], *equals = strchr(item, '=');
		char *name = arena_format(&spec->arena, "%.*s", (int)(equals - item), item);

		if (!name)
			return -1;
		if (env_value(&exec->env, name) || (exec->user && strcmp(name, "HOME") == 0))
			continue;
		if (str_list_add(&env, &spec->arena, item) < 0)
			return -1;
	}
	if (exec->user && !env_value(&exec->env, "HOME") &&
	    (!home || str_list_add(&env, &spec->arena, home) < 0))
		return -1;
	if (add_all(&env, &spec->arena, &exec->env) < 0)
		return -1;
	*old = env;
	return exec->terminal ? set_default(old, &spec->arena, "TERM", "xterm") : 0;
}

static int fill_process(struct box *box, int root_fd, const struct bundle_exec *exec,
			struct spec *spec)
{
	struct spec_process *process = spec->process;
	struct bundle_user user;

	if (bundle_find_user(root_fd, exec->user ? exec->user : box->user, &box->group_add,
			     &spec->arena, &user) < 0)
		return -1;
	set_user(process, &user);
	process->terminal = exec->terminal;
	process->console_size.height = exec->rows;
	process->console_size.width = exec->columns;
	process->args = exec->args;
	if (exec->workdir)
		process->cwd = (char *)exec->workdir;
	if (exec->privileged) {
		struct str_list all = {0};

		if (bundle_add_all_capabilities(&spec->arena, &all) < 0)
			return -1;
		process->capabilities->bounding = process->capabilities->effective =
			process->capabilities->permitted = all;
		process->no_new_privileges = false;
	}
	return exec_env(spec, exec, &user);
}

int bundle_write_process(struct box *box, int root_fd, const struct bundle_exec *exec, int dir_fd,
			 const char *name)
{
	struct spec spec;
	char *text;
	int result;

	if (load(box, &spec) < 0)
		return err_wrap("container %s", box->name);
	result = fill_process(box, root_fd, exec, &spec);
	if (result == 0)
		result = bind_write(&spec_process_table, spec.process, JSON_PRETTY, &spec.arena,
				    &text);
	if (result == 0)
		result = store_write(dir_fd, name, text, strlen(text));
	spec_free(&spec);
	return result;
}
