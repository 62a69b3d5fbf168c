/* exec_process.c: options of `exec` over the container's process. See exec_process.h; next: exec.c
 */
#include "exec_process.h"
#include "../base/err.h"

#include <fcntl.h>
#include <string.h>

/* "UID[:GID]": numbers only, names are known to engines. */
static int set_user(struct spec_process *process, const char *text)
{
	char *uid = strdupa(text), *gid = strchr(uid, ':');

	if (gid)
		*gid++ = '\0';
	if (str_to_u32(uid, UINT32_MAX - 1, &process->user.uid) < 0)
		return err_wrap("--user %s: user", text);
	process->user.gid = gid ? process->user.gid : 0;
	process->user.additional_gids.count = 0;
	if (gid && str_to_u32(gid, UINT32_MAX - 1, &process->user.gid) < 0)
		return err_wrap("--user %s: group", text);
	return 0;
}

static int set_groups(struct spec *spec, const struct str_list *texts)
{
	struct spec_user *user = &spec->process->user;
	uint32_t *gids = arena_alloc(&spec->arena, (texts->count + 1) * sizeof(*gids));

	if (!gids)
		return -1;
	for (size_t i = 0; i < texts->count; i++)
		if (str_to_u32(texts->items[i], UINT32_MAX - 1, &gids[i]) < 0)
			return err_wrap("--additional-gids");
	user->additional_gids.items = gids;
	user->additional_gids.count = texts->count;
	return 0;
}

/* NAME=VALUE; the first one that getenv(3) meets counts, so an old one is replaced. */
static int set_environment(struct spec *spec, char *entry)
{
	struct str_list *env = &spec->process->env;
	size_t name = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->items[i], entry, name) == 0) {
			env->items[i] = entry;
			return 0;
		}
	}
	return str_list_add(env, &spec->arena, entry);
}

/* As runc does: bounding, effective and permitted; never inheritable or ambient. */
static int add_capabilities(struct spec *spec, const struct str_list *names)
{
	struct spec_capabilities *caps = spec->process->capabilities;

	if (!caps)
		caps = arena_alloc(&spec->arena, sizeof(*caps));
	if (!caps)
		return -1;
	spec->process->capabilities = caps;
	for (size_t i = 0; i < names->count; i++) {
		char *name = names->items[i];

		if (str_list_add(&caps->bounding, &spec->arena, name) < 0 ||
		    str_list_add(&caps->effective, &spec->arena, name) < 0 ||
		    str_list_add(&caps->permitted, &spec->arena, name) < 0)
			return -1;
	}
	return 0;
}

static int apply_options(const struct exec_options *options, struct spec *spec)
{
	struct spec_process *process = spec->process;

	process->terminal = options->tty;
	process->args = (struct str_list){.items = options->args};
	while (options->args && options->args[process->args.count])
		process->args.count++;
	if (options->cwd)
		process->cwd = (char *)options->cwd;
	if (options->user && set_user(process, options->user) < 0)
		return -1;
	if (options->additional_gids.count && set_groups(spec, &options->additional_gids) < 0)
		return -1;
	for (size_t i = 0; i < options->env.count; i++)
		if (set_environment(spec, options->env.items[i]) < 0)
			return -1;
	if (options->caps.count && add_capabilities(spec, &options->caps) < 0)
		return -1;
	process->no_new_privileges |= options->no_new_privs;
	if (options->apparmor)
		process->apparmor_profile = (char *)options->apparmor;
	if (options->process_label)
		process->selinux_label = (char *)options->process_label;
	return spec_check_process(process);
}

/* A label, capabilities or a limit that the file does not mention are the container's. */
static int load_file(const struct exec_options *options, struct spec *spec)
{
	auto_close int fd =
		open(options->process_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const struct spec_process *own = spec->process;
	struct spec loaded;

	if (fd < 0)
		return err_sys("--process %s", options->process_file);
	if (spec_load_process(fd, options->process_file, &loaded) < 0)
		return -1;
	arena_join(&spec->arena, &loaded.arena);
	spec->process = loaded.process;
	if (own && !spec->process->capabilities)
		spec->process->capabilities = own->capabilities;
	if (own && !spec->process->apparmor_profile)
		spec->process->apparmor_profile = own->apparmor_profile;
	if (own && !spec->process->selinux_label)
		spec->process->selinux_label = own->selinux_label;
	if (options->tty)
		spec->process->terminal = true;
	return 0;
}

int exec_process_choose(const struct exec_options *options, struct spec *spec)
{
	if (options->process_file) {
		if (load_file(options, spec) < 0)
			return -1;
	} else {
		if (!spec->process)
			return err_set(EINVAL, "the container has no process to copy from: use "
					       "--process FILE");
		if (apply_options(options, spec) < 0)
			return -1;
	}
	if (spec->process->args.count == 0)
		return err_set(EINVAL, "there is no program to execute");
	return 0;
}
