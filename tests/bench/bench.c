/*
 * bench: runs the cases of a plan, interleaved, and prints how long each took. `bench`, the
 * script, writes the plan and reads what is printed; this part is in C because a shell's own noise
 * is as large as what is measured.
 *
 *	bench ROUNDS PAUSE LOG <PLAN
 *
 * The plan has one entry a line, its words separated by tabs:
 *	group VARIANT MEASURE       what is compared: the cases that follow
 *	case CONTENDER              the steps that follow, one after the other
 *	run NAME STDIN PROGRAM...   a step: the program has to end with 0
 *	reap NAME PIDFILE           a step: a process that `run` left has to end, and is reaped
 *
 * PAUSE is in milliseconds, before each case. Each round runs every case once, group by group; in
 *each round another case of the group is first. A round before the first one is not counted. One
 *line for each case and round: VARIANT MEASURE CONTENDER ROUND NANOSECONDS CPU-NANOSECONDS
 *NAME=NANOSECONDS... CPU time is that of the programs of `run` and of all they waited for.
 *
 * A case that fails is told on standard error, with the end of LOG, and is left out from then on;
 * the status is then 1. The programs' output goes to LOG, which is emptied before each case.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_WORDS 64
#define MOST_STEPS 6
#define MOST_CASES 16
#define MOST_GROUPS 32

struct step {
	char *words[MOST_WORDS]; /* ends with NULL */
	bool is_reap;
};

struct contest {
	const char *contender;
	struct step steps[MOST_STEPS];
	size_t n_steps;
	bool failed;
};

struct group {
	const char *variant, *measure;
	struct contest cases[MOST_CASES];
	size_t n_cases;
};

static struct group groups[MOST_GROUPS];
static size_t n_groups;

static void die(const char *what, const char *value)
{
	fprintf(stderr, "bench: %s: %s\n", value, what);
	exit(2);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* --- the plan --- */

static void add_step(struct contest *contest, char **words, size_t n_words)
{
	struct step *step = &contest->steps[contest->n_steps];

	if (contest->n_steps == MOST_STEPS || n_words < 3)
		die("too many steps, or too few words", words[0]);
	step->is_reap = strcmp(words[0], "reap") == 0;
	memcpy(step->words, words, (n_words + 1) * sizeof(*words));
	contest->n_steps++;
}

static void add_line(char *line)
{
	char *words[MOST_WORDS] = {0};
	size_t n_words = 0;
	struct group *group = n_groups ? &groups[n_groups - 1] : NULL;

	line[strcspn(line, "\n")] = '\0';
	for (char *word; (word = strsep(&line, "\t"));) {
		if (n_words == MOST_WORDS - 1)
			die("too many words", words[0]);
		words[n_words++] = word;
	}
	if (strcmp(words[0], "group") == 0 && n_words == 3 && n_groups < MOST_GROUPS)
		groups[n_groups++] = (struct group){.variant = words[1], .measure = words[2]};
	else if (strcmp(words[0], "case") == 0 && group && group->n_cases < MOST_CASES)
		group->cases[group->n_cases++].contender = words[1];
	else if (group && group->n_cases)
		add_step(&group->cases[group->n_cases - 1], words, n_words);
	else
		die("not understood in the plan", words[0]);
}

static void read_plan(void)
{
	char *line = NULL;
	size_t size = 0;

	/* The groups keep pointers into the lines: each is a buffer of its own. */
	while (getline(&line, &size, stdin) > 0) {
		add_line(line);
		line = NULL;
		size = 0;
	}
	free(line);
}

/* --- one case --- */

/* Returns false if the program cannot be started or does not end with 0. */
static bool run_program(const struct step *step, int log, long long *cpu)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int error, status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, step->words[2], O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, log, 1);
	posix_spawn_file_actions_adddup2(&actions, log, 2);
	error = posix_spawn(&pid, step->words[3], &actions, NULL, step->words + 3, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error) {
		dprintf(log, "%s: %s\n", step->words[3], strerror(error));
		return false;
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return false;
	*cpu += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
	if (status != 0)
		dprintf(log, "(wait status 0x%x)\n", status);
	return status == 0;
}

/* The container's init, when `create` has ended, is a child of ours: we are the subreaper. */
static bool reap(const struct step *step, int log)
{
	FILE *file = fopen(step->words[2], "re");
	int pid = 0, status;

	if (!file || fscanf(file, "%d", &pid) != 1)
		dprintf(log, "%s: no process in it\n", step->words[2]);
	if (file)
		fclose(file);
	return pid > 0 && waitpid(pid, &status, 0) == pid;
}

static void report_failure(const struct group *group, const struct contest *contest,
			   const char *step, int log)
{
	char text[2000];
	off_t size = lseek(log, 0, SEEK_END);
	ssize_t length = pread(log, text, sizeof(text) - 1,
			       size < (off_t)sizeof(text) ? 0 : size - (off_t)sizeof(text) + 1);

	text[length > 0 ? length : 0] = '\0';
	fprintf(stderr, "bench: %s, %s, %s: `%s` failed, left out from here on\n%s",
		contest->contender, group->variant, group->measure, step, text);
}

static void run_case(const struct group *group, struct contest *contest, int round, int log)
{
	long long begin, from, took[MOST_STEPS], cpu = 0;

	if (ftruncate(log, 0) < 0 || lseek(log, 0, SEEK_SET) < 0)
		die(strerror(errno), "log");
	begin = from = now();
	for (size_t i = 0; i < contest->n_steps; i++) {
		const struct step *step = &contest->steps[i];
		long long to;

		if (!(step->is_reap ? reap(step, log) : run_program(step, log, &cpu))) {
			report_failure(group, contest, step->words[1], log);
			contest->failed = true;
			return;
		}
		to = now();
		took[i] = to - from;
		from = to;
	}
	/* Helpers of a program that its end has made ours. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (round == 0)
		return;
	printf("%s\t%s\t%s\t%d\t%lld\t%lld", group->variant, group->measure, contest->contender,
	       round, from - begin, cpu);
	for (size_t i = 0; i < contest->n_steps; i++)
		printf("\t%s=%lld", contest->steps[i].words[1], took[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[1]) : 0;
	struct timespec pause = {0};
	bool failed = false;
	int log;

	if (rounds < 1)
		die("usage: bench ROUNDS PAUSE LOG <PLAN", "arguments");
	log = open(argv[3], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die(strerror(errno), argv[3]);
	pause.tv_nsec = strtol(argv[2], NULL, 10) % 1000 * 1000000;
	read_plan();
	for (int round = 0; round <= rounds; round++) {
		for (size_t g = 0; g < n_groups; g++) {
			struct group *group = &groups[g];

			for (size_t i = 0; i < group->n_cases; i++) {
				struct contest *contest =
					&group->cases[(i + (size_t)round) % group->n_cases];

				if (contest->failed)
					continue;
				nanosleep(&pause, NULL);
				run_case(group, contest, round, log);
				failed = failed || contest->failed;
			}
		}
	}
	return failed;
}
