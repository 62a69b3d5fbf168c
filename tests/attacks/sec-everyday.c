/*
 * sec-everyday: what ordinary programs ask of the kernel, and a container must go on to give them.
 * Prints a line for each thing that did not work, and how many were tried.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>

/* Each returns 0, a descriptor, or -1. */

static void *add_one(void *number)
{
	++*(int *)number;
	return NULL;
}

/* glibc tries clone3(2) first; only ENOSYS makes it use clone(2). */
static int threads(void)
{
	enum { COUNT = 8 };
	pthread_t threads[COUNT];
	int numbers[COUNT] = {0}, sum = 0;

	for (int i = 0; i < COUNT; i++) {
		errno = pthread_create(&threads[i], NULL, add_one, &numbers[i]);
		if (errno)
			return -1;
	}
	for (int i = 0; i < COUNT; i++) {
		pthread_join(threads[i], NULL);
		sum += numbers[i];
	}
	return sum == COUNT ? 0 : -1;
}

static int spawned_program(void)
{
	char *const command[] = {"true", NULL};
	int status = 1;
	pid_t pid;

	errno = posix_spawnp(&pid, command[0], NULL, NULL, command, NULL);
	if (errno)
		return -1;
	waitpid(pid, &status, 0);
	return status == 0 ? 0 : -1;
}

static int debugger(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		if (errno)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!WIFSTOPPED(status))
		return -1;
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? 0 : -1;
}

static int scheduling(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -1 : setpriority(PRIO_PROCESS, 0, 5);
}

static int memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTNEED) < 0 || mlock(page, 4096) < 0)
		return -1;
	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

/* Ordinary files, and what is done to them as root. */
static int files(void)
{
	struct statx status;
	int fd = open("sec-everyday.file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fallocate(fd, 0, 0, 4096) < 0 || fchown(fd, 1, 1) < 0 ||
	    fchmod(fd, 04755) < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &status) < 0 ||
	    flock(fd, LOCK_EX) < 0 || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL))
		return -1;
	if (renameat2(AT_FDCWD, "sec-everyday.file", AT_FDCWD, "sec-everyday.too",
		      RENAME_NOREPLACE) < 0)
		return -1;
	close(fd);
	return unlink("sec-everyday.too");
}

static int fifo_and_links(void)
{
	if (mknod("sec-everyday.fifo", S_IFIFO | 0600, 0) < 0 ||
	    symlink("sec-everyday.fifo", "sec-everyday.link") < 0)
		return -1;
	return unlink("sec-everyday.fifo") < 0 ? -1 : unlink("sec-everyday.link");
}

static int sockets(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	int pair[2], fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? -1 : socket(AF_NETLINK, SOCK_RAW, 0);
}

static int low_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(81)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static int event_descriptors(void)
{
	sigset_t none;

	sigemptyset(&none);
	if (epoll_create1(0) < 0 || eventfd(0, 0) < 0 || signalfd(-1, &none, 0) < 0 ||
	    timerfd_create(CLOCK_MONOTONIC, 0) < 0)
		return -1;
	return inotify_add_watch(inotify_init1(0), "/", IN_CREATE) < 0 ? -1 : 0;
}

static int ipc(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600);

	return id < 0 ? -1 : semctl(id, 0, IPC_RMID);
}

static int randomness(void)
{
	char bytes[16];

	return getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes) ? 0 : -1;
}

static int pidfd(void)
{
	return syscall(SYS_pidfd_open, getpid(), 0);
}

static int limits(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : setrlimit(RLIMIT_NOFILE, &limit);
}

static int users(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setgid(65534) < 0 || setuid(65534) < 0);
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int change_root(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(chroot("/tmp") < 0);
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int name_of_process(void)
{
	return prctl(PR_SET_NAME, "everyday");
}

static int shared_memory(void)
{
	return memfd_create("everyday", MFD_CLOEXEC);
}

static int sleeping(void)
{
	struct timespec moment = {.tv_nsec = 1000};

	return clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) ? -1 : 0;
}

int main(void)
{
	const struct {
		const char *name;
		int (*does)(void);
	} things[] = {
		{"threads", threads},
		{"posix_spawn", spawned_program},
		{"ptrace of a child", debugger},
		{"scheduling", scheduling},
		{"memory", memory},
		{"files", files},
		{"fifo and symlink", fifo_and_links},
		{"sockets", sockets},
		{"bind to port 81", low_port},
		{"event descriptors", event_descriptors},
		{"semaphores", ipc},
		{"random", randomness},
		{"pidfd", pidfd},
		{"limits", limits},
		{"setuid", users},
		{"chroot", change_root},
		{"prctl", name_of_process},
		{"memfd", shared_memory},
		{"sleep", sleeping},
	};
	size_t count = sizeof(things) / sizeof(*things);

	started();
	for (size_t i = 0; i < count; i++)
		if (things[i].does() < 0)
			printf("%s: %s\n", things[i].name, strerror(errno));
	printf("%zu things tried\n", count);
	return 0;
}
