/*
 * usage.c: files of cgroups and of /proc to numbers: a table says which file, which word in it, and
 * in which unit. See usage.h; next file: usage_find.c
 */
#include "usage.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "usage_find.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>

enum { FILE_MAX = 1 << 20, NS_PER_US = 1000 };

/* --- the cgroup --- */

/* A number in a file: the whole file, or what is behind a word at the beginning of a line. */
struct account {
	size_t offset; /* in struct usage */
	const char *controller, *file, *word;
	int64_t factor;
};

#define AT(member) offsetof(struct usage, member)

static const struct account accounts_v1[] = {
	{AT(cpu), "cpuacct", "cpuacct.usage", NULL, 1},
	{AT(throttled), "cpu", "cpu.stat", "throttled_time", 1},
	{AT(throttled_periods), "cpu", "cpu.stat", "nr_throttled", 1},
	{AT(memory), "memory", "memory.usage_in_bytes", NULL, 1},
	{AT(memory_limit), "memory", "memory.limit_in_bytes", NULL, 1},
	{AT(oom_kills), "memory", "memory.oom_control", "oom_kill", 1},
	{AT(pids), "pids", "pids.current", NULL, 1},
	{AT(pids_limit), "pids", "pids.max", NULL, 1},
};

static const struct account accounts_v2[] = {
	{AT(cpu), "cpu", "cpu.stat", "usage_usec", NS_PER_US},
	{AT(throttled), "cpu", "cpu.stat", "throttled_usec", NS_PER_US},
	{AT(throttled_periods), "cpu", "cpu.stat", "nr_throttled", 1},
	{AT(memory), "memory", "memory.current", NULL, 1},
	{AT(memory_limit), "memory", "memory.max", NULL, 1},
	{AT(oom_kills), "memory", "memory.events", "oom_kill", 1},
	{AT(pids), "pids", "pids.current", NULL, 1},
	{AT(pids_limit), "pids", "pids.max", NULL, 1},
};

/* Whether the text begins with the word, and a blank behind it. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	return strncmp(text, word, length) == 0 && text[length] == ' ';
}

/* The number behind a word at the beginning of a line; "max" is USAGE_UNKNOWN. */
static int64_t find_number(const char *text, const char *word)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (word && !has_word(line, word))
			continue;
		line += word ? strlen(word) + 1 : 0;
		if (*line < '0' || *line > '9')
			return USAGE_UNKNOWN;
		return strtoll(line, NULL, 10); /* what is greater is INT64_MAX */
	}
	return USAGE_UNKNOWN;
}

static const char *read_file(const char *directory, const char *file, struct arena *arena)
{
	char *path = directory ? arena_format(arena, "%s/%s", directory, file) : NULL, *text;

	if (!path || fd_read_file(AT_FDCWD, path, FILE_MAX, arena, &text, NULL) < 0)
		return NULL;
	return text;
}

static void read_accounts(const struct account *account, size_t count, int version,
			  const struct usage_place *place, struct usage *usage)
{
	auto_arena struct arena arena = {0};

	for (; count > 0; count--, account++) {
		const char *directory = usage_directory(place, account->controller, version);
		const char *text = read_file(directory, account->file, &arena);
		int64_t number = text ? find_number(text, account->word) : USAGE_UNKNOWN;

		if (number >= 0)
			*(int64_t *)((char *)usage + account->offset) =
				number > INT64_MAX / account->factor ? INT64_MAX
								     : number * account->factor;
	}
}

/*
 * Pages of files that nobody has used for a while go before anybody feels it: as docker and podman,
 * they are not counted. A limit above what the machine has is none.
 */
static void adjust_memory(const struct usage_place *place, struct usage *usage)
{
	auto_arena struct arena arena = {0};
	const char *v1 = read_file(usage_directory(place, "memory", 1), "memory.stat", &arena);
	const char *v2 = read_file(usage_directory(place, "memory", 2), "memory.stat", &arena);
	int64_t inactive = v2	? find_number(v2, "inactive_file")
			   : v1 ? find_number(v1, "total_inactive_file")
				: 0;
	struct sysinfo machine = {0};
	int64_t all = sysinfo(&machine) == 0 ? (int64_t)machine.totalram * machine.mem_unit : 0;

	if (usage->memory >= 0 && inactive > 0)
		usage->memory = usage->memory > inactive ? usage->memory - inactive : 0;
	if (usage->memory_limit < 0 || usage->memory_limit > all)
		usage->memory_limit = all;
}

/* Lines "8:0 Read 4096" of version 1: every device's are added. */
static void read_disks_v1(const char *text, struct usage *usage)
{
	usage->disk_read = usage->written = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		int64_t value;
		char kind[16];

		line += *line == '\n';
		if (sscanf(line, "%*u:%*u %15s %" SCNd64, kind, &value) != 2)
			continue;
		if (strcmp(kind, "Read") == 0)
			usage->disk_read += value;
		else if (strcmp(kind, "Write") == 0)
			usage->written += value;
	}
}

static int64_t sum_of(const char *text, const char *word)
{
	int64_t sum = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		sum += strtoll(text, NULL, 10);
	}
	return sum;
}

static void read_disks(const struct usage_place *place, struct usage *usage)
{
	auto_arena struct arena arena = {0};
	const char *v1 = usage_directory(place, "blkio", 1);
	const char *text = read_file(usage_directory(place, "io", 2), "io.stat", &arena);

	if (text) { /* "8:0 rbytes=4096 wbytes=0 ..." */
		usage->disk_read = sum_of(text, " rbytes=");
		usage->written = sum_of(text, " wbytes=");
	} else if ((text = read_file(v1, "blkio.throttle.io_service_bytes_recursive", &arena))) {
		read_disks_v1(text, usage);
	}
}

/* "some avg10=1.23 avg60=...": some process waited. Kernel, Documentation/accounting/psi.rst. */
static int64_t read_pressure(const char *directory, const char *file)
{
	auto_arena struct arena arena = {0};
	const char *text = read_file(directory, file, &arena);
	unsigned int whole, part;
	int64_t pressure = USAGE_UNKNOWN;

	if (text && sscanf(text, "some avg10=%u.%2u", &whole, &part) == 2)
		pressure = whole * 100 + part;
	return pressure;
}

/* --- the network --- */

/* "  eth0: bytes packets errs drop fifo frame compressed multicast bytes ...", proc_pid_net(5). */
static void read_interface(char *line, struct usage *usage)
{
	char *colon = strchr(line, ':');
	int64_t received, sent;

	if (!colon)
		return;
	*colon = '\0';
	line += strspn(line, " ");
	if (strcmp(line, "lo") == 0 ||
	    sscanf(colon + 1, "%" SCNd64 " %*u %*u %*u %*u %*u %*u %*u %" SCNd64, &received,
		   &sent) != 2)
		return;
	usage->received += received;
	usage->sent += sent;
}

static bool has_own_network(pid_t pid)
{
	struct stat ours, its;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &its) == 0 &&
	       (ours.st_ino != its.st_ino || ours.st_dev != its.st_dev);
}

static void read_network(pid_t pid, struct usage *usage)
{
	auto_file FILE *file = NULL;
	auto_free char *line = NULL;
	size_t size = 0;
	char path[40];

	if (!has_own_network(pid))
		return;
	snprintf(path, sizeof(path), "/proc/%d/net/dev", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	usage->received = usage->sent = 0;
	while (getline(&line, &size, file) > 0)
		read_interface(line, usage);
}

/* --- all of it --- */

static int64_t nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct usage usage_nothing(void)
{
	struct usage usage;

	memset(&usage, 0xff, sizeof(usage)); /* USAGE_UNKNOWN, every number of it */
	return usage;
}

int usage_read(pid_t pid, const char *id, struct usage *ret_usage)
{
	struct usage_place place = {0};
	const char *unified;
	struct usage usage = usage_nothing();
	struct err saved = *err_last();

	if (usage_find(pid, id, &place) < 0)
		return -1;
	usage.time = nanoseconds_now();
	read_accounts(accounts_v1, ARRAY_SIZE(accounts_v1), 1, &place, &usage);
	read_accounts(accounts_v2, ARRAY_SIZE(accounts_v2), 2, &place, &usage);
	adjust_memory(&place, &usage);
	read_disks(&place, &usage);
	unified = usage_directory(&place, NULL, 2);
	usage.cpu_pressure = read_pressure(unified, "cpu.pressure");
	usage.memory_pressure = read_pressure(unified, "memory.pressure");
	usage.io_pressure = read_pressure(unified, "io.pressure");
	read_network(pid, &usage);
	usage_forget(&place);
	err_adopt(&saved); /* files that are not there are no failure */
	*ret_usage = usage;
	return 0;
}

int64_t usage_cpu_percent(const struct usage *before, const struct usage *now)
{
	int64_t wall = now->time - before->time, used = now->cpu - before->cpu;

	if (now->cpu < 0 || before->cpu < 0 || wall <= 0 || used < 0)
		return 0;
	return (int64_t)((double)used * 10000 / (double)wall + 0.5);
}
