/*
 * run_options.h: what `husk run` and `husk create` take, and a box made of it.
 *
 *	run_make_box(place, &options, operands, &arena, &box)     nothing is made on disk yet
 *
 * The names are docker's; --mem and --cpu are short forms of their own. Files: run_options.c the
 * table, run_box.c the box, run_mounts.c -v, --mount, --tmpfs, run_image.c what the image says.
 * Next file: run_options.c
 */
#pragma once

#include "../base/opts.h"
#include "../engine/resources.h"

struct run_options {
	/* of `run` alone */
	bool detach;
	int no_signals; /* which word of --sig-proxy */
	const char *detach_keys;
	/* of `create` too */
	bool interactive, terminal, remove, read_only, init, privileged, publish_all;
	const char *name, *hostname, *workdir, *user, *entrypoint, *rootfs, *runtime, *cidfile;
	struct str_list env, env_files, labels, annotations, sysctls;
	struct str_list volumes, mounts, tmpfs, devices, group_add;
	struct resources_options resources;
	struct opt_i64 shm_size;
	struct str_list ulimits, cap_add, cap_drop, security;
	const char *userns;
	struct str_list networks, ports, exposed, dns, extra_hosts, aliases;
	const char *restart, *stop_signal;
	struct opt_u32 stop_timeout;
	int log_driver; /* of the words in the table */
	struct str_list log_options;
	int pull;
};

/* `run` has the first RUN_ONLY rows, `create` begins behind them. */
enum { RUN_ONLY = 3 };
extern const struct opt run_options[];

/* operands: IMAGE [COMMAND...], with --rootfs [COMMAND...]. */
int run_make_box(const struct place *place, const struct run_options *options,
		 const struct str_list *operands, struct box *box) MUST_CHECK;

/* run_mounts.c */
int run_add_mounts(const struct run_options *options, struct box *box) MUST_CHECK;
int run_add_mount(struct box *box, struct box_mount mount) MUST_CHECK;

/* A volume without a name: one is made of random digits. */
int run_add_anonymous(struct box *box, const char *target) MUST_CHECK;

/* run_image.c: the image's configuration, where the options leave it. */
int run_use_image(const struct place *place, const struct run_options *options, const char *name,
		  struct box *box) MUST_CHECK;

/* "no", "on-failure:3" ... */
int run_set_restart(const char *text, struct box *box) MUST_CHECK;

/* "NAME=VALUE"; "NAME": our own value, or nothing. The last one of a name wins. */
int run_set_env(struct str_list *env, struct arena *arena, const char *text) MUST_CHECK;
int run_read_env_file(const char *path, struct arena *arena, struct str_list *env) MUST_CHECK;
