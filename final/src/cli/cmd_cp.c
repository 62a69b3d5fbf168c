/*
 * cmd_cp.c: files into a container, and out of it. See command.h; next file: cmd_volume.c
 *
 * Both sides are a root and a path below it, which openat2(2) resolves there: links inside a container
 * lead nowhere else, even if they are exchanged meanwhile (CVE-2018-15664). Nothing of the container is
 * executed or loaded (CVE-2019-14271): what is copied goes from descriptor to descriptor.
 */
#include "../base/err.h"
#include "../base/log.h"
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
#include <inttypes.h>
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
	char *path;		   /* below root_fd, without slashes at its end */
	bool content;		   /* "DIR/.": what is in it */
	bool only_dir;		   /* "PATH/" */
	const struct box *stopped; /* whose root it is: its mounts are not there. Or NULL */
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

/* --- mounts of a stopped container: what is written below one would be lost --- */

/* The last part away: what is missing is no link, so that this is where ".." leads as well. */
static size_t leave(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	while (length > 0 && path[length - 1] == '/')
		length--;
	return length;
}

static int add_part(char path[PATH_MAX], size_t *length, const char *part)
{
	size_t added = strlen(part);

	if (*length + added + 2 > PATH_MAX)
		return err_set(ENAMETOOLONG, "a path of more than %d bytes", PATH_MAX);
	path[(*length)++] = '/';
	memcpy(path + *length, part, added + 1);
	*length += added;
	return 0;
}

/* Of what is there, as the kernel has it: below the root, "" is the root itself. */
static int real_path_of(int root_fd, int fd, char ret_path[PATH_MAX])
{
	char root[PATH_MAX], path[PATH_MAX];
	ssize_t above = readlink(path_of_fd(root_fd).text, root, sizeof(root));
	ssize_t length = readlink(path_of_fd(fd).text, path, sizeof(path) - 1);

	if (above < 0 || length < above)
		return err_sys("look for a path");
	memcpy(ret_path, path + above, length - above);
	ret_path[length - above] = '\0';
	return 0;
}

/* Without links, "." and ".."; what is not there yet is taken as it is written. */
static int real_path(int root_fd, const char *path, char ret_path[PATH_MAX])
{
	const char *rest = path + strlen(path);
	auto_free char *copy = NULL;
	auto_close int fd = -1;
	size_t length;
	char *part;

	for (;;) {
		auto_free char *start = strndup(path, rest - path);

		if (!start)
			return err_set(ENOMEM, "out of memory");
		if (path_open(root_fd, start, O_PATH, &fd) == 0)
			break;
		if (rest == path || (err_last()->code != ENOENT && err_last()->code != ENOTDIR))
			return -1;
		rest = path + leave(path, rest - path);
	}
	copy = strdup(rest);
	if (!copy)
		return err_set(ENOMEM, "out of memory");
	if (real_path_of(root_fd, fd, ret_path) < 0)
		return -1;
	length = strlen(ret_path);
	for (char *next = copy; (part = strsep(&next, "/"));) {
		if (strcmp(part, "..") == 0)
			ret_path[length = leave(ret_path, length)] = '\0';
		else if (*part && strcmp(part, ".") != 0 && add_part(ret_path, &length, part) < 0)
			return -1;
	}
	return 0;
}

/* What of inner is below path, "" if they are the same; NULL: it is not there. */
static const char *below(const char *path, const char *inner)
{
	size_t length = strlen(path);

	if (strncmp(path, inner, length) != 0 || (inner[length] && inner[length] != '/'))
		return NULL;
	return inner + length;
}

/* Whether the first part of "/a/b" is in the directory that is copied. */
static bool has_first(const struct side *from, const char *rest)
{
	auto_close int fd = -1;
	char name[NAME_MAX + 1];
	struct stat st;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(rest + 1, "/"), rest + 1);
	return path_open(from->root_fd, from->path, O_PATH | O_DIRECTORY, &fd) == 0 &&
	       fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* path: what is written or read. content_of: only its entries, those of that directory; or NULL. */
static int check_mounts(const struct side *side, const char *path, const struct side *content_of)
{
	const struct box *box = side->stopped;

	for (size_t i = 0; i < box->mounts.count; i++) {
		char target[PATH_MAX];
		const char *rest;

		if (real_path(side->root_fd, box->mounts.items[i].target, target) < 0)
			return -1;
		rest = below(path, target);
		if (below(target, path) || (rest && (!content_of || has_first(content_of, rest))))
			return err_set(EBUSY, "%s is a mount: start the container first",
				       box->mounts.items[i].target);
	}
	return 0;
}

/* in_dir: to is a directory, and gets an entry of from's name. */
static int check_written(const struct side *from, const struct side *to, bool in_dir)
{
	char path[PATH_MAX];
	size_t length;

	if (!to->stopped)
		return 0;
	if (real_path(to->root_fd, to->path, path) < 0)
		return -1;
	length = strlen(path);
	if (in_dir && add_part(path, &length, strrchr(from->path, '/') + 1) < 0)
		return -1;
	return check_mounts(to, path, from->content ? from : NULL);
}

/* A link is copied as one: where it leads to does not matter. */
static int check_read(const struct side *from)
{
	auto_free char *directory = NULL;
	char path[PATH_MAX];
	size_t length;

	if (!from->stopped)
		return 0;
	directory = strndup(from->path, from->content ? strlen(from->path)
						      : leave(from->path, strlen(from->path)));
	if (!directory)
		return err_set(ENOMEM, "out of memory");
	if (real_path(from->root_fd, directory, path) < 0)
		return -1;
	length = strlen(path);
	if (!from->content && add_part(path, &length, strrchr(from->path, '/') + 1) < 0)
		return -1;
	return check_mounts(from, path, NULL);
}

/* --- the copy --- */

static int copy_content(const struct side *from, const struct side *to, int to_fd, int flags)
{
	auto_close int from_fd = -1, made_fd = -1;

	if (path_open(from->root_fd, from->path, O_PATH | O_DIRECTORY, &from_fd) < 0)
		return -1;
	if (to_fd < 0 && path_make_dir(to->root_fd, to->path, 0755, &made_fd) < 0)
		return -1;
	/* A link on the way, of which the end was missing, leads there only now. */
	if (made_fd >= 0 && check_written(from, to, false) < 0)
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
	if (check_read(from) < 0 ||
	    check_written(from, to, S_ISDIR(there.st_mode) && !from->content) < 0)
		return -1;
	if (from->content && S_ISREG(there.st_mode))
		return err_set(ENOTDIR, "%s: is no directory", to->path);
	if (from->content)
		return copy_content(from, to, to_fd, flags);
	if (path_open_parent(from->root_fd, from->path, &from_fd, &name) < 0)
		return -1;
	if (fstatat(from_fd, name, &source, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("%s", from->path);
	if (tree_is_left_out(source.st_mode, flags))
		return err_set(EINVAL,
			       "%s: is a device, FIFO or socket: with -a the first two are copied, "
			       "a socket never is",
			       from->path);
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
	if (result.left_out > 0)
		log_warn("%" PRIu64 " device node%s of the tar %s left out", result.left_out,
			 result.left_out == 1 ? "" : "s", result.left_out == 1 ? "is" : "are");
	return copy(&inner, side, flags & ~TREE_PLAIN);
}

/* --- the two sides --- */

static int with_root(const struct command_line *line, struct side sides[2], int inside, int root_fd)
{
	const struct cp_options *options = line->values;
	int flags = TREE_REPLACE | TREE_WARN | (options->archive ? 0 : TREE_PLAIN);
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
	sides[inside].stopped = box;
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
