/* signals.c: names of signals, by the C library. See signals.h */
#include "signals.h"
#include "../base/err.h"
#include "../base/str.h"

#include <signal.h>
#include <string.h>

int signals_parse(const char *text, int *ret_signal)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int64_t number;

	if (*name >= '0' && *name <= '9') {
		if (str_to_i64(name, 1, SIGRTMAX, &number) < 0)
			return err_set(EINVAL, "'%s': there is no such signal", text);
		*ret_signal = number;
		return 0;
	}
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcasecmp(known, name) == 0) {
			*ret_signal = i;
			return 0;
		}
	}
	if (strncasecmp(name, "RTMIN", 5) == 0 &&
	    (!name[5] ||
	     (name[5] == '+' && str_to_i64(name + 6, 0, SIGRTMAX - SIGRTMIN, &number) == 0))) {
		*ret_signal = SIGRTMIN + (name[5] ? number : 0);
		return 0;
	}
	return err_set(EINVAL, "'%s': there is no such signal: a name, as TERM, or a number", text);
}
