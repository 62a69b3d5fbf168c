/*
 * image.c: from a tar to a directory, with libarchive(3). See image.h for what is refused.
 */
#include "image.h"
#include "husk.h"
#include "ns.h"
#include "place.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct unpacking {
	const char *file;
	struct archive *tar, *disk;
	long long bytes, max_bytes;
	long long members, max_members;
	long long left_out;
	time_t shown; /* when progress was, last */
};

const char *image_printable(char *ret, size_t size, const char *name)
{
	snprintf(ret, size, "%s", name);
	for (char *c = ret; *c; c++)
		*c = isprint((unsigned char)*c) ? *c : '?';
	return ret;
}

static int refuse(const struct unpacking *un, const char *member, const char *reason)
{
	char shown[2][200];

	fprintf(stderr, "husk: image %s: %s%s%s\n", un->file,
		image_printable(shown[0], sizeof(shown[0]), member), *member ? ": " : "",
		image_printable(shown[1], sizeof(shown[1]), reason ? reason : "is damaged"));
	return -1;
}

static void show_progress(struct unpacking *un)
{
	time_t now = time(NULL);

	if (now == un->shown || !isatty(STDERR_FILENO))
		return;
	un->shown = now;
	fprintf(stderr, "\rhusk: unpacking: %lld MiB, %lld members\033[K", un->bytes >> 20,
		un->members);
}

/* Whether there would be too much with a member or block that ends at `end`. */
static int is_too_large(const struct unpacking *un, long long end, long long bytes)
{
	return end < 0 || end > un->max_bytes || bytes > un->max_bytes - un->bytes;
}

/* The size in the header is not to be trusted, and a sparse file has holes between its blocks. */
static const char *copy_data(struct unpacking *un)
{
	const void *block;
	la_int64_t offset;
	size_t size;
	int result;

	while ((result = archive_read_data_block(un->tar, &block, &size, &offset)) == ARCHIVE_OK) {
		if (is_too_large(un, offset, size))
			return "too large, unpacked";
		if (archive_write_data_block(un->disk, block, size, offset) < ARCHIVE_OK)
			return archive_error_string(un->disk);
		un->bytes += size;
		show_progress(un);
	}
	return result == ARCHIVE_EOF ? NULL : archive_error_string(un->tar);
}

/* Makes the entry what we want of it. Returns NULL, or why it is refused. */
static const char *adapt(struct unpacking *un, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry), *target = archive_entry_hardlink(entry);

	if (++un->members > un->max_members)
		return "too many members";
	if (is_too_large(un, archive_entry_size(entry), archive_entry_size(entry)))
		return "too large, unpacked";
	if (!name || strlen(name) >= PATH_MAX || (target && strlen(target) >= PATH_MAX))
		return "a name that cannot be used";
	if (*name == '/')
		archive_entry_set_pathname(entry, strdupa(name + strspn(name, "/")));
	if (target)
		archive_entry_set_hardlink(entry, strdupa(target + strspn(target, "/")));
	/* Else an ordinary user could neither go on unpacking into it, nor remove it. */
	if (archive_entry_filetype(entry) == AE_IFDIR)
		archive_entry_set_perm(entry, archive_entry_perm(entry) | 0700);
	return NULL;
}

/* Returns NULL, or why this member ends it all. */
static const char *take(struct unpacking *un, struct archive_entry *entry)
{
	const char *reason = adapt(un, entry);
	const int type = archive_entry_filetype(entry);

	if (reason)
		return reason;
	if (type == AE_IFCHR || type == AE_IFBLK) {
		un->left_out++;
		return NULL;
	}
	/* ARCHIVE_WARN: it is there, but the owner is one that our user namespace has not */
	if (archive_write_header(un->disk, entry) < ARCHIVE_WARN)
		return archive_error_string(un->disk);
	if (archive_entry_size(entry) > 0)
		reason = copy_data(un);
	if (!reason && archive_write_finish_entry(un->disk) < ARCHIVE_WARN)
		reason = archive_error_string(un->disk);
	return reason;
}

static int take_all(struct unpacking *un)
{
	struct archive_entry *entry;
	const char *reason = NULL, *member = "";
	int result = ARCHIVE_OK;

	while (!reason) {
		result = archive_read_next_header(un->tar, &entry);
		if (result == ARCHIVE_EOF || result < ARCHIVE_WARN)
			break;
		reason = take(un, entry);
		member = archive_entry_pathname(entry) ?: "";
		show_progress(un);
	}
	if (un->shown)
		fprintf(stderr, "\r\033[K");
	if (reason)
		return refuse(un, member, reason);
	if (result != ARCHIVE_EOF)
		return refuse(un, "", archive_error_string(un->tar));
	return un->members > 0 ? 0 : refuse(un, "", "has no members");
}

/* Only what libarchive does itself: for other formats it would run programs found by PATH. */
static int open_tar(struct unpacking *un)
{
	if (archive_read_support_format_tar(un->tar) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(un->tar) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(un->tar) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(un->tar) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(un->tar) != ARCHIVE_OK ||
	    archive_read_open_filename(un->tar, un->file, 1 << 16) != ARCHIVE_OK)
		return refuse(un, "", archive_error_string(un->tar));
	return 0;
}

/*
 * libarchive refuses names that lead out, if told to; yet 3.6 changes the mode of a file outside
 * by a symbolic link, a hard link to it, and data for that. With "/" in the image there is no
 * outside: chroot(2) is no prison for programs, but it is one for names.
 */
static int enter(const char *directory)
{
	if (chdir(directory) < 0)
		return fail("change directory to", directory);
	/* An ordinary user may do so as root of an empty user namespace, and stays who he is. */
	if (chroot(".") < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot(".") < 0))
		return fail("change root to", directory);
	return 0;
}

int image_unpack(const char *file, const char *directory, long long max_bytes,
		 long long max_members)
{
	struct unpacking un = {.file = file, .max_bytes = max_bytes, .max_members = max_members};
	int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
		    ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;
	int result = -1;

	if (geteuid() == 0)
		flags |= ARCHIVE_EXTRACT_OWNER;
	setlocale(LC_CTYPE, "C.UTF-8"); /* names may be in any language */
	un.tar = archive_read_new();
	un.disk = archive_write_disk_new();
	archive_write_disk_set_options(un.disk, flags);
	if (open_tar(&un) == 0 && enter(directory) == 0)
		result = take_all(&un);
	/* Only now do directories get the modes and times that they are to have. */
	if (archive_write_free(un.disk) < ARCHIVE_WARN && result == 0)
		result = refuse(&un, "", "could not be finished");
	archive_read_free(un.tar);
	if (result == 0 && un.left_out)
		fprintf(stderr, "husk: image %s: left out %lld device nodes\n", file, un.left_out);
	return result;
}

/* Sets ret_path to where the image is, or will be. -1, with errno, if there can be none. */
static int find_place(char *ret_path, const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return -1;
	/* The time of the last change, st_ctim, is the one that cannot be set. inode(7) */
	snprintf(ret_path, PATH_MAX, "%s/images/%jx-%jx-%jx-%jx.%09lx", place_data(),
		 (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (uintmax_t)st.st_size,
		 (uintmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return 0;
}

static void make_scratch_path(char *ret, const struct config *cfg)
{
	snprintf(ret, PATH_MAX, "%s/overlay/%s/image", place_data(), cfg->name);
}

/* In a child of its own: a parser that crashes, or takes forever, is a child that is ended. */
static int unpack(struct config *cfg)
{
	char scratch[PATH_MAX];
	int directory, result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(022);
	make_scratch_path(scratch, cfg);
	directory = mkdir(scratch, 0755) < 0 ? -1 : open(scratch, O_RDONLY | O_CLOEXEC);
	if (directory < 0) {
		fail("create", scratch);
		return EXIT_HUSK;
	}
	result = image_unpack(cfg->image, scratch, IMAGE_MAX_BYTES, IMAGE_MAX_MEMBERS);
	if (result == 0)
		syncfs(directory); /* before it gets its name: there may be a power failure */
	close(directory);
	return result < 0 ? EXIT_HUSK : 0;
}

static void stop_unpacking(struct ns_child *child, const siginfo_t *info)
{
	if (info->si_signo == SIGWINCH)
		return;
	child->stopped_by = info->si_signo;
	kill(child->pid, SIGKILL);
}

/* The child needs no namespaces; ns.c has the way to wait for it that a signal can end. */
static int unpack_in_child(struct config *cfg)
{
	struct ns_child child;
	int status;

	if (ns_spawn(&child, 0, -1, unpack, cfg) < 0)
		return -1;
	ns_release(&child);
	status = ns_wait(&child, stop_unpacking);
	if (status > 128)
		fprintf(stderr, "husk: image %s: unpacking was ended by signal %d\n", cfg->image,
			status - 128);
	return status == 0 ? 0 : -1;
}

int image_open(struct config *cfg)
{
	char path[PATH_MAX], scratch[PATH_MAX];

	if (place_make(place_data(), "images") < 0)
		return -1;
	if (find_place(path, cfg->image) < 0)
		return fail("open image", cfg->image);
	if (access(path, F_OK) < 0) {
		if (unpack_in_child(cfg) < 0)
			return -1;
		make_scratch_path(scratch, cfg);
		/* Another container may have been faster: then ours is removed with the rest. */
		if (rename(scratch, path) < 0 && errno != EEXIST && errno != ENOTEMPTY)
			return fail("save", path);
	}
	cfg->rootfs = strdup(path);
	return cfg->rootfs ? 0 : fail("allocate", "a path");
}
