/*
 * phase03-pivot-root: ./husk ROOTFS CMD...
 *
 * chroot(2) only changed what "/" means; here the host's mounts leave the container's mount
 * namespace. main() is what happens outside; container() is what happens inside.
 * Next file: rootfs.h
 */
#include "husk.h"
#include "ns.h"
#include "rootfs.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

/* Inside, as PID 1: takes possession of the new namespaces, then becomes the command. */
static int container(struct config *cfg)
{
	if (ns_isolate_mounts() < 0)
		return EXIT_HUSK;
	if (ns_set_hostname(cfg->hostname) < 0)
		return EXIT_HUSK;
	if (rootfs_open(cfg->rootfs) < 0)
		return EXIT_HUSK;
	if (ns_mount_proc("proc") < 0)
		return EXIT_HUSK;
	if (rootfs_mount_sys() < 0)
		return EXIT_HUSK;
	if (rootfs_mount_dev() < 0)
		return EXIT_HUSK;
	if (rootfs_enter() < 0)
		return EXIT_HUSK;
	execvp(cfg->argv[0], cfg->argv);
	fail("exec", cfg->argv[0]);
	return EXIT_HUSK;
}

/*
 * The kernel drops every signal that PID 1 of a PID namespace has no handler for, SIGKILL from
 * outside excepted (pid_namespaces(7)). So asking husk to stop kills the container.
 */
static void stop_container(struct ns_child *child, int sig)
{
	child->stopped_by = sig;
	kill(child->pid, SIGKILL);
}

/* What has to be done to the child from outside before it may go on. */
static int prepare(const struct ns_child *child, const struct config *cfg)
{
	if ((cfg->namespaces & CLONE_NEWUSER) && ns_map_user(child) < 0)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct config cfg = {
		.namespaces = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC,
		.hostname = "husk",
		.argv = argv + 2,
	};
	struct ns_child child;

	if (argc < 3) {
		fprintf(stderr, "usage: husk ROOTFS CMD [ARG]...   ROOTFS - is the default one\n");
		return EXIT_HUSK;
	}
	cfg.rootfs = strcmp(argv[1], "-") == 0 ? rootfs_default() : argv[1];
	if (geteuid() != 0) {
		fprintf(stderr, "husk: not root: uid %u becomes root in a user namespace\n",
			geteuid());
		cfg.namespaces |= CLONE_NEWUSER;
	}

	ns_watch_signals();
	if (ns_spawn(&child, cfg.namespaces, -1, container, &cfg) < 0)
		return EXIT_HUSK;
	if (prepare(&child, &cfg) == 0)
		ns_release(&child);
	return ns_wait(&child, stop_container);
}
