/*
 * test_loop.c: how long the monitor waits, by a clock of the test.
 *
 * Tests: monitor/loop.c monitor/streams.c monitor/clients.c monitor/protocol.c monitor/logger.c
 * monitor/log_file.c monitor/log_escape.c monitor/log_syslog.c base/err.c base/fd.c base/log.c
 * base/path.c base/str.c base/sys.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/stamp.h"
#include "monitor/loop.h"

#include <unistd.h>

/* In the place of stamp.c: each look at the clock takes a millisecond, as on a busy machine. */
static int64_t now;

int64_t stamp_milliseconds(void)
{
	return now++;
}

struct stamp stamp_now(void)
{
	return (struct stamp){{0}};
}

static struct monitor idle(void)
{
	return (struct monitor){
		.signals = -1,
		.report = -1,
		.clients = {.listener = -1, .held = -1},
		.streams = {.input = -1, .output = {{.fd = -1}, {.fd = -1}}},
	};
}

/* poll(2) takes -1 for "for ever": a time that is over must not be handed to it. */
static void no_time_is_over_at_once(void **state)
{
	struct monitor m = idle();

	(void)state;
	alarm(20);
	for (int64_t milliseconds = 0; milliseconds < 4; milliseconds++)
		assert_int_equal(loop_until(&m, NULL, milliseconds), 0);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_time_is_over_at_once),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
