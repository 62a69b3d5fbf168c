/*
 * oci_exec.c: the runtime in the foreground, with our streams: what we get, it gets. Its own errors
 * go to a file, so that they can be told from what the process inside writes. See oci.h; next file:
 * bundle.h
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/runtime_error.h"
#include "oci.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const int forwarded[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};

static void replace_streams(bool streams, bool input)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (!input)
		dup2(fd, STDIN_FILENO);
	if (!streams) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
}

static void run_child(char *const argv[], bool streams, bool input, const sigset_t *mask)
{
	replace_streams(streams, input);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(argv[0], argv);
	_exit(255);
}

/* A signal that the terminal sends has reached the runtime, too: it is in our process group. */
static int wait_and_forward(pid_t child, const sigset_t *set)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (waitpid(child, &status, WNOHANG) == child)
			return proc_exit_code(status);
		if (sigwaitinfo(set, &info) > 0 && info.si_signo != SIGCHLD &&
		    info.si_code != SI_KERNEL)
			kill(child, info.si_signo);
	}
}

static int run(char *const argv[], bool streams, bool input)
{
	sigset_t set, old;
	int status;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, &old);
	child = fork();
	if (child == 0)
		run_child(argv, streams, input, &old);
	status = child < 0 ? err_sys("fork") : wait_and_forward(child, &set);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

/* With a log, these write an error to their standard error as well, which is ours. */
static bool speaks(const char *runtime)
{
	static const char *const names[] = {"husk-runtime", "runc", "youki"};
	const char *slash = strrchr(runtime, '/');

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(slash ? slash + 1 : runtime, names[i]) == 0)
			return true;
	return false;
}

int oci_exec(const struct box *box, char *const args[], bool streams, bool input, int *ret_status)
{
	auto_arena struct arena scratch = {0};
	struct str_list argv = {0};
	char *log = place_run(box->place, &scratch, "box/%s/exec-%d.log", box->id, getpid());
	char *const options[] = {(char *)"--log", log, (char *)"--log-format", (char *)"json",
				 NULL};
	char *error = NULL;
	int status;

	if (!log || oci_command(box, options, args, &scratch, &argv) < 0)
		return -1;
	status = run(argv.items, streams, input);
	if (status > 0)
		runtime_error_read(AT_FDCWD, log, &scratch, &error);
	if (error) {
		status = runtime_error_status(error);
		if (!streams || !speaks(box->runtime))
			log_write(LOG_ERROR, "%s", error);
	}
	unlink(log);
	if (status < 0)
		return -1;
	*ret_status = status;
	return 0;
}
