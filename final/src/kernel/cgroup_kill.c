/*
 * cgroup_kill.c: signals for the processes of a cgroup, and none for a process that somebody else
 * put there. Next file: cgroup_devices.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"
#include "../base/sys.h"

#include <sys/stat.h>

/* The inode of a process's PID namespace; 0 if it cannot be told: it has ended. */
static ino_t pid_namespace_of(pid_t pid)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* 0 in cgroup.procs is a process of a PID namespace that ours does not contain. */
static bool is_foreign(pid_t pid, ino_t own)
{
	return pid <= 0 || pid == getpid() || (own && pid_namespace_of(pid) == own);
}

/* The pidfd is opened before the look at who it is: so it is not another's by then. */
static int signal_one(pid_t pid, int signal, ino_t own, bool *ret_foreign)
{
	auto_close int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;

	*ret_foreign = false;
	if (pid > 0 && pidfd < 0)
		return errno == ESRCH || errno == EINVAL ? 0 : err_sys("open process %d", pid);
	*ret_foreign = is_foreign(pid, own);
	if (*ret_foreign || signal == 0)
		return 0;
	if (sys_pidfd_send_signal(pidfd, signal, NULL, 0) < 0 && errno != ESRCH)
		return err_sys("send signal %d to process %d", signal, pid);
	return 0;
}

int cgroup_signal_each(const struct cgroup_pids *pids, int signal, ino_t pid_namespace,
		       size_t *ret_count)
{
	ino_t own = pid_namespace ? pid_namespace_of(getpid()) : 0;
	size_t count = 0;
	pid_t spared = -1;

	if (own == pid_namespace)
		own = 0; /* the container has none of its own: everything in its cgroup is its */
	for (size_t i = 0; i < pids->count; i++) {
		bool foreign;

		if (signal_one(pids->items[i], signal, own, &foreign) < 0)
			return -1;
		if (foreign)
			spared = pids->items[i];
		else
			count++;
	}
	if (spared >= 0)
		return err_set(
			EBUSY,
			"process %d in the container's cgroup is not the container's: end it, "
			"or move it to another cgroup, and try again",
			spared);
	*ret_count = count;
	return 0;
}
