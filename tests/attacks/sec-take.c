/*
 * sec-take WHAT [ARG...]: asks the kernel for one thing that a container has no use for, and holds
 * what it got, with the number of its descriptor, until the test has looked at it from outside.
 * The table at the end lists what there is to ask for. Nothing is written to, or changed, but what
 * the test named.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* Each of these returns a number that is not negative, most of them a descriptor, or -1. */

static int take_bpf(char **argv)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};

	(void)argv;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int take_perf(char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	(void)argv;
	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static int take_userfaultfd(char **argv)
{
	const int user_mode_only = 1; /* what an ordinary user may have */

	(void)argv;
	return syscall(SYS_userfaultfd, user_mode_only);
}

static int take_io_uring(char **argv)
{
	struct io_uring_params params = {0};

	(void)argv;
	return syscall(SYS_io_uring_setup, 4, &params);
}

static int take_socket(char **argv)
{
	return socket(atoi(argv[0]), atoi(argv[1]), atoi(argv[2]));
}

/* Opens for writing, and writes nothing. */
static int take_writable(char **argv)
{
	return open(argv[0], O_WRONLY);
}

static int take_node(char **argv)
{
	mode_t type = argv[1][0] == 'b' ? S_IFBLK : S_IFCHR;

	if (mknod(argv[0], type | 0600, makedev(atoi(argv[2]), atoi(argv[3]))) < 0)
		return -1;
	return type == S_IFBLK ? 0 : open(argv[0], O_RDONLY | O_NONBLOCK);
}

static int take_opened(char **argv)
{
	return open(argv[0], O_RDONLY | O_NONBLOCK);
}

static int take_mount(char **argv)
{
	return mount(argv[1], argv[0], "tmpfs", 0, NULL);
}

static int write_file(const char *directory, const char *name, const char *text)
{
	char path[256];
	int fd, written;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY);
	written = fd < 0 ? -1 : write(fd, text, strlen(text));
	return written < 0 ? -1 : fd;
}

/*
 * Mounts the own cgroup and raises its limit. cgroup v2 may forbid that at the root of a cgroup
 * namespace ("nsdelegate", cgroups(7)); so it goes down by one, and makes that the root.
 */
static int take_limit(char **argv)
{
	char inner[256];

	if (mount("none", argv[0], "cgroup", 0, "pids") < 0 &&
	    mount("none", argv[0], "cgroup2", 0, NULL) < 0)
		return -1;
	snprintf(inner, sizeof(inner), "%s/inner", argv[0]);
	if (mkdir(inner, 0755) < 0 || write_file(inner, "cgroup.procs", "0") < 0 ||
	    unshare(CLONE_NEWCGROUP) < 0)
		return -1;
	return write_file(argv[0], "pids.max", argv[1]);
}

static int take_capabilities(char **argv)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	const unsigned int admin = 1U << CAP_SYS_ADMIN;

	(void)argv;
	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	sets[0].effective |= admin;
	sets[0].permitted |= admin;
	return syscall(SYS_capset, &header, sets);
}

/* The child that a user namespace was made for, or that made one; it waits to be looked at. */
static int hold_child(pid_t pid)
{
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static int take_userns_unshare(char **argv)
{
	pid_t pid;
	int made[2];
	char byte;

	(void)argv;
	if (pipe(made) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		byte = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
		if (write(made[1], &byte, 1) == 1 && byte == 0)
			pause();
		_exit(0);
	}
	if (pid < 0 || read(made[0], &byte, 1) != 1)
		return -1;
	errno = byte;
	return byte ? -1 : pid;
}

static int take_userns_clone(char **argv)
{
	(void)argv;
	return hold_child(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int take_userns_clone3(char **argv)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};

	(void)argv;
	return hold_child(syscall(SYS_clone3, &args, sizeof(args)));
}

static const struct thing {
	const char *name;
	int arguments;
	int (*take)(char **argv);
	char leaves; /* 'f': argv[0] is a file to remove; 'm': a mount; 'p': it returned a process
		      */
} things[] = {
	{"bpf", 0, take_bpf, 0},
	{"perf", 0, take_perf, 0},
	{"userfaultfd", 0, take_userfaultfd, 0},
	{"io-uring", 0, take_io_uring, 0},
	{"socket", 3, take_socket, 0},
	{"writable", 1, take_writable, 0},
	{"opened", 1, take_opened, 0},
	{"node", 4, take_node, 'f'},
	{"mount", 2, take_mount, 'm'},
	{"limit", 2, take_limit, 'm'},
	{"capabilities", 0, take_capabilities, 0},
	{"userns-unshare", 0, take_userns_unshare, 'p'},
	{"userns-clone", 0, take_userns_clone, 'p'},
	{"userns-clone3", 0, take_userns_clone3, 'p'},
};

static void give_back(const struct thing *thing, char **argv, int got)
{
	if (thing->leaves == 'f')
		unlink(argv[0]);
	if (thing->leaves == 'm')
		umount2(argv[0], MNT_DETACH);
	if (thing->leaves == 'p')
		kill(got, SIGKILL);
}

int main(int argc, char **argv)
{
	const struct thing *thing = things, *end = things + sizeof(things) / sizeof(*things);
	int got, status = 0;

	while (argc > 1 && thing < end && strcmp(thing->name, argv[1]) != 0)
		thing++;
	if (argc < 2 || thing == end || argc != 2 + thing->arguments)
		return 2;
	started();
	got = thing->take(argv + 2);
	if (got < 0)
		status = blocked(thing->name);
	else
		hold(thing->name, got);
	give_back(thing, argv + 2, got);
	return status;
}
