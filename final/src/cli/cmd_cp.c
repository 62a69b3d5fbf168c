/*
 * cmd_cp.c: files into a container, and out of it. See command.h; next file: cmd_volume.c
 *
 * Both sides are a root and a path below it, which openat2(2) resolves there: links inside a container
 * lead nowhere else, even if they are exchanged meanwhile (CVE-2018-15664). Nothing of the container is
 * executed or loaded (CVE-2019-14271): what is copied goes from descriptor to descriptor.
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../base/proc.h"
#include "../base/tree.h"
#include "../engine/life.h"
#include "../engine/rootfs.h"
#include "../image/layer.h"
#include "../store/scratch.h"
#include "command.h"
#include "output.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* In one path, as many as the kernel follows: path_resolution(7). */
enum { LINKS_MAX = 40 };

struct cp_options {
	bool archive;
};

static const struct opt cp_options[] = {{"archive", 'a', OPT_FLAG,
					 offsetof(struct cp_options, archive), NULL,
					 "with owners, set-user-ID bits and attributes"},
					{"quiet", 'q', OPT_IGNORED_FLAG, 0, NULL, NULL},
					{0}};

/* Where something is copied from, or to. */
struct side {
	int root_fd;
	char *path;    /* below root_fd, without slashes at its end */
	bool content;  /* "DIR/.": what is in it */
	bool only_dir; /* "PATH/" */
};

/* "a/b/." -> "/a/b", and what was meant by its end. "/" and "..": their content. */
static int read_path(const char *text, struct arena *arena, struct side *ret_side)
{
	char *path = arena_format(arena, "/%s", text + strspn(text, "/")), *end;

	if (!path)
		return -1;
	end = path + strlen(path);
	while (end > path + 1 && (end[-1] == '/' || (end[-1] == '.' && end[-2] == '/'))) {
		ret_side->only_dir = true;
		ret_side->content |= end[-1] == '.';
		*--end = '\0';
	}
	ret_side->content |= end == path + 1 || strcmp(strrchr(path, '/'), "/..") == 0;
	ret_side->path = path;
	return 0;
}

/*
 * As docker, what the destination's links end in is written, be it there already or not. Each text
 * is resolved below the root, so that none leads out; of magic links there is no text to trust.
 */
static int follow_links(struct side *to, struct arena *arena)
{
	auto_close int there_fd = -1;

	if (path_open(to->root_fd, to->path, O_PATH, &there_fd) < 0 && err_last()->code != ENOENT)
		return -1;
	for (int links = 0; links < LINKS_MAX; links++) {
		auto_close int parent_fd = -1;
		const char *name, *next;
		char target[PATH_MAX];
		ssize_t length;

		if (path_open_parent(to->root_fd, to->path, &parent_fd, &name) < 0)
			return err_last()->code == ENOENT ? 0
							  : -1; /* copy() says what is missing */
		length = readlinkat(parent_fd, name, target, sizeof(target) - 1);
		if (length < 0)
			return 0;
		target[length] = '\0';
		next = *target == '/' ? target
				      : arena_format(arena, "%.*s%s", (int)(name - to->path),
						     to->path, target);
		if (!next || read_path(next, arena, to) < 0)
			return -1;
	}
	return err_set(ELOOP, "%s: too many symbolic links", to->path);
}

static int copy_content(const struct side *from, const struct side *to, int to_fd, int flags)
{
	auto_close int from_fd = -1, made_fd = -1;

	if (path_open(from->root_fd, from->path, O_PATH | O_DIRECTORY, &from_fd) < 0)
		return -1;
	if (to_fd < 0 && path_make_dir(to->root_fd, to->path, 0755, &made_fd) < 0)
		return -1;
	return tree_copy_content(from_fd, to_fd < 0 ? made_fd : to_fd, flags);
}

/* The rules of docker cp; to_fd: what is there already, -1: nothing. */
static int copy(const struct side *from, const struct side *to, int flags)
{
	auto_close int from_fd = -1, to_fd = -1, parent_fd = -1;
	const char *name, *new_name;
	struct stat source, there = {0};

	if (path_open(to->root_fd, to->path, O_PATH, &to_fd) < 0) {
		if (err_last()->code != ENOENT)
			return -1;
	} else if (fstat(to_fd, &there) < 0) {
		return err_sys("look at %s", to->path);
	}
	if (to_fd >= 0 && !S_ISDIR(there.st_mode) && !S_ISREG(there.st_mode))
		return err_set(EEXIST, "%s: must be a directory or a regular file", to->path);
	if (from->content && S_ISREG(there.st_mode))
		return err_set(ENOTDIR, "%s: is no directory", to->path);
	if (from->content)
		return copy_content(from, to, to_fd, flags);
	if (path_open_parent(from->root_fd, from->path, &from_fd, &name) < 0)
		return -1;
	if (fstatat(from_fd, name, &source, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("%s", from->path);
	if (S_ISDIR(there.st_mode))
		return tree_copy_as(from_fd, name, to_fd, name, flags);
	if ((to_fd >= 0 && (S_ISDIR(source.st_mode) || to->only_dir)) ||
	    (to_fd < 0 && to->only_dir && !S_ISDIR(source.st_mode)))
		return err_set(ENOTDIR, "%s: is no directory", to->path);
	if (path_open_parent(to->root_fd, to->path, &parent_fd, &new_name) < 0)
		return -1;
	/* It was no directory a moment ago; from the root it would lead out. */
	if (strcmp(new_name, "..") == 0)
		return err_set(ENOTDIR, "%s: is no directory", to->path);
	return tree_copy_as(from_fd, name, parent_fd, new_name, flags);
}

/* --- "-": a tar --- */

static int pack(int fd, void *data)
{
	struct digest digest;
	uint64_t size;

	return layer_pack(*(int *)data, LAYER_CONTENT, fd, &digest, &size);
}

static int copy_tar(const struct place *place, const struct side *side, bool out, int flags)
{
	auto_scratch struct scratch scratch = SCRATCH_NONE;
	struct side inner = {.path = (char *)"/", .content = true};
	auto_close int fd = -1;
	struct layer_result result;

	if (scratch_open(place, &scratch) < 0 || scratch_make_dir(&scratch, "tree", &fd) < 0)
		return -1;
	inner.root_fd = fd;
	if (out)
		return copy(side, &inner, flags & ~TREE_PLAIN) < 0 ? -1
								   : output_write(NULL, pack, &fd);
	if (layer_unpack(STDIN_FILENO, fd, LAYER_TREE, &result) < 0)
		return -1;
	return copy(&inner, side, flags & ~TREE_PLAIN);
}

/* --- the two sides --- */

static int with_root(const struct command_line *line, struct side sides[2], int inside, int root_fd)
{
	const struct cp_options *options = line->values;
	int flags = TREE_REPLACE | (options->archive ? 0 : TREE_PLAIN);
	auto_close int host_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (host_fd < 0)
		return err_sys("open /");
	sides[inside].root_fd = root_fd;
	sides[!inside].root_fd = host_fd;
	if (strcmp(line->operands[!inside], "-") == 0)
		return copy_tar(line->place, &sides[inside], inside == 0, flags);
	if (follow_links(&sides[1], line->arena) < 0)
		return -1;
	return copy(&sides[0], &sides[1], flags);
}

static int copy_stopped(const struct command_line *line, struct box *box, struct side sides[2],
			int inside)
{
	auto_close int root_fd = -1;
	struct err cause;
	char *path;
	int result = rootfs_mount(box, line->arena, &path);

	if (result == 0) {
		root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		result = root_fd < 0 ? err_sys("open %s", path)
				     : with_root(line, sides, inside, root_fd);
	}
	cause = *err_last();
	if (rootfs_unmount(box) < 0 && result == 0)
		return -1;
	err_adopt(&cause);
	return result;
}

/* What a mount hides would be lost there. */
static int check_mounts(const struct box *box, const char *path)
{
	for (size_t i = 0; i < box->mounts.count; i++) {
		const char *target = box->mounts.items[i].target;
		size_t length = strlen(target);

		if (strncmp(path, target, length) == 0 && (!path[length] || path[length] == '/'))
			return err_set(EBUSY, "%s is a mount: start the container first", target);
	}
	return 0;
}

/* Under its lock nobody starts it, and a root that we mount is ours to take away. */
static int copy_box(const struct command_line *line, struct box *box, struct side sides[2],
		    int inside)
{
	auto_close int root_fd = -1;
	int result;

	if (box_lock(box) < 0)
		return -1;
	if (life_is_active(box)) {
		box_unlock(box);
		return box_open_root(box, &root_fd) < 0 ? -1
							: with_root(line, sides, inside, root_fd);
	}
	result = check_mounts(box, sides[inside].path);
	if (result == 0)
		result = copy_stopped(line, box, sides, inside);
	box_unlock(box);
	return result;
}

/* "web:/etc": the length of the name; 0: a path of the host, as "./a:b" is. */
static size_t name_length(const char *operand)
{
	size_t length = strcspn(operand, ":/");

	return operand[length] == ':' && *operand != '.' ? length : 0;
}

static int run_cp(const struct command_line *line)
{
	size_t lengths[2] = {name_length(line->operands[0]), name_length(line->operands[1])};
	int inside = lengths[0] ? 0 : 1, result;
	const char *host = line->operands[!inside];
	struct side sides[2] = {0};
	char cwd[PATH_MAX], *name;
	struct box box;

	if (!lengths[0] == !lengths[1])
		return err_set(EINVAL,
			       "cp: one of the two is CONTAINER:PATH, the other a path here");
	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys("the working directory");
	name = arena_copy(line->arena, line->operands[inside], lengths[inside]);
	host = *host == '/' ? host : arena_format(line->arena, "%s/%s", cwd, host);
	if (!name || !host || read_path(host, line->arena, &sides[!inside]) < 0 ||
	    read_path(line->operands[inside] + lengths[inside] + 1, line->arena, &sides[inside]) <
		    0 ||
	    command_find(line, name, &box) < 0)
		return -1;
	result = copy_box(line, &box, sides, inside);
	box_close(&box);
	return result < 0 ? err_wrap("cp %s", name) : 0;
}

const struct command cmd_cp[] = {{"cp", NULL, "[CONTAINER:]PATH|- [CONTAINER:]PATH|-",
				  "Copy files out of a container, or into it",
				  "husk cp web:/etc/passwd .", cp_options,
				  sizeof(struct cp_options), OPTS_ANYWHERE, 2, 2, 'c', run_cp},
				 {0}};
