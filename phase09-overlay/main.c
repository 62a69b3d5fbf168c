/*
 * phase09-overlay: ./husk run [--image=FILE.tar] [--keep] ... CMD...
 *
 * One root file system for many containers: each writes to a layer of its own. run() is what
 * happens outside; container() is what happens inside. Next file: overlay.h
 */
#include "cgroup.h"
#include "cleanup.h"
#include "cli.h"
#include "confine.h"
#include "husk.h"
#include "init.h"
#include "log.h"
#include "net.h"
#include "ns.h"
#include "overlay.h"
#include "record.h"
#include "rootfs.h"
#include "user.h"

#include <sched.h>

/* Inside, as PID 1: takes possession of the new namespaces, then becomes the command. */
static int container(struct config *cfg)
{
	if (init_die_with_husk(cfg) < 0 || overlay_open(cfg) < 0)
		return EXIT_HUSK;
	if (user_enter(cfg) < 0)
		return EXIT_HUSK;
	if (cgroup_isolate() < 0)
		return EXIT_HUSK;
	if (ns_isolate_mounts() < 0)
		return EXIT_HUSK;
	if (ns_set_hostname(cfg->hostname) < 0)
		return EXIT_HUSK;
	if (net_set_up(cfg) < 0)
		return EXIT_HUSK;
	if (overlay_mount(cfg) < 0 || rootfs_open(cfg->rootfs) < 0)
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
	if (rootfs_enter() < 0 || net_files(cfg) < 0)
		return EXIT_HUSK;
	if (cfg->read_only && rootfs_make_read_only() < 0)
		return EXIT_HUSK;
	if ((!cfg->no_security && rootfs_protect() < 0) || confine(cfg) < 0)
		return EXIT_HUSK;
	return cfg->init ? init_run(cfg) : cli_exec(cfg);
}

/* What has to be done to the child from outside before it may go on. */
static int prepare(const struct ns_child *child, const struct config *cfg, const struct cgroup *cg)
{
	if (record_add_child(cfg, child->pid) < 0)
		return -1;
	if ((cfg->namespaces & CLONE_NEWUSER) && ns_map_user(child, &cfg->range) < 0)
		return -1;
	if (cgroup_add(cg, child->pid) < 0)
		return -1;
	return net_attach(cfg, child->pid);
}

/* Each step leaves traces outside; cleanup_container() removes those of all of them. */
static int run(struct config *cfg)
{
	struct cgroup cg;
	struct log log;
	struct ns_child child;
	int status = EXIT_HUSK;

	if (user_adapt(cfg) < 0 || net_check(cfg) < 0)
		return EXIT_HUSK;
	ns_watch_signals();
	if (record_create(cfg) < 0)
		return EXIT_HUSK;
	if (log_start(&log, cfg) == 0 && overlay_create(cfg) == 0 && cgroup_create(&cg, cfg) == 0 &&
	    net_create(cfg) == 0 && ns_spawn(&child, cfg->namespaces, cg.fd, container, cfg) == 0) {
		if (prepare(&child, cfg, &cg) == 0)
			ns_release(&child);
		status = ns_wait(&child, init_forward_signal);
		cgroup_report(&cg, cfg);
		if (cfg->keep && overlay_keep(cfg) < 0)
			status = EXIT_HUSK;
	}
	log_finish(&log);
	return cleanup_container(cfg->name) < 0 ? EXIT_HUSK : status;
}

int main(int argc, char **argv)
{
	struct config cfg = {
		.namespaces = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC,
		.hostname = "husk",
		.limits = {[MEMORY] = 100 << 20, [CPU] = CPU_PERIOD_US / 2, [PIDS] = 50},
		.workdir = "/",
	};

	log_open_streams();
	switch (cli_parse(&cfg, argc, argv)) {
	case CLI_RUN:
		return run(&cfg);
	case CLI_PS:
		return record_print(cfg.as_json);
	case CLI_LOGS:
		return log_print(cfg.name, cfg.timestamps);
	case CLI_GC:
		return cleanup_collect();
	case CLI_DONE:
		return 0;
	}
	return EXIT_HUSK;
}
