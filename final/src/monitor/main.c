/*
 * main.c: husk-monitor starts here: a process of its own, without terminal, session or directory of
 * whoever started it. The reading order goes from main.c to protocol.h, monitor.h, monitor.c and
 * loop.c.
 */
#include "../base/log.h"
#include "monitor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* 0, 1 and 2 become /dev/null; 3 is the report, 4 the lock; nothing else of the caller's stays open. */
static int own_descriptors(void)
{
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return err_sys("open /dev/null");
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return err_sys("take /dev/null as standard stream");
	if (fcntl(MONITOR_REPORT_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(MONITOR_LOCK_FD, F_SETFD, FD_CLOEXEC) < 0)
		return err_sys("mark report and lock close-on-exec");
	return 0;
}

/* Processes whose parents end become ours: the container's init, as the runtime ends first. */
static int own_process(void)
{
	if (setsid() < 0 && errno != EPERM) /* EPERM: it leads a session already */
		return err_sys("create session");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_sys("become a subreaper");
	if (chdir("/") < 0)
		return err_sys("change directory to /");
	umask(022);
	return 0;
}

/* m is zeroed. Its buffers are pages that do not exist until they are used: one by one, then. */
static void prepare(struct monitor *m)
{
	m->report = MONITOR_REPORT_FD;
	m->dir_fd = m->lock_fd = m->signals = m->oom.fd = -1;
	m->clients.listener = m->clients.held = -1;
	m->streams.output[LOGGER_STDOUT].fd = m->streams.output[LOGGER_STDERR].fd = -1;
	m->streams.input = m->streams.console = -1;
}

static int run(const char *dir, struct monitor *m)
{
	prepare(m);
	if (own_descriptors() == 0 && own_process() == 0 && monitor_open(dir, m) == 0 &&
	    monitor_run(m) == 0)
		return 0;
	monitor_fail(m);
	log_failure();
	return 1;
}

int main(int argc, char **argv)
{
	struct monitor *m;
	int status;

	if (argc != 2 || *argv[1] == '-' || fcntl(MONITOR_REPORT_FD, F_GETFD) < 0 ||
	    fcntl(MONITOR_LOCK_FD, F_GETFD) < 0) {
		dprintf(STDERR_FILENO,
			"husk-monitor %s: husk starts it, as `husk-monitor DIR` with descriptors 3 "
			"(a report) and 4 (the lock) open; see husk(1)\n",
			HUSK_VERSION);
		return 2;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return 1;
	close_range(MONITOR_LOCK_FD + 1, ~0U, 0);
	status = run(argv[1], m);
	monitor_close(m);
	free(m);
	return status;
}
