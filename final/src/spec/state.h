/*
 * state.h: what is remembered of a container, the file state.json in its directory, and what the
 * `state` command prints (OCI runtime.md, "State").
 *
 *	state_parse(fd, &state)          tolerant: -1 for a torn or foreign file, never a crash
 *	state_format(&state, &text)      the file
 *	state_format_oci(&state, &text)  the answer to `state`, and what hooks get on standard input
 *
 * The file is written before the first side effect (an intent: status creating, and where the
 * cgroup is about to be), and again at every step after which more could be left behind. PARENT.
 */
#pragma once

#include "../base/str.h"

#include <sys/types.h>

enum state_status { STATE_CREATING, STATE_CREATED, STATE_RUNNING, STATE_PAUSED, STATE_STOPPED };

enum { STATE_VERSION = 1 };

struct state {
	char *id;
	enum state_status status; /* as last written: running or stopped is asked of the kernel */
	pid_t pid;		  /* 0: none yet */
	uint64_t start_time;	  /* of pid: clock ticks since boot */
	char *bundle, *rootfs;	  /* absolute */
	char *created;		  /* RFC 3339, UTC */
	uint32_t owner;		  /* uid of who created it */
	char *cgroup;		  /* its path below each hierarchy's root; NULL: none is used */
	/* Who is making it: while status is creating and this process lives, nobody removes it. */
	pid_t creator_pid;
	uint64_t creator_start_time;
	bool systemd_cgroup;
	bool cgroup_v2_only;
	bool terminal;
	bool own_pid_namespace; /* false: signals for all go by the cgroup */
	bool has_poststart;	/* hooks that `start` runs */
	bool has_poststop;	/* hooks: run at delete, from config.json in the same directory */
	struct str_map annotations;
	struct arena arena;
};

const char *state_status_name(enum state_status status);

int state_parse(int fd, struct state *ret_state) MUST_CHECK;
int state_format(const struct state *state, struct arena *arena, char **ret_text) MUST_CHECK;
int state_format_oci(const struct state *state, struct arena *arena, char **ret_text) MUST_CHECK;
void state_free(struct state *state);
