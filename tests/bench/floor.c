/*
 * floor: what a container costs when only the kernel is to be paid.
 *
 * It makes the container that the config.json of the bench describes, by as few system calls as
 * are known to do it: no JSON, no library, no choice, hardly a check. Whatever a runtime takes
 * beyond this is its own. Read from the bottom: main, then create, then the steps of the child.
 *
 *	floor run    [OPTION...] ROOTFS STATE PROGRAM     make it, start it, wait, remove it
 *	floor create [OPTION...] ROOTFS STATE PROGRAM     up to the start gate
 *	floor start  STATE
 *	floor delete [OPTION...] STATE                    kills what still runs
 *	floor exec   [OPTION...] STATE PROGRAM            one more process in it
 *
 *	-c NAME   in cgroup NAME, with the limits of the bench; without it in no cgroup
 *	-1 LIST   cgroup v1: the hierarchies, as the folders below /sys/fs/cgroup, by commas
 *	-2 DIR    cgroup v2: where it is mounted
 *	-s FILE   seccomp: the filter in FILE, compiled
 *
 * STATE is a folder with the two files any life cycle of separate commands needs: `pid`, and
 * `gate`, a FIFO.
 *
 * Four things it does differ from what runtimes commonly do, and are why it is fast:
 *	- v1: a process moves itself, by "0" to `tasks`. Moving another one, or a whole process by
 *	  `cgroup.procs`, takes a lock that waits until every CPU has been seen outside of it.
 *	- v2: CLONE_INTO_CGROUP; nothing is moved at all.
 *	- No mount that fails, and only one unmount: each of these waits for RCU.
 *	- One clone; parent and child are each other's helper, there is no third process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS)
#define LAST_CAP 40 /* CAP_CHECKPOINT_RESTORE; a newer one is cleared by capset all the same */

/* For calls that cannot fail here unless the bench is broken. */
void check(long result, const char *what)
{
	if (result >= 0)
		return;
	dprintf(2, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static const char *join(const char *directory, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* --- what the child does --- */

/* The mounts of config.json, relative to the rootfs, before its root is changed: paths are short,
 * and the rootfs is the bench's own, so no path has to be resolved with care. */
static void mount_filesystems(void)
{
	static const struct {
		const char *target, *type;
		unsigned long flags;
		const char *data;
	} mounts[] = {
		{"proc", "proc", 0, NULL},
		{"dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"},
		{"dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		 "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"},
		{"dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
		{"sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL},
	};

	for (size_t i = 0; i < LENGTH(mounts); i++) {
		/* What lies in the new /dev has to be made; the rest is in the rootfs. */
		if (strncmp(mounts[i].target, "dev/", 4) == 0)
			check(mkdir(mounts[i].target, 0755), mounts[i].target);
		check(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			    mounts[i].data),
		      mounts[i].target);
	}
}

/* The devices and links that every OCI runtime supplies, config-linux.md "Default Devices". */
static void make_devices(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} devices[] = {
		{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
		{"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0},
	};
	static const char *const links[][2] = {
		{"pts/ptmx", "dev/ptmx"},	   {"/proc/self/fd", "dev/fd"},
		{"/proc/self/fd/0", "dev/stdin"},  {"/proc/self/fd/1", "dev/stdout"},
		{"/proc/self/fd/2", "dev/stderr"},
	};

	umask(0);
	for (size_t i = 0; i < LENGTH(devices); i++)
		check(mknod(devices[i].path, S_IFCHR | 0666,
			    makedev(devices[i].major, devices[i].minor)),
		      devices[i].path);
	for (size_t i = 0; i < LENGTH(links); i++)
		check(symlink(links[i][0], links[i][1]), links[i][1]);
	umask(022);
}

static void protect_paths(void)
{
	static const char *const readonly[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
	};
	static const char *const masked_files[] = {
		"proc/kcore",	   "proc/keys",	       "proc/latency_stats",
		"proc/timer_list", "proc/timer_stats", "proc/sched_debug",
	};
	static const char *const masked_directories[] = {
		"proc/acpi",
		"proc/asound",
		"proc/scsi",
		"sys/firmware",
	};

	for (size_t i = 0; i < LENGTH(readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) == 0)
			check(mount(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY,
				    NULL),
			      readonly[i]);
	}
	/* ENOENT: this kernel has no such file. Which of them are directories is known, not tried:
	 * a bind mount that ends in ENOTDIR has made a mount and removes it again, and that waits
	 * for a grace period of RCU. */
	for (size_t i = 0; i < LENGTH(masked_files); i++) {
		if (mount("/dev/null", masked_files[i], NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
			check(-1, masked_files[i]);
	}
	for (size_t i = 0; i < LENGTH(masked_directories); i++) {
		if (mount("tmpfs", masked_directories[i], "tmpfs", MS_RDONLY, NULL) < 0 &&
		    errno != ENOENT)
			check(-1, masked_directories[i]);
	}
}

/* The old root is put on top of the new one and peeled off: no directory is needed for it. */
static void change_root(void)
{
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount the old root");
	check(chdir("/"), "chdir");
	check(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "read-only root");
}

static void set_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {0};
	const uint32_t kept = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE;

	for (int i = 0; i <= LAST_CAP; i++) {
		if (i >= 32 || (kept & 1U << i) == 0)
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	}
	sets[0].effective = sets[0].permitted = kept;
	check(syscall(SYS_capset, &header, sets), "capset");
}

/* From here on the program has what config.json gives to `process`; it ends in execve. */
static void become_program(const struct plan *plan)
{
	const struct rlimit files = {.rlim_cur = 1024, .rlim_max = 1024};
	char *argv[] = {(char *)plan->program, NULL};
	char *envp[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"TERM=xterm", NULL};

	check(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	check(syscall(SYS_setgroups, 0, NULL), "setgroups");
	set_capabilities();
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	if (plan->filter.len > 0)
		check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &plan->filter), "seccomp");
	execve(plan->program, argv, envp);
	check(-1, plan->program);
}

static void be_the_container(const struct plan *plan, int ready, int gate)
{
	char byte = 0;

	cgroup_enter(plan);
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	check(mount(plan->rootfs, plan->rootfs, NULL, MS_BIND | MS_REC, NULL), plan->rootfs);
	check(chdir(plan->rootfs), plan->rootfs);
	check(sethostname("bench", 5), "sethostname");
	mount_filesystems();
	make_devices();
	cgroup_mount(plan);
	protect_paths();
	change_root();
	if (gate >= 0) {
		check(write(ready, &byte, 1), "ready");
		/* Open for writing here too, so the read sees no end of file before `start`. */
		check(read(gate, &byte, 1), "the gate");
	}
	become_program(plan);
}

/* --- what the parent does --- */

/* clone3 with the flags of the namespaces; as fork(2) it returns twice. */
static pid_t clone_process(const struct plan *plan, uint64_t flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	long pid;

	if (plan->cgroup2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)plan->cgroup2;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	check(pid, "clone3");
	return (pid_t)pid;
}

static int wait_for(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(struct plan *plan)
{
	pid_t pid;
	int status;

	cgroup_create(plan);
	pid = clone_process(plan, NAMESPACES);
	if (pid == 0)
		be_the_container(plan, -1, -1);
	status = wait_for(pid);
	cgroup_remove(plan);
	return status;
}

static int create(struct plan *plan)
{
	int ready[2], gate, file;
	char byte, text[16];
	pid_t pid;

	check(mkdir(plan->state, 0700), plan->state);
	check(mknod(join(plan->state, "gate"), S_IFIFO | 0600, 0), "the gate");
	gate = open(join(plan->state, "gate"), O_RDWR | O_CLOEXEC);
	check(gate, "the gate");
	check(pipe2(ready, O_CLOEXEC), "pipe");
	cgroup_create(plan);
	pid = clone_process(plan, NAMESPACES);
	if (pid == 0)
		be_the_container(plan, ready[1], gate);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 125; /* the child has said why */
	file = open(join(plan->state, "pid"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check(file, "pid");
	check(write(file, text, (size_t)snprintf(text, sizeof(text), "%d\n", pid)), "pid");
	return 0;
}

static int start(struct plan *plan)
{
	/* O_NONBLOCK: ENXIO if nobody waits at the gate. */
	int gate = open(join(plan->state, "gate"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	check(gate, "the gate");
	check(write(gate, "", 1), "the gate");
	return 0;
}

static pid_t recorded_pid(const struct plan *plan)
{
	char text[16] = "";
	int file = open(join(plan->state, "pid"), O_RDONLY | O_CLOEXEC);

	check(file, "pid");
	check(read(file, text, sizeof(text) - 1), "pid");
	close(file);
	return (pid_t)atoi(text);
}

static int delete (struct plan *plan)
{
	/* ESRCH: it has ended, and its parent has seen to it. */
	int pidfd = (int)syscall(SYS_pidfd_open, recorded_pid(plan), 0);

	if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0) {
		struct pollfd dead = {.fd = pidfd, .events = POLLIN};

		check(poll(&dead, 1, -1), "wait");
	}
	cgroup_remove(plan);
	unlink(join(plan->state, "gate"));
	unlink(join(plan->state, "pid"));
	check(rmdir(plan->state), plan->state);
	return 0;
}

static int exec(struct plan *plan)
{
	int pidfd = (int)syscall(SYS_pidfd_open, recorded_pid(plan), 0);
	pid_t pid;

	check(pidfd, "pidfd_open");
	/* A process enters a cgroup by its path on the host, so before the mount namespace: the
	 * parent of v1 is a member too; on v2 the child is cloned into it. */
	cgroup_open(plan);
	cgroup_enter(plan);
	check(syscall(SYS_setns, pidfd, NAMESPACES), "setns");
	/* Only a child is in the pid namespace. */
	pid = clone_process(plan, 0);
	if (pid == 0)
		become_program(plan);
	return wait_for(pid);
}

static void load_filter(struct plan *plan, const char *path)
{
	static struct sock_filter instructions[BPF_MAXINSNS];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	check(file, path);
	size = read(file, instructions, sizeof(instructions));
	check(size, path);
	plan->filter.len = (unsigned short)((size_t)size / sizeof(instructions[0]));
	plan->filter.filter = instructions;
	close(file);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(struct plan *plan);
	} commands[] = {
		{"run", 3, run},       {"create", 3, create}, {"start", 1, start},
		{"delete", 1, delete}, {"exec", 2, exec},
	};
	struct plan plan = {.cgroup2 = -1};
	const char *command = argc > 1 ? argv[1] : "";
	int option;

	while ((option = getopt(argc - 1, argv + 1, "c:1:2:s:")) != -1) {
		switch (option) {
		case 'c':
			plan.cgroup = optarg;
			break;
		case '1':
			plan.hierarchies = optarg;
			break;
		case '2':
			plan.unified = optarg;
			break;
		case 's':
			load_filter(&plan, optarg);
			break;
		default:
			return 125;
		}
	}
	argv += optind + 1;
	argc -= optind + 1;
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (strcmp(command, commands[i].name) != 0 || argc != commands[i].arguments)
			continue;
		plan.rootfs = argc == 3 ? argv[0] : NULL;
		plan.state = argc == 3 ? argv[1] : argv[0];
		plan.program = argv[argc - 1];
		return commands[i].run(&plan);
	}
	dprintf(2, "floor: run|create|start|delete|exec, options, then paths: see floor.c\n");
	return 125;
}
