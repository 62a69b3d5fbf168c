/* logs_files.c: files that are renamed while they are read. See logs_files.h; next file: volume.h */
#include "logs_files.h"
#include "../base/err.h"
#include "../base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/*
 * While the monitor renames, a number is free, and the file that had it may have moved on twice
 * before we look at the next one. That many free numbers in a row are the end.
 */
enum { BLOCK = 65536, FREE_NUMBERS = 8 };

/* Much more than follows an entry's text: 60 bytes. */
enum { ENDING = 256 };

struct name {
	char text[32];
};

static struct name name_of(uint32_t number)
{
	struct name name;

	if (number)
		snprintf(name.text, sizeof(name.text), LOGS_NAME ".%u", number);
	else
		snprintf(name.text, sizeof(name.text), LOGS_NAME);
	return name;
}

/* ENOENT is what all failures are: there is no such log. */
static bool open_number(int dir_fd, uint32_t number, struct logs_file *ret_file)
{
	int fd = openat(dir_fd, name_of(number).text,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return false;
	}
	*ret_file = (struct logs_file){.fd = fd, .inode = st.st_ino};
	return true;
}

/* The monitor tries for the other lock, and does not keep it: this does not wait. */
static void lock(const struct logs_file *file)
{
	while (flock(file->fd, LOCK_SH) < 0 && errno == EINTR)
		;
}

static int add(struct logs_files *files, const struct logs_file *file)
{
	struct logs_file *items = realloc(files->items, (files->count + 1) * sizeof(*files->items));

	if (!items)
		return err_set(ENOMEM, "out of memory");
	files->items = items;
	items[files->count++] = *file;
	return 0;
}

static void reverse(struct logs_files *files)
{
	for (size_t i = 0; i < files->count / 2; i++) {
		struct logs_file other = files->items[files->count - 1 - i];

		files->items[files->count - 1 - i] = files->items[i];
		files->items[i] = other;
	}
}

static int open_all(struct logs_files *files)
{
	struct logs_file file;
	uint32_t missing = 0;

	for (uint32_t number = 0; missing < FREE_NUMBERS; number++) {
		if (!open_number(files->dir_fd, number, &file)) {
			missing++;
			continue;
		}
		missing = 0;
		if (files->count && files->items[files->count - 1].inode == file.inode) {
			close(file.fd); /* renamed between two looks */
			continue;
		}
		if (files->count == 0)
			lock(&file);
		if (add(files, &file) < 0) {
			close(file.fd);
			return -1;
		}
	}
	reverse(files);
	return 0;
}

int logs_files_open(int dir_fd, struct logs_files *ret_files)
{
	struct logs_files files = {.dir_fd = dir_fd};

	if (open_all(&files) < 0) {
		logs_files_close(&files);
		return -1;
	}
	*ret_files = files;
	return 0;
}

void logs_files_close(struct logs_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		close(files->items[i].fd);
	free(files->items);
	files->items = NULL;
	files->count = 0;
}

void logs_files_drop(struct logs_files *files)
{
	close(files->items[0].fd);
	files->count--;
	memmove(files->items, files->items + 1, files->count * sizeof(*files->items));
}

/* --- the last lines --- */

/* What is still to be gone back over. */
struct tail {
	uint64_t lines;
	bool is_met[2]; /* standard output, standard error: its last entry has been seen */
	bool is_over;	/* what comes before is not wanted */
};

/*
 * A line that is longer than an entry is several entries, of which the last one's text ends in a
 * newline. The text's own quotes are escaped, so what follows it is found by its quotes.
 */
static bool ends_line(const char *entry, size_t length, struct tail *tail)
{
	static const char behind[] = "\",\"stream\":\"";
	const char *end = memmem(entry, length, behind, strlen(behind)), *at;
	bool is_error, is_last, is_escaped = false;

	if (!end)
		return true; /* not ours */
	at = end - 1;
	is_error = str_has_prefix(end + strlen(behind), "stderr\"");
	is_last = !tail->is_met[is_error];
	tail->is_met[is_error] = true;
	if (is_last || at < entry || *at != 'n')
		return is_last;
	while (at-- > entry && *at == '\\')
		is_escaped = !is_escaped;
	return is_escaped;
}

/* The entry before the newline at `offset`: does it end a line? */
static int take_back(const struct logs_file *file, off_t offset, struct tail *tail)
{
	char text[ENDING + 1] = "", *before;
	off_t size = offset < ENDING ? offset : ENDING;

	if (pread(file->fd, text, size, offset - size) != size)
		return err_sys("read the log");
	before = memrchr(text, '\n', size);
	before = before ? before + 1 : text;
	if (!ends_line(before, text + size - before, tail))
		return 0;
	if (tail->lines == 0)
		tail->is_over = true;
	else
		tail->lines--;
	return 0;
}

/* To where the lines begin; half an entry at the end is none. */
static int seek_back(struct logs_file *file, struct tail *tail)
{
	auto_free char *block = malloc(BLOCK);
	off_t begin = lseek(file->fd, 0, SEEK_END);

	if (!block || begin < 0)
		return err_sys("read the log");
	while (begin > 0) {
		size_t size = begin < BLOCK ? begin : BLOCK;

		begin -= size;
		if (pread(file->fd, block, size, begin) != (ssize_t)size)
			return err_sys("read the log");
		for (size_t i = size; i-- > 0;) {
			if (block[i] != '\n')
				continue;
			if (take_back(file, begin + i, tail) < 0)
				return -1;
			file->offset = tail->is_over ? begin + i + 1 : 0;
			if (tail->is_over)
				return 0;
		}
	}
	return 0;
}

/* Of two streams' long lines that are mixed, the first one may begin with a piece. */
int logs_files_seek(struct logs_files *files, uint64_t lines)
{
	struct tail tail = {.lines = lines};
	size_t first = files->count;

	while (first > 0 && !tail.is_over)
		if (seek_back(&files->items[--first], &tail) < 0)
			return -1;
	while (first-- > 0)
		logs_files_drop(files);
	return 0;
}

/* --- the next file --- */

enum { REMOVED = -1, NOT_NOW = -2 };

/* The number that a file has now, or one of the two. */
static int64_t number_of(int dir_fd, const struct logs_file *file)
{
	int missing = 0;
	struct stat st;

	for (uint32_t number = 0; missing < FREE_NUMBERS; number++) {
		if (fstatat(dir_fd, name_of(number).text, &st, AT_SYMLINK_NOFOLLOW) < 0)
			missing++;
		else if (st.st_ino == file->inode)
			return number;
		else
			missing = 0;
	}
	return fstat(file->fd, &st) == 0 && st.st_nlink > 0 ? NOT_NOW : REMOVED;
}

/* The oldest one there is. */
static bool open_oldest(int dir_fd, struct logs_file *ret_file)
{
	struct logs_files all = {.dir_fd = dir_fd};
	bool found = open_all(&all) == 0 && all.count > 0;

	if (found) {
		*ret_file = all.items[0];
		all.items[0].fd = -1;
	}
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].fd >= 0)
			close(all.items[i].fd);
	free(all.items);
	return found;
}

/*
 * The file one number below: it is the next one if ours still has its number afterwards, since
 * ours is renamed first. While the monitor is between the two, the number below is free: later.
 */
static bool open_next(const struct logs_files *files, const struct logs_file *last,
		      struct logs_file *ret_file, bool *ret_lost)
{
	int64_t number = number_of(files->dir_fd, last);

	*ret_lost = false;
	while (number > 0) {
		if (!open_number(files->dir_fd, number - 1, ret_file))
			return false;
		lock(ret_file);
		if (number_of(files->dir_fd, last) == number)
			return true;
		close(ret_file->fd);
		number = number_of(files->dir_fd, last);
	}
	*ret_lost = number == REMOVED;
	if (number != REMOVED || !open_oldest(files->dir_fd, ret_file))
		return false;
	lock(ret_file);
	return true;
}

bool logs_files_next(struct logs_files *files, bool *ret_lost)
{
	struct logs_file next;
	bool found;

	*ret_lost = false;
	if (files->count == 0)
		found = open_oldest(files->dir_fd, &next);
	else
		found = open_next(files, &files->items[files->count - 1], &next, ret_lost);
	if (!found)
		return false;
	if (add(files, &next) == 0)
		return true;
	close(next.fd);
	return false;
}
