/*
 * record.c: the run record. See record.h for the two locks. Next file: cleanup.h
 */
#include "record.h"
#include "husk.h"
#include "place.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void make_path(char *ret, const char *name)
{
	snprintf(ret, PATH_MAX, "%s/records%s%s", place_state(), name ? "/" : "", name ? name : "");
}

unsigned long long record_start_time(pid_t pid)
{
	char path[64], text[1024] = "", *field;
	unsigned long long ticks = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	/* The second field is a name in parentheses that may hold anything; 20 fields behind it. */
	field = fgets(text, sizeof(text), stream) ? strrchr(text, ')') : NULL;
	for (int i = 0; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	if (field)
		ticks = strtoull(field, NULL, 10);
	fclose(stream);
	return ticks;
}

/* Locks the first byte for this process alone; 0, or -1 if another process has it. */
static int lock_for_life(int fd)
{
	struct flock first_byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	return fcntl(fd, F_SETLK, &first_byte);
}

/* Whether another process has done so. */
static int is_locked(int fd)
{
	struct flock first_byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	return fcntl(fd, F_GETLK, &first_byte) == 0 && first_byte.l_type != F_UNLCK;
}

/* Whether `path` still leads to the open file: gc could have removed it before we had the lock. */
static int is_same_file(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino;
}

/* A record that cannot be locked would look like that of a husk that was killed. */
static int give_up(int fd, const char *path)
{
	fail("lock", path);
	unlink(path);
	close(fd);
	return -1;
}

/* A new file, locked both ways; -1 after it has printed why. */
static int create_locked(const char *path)
{
	for (;;) {
		int fd;

		if (place_make(place_state(), "") < 0 || place_make(place_state(), "records") < 0)
			return -1;
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno == ENOENT) /* the last other husk just removed the directory */
			continue;
		if (fd < 0)
			return fail("create run record (`husk ps` shows who has the name)", path);
		if (lock_for_life(fd) < 0 || flock(fd, LOCK_EX) < 0) {
			if (errno != EAGAIN && errno != EACCES) /* not because gc has it */
				return give_up(fd, path);
		} else if (is_same_file(fd, path)) {
			return fd;
		}
		close(fd);
	}
}

static char *choose_name(void)
{
	unsigned long long random;
	char *name;

	if (getrandom(&random, sizeof(random), 0) < 0 || asprintf(&name, "%016llx", random) < 0)
		return NULL;
	return name;
}

/* What will be shown on terminals must not speak to them. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

int record_create(struct config *cfg)
{
	char path[PATH_MAX], command[200] = "";
	size_t length = 0;

	if (!cfg->name)
		cfg->name = choose_name();
	if (!cfg->name)
		return fail("choose", "a name");
	make_path(path, cfg->name);
	cfg->record = create_locked(path);
	if (cfg->record < 0)
		return -1;
	for (char **word = cfg->argv; *word && length < sizeof(command); word++)
		length += snprintf(command + length, sizeof(command) - length, "%s%s",
				   length ? " " : "", *word);
	make_printable(command);
	if (dprintf(cfg->record, "created %ld\ncommand %s\n", time(NULL), command) < 0) {
		fail("write", path);
		record_remove(cfg->name);
		return -1;
	}
	return 0;
}

int record_add_child(const struct config *cfg, pid_t pid)
{
	unsigned long long start_time = record_start_time(pid);

	if (!start_time || dprintf(cfg->record, "init %d %llu\n", pid, start_time) < 0)
		return fail("write", "run record");
	return 0;
}

int record_is_held(const struct config *cfg)
{
	return is_locked(cfg->record);
}

void record_remove(const char *name)
{
	char path[PATH_MAX];

	make_path(path, name);
	if (unlink(path) < 0 && errno != ENOENT)
		fail("remove", path);
	make_path(path, NULL);
	rmdir(path); /* both stay while there is something else in them */
	rmdir(place_state());
}

/* A record that was cut off by a SIGKILL has fewer lines: what is missing did not happen. */
static void read_record(int fd, const char *name, struct record *ret)
{
	char text[1024] = "";
	struct record record = {.is_running = is_locked(fd)};

	snprintf(record.name, sizeof(record.name), "%s", name);
	/* Not by a second open(2): closing that would give up the fcntl(2) lock of the first. */
	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			sscanf(line, "created %lld", &record.created);
			sscanf(line, "command %255[^\n]", record.command);
			sscanf(line, "init %d %llu", &record.pid, &record.start_time);
		}
	make_printable(record.command); /* the file can be torn, or somebody else's work */
	*ret = record;
}

/* Other names than `--name` takes, a husk did not give. */
static int is_record(const struct dirent *entry)
{
	const char *c = entry->d_name;

	if (*c == '.')
		return 0;
	while (isalnum((unsigned char)*c) || (*c && strchr("_.-", *c)))
		c++;
	return *c == '\0';
}

int record_each(int (*visit)(const struct record *record, int index))
{
	struct dirent **entries;
	struct record record;
	char path[PATH_MAX];
	int count, fd, seen = 0, failed = 0;

	make_path(path, NULL);
	count = scandir(path, &entries, is_record, alphasort);
	if (count < 0)
		return 0; /* no directory: nothing runs */
	for (int i = 0; i < count; i++) {
		make_path(path, entries[i]->d_name);
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0) { /* else it ended meanwhile */
			read_record(fd, entries[i]->d_name, &record);
			close(fd);
			failed += visit(&record, seen++) < 0;
		}
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int record_take(const char *name, struct record *ret_record)
{
	char path[PATH_MAX];
	int fd;

	make_path(path, name);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (lock_for_life(fd) < 0 || !is_same_file(fd, path)) {
		close(fd);
		return -1;
	}
	read_record(fd, name, ret_record);
	return fd;
}

static const char *status_of(const struct record *record)
{
	if (!record->is_running)
		return "killed"; /* its husk; `husk gc` removes the rest */
	return record->pid ? "running" : "starting";
}

static int print_row(const struct record *record, int index)
{
	char when[32];
	struct tm tm = {0}; /* what it stays if the time is none that a calendar has */
	time_t created = record->created;

	(void)index;
	localtime_r(&created, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%-16s  %-8s  %7d  %s  %s\n", record->name, status_of(record), record->pid, when,
	       record->command);
	return 0;
}

static int print_object(const struct record *record, int index)
{
	printf("%s{\"name\":\"%s\",\"status\":\"%s\",\"pid\":%d,\"created\":%lld,\"command\":\"",
	       index ? ",\n " : "", record->name, status_of(record), record->pid, record->created);
	for (const char *c = record->command; *c; c++)
		printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	printf("\"}");
	return 0;
}

int record_print(int as_json)
{
	if (as_json)
		printf("[");
	else
		printf("%-16s  %-8s  %7s  %-19s  %s\n", "NAME", "STATUS", "PID", "CREATED",
		       "COMMAND");
	record_each(as_json ? print_object : print_row);
	if (as_json)
		printf("]\n");
	return fflush(stdout) == 0 ? 0 : EXIT_HUSK;
}
