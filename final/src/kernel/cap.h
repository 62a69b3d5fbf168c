/*
 * cap.h: the five sets of capabilities(7), by libcap. Who calls what, in this order:
 *
 *	PARENT  cap_resolve(capabilities, &sets)   names to bits; unknown ones are left out with a
 *	                                           warning, as config.md "Linux Process" says
 *	INIT    cap_drop_bounding(&sets)           while CAP_SETPCAP is still there
 *	INIT    cap_restrict(&sets)                to what this process has to give
 *	INIT    cap_keep_over_setuid()             PR_SET_KEEPCAPS
 *	        ... limits_set_user(), seccomp_install() ...
 *	INIT    cap_apply(&sets)                   effective, permitted, inheritable, then ambient:
 *	                                           one capset(2), a filter may be in force already
 *
 * CVE-2022-29162 and its kin: inheritable is only what the configuration says, for exec as well.
 * Next file: cap.c
 */
#pragma once

#include "../spec/spec.h"

/* Bit N is capability N, <linux/capability.h>. */
struct cap_sets {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/* No `capabilities` at all (NULL) is the same as five empty sets: so do runc and crun. */
int cap_resolve(const struct spec_capabilities *capabilities, struct cap_sets *ret_sets) MUST_CHECK;
int cap_drop_bounding(const struct cap_sets *sets) MUST_CHECK;

/*
 * What the runtime itself lacks cannot be given: it is left out with a warning ("Runtimes SHOULD
 * NOT fail", config.md). No such thing in a new user namespace: there INIT has them all.
 */
int cap_restrict(struct cap_sets *sets) MUST_CHECK;
int cap_keep_over_setuid(void) MUST_CHECK;

/* Under another user than root: what is permitted takes effect again, until cap_apply(). */
int cap_regain(void) MUST_CHECK;

int cap_apply(const struct cap_sets *sets) MUST_CHECK;

/* Every name this kernel knows, for `features`. */
int cap_list(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
