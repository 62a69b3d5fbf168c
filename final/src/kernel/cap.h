/*
 * cap.h: the five sets of capabilities(7), by libcap. INIT, but for cap_resolve().
 *
 *	PARENT  cap_resolve(names, &sets)       names to bits; unknown ones are left out with a
 *warning INIT    cap_drop_bounding(&sets)        while CAP_SETPCAP is still there INIT
 *cap_keep_over_setuid()          PR_SET_KEEPCAPS
 *	        ... limits_set_user() ...
 *	INIT    cap_apply(&sets)                effective, permitted, inheritable, then ambient
 *
 * CVE-2022-29162 and its kin: inheritable is only what the configuration says, for exec as well.
 */
#pragma once

#include "../spec/spec.h"

struct cap_sets {
	bool set; /* false: the configuration has none, everything stays as it is */
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

int cap_resolve(const struct spec_capabilities *capabilities, struct cap_sets *ret_sets) MUST_CHECK;
int cap_drop_bounding(const struct cap_sets *sets) MUST_CHECK;
int cap_keep_over_setuid(void) MUST_CHECK;
int cap_apply(const struct cap_sets *sets) MUST_CHECK;

/* Every name this kernel knows, for `features`. */
int cap_list(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
