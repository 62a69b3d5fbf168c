/*
 * container.h: one container, as one command of the runtime sees it.
 *
 *	container_open(rt, id, &c)       an existing one: its directory, its state, its status now
 *	container_lock(&c)               for a change; reads the state again
 *	container_save(&c)               state.json, atomically
 *	container_close(&c)
 *
 * create.c makes one (stages), init.c is the process inside (steps), gate.c starts it, delete.c
 * removes it by the undo column of the same stages. Every command is a short program: nothing
 * stays in memory between two of them, the directory ROOT/ID is all there is (state-layout.md).
 * PARENT; INIT inherits the structure. Next file: create.c
 */
#pragma once

#include "../kernel/cgroup.h"
#include "../spec/spec.h"
#include "../spec/state.h"

/* What the global options say. */
struct runtime {
	const char *root;  /* the directory of all containers: /run/husk/runtime */
	bool rootless;	   /* no real root, or --rootless */
	bool no_cgroups;   /* --cgroup-manager disabled */
	char *const *argv; /* for seal_self() */
};

struct container {
	const struct runtime *rt;
	int dir_fd; /* ROOT/ID */
	struct state state;
	bool torn; /* state.json cannot be read: only its name and its cgroup are known */
	struct cgroup_host cgroups;
	struct cgroup cgroup; /* path NULL: it has none */
};

/* ENOENT: "container 'X' does not exist". A torn record is opened, and marked. */
int container_open(const struct runtime *rt, const char *id, struct container *ret) MUST_CHECK;
int container_lock(struct container *c) MUST_CHECK;
int container_save(struct container *c) MUST_CHECK;
/* Its first record. EEXIST: the directory is another's by now. */
int container_save_first(struct container *c) MUST_CHECK;
void container_close(struct container *c);

/* Opens by pidfd who is still making it; ESRCH: nobody is, or it was killed. */
int container_open_creator(const struct container *c, int *ret_pidfd) MUST_CHECK;

/* Opens its init by pidfd, checked by start time; ESRCH: it has ended. */
int container_open_init(const struct container *c, int *ret_pidfd) MUST_CHECK;

/* The saved config.json. */
int container_load_spec(const struct container *c, struct spec *ret_spec) MUST_CHECK;

/* Calls each(c, data) for every directory of the root, torn ones too, in the order of names. */
int container_each(const struct runtime *rt, int (*each)(struct container *c, void *data),
		   void *data) MUST_CHECK;

/* One of the conditions of the commands: "cannot pause container 'x': it is stopped". */
int container_expect(const struct container *c, unsigned int statuses, const char *verb) MUST_CHECK;

#define STATUS(status) (1U << (status))

/* --- what the commands do; options are struct members, commands/ fills them in --- */

struct create_options {
	const char *id;
	const char *bundle;	    /* NULL: the working directory */
	const char *config;	    /* NULL: config.json of the bundle */
	const char *console_socket; /* NULL: none */
	int console_fd;		    /* run.c: a socket instead of a path; 0: none */
	const char *pid_file, *pidfd_socket;
	uint32_t preserve_fds; /* 3 to 3 + N - 1 stay open */
	bool no_pivot, no_new_keyring;
};

/* create.c: makes it and leaves it waiting at its gate, status created. */
int create_container(const struct runtime *rt, const struct create_options *options) MUST_CHECK;

/* gate.c: lets it go; returns when its program has been executed, or why it was not. */
int start_container(const struct runtime *rt, const char *id) MUST_CHECK;

struct run_options {
	struct create_options create;
	bool detach, keep; /* keep: do not delete it at its end */
};

/* foreground.c: create, start, wait, delete. *ret_status: as a shell's $?, 128 + n for a signal. */
int run_container(const struct runtime *rt, const struct run_options *options,
		  int *ret_status) MUST_CHECK;

struct exec_options {
	const char *id;
	const char *process_file; /* --process: process.json; else the members below change the
				     container's own process */
	char **args;		  /* NULL-terminated */
	bool tty, detach, no_new_privs;
	const char *cwd, *user; /* "UID[:GID]" */
	struct str_list env, caps, additional_gids;
	const char *console_socket, *pid_file, *pidfd_socket, *apparmor, *process_label, *cgroup;
	uint32_t preserve_fds;
	bool ignore_paused;
};

/* exec.c */
int exec_in_container(const struct runtime *rt, const struct exec_options *options,
		      int *ret_status) MUST_CHECK;

/* delete.c: with force whatever its state, and also if its record is torn. */
int delete_container(const struct runtime *rt, const char *id, bool force) MUST_CHECK;
/* The same of one that is open: not another that has its name by now. */
int delete_opened(struct container *c, bool force) MUST_CHECK;

/* kill.c: all: every process in it. */
int kill_container(const struct runtime *rt, const char *id, int signal, bool all) MUST_CHECK;
int pause_container(const struct runtime *rt, const char *id, bool pause) MUST_CHECK;

/* gc.c: removes what a killed create or delete left; *ret_count: how many. Live ones are spared. */
int collect_garbage(const struct runtime *rt, bool dry_run, size_t *ret_count) MUST_CHECK;
