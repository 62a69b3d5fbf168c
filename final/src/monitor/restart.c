/* restart.c: restart policies. See restart.h; next file: oom.h */
#include "restart.h"
#include "../base/err.h"

#include <string.h>

/* unless-stopped differs from always only when the machine is started anew: the engine's matter. */
static const struct {
	const char *name;
	enum restart_policy policy;
} policies[] = {{"no", RESTART_NO},
		{"on-failure", RESTART_ON_FAILURE},
		{"always", RESTART_ALWAYS},
		{"unless-stopped", RESTART_ALWAYS}};

int restart_parse(const char *policy, uint32_t maximum, struct restart *ret_restart)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(policy ? policy : "no", policies[i].name) != 0)
			continue;
		*ret_restart = (struct restart){.policy = policies[i].policy, .maximum = maximum};
		return 0;
	}
	return err_set(EINVAL,
		       "unknown restart policy '%s': expected no, on-failure, always or "
		       "unless-stopped",
		       policy);
}

static bool is_wanted(const struct restart *restart, int64_t code)
{
	if (restart->policy == RESTART_ON_FAILURE)
		return code != 0 && (!restart->maximum || restart->count < restart->maximum);
	return restart->policy == RESTART_ALWAYS;
}

bool restart_decide(struct restart *restart, int64_t code, int64_t lived, int *ret_delay)
{
	int delay = restart->delay * 2;

	if (!is_wanted(restart, code))
		return false;
	if (lived >= RESTART_LIFE || delay == 0)
		delay = RESTART_DELAY;
	restart->delay = delay < RESTART_DELAY_MAX ? delay : RESTART_DELAY_MAX;
	restart->count++;
	*ret_delay = restart->delay;
	return true;
}
