/*
 * rootfs_changes.c: what a box has changed, read from its upper directory. See rootfs.h; next file:
 * volume.h
 *
 * Its content is the box's: any name, any depth, links to anywhere. Everything is opened below a
 * descriptor without following a link; what the layers below have is asked of each of them, with
 * the rules of overlayfs: a whiteout or an opaque directory ends the search.
 */
#include "../base/err.h"
#include "../base/path.h"
#include "../image/overlay.h"
#include "rootfs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 500 };

/* What the runtime makes to mount on, if an image has it not: nobody changed that. */
static const char *const mount_points[] = {"/dev",	    "/proc",	  "/sys",
					   "/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};

struct comparing {
	const struct box *box;
	const struct rootfs_lowers *lowers;
	int upper_fd;
	int (*each)(char kind, const char *path, void *data);
	void *data;
	char path[PATH_MAX]; /* "/etc/passwd" */
	size_t length;
};

enum answer { HAS, HAS_NOT, ASK_BELOW };

/* What one layer says about a path: each directory on the way may end the search. */
static enum answer ask_layer(int layer_fd, const char *path)
{
	auto_close int dir_fd = openat(layer_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum answer otherwise = ASK_BELOW;
	char name[NAME_MAX + 1];

	for (const char *part = path + 1; dir_fd >= 0;) {
		size_t length = strcspn(part, "/");
		struct stat st;
		int next;

		if (length > NAME_MAX)
			return HAS_NOT;
		memcpy(name, part, length);
		name[length] = '\0';
		if (overlay_is_opaque(dir_fd))
			otherwise = HAS_NOT;
		if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return otherwise;
		if (overlay_is_whiteout(&st))
			return HAS_NOT;
		if (!part[length])
			return HAS;
		if (!S_ISDIR(st.st_mode))
			return HAS_NOT;
		next = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		scope_close(&dir_fd);
		dir_fd = next;
		part += length + 1;
	}
	return otherwise;
}

static bool is_below(const struct comparing *c, const char *path)
{
	for (size_t i = 0; i < c->lowers->count; i++) {
		enum answer answer = ask_layer(c->lowers->fds[i], path);

		if (answer != ASK_BELOW)
			return answer == HAS;
	}
	return false;
}

static int tell(struct comparing *c, char kind)
{
	return c->each(kind, c->path, c->data);
}

static int enter(struct comparing *c, const char *name)
{
	int added = snprintf(c->path + c->length, sizeof(c->path) - c->length, "/%s", name);

	if (added >= (int)(sizeof(c->path) - c->length))
		return err_set(ENAMETOOLONG, "a path of more than %d bytes", PATH_MAX);
	c->length += added;
	return 0;
}

static void leave(struct comparing *c, size_t before)
{
	c->length = before;
	c->path[before] = '\0';
}

static int is_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `visit` for each name in a directory, with the path ending in it. */
static int each_name(struct comparing *c, int fd,
		     int (*visit)(struct comparing *c, int fd, const char *name, int depth),
		     int depth)
{
	size_t before = c->length;
	struct dirent **names;
	int count = scandirat(fd, ".", &names, is_name, compare_names), result = 0;

	if (count < 0)
		return err_sys("list a directory of the upper layer");
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = enter(c, names[i]->d_name);
		if (result == 0)
			result = visit(c, fd, names[i]->d_name, depth);
		leave(c, before);
		free(names[i]);
	}
	free(names);
	return result;
}

/* `fd` is the same directory of a layer below: what the upper one hides of it was deleted. */
static int tell_hidden(struct comparing *c, int fd, const char *name, int depth)
{
	auto_close int upper_fd = -1;

	(void)fd, (void)name, (void)depth;
	if (path_open_no_links(c->upper_fd, c->path, O_PATH | O_NOFOLLOW, &upper_fd) == 0 ||
	    err_last()->code == ELOOP)
		return 0;
	return is_below(c, c->path) ? tell(c, 'D') : 0;
}

/* The topmost layer that has the directory stands for all: listing each would tell names twice. */
static int tell_all_hidden(struct comparing *c)
{
	for (size_t i = 0; i < c->lowers->count; i++) {
		auto_close int fd = -1;

		if (ask_layer(c->lowers->fds[i], c->path) != HAS)
			continue;
		if (path_open_no_links(c->lowers->fds[i], c->path, O_RDONLY | O_DIRECTORY, &fd) < 0)
			return 0;
		return each_name(c, fd, tell_hidden, 0);
	}
	return 0;
}

static bool is_mount_point(const struct comparing *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_points); i++)
		if (strcmp(c->path, mount_points[i]) == 0)
			return true;
	for (size_t i = 0; i < c->box->mounts.count; i++)
		if (strcmp(c->path, c->box->mounts.items[i].target) == 0)
			return true;
	return false;
}

static int visit(struct comparing *c, int dir_fd, const char *name, int depth)
{
	bool below;
	auto_close int fd = -1;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys("look at a file of the upper layer");
	if (overlay_is_whiteout(&st))
		return tell(c, 'D');
	below = is_below(c, c->path);
	if (!below && is_mount_point(c))
		return 0;
	if (tell(c, below ? 'C' : 'A') != 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth >= DEPTH_MAX)
		return err_set(ELOOP, "more than %d directories deep", DEPTH_MAX);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open a directory of the upper layer");
	if (overlay_is_opaque(fd) && tell_all_hidden(c) != 0)
		return -1;
	return each_name(c, fd, visit, depth + 1);
}

int rootfs_changes(const struct box *box, int (*each)(char kind, const char *path, void *data),
		   void *data)
{
	auto_lowers struct rootfs_lowers lowers = {0};
	auto_close int fd = openat(box->dir_fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct comparing c = {
		.box = box, .lowers = &lowers, .upper_fd = fd, .each = each, .data = data};

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys("open the upper layer");
	if (rootfs_open_lowers(box, &lowers) < 0)
		return -1;
	return each_name(&c, fd, visit, 0);
}
