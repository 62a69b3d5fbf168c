/*
 * init.c: a PID 1 that does its two duties, pid_namespaces(7). See init.h.
 */
#include "init.h"
#include "cli.h"
#include "husk.h"
#include "ns.h"
#include "record.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int init_die_with_husk(const struct config *cfg)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail("follow", "husk");
	/* Too late if it died before that call; getppid(2) is always 0 in a new PID namespace. */
	return record_is_held(cfg) ? 0 : -1;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reaps what has ended; returns whether the command was among it. */
static int reap(pid_t command, int *ret_status)
{
	int status, has_ended = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command) {
			*ret_status = exit_status(status);
			has_ended = 1;
		}
	return has_ended;
}

int init_run(const struct config *cfg)
{
	sigset_t all, before;
	struct signalfd_siginfo info;
	pid_t command;
	int signals, status = 0;

	close_range(3, ~0U, 0); /* /proc/1/fd would lead the container to files of the host */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before); /* before the first child can end */
	/* While sigwaitinfo(2) waits, they do not count as blocked: husk would see no handler. */
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	command = signals < 0 ? -1 : fork();
	if (command == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		_exit(cli_exec(cfg));
	}
	if (command < 0) {
		fail("fork", "the command");
		return EXIT_HUSK;
	}
	while (read(signals, &info, sizeof(info)) > 0) {
		if (info.ssi_signo == SIGCHLD && reap(command, &status))
			return status;
		/* What a terminal sends (SI_KERNEL) the command has got, too: same group. */
		if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
			kill(command, info.ssi_signo);
	}
	fail("read", "signals");
	return EXIT_HUSK;
}

/* Whether it waits by sigtimedwait(2): what it waits for does not count as blocked meanwhile. */
static int is_waiting_for_signals(pid_t pid)
{
	char path[64];
	long call = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	stream = fopen(path, "re");
	if (stream && fscanf(stream, "%ld", &call) != 1)
		call = -1; /* "running" */
	if (stream)
		fclose(stream);
	return call == SYS_rt_sigtimedwait;
}

/*
 * Whether PID 1 of the container catches, blocks or ignores the signal: then it has an opinion.
 * As long as it has not been scheduled once, it blocks what husk does: that is none of its own.
 */
static int has_opinion(pid_t pid, int sig)
{
	char path[64], line[128];
	unsigned long long mask, inherited, all = 0;
	sigset_t blocked;
	FILE *stream;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	memcpy(&inherited, &blocked, sizeof(inherited)); /* bit N - 1 is signal N, as in SigBlk */
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	stream = fopen(path, "re");
	while (stream && fgets(line, sizeof(line), stream))
		if ((sscanf(line, "SigBlk: %llx", &mask) == 1 && mask != inherited) ||
		    sscanf(line, "SigIgn: %llx", &mask) == 1 ||
		    sscanf(line, "SigCgt: %llx", &mask) == 1)
			all |= mask;
	if (stream)
		fclose(stream);
	return ((all >> (sig - 1)) & 1) || is_waiting_for_signals(pid);
}

static int asks_to_stop(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT;
}

void init_forward_signal(struct ns_child *child, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (has_opinion(child->pid, sig)) {
		if (info->si_code != SI_KERNEL)
			kill(child->pid, sig);
	} else if (asks_to_stop(sig)) {
		child->stopped_by = sig;
		kill(child->pid, SIGKILL);
	}
}
