/*
 * init.h: the container's first process: everything that happens inside, from its birth to its
 * program. INIT.
 *
 *	init_run(&init)      in the child of ns_spawn(); does not return
 *
 * Two tables of steps in init.c, in the order of the kernel's needs: before the gate, and behind
 * it. A step that fails sets the error record; where it is sent depends on how far we are: to the
 * parent that makes the container, or to the `start` that waits for an answer.
 * Next file: init.c
 */
#pragma once

#include "../kernel/cap.h"
#include "../kernel/mount.h"
#include "../kernel/ns.h"
#include "../kernel/seccomp.h"
#include "../kernel/tty.h"
#include "container.h"
#include "gate.h"

/* All that the parent prepared: the child has its address space, and its descriptors. */
struct init {
	const struct spec *spec;
	const struct create_options *options;
	const char *rootfs; /* absolute */
	const struct ns_plan *plan;
	struct mount_context mounts;
	int *mount_sources;	     /* one for each mount, -1 for those without */
	const struct cgroup *cgroup; /* NULL: none */
	bool born_in_cgroup;
	struct cap_sets caps;
	struct seccomp_bpf filter; /* length 0: none */
	struct gate gate;
	uint32_t preserve_fds;
	int sync;		   /* init's end */
	int console_socket;	   /* -1: no terminal */
	int hook_state;		   /* of startContainer hooks, -1: there are none */
	const struct state *state; /* for hooks, but for the pid */

	/* Found on the way. */
	int proc_fd; /* a procfs that nobody can redirect */
	int lsm_fd;
	struct tty tty;
	struct str_list env; /* process.env, with HOME */
	char *program;
	struct arena arena;
};

void init_run(struct init *init) __attribute__((noreturn));
