/*
 * main.c: husk-init, process 1 of a container that is run with --init. A kernel asks two things of
 * that process, pid_namespaces(7): it inherits every orphan, and has to reap it; and no signal of
 * which it catches nothing reaches it, so most programs could not be stopped in its place. The
 * command is its child instead.
 *
 * It is bound into containers, read-only: one file, static, without a word of the rest of us. From
 * here there is no next file.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static int fail(int status, const char *what, const char *name)
{
	dprintf(STDERR_FILENO, "husk-init: %s \"%s\": %s\n", what, name, strerror(errno));
	return status;
}

static int execute(char **command)
{
	execvp(command[0], command);
	return fail(errno == ENOENT || errno == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE, "exec",
		    command[0]);
}

/* All that have ended; true if the command is among them. */
static int reap(pid_t command, int *ret_status)
{
	int status, has_ended = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command) {
			*ret_status =
				WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			has_ended = 1;
		}
	return has_ended;
}

/* When it ends, so does the namespace: whoever is left gets KILL from the kernel. */
static int attend(pid_t command, int signals)
{
	struct signalfd_siginfo info;
	int status = FAILED;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD && reap(command, &status))
			return status;
		/* What the terminal sends (SI_KERNEL) went to the command, too: one group. */
		if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
			kill(command, info.ssi_signo);
	}
	return fail(FAILED, "read", "signals");
}

int main(int argc, char **argv)
{
	sigset_t all, before;
	pid_t command;
	int signals;

	if (argc < 3 || strcmp(argv[1], "--") != 0) {
		dprintf(STDERR_FILENO, "usage: husk-init -- COMMAND [ARGUMENT...]; see husk(1), "
				       "--init\n");
		return FAILED;
	}
	/* Blocked, a signal waits for signalfd(2); unblocked, the kernel drops it for process 1. */
	sigfillset(&all);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_SETMASK, &all, &before) < 0)
		return fail(FAILED, "block", "signals");
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	command = signals < 0 ? -1 : fork();
	if (command < 0)
		return fail(FAILED, "start", argv[2]);
	if (command == 0) {
		if (sigprocmask(SIG_SETMASK, &before, NULL) < 0)
			return fail(FAILED, "unblock", "signals");
		return execute(argv + 2);
	}
	return attend(command, signals);
}
