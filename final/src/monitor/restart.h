/*
 * restart.h: whether a container that has ended is started again, and how soon.
 *
 *	restart_parse("on-failure", 3, &restart)
 *	if (restart_decide(&restart, code, lived, &delay)) ...      at its end
 *
 * No side effects. The delay is 100 ms, then twice the one before, up to a minute; a life of ten
 * seconds brings it back to 100 ms. Next file: oom.h. PARENT.
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <stdint.h>

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

enum { RESTART_DELAY = 100, RESTART_DELAY_MAX = 60000, RESTART_LIFE = 10000 }; /* milliseconds */

struct restart {
	enum restart_policy policy;
	uint32_t maximum; /* of on-failure; 0: any number */
	uint32_t count;	  /* how often it was started again */
	int delay;	  /* the last one, milliseconds; 0: none yet */
};

/* "no", "on-failure", "always", "unless-stopped" (NULL: "no"); EINVAL for other words. */
int restart_parse(const char *policy, uint32_t maximum, struct restart *ret_restart) MUST_CHECK;

/* `lived`: milliseconds. If it is to be started again, counts it and says after how long. */
bool restart_decide(struct restart *restart, int64_t code, int64_t lived, int *ret_delay);
