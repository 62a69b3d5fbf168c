/*
 * exec-spy SECONDS: looks at every process that enters the container, CVE-2016-9962. One that has
 * not executed its program yet is still the runtime, with the runtime's descriptors. Prints TRACED
 * or OPENED if it can be reached; at the end how many processes there were, and how often one was
 * seen but could not be looked into.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <dirent.h>
#include <limits.h>
#include <sys/ptrace.h>
#include <time.h>

static long met, shut;

/* Whoever may read the link may open what it leads to. */
static void look_at_descriptors(const char *pid)
{
	char path[64], target[PATH_MAX];

	for (int fd = 3; fd < 32; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%s/fd/%d", pid, fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		printf("OPENED %s: %s\n", path, target);
	}
}

enum program { UNKNOWN, HIDDEN, OWN, FOREIGN };

/* Whether the process executes a program of the container, by the name it has in here. */
static enum program program_of(const char *pid)
{
	char path[64], program[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	length = readlink(path, program, sizeof(program) - 1);
	if (length < 0)
		return errno == EACCES ? HIDDEN : UNKNOWN; /* or it has ended */
	program[length] = '\0';
	if (access(program, X_OK) == 0)
		return OWN;
	printf("OPENED %s: %s\n", path, program);
	return FOREIGN;
}

/*
 * While a process executes a program, ptrace(2) waits, and then traces the new program: that is no
 * attack. One that is still the runtime's stays hidden even from who traces it.
 */
static void trace(const char *pid)
{
	pid_t number = atoi(pid);
	int status;

	if (ptrace(PTRACE_SEIZE, number, NULL, NULL) < 0)
		return;
	if (program_of(pid) == HIDDEN)
		printf("TRACED %s\n", pid);
	ptrace(PTRACE_INTERRUPT, number, NULL, NULL);
	if (waitpid(number, &status, __WALL) >= 0 && WIFSTOPPED(status))
		ptrace(PTRACE_DETACH, number, NULL, NULL);
}

static void look_at(const char *pid)
{
	met++;
	look_at_descriptors(pid);
	if (program_of(pid) != HIDDEN)
		return;
	shut++;
	trace(pid);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);

	started();
	while (time(NULL) < end) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc && (entry = readdir(proc)))
			if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid())
				look_at(entry->d_name);
		closedir(proc);
	}
	printf("MET %ld SHUT %ld\n", met, shut);
	return 0;
}
