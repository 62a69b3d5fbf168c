/*
 * cgroup_stat.c: what a container uses: files of both versions into one structure. What the
 * kernel lacks stays 0. Next file: cgroup_oom.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

enum { NS_PER_US = 1000 };

/* One file of one cgroup, in the stat's arena; NULL if there is none. */
static char *read_file(const char *mount, const char *path, const char *file,
		       struct cgroup_stat *stat)
{
	char text[16384];

	if (!mount || cgroup_file_read(mount, path, file, text, sizeof(text)) < 0)
		return NULL;
	return arena_copy(&stat->arena, text, strlen(text));
}

/* One number. "max", and what version 1 means by it, is UINT64_MAX. */
static bool read_number(const char *mount, const char *path, const char *file, uint64_t *ret_value)
{
	char text[64];

	if (!mount || cgroup_file_read(mount, path, file, text, sizeof(text)) < 0)
		return false;
	*ret_value = strcmp(text, "max") == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
	return true;
}

/* Version 1 rounds "no limit" down to whole pages: anything of that size is none. */
static bool read_v1_limit(const char *mount, const char *path, const char *file,
			  uint64_t *ret_value)
{
	if (!read_number(mount, path, file, ret_value))
		return false;
	if (*ret_value >= (uint64_t)INT64_MAX / 4096 * 4096 - 65536)
		*ret_value = UINT64_MAX;
	return true;
}

/* The number behind "key " at the beginning of a line; 0 if there is none. */
static uint64_t find_key(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

/* Lines "key value" as a map. Takes the text apart. */
static int split_lines(char *text, struct cgroup_stat *stat)
{
	struct str_map map = {0};
	size_t most = 1;
	char *saved;

	for (const char *c = text; *c; c++)
		most += *c == '\n';
	map.items = arena_alloc(&stat->arena, most * sizeof(*map.items));
	if (!map.items)
		return -1;
	for (char *line = strtok_r(text, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		*space = '\0';
		map.items[map.count++] = (struct str_pair){.key = line, .value = space + 1};
	}
	stat->memory_raw = map;
	return 0;
}

static void stat_pids(const char *mount, const char *path, struct cgroup_stat *stat)
{
	if (!read_number(mount, path, "pids.current", &stat->pids_current))
		return;
	stat->has_pids = read_number(mount, path, "pids.max", &stat->pids_limit);
}

static struct cgroup_io_stat *io_device(struct cgroup_stat *stat, uint64_t major, uint64_t minor)
{
	struct cgroup_io_stat *items;
	size_t count = stat->io.count;

	for (size_t i = 0; i < count; i++)
		if (stat->io.items[i].major == major && stat->io.items[i].minor == minor)
			return &stat->io.items[i];
	items = arena_alloc(&stat->arena, (count + 1) * sizeof(*items));
	if (!items)
		return NULL;
	if (count)
		memcpy(items, stat->io.items, count * sizeof(*items));
	items[count] = (struct cgroup_io_stat){.major = major, .minor = minor};
	stat->io.items = items;
	stat->io.count = count + 1;
	return &items[count];
}

static int add_hugetlb(struct cgroup_stat *stat, const struct cgroup_hugetlb_stat *one)
{
	size_t count = stat->hugetlb.count;
	struct cgroup_hugetlb_stat *items = arena_alloc(&stat->arena, (count + 1) * sizeof(*items));

	if (!items)
		return -1;
	if (count)
		memcpy(items, stat->hugetlb.items, count * sizeof(*items));
	items[count] = *one;
	stat->hugetlb.items = items;
	stat->hugetlb.count = count + 1;
	return 0;
}

/* Calls each() for "2MB" and whatever else has files "hugetlb.SIZE.suffix" in the cgroup. */
static int for_each_page_size(const char *mount, const char *path, const char *suffix,
			      struct cgroup_stat *stat,
			      int (*each)(const char *mount, const char *path, char *size,
					  struct cgroup_stat *stat))
{
	char place[PATH_MAX], *size;
	auto_dir DIR *dir = NULL;
	struct dirent *entry;

	snprintf(place, sizeof(place), "%s%s", mount, path);
	dir = opendir(place);
	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name + strlen("hugetlb."), *dot;

		if (!str_has_prefix(entry->d_name, "hugetlb.") || !(dot = strchr(name, '.')) ||
		    strcmp(dot + 1, suffix) != 0)
			continue;
		size = arena_copy(&stat->arena, name, dot - name);
		if (!size || each(mount, path, size, stat) < 0)
			return -1;
	}
	return 0;
}

static uint64_t hugetlb_number(const char *mount, const char *path, const char *size,
			       const char *suffix)
{
	char file[128];
	uint64_t value = 0;

	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, suffix);
	return read_number(mount, path, file, &value) ? value : 0;
}

/* --- version 1 --- */

static int memory_v1(const char *mount, const char *path, struct cgroup_stat *stat)
{
	char *raw = read_file(mount, path, "memory.stat", stat);
	char *oom = read_file(mount, path, "memory.oom_control", stat);

	if (!raw || !read_number(mount, path, "memory.usage_in_bytes", &stat->memory_usage))
		return 0;
	stat->has_memory = true;
	read_v1_limit(mount, path, "memory.limit_in_bytes", &stat->memory_limit);
	read_number(mount, path, "memory.max_usage_in_bytes", &stat->memory_max_usage);
	read_number(mount, path, "memory.failcnt", &stat->memory_failcnt);
	read_number(mount, path, "memory.memsw.usage_in_bytes", &stat->swap_usage);
	if (!read_v1_limit(mount, path, "memory.memsw.limit_in_bytes", &stat->swap_limit))
		stat->swap_limit = UINT64_MAX;
	stat->memory_cache = find_key(raw, "total_cache");
	stat->memory_rss = find_key(raw, "total_rss");
	stat->oom_kills = oom ? find_key(oom, "oom_kill") : 0;
	return split_lines(raw, stat);
}

static int per_cpu_v1(const char *text, struct cgroup_stat *stat)
{
	size_t most = 1, count = 0;
	uint64_t *items;
	char *end;

	for (const char *c = text; *c; c++)
		most += *c == ' ';
	items = arena_alloc(&stat->arena, most * sizeof(*items));
	if (!items)
		return -1;
	for (const char *c = text; count < most; c = end) {
		items[count] = strtoull(c, &end, 10);
		if (end == c)
			break;
		count++;
	}
	stat->cpu_per_cpu_ns.items = items;
	stat->cpu_per_cpu_ns.count = count;
	return 0;
}

static int cpu_v1(const char *cpuacct, const char *cpu, const char *path, struct cgroup_stat *stat)
{
	const char *per_cpu = read_file(cpuacct, path, "cpuacct.usage_percpu", stat);
	const char *text = read_file(cpu, path, "cpu.stat", stat);

	if (!read_number(cpuacct, path, "cpuacct.usage", &stat->cpu_usage_ns))
		return 0;
	stat->has_cpu = true;
	read_number(cpuacct, path, "cpuacct.usage_user", &stat->cpu_user_ns);
	read_number(cpuacct, path, "cpuacct.usage_sys", &stat->cpu_system_ns);
	if (text) {
		stat->cpu_periods = find_key(text, "nr_periods");
		stat->cpu_throttled_periods = find_key(text, "nr_throttled");
		stat->cpu_throttled_ns = find_key(text, "throttled_time");
	}
	return per_cpu ? per_cpu_v1(per_cpu, stat) : 0;
}

/* Lines "8:0 Read 4096"; the last line, "Total 8192", is not of a device. */
static int io_v1(char *text, bool bytes, struct cgroup_stat *stat)
{
	unsigned long long major, minor, value;
	char *saved, kind[16];

	for (char *line = text ? strtok_r(text, "\n", &saved) : NULL; line;
	     line = strtok_r(NULL, "\n", &saved)) {
		struct cgroup_io_stat *io;

		if (sscanf(line, "%llu:%llu %15s %llu", &major, &minor, kind, &value) != 4)
			continue;
		io = io_device(stat, major, minor);
		if (!io)
			return -1;
		if (strcmp(kind, "Read") == 0)
			*(bytes ? &io->read_bytes : &io->read_ops) = value;
		else if (strcmp(kind, "Write") == 0)
			*(bytes ? &io->write_bytes : &io->write_ops) = value;
	}
	stat->has_io |= text != NULL;
	return 0;
}

static int hugetlb_v1(const char *mount, const char *path, char *size, struct cgroup_stat *stat)
{
	return add_hugetlb(
		stat, &(struct cgroup_hugetlb_stat){
			      .page_size = size,
			      .usage = hugetlb_number(mount, path, size, "usage_in_bytes"),
			      .max_usage = hugetlb_number(mount, path, size, "max_usage_in_bytes"),
			      .failcnt = hugetlb_number(mount, path, size, "failcnt"),
		      });
}

int cgroup_stat_v1(const struct cgroup *cg, struct cgroup_stat *stat)
{
	char *const *v1 = cg->host->v1;
	const char *io = v1[CGROUP_IO];

	if (v1[CGROUP_MEMORY] && memory_v1(v1[CGROUP_MEMORY], cg->path, stat) < 0)
		return -1;
	if (v1[CGROUP_CPUACCT] && cpu_v1(v1[CGROUP_CPUACCT], v1[CGROUP_CPU], cg->path, stat) < 0)
		return -1;
	if (v1[CGROUP_PIDS])
		stat_pids(v1[CGROUP_PIDS], cg->path, stat);
	if (io_v1(read_file(io, cg->path, "blkio.throttle.io_service_bytes_recursive", stat), true,
		  stat) < 0 ||
	    io_v1(read_file(io, cg->path, "blkio.throttle.io_serviced_recursive", stat), false,
		  stat) < 0)
		return -1;
	return v1[CGROUP_HUGETLB] ? for_each_page_size(v1[CGROUP_HUGETLB], cg->path,
						       "usage_in_bytes", stat, hugetlb_v1)
				  : 0;
}

/* --- version 2 --- */

static int memory_v2(const char *mount, const char *path, struct cgroup_stat *stat)
{
	char *raw = read_file(mount, path, "memory.stat", stat);
	char *events = read_file(mount, path, "memory.events", stat);
	uint64_t swap = 0, swap_limit = 0;

	if (!raw || !read_number(mount, path, "memory.current", &stat->memory_usage))
		return 0;
	stat->has_memory = true;
	read_number(mount, path, "memory.max", &stat->memory_limit);
	read_number(mount, path, "memory.peak", &stat->memory_max_usage); /* Linux 5.19 */
	read_number(mount, path, "memory.swap.current", &swap);
	read_number(mount, path, "memory.swap.max", &swap_limit);
	stat->swap_usage = stat->memory_usage + swap;
	stat->swap_limit = stat->memory_limit == UINT64_MAX || swap_limit == UINT64_MAX
				   ? UINT64_MAX
				   : stat->memory_limit + swap_limit;
	stat->memory_cache = find_key(raw, "file");
	stat->memory_rss = find_key(raw, "anon");
	stat->memory_failcnt = events ? find_key(events, "max") : 0;
	stat->oom_kills = events ? find_key(events, "oom_kill") : 0;
	return split_lines(raw, stat);
}

static void cpu_v2(const char *mount, const char *path, struct cgroup_stat *stat)
{
	const char *text = read_file(mount, path, "cpu.stat", stat);

	if (!text)
		return;
	stat->has_cpu = true;
	stat->cpu_usage_ns = find_key(text, "usage_usec") * NS_PER_US;
	stat->cpu_user_ns = find_key(text, "user_usec") * NS_PER_US;
	stat->cpu_system_ns = find_key(text, "system_usec") * NS_PER_US;
	stat->cpu_periods = find_key(text, "nr_periods");
	stat->cpu_throttled_periods = find_key(text, "nr_throttled");
	stat->cpu_throttled_ns = find_key(text, "throttled_usec") * NS_PER_US;
}

/* Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static int io_v2(char *text, struct cgroup_stat *stat)
{
	unsigned long long major, minor, values[4];
	char *saved;

	for (char *line = text ? strtok_r(text, "\n", &saved) : NULL; line;
	     line = strtok_r(NULL, "\n", &saved)) {
		struct cgroup_io_stat *io;

		if (sscanf(line, "%llu:%llu rbytes=%llu wbytes=%llu rios=%llu wios=%llu", &major,
			   &minor, &values[0], &values[1], &values[2], &values[3]) != 6)
			continue;
		io = io_device(stat, major, minor);
		if (!io)
			return -1;
		io->read_bytes = values[0];
		io->write_bytes = values[1];
		io->read_ops = values[2];
		io->write_ops = values[3];
	}
	stat->has_io |= text != NULL;
	return 0;
}

static int hugetlb_v2(const char *mount, const char *path, char *size, struct cgroup_stat *stat)
{
	char file[128];
	const char *events;

	snprintf(file, sizeof(file), "hugetlb.%s.events", size);
	events = read_file(mount, path, file, stat);
	return add_hugetlb(stat, &(struct cgroup_hugetlb_stat){
					 .page_size = size,
					 .usage = hugetlb_number(mount, path, size, "current"),
					 .failcnt = events ? find_key(events, "max") : 0,
				 });
}

/* Lines "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and "full ...": accounting/psi.rst */
static bool read_pressure(const char *mount, const char *path, const char *file,
			  struct cgroup_pressure *ret)
{
	static const char format[] = " avg10=%lf avg60=%lf avg300=%lf total=%lu";
	struct cgroup_pressure psi = {0};
	const char *some, *full;
	char text[512];

	if (cgroup_file_read(mount, path, file, text, sizeof(text)) < 0)
		return false; /* EOPNOTSUPP: turned off at boot */
	some = strstr(text, "some");
	full = strstr(text, "full");
	if (!some || sscanf(some + 4, format, &psi.some.avg10, &psi.some.avg60, &psi.some.avg300,
			    &psi.some.total) != 4)
		return false;
	if (full && sscanf(full + 4, format, &psi.full.avg10, &psi.full.avg60, &psi.full.avg300,
			   &psi.full.total) != 4)
		return false;
	*ret = psi;
	return true;
}

int cgroup_stat_v2(const struct cgroup *cg, struct cgroup_stat *stat)
{
	const struct cgroup_host *host = cg->host;

	if (memory_v2(host->v2, cg->path, stat) < 0)
		return -1;
	/* On a hybrid machine version 2 has a cpu.stat, too, but the account is version 1's. */
	if (!host->v1[CGROUP_CPUACCT])
		cpu_v2(host->v2, cg->path, stat);
	stat_pids(host->v2, cg->path, stat);
	if (io_v2(read_file(host->v2, cg->path, "io.stat", stat), stat) < 0)
		return -1;
	stat->has_psi = read_pressure(host->v2, cg->path, "cpu.pressure", &stat->cpu_psi) &&
			read_pressure(host->v2, cg->path, "memory.pressure", &stat->memory_psi) &&
			read_pressure(host->v2, cg->path, "io.pressure", &stat->io_psi);
	return for_each_page_size(host->v2, cg->path, "current", stat, hugetlb_v2);
}

void cgroup_stat_free(struct cgroup_stat *stat)
{
	arena_free(&stat->arena);
	*stat = (struct cgroup_stat){0};
}
