/* mount.c: one mount of config.json. See mount.h; next file: mount_opts.c */
#include "mount.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "../base/tree.h"
#include "mount_attr.h"
#include "mount_cgroup.h"
#include "mount_fs.h"
#include "mount_opts.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* One mount on its way through this file. */
struct job {
	const struct mount_context *context;
	const struct spec_mount *mount;
	struct mount_opts opts;
	struct arena *arena;
	int source_fd;
};

static bool is_type(const struct job *job, const char *type)
{
	return job->mount->type && strcmp(job->mount->type, type) == 0;
}

/* Names the first part of the path that is not there. */
static int explain_source(const struct spec_mount *mount, int bundle_fd)
{
	char part[PATH_MAX];
	int code = errno;

	snprintf(part, sizeof(part), "%s", mount->source);
	for (char *end = part; code == ENOENT && *end;) {
		char saved;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		saved = *end;
		*end = '\0';
		if (faccessat(bundle_fd, part, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && saved)
			return err_set(code, "source %s: %s: %s", mount->source, part,
				       strerror(code));
		*end = saved;
	}
	return err_set(code, "source %s: %s", mount->source, strerror(code));
}

static int open_source(const struct spec_mount *mount, const struct mount_opts *opts, int bundle_fd,
		       int *ret_fd)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd;

	if (opts->recursive)
		flags |= AT_RECURSIVE;
	if (opts->nofollow_source || opts->copy_symlink)
		flags |= AT_SYMLINK_NOFOLLOW;
	fd = sys_open_tree(bundle_fd, mount->source, flags);
	if (fd < 0)
		return explain_source(mount, bundle_fd);
	*ret_fd = fd;
	return 0;
}

int mount_open_source(const struct spec *spec, size_t index, int bundle_fd, int *ret_fd)
{
	const struct spec_mount *mount = &spec->mounts.items[index];
	struct arena arena = {0};
	struct mount_opts opts;
	int result = mount_opts_parse(mount, &arena, &opts), fd = -1;

	if (result == 0 && opts.bind && !opts.remount)
		result = open_source(mount, &opts, bundle_fd, &fd);
	/* Who is not root may clone a mount only inside, in the user namespace: mount_apply(). */
	if (result < 0 && err_last()->code == EPERM && geteuid() != 0)
		result = 0;
	arena_free(&arena);
	if (result < 0)
		return -1;
	*ret_fd = fd;
	return 0;
}

/* The kernel's own file systems go to real directories: CVE-2019-19921, CVE-2023-27561. */
static int open_target_of_kernel(const struct job *job, int *ret_fd)
{
	const char *path = job->mount->destination;
	int root_fd = job->context->root_fd, made = -1;

	if (path_open_no_links(root_fd, path, O_PATH | O_DIRECTORY, ret_fd) == 0)
		return 0;
	if (err_last()->code == ENOENT) {
		if (path_make_dir(root_fd, path, 0755, &made) < 0)
			return -1;
		close(made);
		return path_open_no_links(root_fd, path, O_PATH | O_DIRECTORY, ret_fd);
	}
	if (err_last()->code == ELOOP || err_last()->code == ENOTDIR)
		return err_set(err_last()->code,
			       "%s of the rootfs is no directory: a symbolic link or a file is "
			       "refused there",
			       path);
	return -1;
}

/* What is not there is made, of the source's kind. */
static int make_target(const struct job *job, int *ret_fd)
{
	const char *path = job->mount->destination;
	int root_fd = job->context->root_fd;
	struct stat source;

	if (!job->opts.bind)
		return path_make_dir(root_fd, path, 0755, ret_fd);
	if (fstat(job->source_fd, &source) < 0)
		return err_sys("source %s", job->mount->source);
	return S_ISDIR(source.st_mode) ? path_make_dir(root_fd, path, 0755, ret_fd)
				       : path_make_file(root_fd, path, 0644, ret_fd);
}

static int open_target(const struct job *job, int *ret_fd, bool *ret_made)
{
	const char *path = job->mount->destination;
	int flags = job->opts.nofollow_target ? O_PATH | O_NOFOLLOW : O_PATH;

	if (path[strspn(path, "/")] == '\0')
		return err_set(EINVAL,
			       "nothing can be mounted over the rootfs itself: set root.path");
	*ret_made = false;
	if (is_type(job, "proc") || is_type(job, "sysfs"))
		return open_target_of_kernel(job, ret_fd);
	/* Only a tmpfs has to know whether there was something. */
	if (!job->opts.bind && !is_type(job, "tmpfs"))
		return make_target(job, ret_fd);
	if (path_open(job->context->root_fd, path, flags, ret_fd) == 0)
		return 0;
	if (err_last()->code != ENOENT)
		return -1;
	*ret_made = true;
	return make_target(job, ret_fd);
}

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symbolic link" : "file";
}

static int attach(const struct job *job, int fd, int target_fd)
{
	struct stat source, target;

	if (mount_attr_attach(fd, target_fd) == 0)
		return 0;
	if (fstat(fd, &source) == 0 && fstat(target_fd, &target) == 0 &&
	    S_ISDIR(source.st_mode) != S_ISDIR(target.st_mode))
		return err_set(
			ENOTDIR,
			"the source %s is a %s, but %s in the rootfs is a %s: not a directory "
			"on both sides, nor a file",
			job->mount->source, kind_of(source.st_mode), job->mount->destination,
			kind_of(target.st_mode));
	return -1;
}

/* copy-symlink: 1 if the source is a link, which then is in the rootfs. */
static int copy_link(const struct job *job)
{
	char target[PATH_MAX];
	auto_close int parent = -1, directory = -1;
	const char *path = job->mount->destination, *name;
	auto_free char *above = strdup(path);
	ssize_t length = readlinkat(job->source_fd, "", target, sizeof(target) - 1);

	if (length < 0)
		return 0; /* no link: ENOENT, readlink(2) */
	if (!above)
		return err_set(ENOMEM, "out of memory");
	target[length] = '\0';
	*strrchr(above, '/') = '\0';
	if (path_make_dir(job->context->root_fd, *above ? above : "/", 0755, &directory) < 0 ||
	    path_open_parent(job->context->root_fd, path, &parent, &name) < 0)
		return -1;
	if (symlinkat(target, parent, name) < 0 && errno != EEXIST)
		return err_sys("make link to %s", target);
	return 1;
}

static int apply_bind(const struct job *job)
{
	auto_close int target = -1;
	bool made;

	if (job->opts.copy_symlink) {
		int copied = copy_link(job);

		if (copied)
			return copied < 0 ? -1 : 0;
	}
	if (job->opts.data.count)
		log_warn("mount %s: option \"%s\" means nothing for a bind mount",
			 job->mount->destination, job->opts.data.items[0]);
	if (open_target(job, &target, &made) < 0)
		return -1;
	if (mount_attr_set(job->source_fd, &job->opts, mount_attr_isolation(job->context->spec)) <
	    0)
		return -1;
	return attach(job, job->source_fd, target);
}

/*
 * A user namespace may not mount what belongs to a namespace of the machine: sysfs without a
 * network namespace of its own, mqueue without an IPC namespace. It may bind the machine's.
 */
static int bind_instead(struct job *job, const char *path)
{
	auto_close int fd =
		sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return err_sys("bind %s of the machine instead", path);
	job->opts.bind = job->opts.recursive = true;
	job->opts.data.count = 0;
	if (is_type(job, "sysfs"))
		job->opts.rec_set |= MOUNT_ATTR_RDONLY;
	job->source_fd = fd;
	return apply_bind(job);
}

static int add_data(struct job *job, char *word)
{
	return word ? str_list_add(&job->opts.data, job->arena, word) : -1;
}

static void drop_data(struct mount_opts *opts, const char *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; i < opts->data.count; i++)
		if (!str_has_prefix(opts->data.items[i], prefix))
			opts->data.items[kept++] = opts->data.items[i];
	opts->data.count = kept;
}

/* The root of a tmpfs is 1777 by itself; it takes over what the rootfs has at that place. */
static int complete_data(struct job *job, int target_fd, bool made)
{
	struct stat st;

	if (is_type(job, "devpts") && !mount_opts_data(&job->opts, "ptmxmode"))
		return add_data(job, arena_format(job->arena, "ptmxmode=0666"));
	if (!is_type(job, "tmpfs") || made || mount_opts_data(&job->opts, "mode"))
		return 0;
	if (fstat(target_fd, &st) < 0)
		return err_sys("stat");
	return add_data(job, arena_format(job->arena, "mode=%04o", st.st_mode & 07777));
}

static int make_fs(struct job *job, int *ret_fd)
{
	const char *label = job->context->spec->linux.mount_label;

	if (mount_fs_make(job->mount->type, job->mount->source, &job->opts, label, ret_fd) == 0)
		return 0;
	/* gid=5, tty, need not be mapped in a user namespace. */
	if (!is_type(job, "devpts") || err_last()->code != EINVAL ||
	    !mount_opts_data(&job->opts, "gid"))
		return -1;
	drop_data(&job->opts, "gid=");
	return mount_fs_make(job->mount->type, job->mount->source, &job->opts, label, ret_fd);
}

static int apply_copyup(struct job *job, int target_fd)
{
	auto_close int fd = -1;
	struct stat st;

	if (make_fs(job, &fd) < 0)
		return -1;
	if (fstat(target_fd, &st) < 0 || fchownat(fd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0)
		return err_sys("tmpcopyup");
	if (tree_copy_content(target_fd, fd, 0) < 0)
		return err_wrap("tmpcopyup");
	if (mount_attr_set(fd, &job->opts, 0) < 0)
		return -1;
	return attach(job, fd, target_fd);
}

static int apply_old(struct job *job, int target_fd)
{
	struct mount_opts only = {.propagation = job->opts.propagation};
	auto_close int again = -1;

	if (mount_fs_mount(path_of_fd(target_fd).text, job->mount->type, job->mount->source,
			   &job->opts, job->context->spec->linux.mount_label) < 0)
		return -1;
	if (!only.propagation)
		return 0;
	if (path_open(job->context->root_fd, job->mount->destination, O_PATH, &again) < 0)
		return -1;
	return mount_attr_set(again, &only, 0);
}

static int apply_fs(struct job *job, int target_fd)
{
	struct mount_opts only = {.propagation = job->opts.propagation};
	auto_close int fd = -1;

	if (mount_fs_is_old(&job->opts))
		return apply_old(job, target_fd);
	if (job->opts.tmpcopyup && is_type(job, "tmpfs"))
		return apply_copyup(job, target_fd);
	if (make_fs(job, &fd) < 0)
		return -1;
	if (mount_attr_set(fd, &only, 0) < 0)
		return -1;
	return attach(job, fd, target_fd);
}

static int apply_new(struct job *job)
{
	auto_close int target = -1;
	bool made;
	int result;

	if (open_target(job, &target, &made) < 0 || complete_data(job, target, made) < 0)
		return -1;
	if (is_type(job, "cgroup") || is_type(job, "cgroup2"))
		return mount_cgroup_apply(job->context, job->mount, &job->opts, target);
	result = apply_fs(job, target);
	if (result < 0 && err_last()->code == EPERM && is_type(job, "sysfs"))
		return bind_instead(job, "/sys");
	if (result < 0 && err_last()->code == EPERM && is_type(job, "mqueue"))
		return bind_instead(job, "/dev/mqueue");
	return result;
}

static int apply_remount(const struct job *job)
{
	const struct mount_opts *opts = &job->opts;
	bool of_fs = !opts->bind && (opts->data.count || opts->sb_flags || opts->sb_clear);
	const char *type = job->mount->type ? job->mount->type : "remount";
	auto_close int target = -1;

	if (path_open(job->context->root_fd, job->mount->destination, O_PATH, &target) < 0)
		return -1;
	if (of_fs && mount_fs_change(target, type, opts) < 0)
		return -1;
	return mount_attr_set(target, opts, 0);
}

static int apply_own_source(struct job *job)
{
	auto_close int fd = -1,
		       bundle = open(job->context->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (bundle < 0)
		return err_sys("open the bundle %s", job->context->bundle);
	if (open_source(job->mount, &job->opts, bundle, &fd) < 0)
		return -1;
	job->source_fd = fd;
	return apply_bind(job);
}

static void open_until_finish(struct mount_opts *opts)
{
	opts->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	opts->rec_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	opts->readonly_fs = false;
}

static int apply(struct job *job)
{
	if (mount_is_late(job->mount, &job->opts))
		open_until_finish(&job->opts);
	if (job->opts.remount)
		return apply_remount(job);
	if (!job->opts.bind)
		return apply_new(job);
	return job->source_fd < 0 ? apply_own_source(job) : apply_bind(job);
}

int mount_apply(const struct mount_context *context, size_t index, int source_fd)
{
	struct arena arena = {0};
	struct job job = {.context = context,
			  .mount = &context->spec->mounts.items[index],
			  .arena = &arena,
			  .source_fd = source_fd};
	int result = mount_opts_parse(job.mount, &arena, &job.opts);

	if (result == 0)
		result = apply(&job);
	arena_free(&arena);
	return result;
}
