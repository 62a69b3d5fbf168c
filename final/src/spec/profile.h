/*
 * profile.h: what a container gets that asked for nothing: mounts, namespaces, capabilities, paths
 * out of sight, system calls. `husk-runtime spec` prints it, and the engine begins with it.
 *
 *	profile_fill(PROFILE_HARDENED | PROFILE_ROOTFUL, &spec)     all but process.args, root, hostname
 *
 * All memory is in spec.arena. PARENT. Next file: profile.c
 */
#pragma once

#include "spec.h"

/*
 * PLAIN is what runc and crun print, because tools edit it; HARDENED the defaults of husk. ROOTLESS:
 * with a user namespace, in which the caller is root.
 */
enum profile_kind {
	PROFILE_PLAIN = 1,
	PROFILE_HARDENED = 2,
	PROFILE_ROOTFUL = 4,
	PROFILE_ROOTLESS = 8,
};

enum { PROFILE_PIDS = 512 };

/* One of PLAIN and HARDENED, and one of ROOTFUL and ROOTLESS. The spec was zeroed. */
int profile_fill(unsigned int kind, struct spec *spec) MUST_CHECK;

/* The allow-list of system calls: profile_seccomp.c. */
int profile_seccomp(struct arena *arena, struct spec_seccomp **ret_seccomp) MUST_CHECK;

/* "a b c" appended to a list of strings. */
int profile_add_words(const char *words, struct arena *arena, struct str_list *list) MUST_CHECK;
