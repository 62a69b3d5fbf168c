/* oom.c: the counter of OOM kills. See oom.h; next file: logger.h */
#include "oom.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* Where the hierarchies are mounted by convention, systemd's file-hierarchy(7). */
static const struct {
	bool is_v2;
	const char *mount, *file;
} places[] = {{false, "/sys/fs/cgroup/memory", "memory.oom_control"},
	      {true, "/sys/fs/cgroup", "memory.events"},
	      {true, "/sys/fs/cgroup/unified", "memory.events"}};

static uint64_t read_count(int fd)
{
	char text[1024] = "";
	const char *line;

	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	line = strstr(text, "oom_kill "); /* not oom_kill_disable, nor oom_group_kill */
	return line ? strtoull(line + strlen("oom_kill "), NULL, 10) : 0;
}

/* Whether "memory" is among "cpu,memory,...": the controllers of one hierarchy, cgroups(7). */
static bool has_memory(const char *controllers)
{
	auto_free char *copy = strdup(controllers);
	char *rest = copy, *word;

	while (rest && (word = strsep(&rest, ",")))
		if (strcmp(word, "memory") == 0)
			return true;
	return false;
}

/* One line of /proc/PID/cgroup, "NUMBER:CONTROLLERS:PATH"; version 2 has no controllers. */
static int open_counter(char *line)
{
	char *rest = line, path[PATH_MAX];
	const char *controllers;
	int fd = -1;

	rest[strcspn(rest, "\n")] = '\0';
	strsep(&rest, ":");
	controllers = strsep(&rest, ":");
	if (!rest || (*controllers && !has_memory(controllers)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(places) && fd < 0; i++) {
		if (places[i].is_v2 == (*controllers != '\0'))
			continue;
		snprintf(path, sizeof(path), "%s%s/%s", places[i].mount, rest, places[i].file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

void oom_open(pid_t pid, struct oom *ret_oom)
{
	char path[32], *line = NULL;
	auto_file FILE *file = NULL;
	size_t size = 0;
	int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = fopen(path, "re");
	while (file && fd < 0 && getline(&line, &size, file) > 0)
		fd = open_counter(line);
	free(line);
	*ret_oom = (struct oom){.fd = fd, .before = read_count(fd)};
}

bool oom_has_killed(const struct oom *oom)
{
	return read_count(oom->fd) > oom->before;
}

void oom_close(struct oom *oom)
{
	if (oom->fd >= 0)
		close(oom->fd);
	oom->fd = -1;
}
