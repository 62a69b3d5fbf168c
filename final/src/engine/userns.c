/*
 * userns.c: what overlayfs needs is a right that everybody has in a user namespace of his own, see
 * user_namespaces(7). A second one could not reach what the first one mounted: so whoever comes
 * joins it, and who makes it holds the lock meanwhile. See userns.h; next file: bundle.h
 */
#include "userns.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>

static int open_members(const struct place *place, int *ret_fd)
{
	return place_open_dir(place->run_fd, "userns", ret_fd);
}

static int note(int members_fd, pid_t pid, uint64_t start_time)
{
	auto_close int fd = -1;
	char name[48];

	snprintf(name, sizeof(name), "%d-%" PRIu64, pid, start_time);
	fd = openat(members_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys("make %s", name) : 0;
}

/* 1: we are in its namespaces now; 0: it is gone, and so is its file. */
static int join_member(int members_fd, const char *name)
{
	auto_free char *directory = getcwd(NULL, 0);
	auto_close int pidfd = -1;
	uint64_t start_time;
	int pid;

	if (sscanf(name, "%d-%" SCNu64, &pid, &start_time) != 2)
		return 0;
	if (proc_open(pid, start_time, &pidfd) < 0) {
		unlinkat(members_fd, name, 0);
		return 0;
	}
	if (setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS) == 0) {
		/* We are in its root directory now; what we were given is relative to ours. */
		if (directory && chdir(directory) < 0)
			log_debug("%s: %s", directory, strerror(errno));
		return 1;
	}
	/* It has made its file, and dies. */
	return errno == ESRCH ? 0 : err_sys("join the user namespace of process %d", pid);
}

static int join_any(int members_fd)
{
	auto_dir DIR *directory = NULL;
	struct dirent *entry;
	int fd = openat(members_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), joined = 0;

	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return err_sys("read userns");
	while (joined == 0 && (entry = readdir(directory)))
		joined = join_member(members_fd, entry->d_name);
	return joined;
}

static int write_map(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open %s", path);
	return fd_write(fd, text, strlen(text));
}

/* He is root in there, and nobody else is anybody: more IDs are root's to give. */
static int make_new(uid_t uid, gid_t gid)
{
	char users[32], groups[32];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys("make a user namespace (run husk as root, or allow them: "
			       "user.max_user_namespaces, "
			       "kernel.apparmor_restrict_unprivileged_userns)");
	snprintf(users, sizeof(users), "0 %u 1", uid);
	snprintf(groups, sizeof(groups), "0 %u 1", gid);
	if (write_map("/proc/self/setgroups", "deny") < 0 ||
	    write_map("/proc/self/uid_map", users) < 0)
		return -1;
	return write_map("/proc/self/gid_map", groups);
}

static int enter(const struct place *place, int members_fd)
{
	struct proc_stat stat;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int joined = join_any(members_fd);

	if (joined < 0 || (joined == 0 && make_new(uid, gid) < 0))
		return -1;
	/* Where an ordinary user has them: programs that we execute are root. */
	if (setenv("HUSK_DATA", place->data, 1) < 0 || setenv("HUSK_STATE", place->run, 1) < 0)
		return err_sys("set HUSK_DATA");
	return proc_stat(getpid(), &stat) < 0 ? -1 : note(members_fd, getpid(), stat.start_time);
}

static int enter_locked(const struct place *place)
{
	auto_close int members_fd = -1;

	if (open_members(place, &members_fd) < 0)
		return -1;
	if (flock(members_fd, LOCK_EX) < 0)
		return err_sys("lock userns");
	return enter(place, members_fd);
}

int userns_enter(void)
{
	struct place place;
	int result;

	if (geteuid() == 0)
		return 0;
	if (place_open(&place) < 0)
		return -1;
	result = enter_locked(&place);
	place_close(&place);
	return result;
}

int userns_note(const struct place *place, pid_t pid, uint64_t start_time)
{
	auto_close int members_fd = -1;

	if (proc_is_real_root() || faccessat(place->run_fd, "userns", F_OK, 0) < 0)
		return 0;
	return open_members(place, &members_fd) < 0 ? -1 : note(members_fd, pid, start_time);
}
