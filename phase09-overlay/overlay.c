/*
 * overlay.c: copy-on-write. See overlay.h for who calls what, and when. Next file: image.h
 *
 * What a container leaves in its layer is as hostile as the container: names with control
 * characters, directories nested deeper than any path is long, modes that lock out their owner.
 * So it is removed one name at a time, from an open directory, and no link is followed.
 */
#include "overlay.h"
#include "husk.h"
#include "image.h"
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* DATA/overlay/NAME/PART, or without what is "" of it. */
static void make_path(char *ret, const char *name, const char *part)
{
	snprintf(ret, PATH_MAX, "%s/overlay%s%s%s%s", place_data(), *name ? "/" : "", name,
		 *part ? "/" : "", part);
}

/* upper becomes the container's "/": for all its users, whatever our umask is. */
static int make_layers(const char *path, const struct config *cfg)
{
	const char *const names[] = {"upper", "work", "merged", "."};
	int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), result = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && result == 0; i++) {
		if (*names[i] != '.')
			result = mkdirat(directory, names[i], 0755);
		if (result == 0 && *names[i] != '.')
			result = fchmodat(directory, names[i], 0755, 0);
		/* The root of a user namespace has to be able to write there. */
		if (result == 0 && cfg->range.count > 0)
			result = fchownat(directory, names[i], cfg->range.uid, cfg->range.gid, 0);
	}
	if (directory >= 0)
		close(directory);
	return result < 0 ? fail("create layers in", path) : 0;
}

int overlay_create(struct config *cfg)
{
	char path[PATH_MAX];

	if (place_make(place_data(), "overlay") < 0)
		return -1;
	/* The record is ours, so if there is something, it is from before a reboot. */
	if (overlay_remove(cfg->name) < 0)
		return -1;
	make_path(path, cfg->name, "");
	if (mkdir(path, 0700) < 0)
		return fail("create", path);
	if (cfg->image && image_open(cfg) < 0)
		return -1;
	return make_layers(path, cfg);
}

int overlay_open(struct config *cfg)
{
	char path[PATH_MAX];

	make_path(path, cfg->name, "");
	cfg->layers = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cfg->layers < 0)
		return fail("open", path);
	cfg->base = open(cfg->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cfg->base < 0)
		return fail("open root file system (rootfs-builder/build makes one)", cfg->rootfs);
	return 0;
}

/* Whether every user ID means here what it means outside, user_namespaces(7). */
static int is_initial_user_namespace(void)
{
	unsigned int inside, outside, count = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");

	if (map && fscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		count = 0;
	if (map)
		fclose(map);
	return count == UINT_MAX;
}

int overlay_mount(struct config *cfg)
{
	const char *const points[] = {"merged/proc", "merged/sys", "merged/dev"};
	char options[256];

	/*
	 * No path of the user's is in here. ":" "," and "\" mean something in these options, so a
	 * directory of the name "x,upperdir=/etc" would be one option more; a number is a number.
	 * The layer is to be complete in itself: no references to the base in its attributes.
	 */
	snprintf(options, sizeof(options),
		 "lowerdir=/proc/self/fd/%d,upperdir=upper,workdir=work"
		 ",redirect_dir=nofollow,metacopy=off,index=off%s%s",
		 cfg->base,
		 /* trusted.* attributes are for root outside only; user.* need Linux 5.11 */
		 is_initial_user_namespace() ? "" : ",userxattr",
		 /* What is to be thrown away need not reach the disk first, Linux 5.10. */
		 cfg->keep ? "" : ",volatile");
	if (fchdir(cfg->layers) < 0)
		return fail("change directory to", "the layers");
	/* Device nodes that a base may hold: /dev is another mount, and needs none of them. */
	if (mount("overlay", "merged", "overlay", MS_NODEV, options) < 0)
		return fail("mount overlay (overlayfs and NFS hold no layers: HUSK_DATA=DIR on "
			    "another file system does), data in",
			    place_data());
	/* The layer can be given what an image has not. */
	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++)
		if (mkdir(points[i], 0755) < 0 && errno != EEXIST)
			return fail("create", points[i]);
	/* As long as one is open, "../.." from it is the way to the host: CVE-2024-21626. */
	close(cfg->base);
	close(cfg->layers);
	cfg->rootfs = "merged"; /* from here, where the command does not stay */
	return 0;
}

/* As readdir(3), without "." and "..". */
static const struct dirent *next_entry(DIR *stream)
{
	const struct dirent *entry;

	do
		entry = readdir(stream);
	while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry;
}

/* A directory that is there by itself: not by a symbolic link, and not on another mount. */
static int open_directory(int parent, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return syscall(SYS_openat2, parent, name, &how, sizeof(how));
}

/* As opendir(3), from an open directory. */
static DIR *open_stream(int parent, const char *name)
{
	int fd = open_directory(parent, name);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

/*
 * Empties top/NAME and removes it. The directories in it move up into `top`, each under the number
 * of its inode, which no other has.
 */
static int remove_level(int top, const char *name)
{
	DIR *stream = open_stream(top, name);
	const struct dirent *entry;
	char number[32];
	int result = stream ? 0 : -1;

	while (result == 0 && (entry = next_entry(stream))) {
		if (unlinkat(dirfd(stream), entry->d_name, 0) == 0)
			continue;
		snprintf(number, sizeof(number), "%ju", (uintmax_t)entry->d_ino);
		/* To move a directory one must be allowed to write to it: ".." changes. */
		if (errno != EISDIR ||
		    fchmodat(dirfd(stream), entry->d_name, 0700, AT_SYMLINK_NOFOLLOW) < 0 ||
		    renameat(dirfd(stream), entry->d_name, top, number) < 0)
			result = -1;
	}
	if (stream)
		closedir(stream);
	return result < 0 ? -1 : unlinkat(top, name, AT_REMOVEDIR);
}

/*
 * Recursion would need a stack, open files or paths as long as the tree is deep, and a container
 * decides how deep that is. This needs two open directories, and can be interrupted anywhere.
 */
static int remove_levels(DIR *top)
{
	const struct dirent *entry;
	int found;

	do {
		found = 0;
		rewinddir(top);
		while ((entry = next_entry(top))) {
			found = 1;
			if (remove_level(dirfd(top), entry->d_name) < 0)
				return -1;
		}
	} while (found);
	return 0;
}

int overlay_remove(const char *name)
{
	char path[PATH_MAX];
	int parent, result = -1;
	DIR *top;

	make_path(path, name, "");
	if (access(path, F_OK) < 0 && errno == ENOENT) /* takes no file that we may not have */
		return 0;
	make_path(path, "", "");
	parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return fail("open", path);
	top = open_stream(parent, name);
	if (top) {
		/* It is the "/" that the container could close even to us. */
		fchmodat(dirfd(top), "upper", 0700, 0);
		if (remove_levels(top) == 0)
			result = unlinkat(parent, name, AT_REMOVEDIR);
	}
	if (result < 0)
		fail("remove layers of", name);
	if (top)
		closedir(top);
	close(parent);
	return result;
}

int overlay_each(int (*visit)(const char *name))
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *stream;
	int result = 0;

	make_path(path, "", "");
	stream = opendir(path);
	while (stream && (entry = next_entry(stream)))
		if (visit(entry->d_name) < 0)
			result = -1;
	if (stream)
		closedir(stream);
	return result;
}

static void print_change(char kind, const char *directory, const char *name)
{
	char shown[2][PATH_MAX]; /* a name may hold a newline, and more */

	fprintf(stderr, "husk: %c %s%s%s\n", kind,
		image_printable(shown[0], sizeof(shown[0]), directory), *name ? "/" : "",
		image_printable(shown[1], sizeof(shown[1]), name));
}

/* What an opaque directory hides is all there is below it and was not made again. */
static void print_hidden(const char *upper, int base, const char *path)
{
	DIR *stream = open_stream(base, *path ? path + 1 : ".");
	const struct dirent *entry;
	char made_again[PATH_MAX], value;

	if (stream && (lgetxattr(upper, "trusted.overlay.opaque", &value, 1) == 1 ||
		       lgetxattr(upper, "user.overlay.opaque", &value, 1) == 1))
		while ((entry = next_entry(stream))) {
			snprintf(made_again, sizeof(made_again), "%s/%s", upper, entry->d_name);
			if (faccessat(AT_FDCWD, made_again, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
				print_change('D', path, entry->d_name);
		}
	if (stream)
		closedir(stream);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* In the layer, a whiteout stands for what is deleted: a device node of the numbers 0 and 0. */
static void print_changes(char *upper, int base)
{
	char *const roots[] = {upper, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *entry;
	struct stat st;

	while (walk && (entry = fts_read(walk))) {
		const char *path = entry->fts_path + strlen(upper);
		int is_there = *path && fstatat(base, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0;

		if (entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS)
			print_change('?', path, "");
		else if (S_ISCHR(entry->fts_statp->st_mode) && entry->fts_statp->st_rdev == 0)
			print_change('D', path, "");
		else if (*path)
			print_change(is_there ? 'C' : 'A', path, "");
		if (entry->fts_info == FTS_D)
			print_hidden(entry->fts_accpath, base, path);
	}
	if (walk)
		fts_close(walk);
}

int overlay_keep(const struct config *cfg)
{
	char upper[PATH_MAX], kept[PATH_MAX];
	int base;

	make_path(upper, cfg->name, "upper");
	chmod(upper, 0755); /* chmod(1) of "/" could have locked us out */
	if (place_make(place_data(), "kept") < 0)
		return -1;
	/* Of NAME, NAME.2, NAME.3 ... the first that is free: a name can be used again. */
	for (int i = 1;; i++) {
		snprintf(kept, sizeof(kept), i == 1 ? "%s/kept/%s" : "%s/kept/%s.%d", place_data(),
			 cfg->name, i);
		if (renameat2(AT_FDCWD, upper, AT_FDCWD, kept, RENAME_NOREPLACE) == 0)
			break;
		if (errno != EEXIST)
			return fail("keep changes in", kept);
	}
	base = open(cfg->rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	print_changes(kept, base);
	if (base >= 0)
		close(base);
	if (rmdir(kept) == 0)
		fprintf(stderr, "husk: nothing was changed\n");
	else
		fprintf(stderr, "husk: kept in %s (`rm -r` removes it)\n", kept);
	return 0;
}
