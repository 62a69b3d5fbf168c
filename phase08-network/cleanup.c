/*
 * cleanup.c: from a name to nothing. See cleanup.h.
 *
 * SIGKILL cannot be caught, so no handler can promise anything. What can: the record is older than
 * everything it speaks of, all of that is found by the name, and removing it twice does no harm.
 */
#include "cleanup.h"
#include "cgroup.h"
#include "husk.h"
#include "net.h"
#include "record.h"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

int cleanup_container(const char *name)
{
	int result = net_remove(name);

	if (cgroup_remove(name) < 0)
		result = -1;
	if (result == 0)
		record_remove(name);
	else
		fprintf(stderr, "husk: remove %s: not all of it; `husk gc` tries again\n", name);
	return result;
}

/*
 * Kills PID 1 of the container, with which the kernel kills its whole PID namespace. A pid alone
 * could belong to somebody else by now; a pidfd cannot, once the start time has been compared.
 */
static int kill_init(const struct record *record)
{
	struct pollfd exited = {.events = POLLIN};
	int result = 0;

	if (!record->pid)
		return 0;
	exited.fd = syscall(SYS_pidfd_open, record->pid, 0);
	if (exited.fd < 0)
		return 0; /* ESRCH: it died with its husk, PR_SET_PDEATHSIG saw to that */
	if (record_start_time(record->pid) == record->start_time) {
		if (syscall(SYS_pidfd_send_signal, exited.fd, SIGKILL, NULL, 0) == 0 ||
		    errno == ESRCH)
			poll(&exited, 1, -1);
		else
			result = fail("kill PID 1 of", record->name);
	}
	close(exited.fd);
	return result;
}

static int collect(const struct record *seen, int index)
{
	struct record record;
	int file, result = -1;

	(void)index;
	file = record_take(seen->name, &record);
	if (file < 0)
		return 0; /* its husk lives, or another gc was faster */
	/* Helpers of the dead husk end by themselves, at once: flock(2) waits until they have. */
	if (kill_init(&record) == 0 && cgroup_kill(record.name) == 0 && flock(file, LOCK_EX) == 0)
		result = cleanup_container(record.name);
	if (result == 0)
		printf("removed %s\n", record.name);
	close(file);
	return result;
}

int cleanup_collect(void)
{
	return record_each(collect) == 0 ? 0 : EXIT_HUSK;
}
