/*
 * phase05-cli: ./husk run [OPTION]... [--] CMD...
 *
 * What was fixed in main() is now the user's to say. main() is what happens outside; container()
 * is what happens inside. Next file: cli.h
 */
#include "cgroup.h"
#include "cli.h"
#include "husk.h"
#include "ns.h"
#include "rootfs.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

/* Inside, as PID 1: takes possession of the new namespaces, then becomes the command. */
static int container(struct config *cfg)
{
	if (cgroup_isolate() < 0)
		return EXIT_HUSK;
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
	for (int i = 0; i < cfg->volume_count; i++)
		if (rootfs_mount_volume(&cfg->volumes[i]) < 0)
			return EXIT_HUSK;
	if (rootfs_enter() < 0)
		return EXIT_HUSK;
	if (cfg->read_only && rootfs_make_read_only() < 0)
		return EXIT_HUSK;
	return cli_exec(cfg);
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
static int prepare(const struct ns_child *child, const struct config *cfg, const struct cgroup *cg)
{
	if ((cfg->namespaces & CLONE_NEWUSER) && ns_map_user(child) < 0)
		return -1;
	return cgroup_add(cg, child->pid);
}

/* An ordinary user may do everything inside a user namespace, but nothing to cgroups. */
static void adapt_to_user(struct config *cfg)
{
	fprintf(stderr, "husk: not root: uid %u becomes root in a user namespace%s\n", geteuid(),
		cfg->limits_asked ? "" : ", without limits");
	cfg->namespaces |= CLONE_NEWUSER;
	for (int i = 0; i < CONTROLLERS && !cfg->limits_asked; i++)
		cfg->limits[i] = NO_LIMIT;
}

int main(int argc, char **argv)
{
	struct config cfg = {
		.namespaces = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC,
		.hostname = "husk",
		.limits = {[MEMORY] = 100 << 20, [CPU] = CPU_PERIOD_US / 2, [PIDS] = 50},
		.workdir = "/",
	};
	struct cgroup cg;
	struct ns_child child;
	int status = EXIT_HUSK;

	switch (cli_parse(&cfg, argc, argv)) {
	case CLI_DONE:
		return 0;
	case CLI_BAD:
		return EXIT_HUSK;
	}
	if (!cfg.rootfs)
		cfg.rootfs = rootfs_default();
	if (geteuid() != 0)
		adapt_to_user(&cfg);

	ns_watch_signals();
	if (cgroup_create(&cg, &cfg) < 0)
		return EXIT_HUSK;
	if (ns_spawn(&child, cfg.namespaces, cg.fd, container, &cfg) == 0) {
		if (prepare(&child, &cfg, &cg) == 0)
			ns_release(&child);
		status = ns_wait(&child, stop_container);
		cgroup_report(&cg, &cfg);
	}
	return cgroup_destroy(&cg) < 0 ? EXIT_HUSK : status;
}
