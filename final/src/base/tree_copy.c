/* tree_copy.c: a directory's content, copied. See tree.h; next file: log.h */
#include "err.h"
#include "fd.h"
#include "log.h"
#include "path.h"
#include "proc.h"
#include "tree.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

/* Each level is a descriptor and a stack frame. */
enum { DEPTH_MAX = 200, BLOCK = 64 << 10 };

/* Not in <linux/magic.h>: ipc/mqueue.c, fs/configfs/mount.c, fs/fuse/control.c */
enum { MQUEUE_MAGIC = 0x19800202, CONFIGFS_MAGIC = 0x62656570, FUSECTL_MAGIC = 0x65735543 };

struct twin {
	dev_t device;
	ino_t inode;
	char path[];
};

struct copying {
	int to_fd;	     /* of the whole */
	int flags;	     /* TREE_* */
	dev_t device;	     /* of the source */
	void *twins;	     /* tree_find_twin() */
	char path[PATH_MAX]; /* of what is looked at, below both */
	size_t length;
};

/* One file, open in both trees; path ends in its name. */
struct spot {
	int from_fd, to_fd; /* the directories it is in */
	const char *name, *new_name;
	struct stat st;
	int depth;
};

static int copy_level(struct copying *c, int from_fd, int to_fd, int depth);

static int compare_twins(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

int tree_find_twin(void **twins, const struct stat *st, const char *path, const char **ret_path)
{
	size_t size = strlen(path) + 1;
	auto_free struct twin *twin = malloc(sizeof(*twin) + size);
	struct twin **found;

	if (!twin)
		return err_set(ENOMEM, "out of memory");
	twin->device = st->st_dev;
	twin->inode = st->st_ino;
	memcpy(twin->path, path, size);
	found = tsearch(twin, twins, compare_twins);
	if (!found)
		return err_set(ENOMEM, "out of memory");
	*ret_path = *found == twin ? NULL : (*found)->path;
	if (*found == twin)
		*found = TAKE_PTR(twin); /* the tree's now */
	return 0;
}

static int copy_by_blocks(int from, int to)
{
	char block[BLOCK];
	ssize_t length;

	while ((length = fd_read(from, block, sizeof(block))) > 0)
		if (fd_write(to, block, length) < 0)
			return err_wrap("copy");
	return length < 0 ? err_sys("copy") : 0;
}

static int copy_content(int from, int to)
{
	for (;;) {
		ssize_t sent = sendfile(to, from, NULL, 1 << 30);

		if (sent == 0)
			return 0;
		if (sent < 0 && errno == EINVAL) /* files of /proc: sendfile(2) */
			return copy_by_blocks(from, to);
		if (sent < 0 && errno != EINTR)
			return err_sys("copy");
	}
}

static int copy_file(const struct spot *s)
{
	auto_close int from =
		openat(s->from_fd, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_close int to = -1;
	struct stat st;

	if (from < 0)
		return err_sys("open");
	/* It was a regular file when it was listed; a device must not be read here. */
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(EINVAL, "changed while it was copied");
	to = openat(s->to_fd, s->new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (to < 0)
		return err_sys("make");
	if (copy_content(from, to) < 0) {
		unlinkat(s->to_fd, s->new_name, 0); /* half a file looks like a whole one */
		return -1;
	}
	return 0;
}

static int copy_link(const struct spot *s)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(s->from_fd, s->name, target, sizeof(target) - 1);

	if (length < 0)
		return err_sys("read link");
	target[length] = '\0';
	if (symlinkat(target, s->to_fd, s->new_name) < 0)
		return err_sys("make link");
	return 0;
}

/* Files that the kernel makes up: some cannot be read, some have no end. */
static bool is_of_kernel(int fd)
{
	static const uint32_t types[] = {
		PROC_SUPER_MAGIC,   SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		DEVPTS_SUPER_MAGIC, MQUEUE_MAGIC,  DEBUGFS_MAGIC,      TRACEFS_MAGIC,
		SECURITYFS_MAGIC,   BPF_FS_MAGIC,  PSTOREFS_MAGIC,     EFIVARFS_MAGIC,
		BINFMTFS_MAGIC,	    SELINUX_MAGIC, CONFIGFS_MAGIC,     FUSECTL_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((uint32_t)fs.f_type == types[i])
			return true;
	return false;
}

static int copy_directory(struct copying *c, const struct spot *s)
{
	auto_close int from =
		openat(s->from_fd, s->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = -1;

	if (from < 0)
		return err_sys("open");
	if (mkdirat(s->to_fd, s->new_name, 0700) < 0 && errno != EEXIST)
		return err_sys("make");
	to = openat(s->to_fd, s->new_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys("open the copy");
	if (s->st.st_dev != c->device && is_of_kernel(from))
		return 0;
	return copy_level(c, from, to, s->depth + 1);
}

static int copy_by_kind(struct copying *c, const struct spot *s)
{
	const char *twin = NULL;

	if (!S_ISDIR(s->st.st_mode) && s->st.st_nlink > 1) {
		if (tree_find_twin(&c->twins, &s->st, c->path, &twin) < 0)
			return -1;
		if (twin)
			return linkat(c->to_fd, twin, s->to_fd, s->new_name, 0) == 0
				       ? 0
				       : err_sys("make hard link");
	}
	switch (s->st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(c, s);
	case S_IFREG:
		return copy_file(s);
	case S_IFLNK:
		return copy_link(s);
	default:
		if (mknodat(s->to_fd, s->new_name, s->st.st_mode & S_IFMT, s->st.st_rdev) < 0)
			return err_sys("make node");
		return 0;
	}
}

static bool is_wanted(const char *attribute)
{
	return strcmp(attribute, "security.capability") == 0 ||
	       (strncmp(attribute, "user.", 5) == 0 &&
		strncmp(attribute, "user.overlay.", 13) != 0);
}

/* By /proc/self/fd: a descriptor that is O_PATH reaches links and FIFOs too. */
static int copy_attributes(int from_fd, int to_fd)
{
	struct path_of_fd from = path_of_fd(from_fd), to = path_of_fd(to_fd);
	char names[4096], value[4096];
	ssize_t length = listxattr(from.text, names, sizeof(names));

	for (char *name = names; name < names + length; name += strlen(name) + 1) {
		ssize_t size =
			is_wanted(name) ? getxattr(from.text, name, value, sizeof(value)) : -1;

		if (size >= 0 && setxattr(to.text, name, value, size, 0) < 0 && errno != ENOTSUP &&
		    errno != EPERM)
			return err_sys("set attribute %s", name);
	}
	return 0;
}

/*
 * Owner first: chown(2) takes set-user-ID bits and capabilities away. A link has no mode of its
 * own.
 */
static int copy_metadata(const struct spot *s, int flags)
{
	struct timespec times[2] = {s->st.st_atim, s->st.st_mtim};
	auto_close int from = openat(s->from_fd, s->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = openat(s->to_fd, s->new_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	mode_t mode = s->st.st_mode & (flags & TREE_PLAIN ? 0777 : 07777);
	struct stat st;

	if (from < 0 || to < 0 || fstat(to, &st) < 0)
		return err_sys("open the copy");
	if ((st.st_mode & S_IFMT) != (s->st.st_mode & S_IFMT))
		return err_set(EINVAL, "changed while it was copied");
	if (!(flags & TREE_PLAIN) &&
	    fchownat(to, "", s->st.st_uid, s->st.st_gid, AT_EMPTY_PATH) < 0 && proc_is_real_root())
		return err_sys("set owner %u:%u", s->st.st_uid, s->st.st_gid);
	if (!S_ISLNK(s->st.st_mode) && chmod(path_of_fd(to).text, mode) < 0)
		return err_sys("set mode");
	if (!S_ISLNK(s->st.st_mode) && !(flags & TREE_PLAIN) && copy_attributes(from, to) < 0)
		return -1;
	if (utimensat(s->to_fd, s->new_name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("set time");
	return 0;
}

bool tree_is_left_out(mode_t mode, int flags)
{
	return S_ISSOCK(mode) ||
	       (flags & TREE_PLAIN && !S_ISDIR(mode) && !S_ISREG(mode) && !S_ISLNK(mode));
}

static void warn_left_out(const struct copying *c)
{
	char shown[PATH_MAX];

	memcpy(shown, c->path, c->length + 1);
	log_warn("%.200s: a device, FIFO or socket is left out", str_printable(shown));
}

/*
 * A device, FIFO or socket goes only for one of its kind: programs wait at them, and /dev/null is one.
 * *ret_stays: what is there is kept, and nothing copied.
 */
static int make_room(const struct copying *c, const struct spot *s, bool *ret_stays)
{
	struct statx there;
	mode_t kind;

	*ret_stays = false;
	if (S_ISDIR(s->st.st_mode) ||
	    statx(s->to_fd, s->new_name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &there) < 0)
		return 0;
	*ret_stays = !(c->flags & TREE_REPLACE);
	if (*ret_stays)
		return 0;
	/* In another mount namespace unlink(2) would take the mount away, too. */
	if (there.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return err_set(EBUSY, "it is a mount: copy to what is mounted there");
	kind = there.stx_mode & S_IFMT;
	if (kind != S_IFREG && kind != S_IFLNK && kind != S_IFDIR &&
	    kind != (s->st.st_mode & S_IFMT))
		return err_set(EEXIST, "must be a directory or a regular file");
	if (unlinkat(s->to_fd, s->new_name, 0) < 0)
		return err_sys("replace");
	return 0;
}

static int copy_entry(struct copying *c, struct spot s)
{
	bool stays;

	if (fstatat(s.from_fd, s.name, &s.st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("stat");
	if (tree_is_left_out(s.st.st_mode, c->flags)) {
		if (c->flags & TREE_WARN)
			warn_left_out(c);
		return 0;
	}
	if (make_room(c, &s, &stays) < 0)
		return -1;
	if (stays)
		return 0;
	if (copy_by_kind(c, &s) < 0)
		return -1;
	return copy_metadata(&s, c->flags);
}

/* Adds a name to the path; the length before it is what takes it away again. */
static int enter(struct copying *c, const char *name)
{
	int added = snprintf(c->path + c->length, sizeof(c->path) - c->length, "%s%s",
			     c->length ? "/" : "", name);

	if (added >= (int)(sizeof(c->path) - c->length))
		return err_set(ENAMETOOLONG, "a path of more than %d bytes", PATH_MAX);
	c->length += added;
	return 0;
}

static int copy_level(struct copying *c, int from_fd, int to_fd, int depth)
{
	auto_close int again = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *directory = again < 0 ? NULL : fdopendir(again);
	size_t before = c->length;
	struct dirent *entry;

	if (!directory)
		return err_sys("open directory");
	again = -1; /* closedir(3) closes it */
	if (depth > DEPTH_MAX)
		return err_set(ELOOP, "more than %d directories deep", DEPTH_MAX);
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (enter(c, entry->d_name) < 0 ||
		    copy_entry(c, (struct spot){.from_fd = from_fd,
						.to_fd = to_fd,
						.name = entry->d_name,
						.new_name = entry->d_name,
						.depth = depth}) < 0)
			return depth > 0 ? -1 : err_wrap("/%.200s", str_printable(c->path));
		c->length = before;
		c->path[before] = '\0';
	}
	return 0;
}

int tree_copy_content(int from_fd, int to_fd, int flags)
{
	struct copying c = {.to_fd = to_fd, .flags = flags};
	struct stat st;
	int result;

	if (fstat(from_fd, &st) < 0)
		return err_sys("stat");
	c.device = st.st_dev;
	result = copy_level(&c, from_fd, to_fd, 0);
	tdestroy(c.twins, free);
	return result;
}

int tree_copy(int from_fd, int to_fd)
{
	struct spot top = {.from_fd = from_fd, .to_fd = to_fd, .name = ".", .new_name = "."};

	if (fstat(from_fd, &top.st) < 0)
		return err_sys("stat");
	return tree_copy_content(from_fd, to_fd, 0) < 0 ? -1 : copy_metadata(&top, 0);
}

int tree_copy_as(int from_fd, const char *name, int to_fd, const char *new_name, int flags)
{
	struct copying c = {.to_fd = to_fd, .flags = flags};
	struct spot top = {.from_fd = from_fd, .to_fd = to_fd, .name = name, .new_name = new_name};
	struct stat st;
	int result;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys("%s", name);
	c.device = st.st_dev;
	result = enter(&c, new_name) < 0 || copy_entry(&c, top) < 0 ? -1 : 0;
	tdestroy(c.twins, free);
	return result < 0 ? err_wrap("%.200s", str_printable(c.path)) : 0;
}
