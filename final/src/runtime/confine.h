/*
 * confine.h: a process gives up what it may not keep: the part that the container's init and the
 * process of `exec` have in common. INIT, in this order:
 *
 *	confine_limit(process)                   scheduling, rlimits, working directory, streams
 *	confine(&confinement, &listener)         label, capabilities, user, no_new_privs, filter
 *	confine_late(spec, filter)               the filter, if it may come last; then execve(2)
 *
 * Without no_new_privs only CAP_SYS_ADMIN may load a filter (seccomp(2)): then confine() does it,
 * as the last thing before the capabilities go; what follows has to be allowed by it: capset(2),
 * read(2), write(2), execve(2). With no_new_privs confine_late() does it. A filter with
 * SCMP_ACT_NOTIFY is always loaded by confine(): somebody has to wait for its listener.
 */
#pragma once

#include "../kernel/cap.h"
#include "../kernel/ns.h"
#include "../kernel/seccomp.h"
#include "../spec/state.h"

struct confinement {
	const struct spec_process *process;
	const struct cap_sets *caps;
	const struct spec_seccomp *seccomp;
	const struct seccomp_bpf *filter; /* NULL: none */
	int lsm_fd;			  /* -1: no label */
};

/*
 * Keys are in no namespace: an own session keyring hides the caller's, session-keyring(7). One
 * without a name: those that have one can be made by others beforehand, to share what is put in.
 */
int confine_make_keyring(void) MUST_CHECK;

int confine_limit(const struct spec_process *process) MUST_CHECK;

/* *ret_listener: -1, or the descriptor that gets notifications. */
int confine(const struct confinement *confinement, int *ret_listener) MUST_CHECK;

/* PARENT: takes the listener out of the process, after confine(), and sends it on. */
int confine_pass_listener(const struct spec *spec, int sync, const struct ns_child *child,
			  const struct state *state) MUST_CHECK;
int confine_late(const struct spec *spec, const struct seccomp_bpf *filter) MUST_CHECK;
bool confine_is_late(const struct spec *spec);

/* AppArmor or SELinux. */
bool confine_has_label(const struct spec_process *process);
