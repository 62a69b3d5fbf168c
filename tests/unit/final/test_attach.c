/*
 * test_attach.c: the client's side of the attach socket, with the test as the monitor.
 *
 * Tests: engine/attach.c engine/attach_keys.c monitor/protocol.c base/bind.c base/bind_write.c
 * base/err.c base/fd.c base/json.c base/json_scan.c base/log.c base/path.c base/str.c base/sys.c
 * -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "engine/attach.h"
#include "engine/oci.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the place of oci.c and place.c: no signal arrives here, and the socket is there already. */
int oci_kill(const struct box *box, int signal, bool all)
{
	(void)box, (void)signal, (void)all;
	return err_set(ENOSYS, "not in this test");
}

char *place_run(const struct place *place, struct arena *arena, const char *format, ...)
{
	(void)place, (void)arena, (void)format;
	return NULL;
}

static void say(int fd, enum frame_type type, const char *data)
{
	struct frame frame = {.type = type, .length = strlen(data)};
	ssize_t size = FRAME_HEADER + frame.length;

	memcpy(frame.data, data, frame.length);
	assert_int_equal(send(fd, &frame, size, 0), size);
}

/*
 * A socket that is closed with something unread gives the other end ECONNRESET once, before what
 * that one has to read: here the monitor was through before it had read our FRAME_CLEAN.
 */
static void the_exit_is_read_behind_a_reset(void **state)
{
	const struct attach_options options = {.forward_signals = true};
	struct box box = {.name = (char *)"box"};
	struct monitor_exit got = {0};
	bool is_detached = true;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	say(ends[0], FRAME_CLEAN, "");
	say(ends[1], FRAME_EXIT, "{\"code\":7}");
	close(ends[1]);
	assert_int_equal(attach_relay(ends[0], &box, &options, &got, &is_detached), 0);
	assert_int_equal(got.code, 7);
	assert_false(is_detached);
	close(ends[0]);
	arena_free(&box.arena);
}

static void an_end_without_exit_is_an_error(void **state)
{
	const struct attach_options options = {0};
	struct box box = {.name = (char *)"box"};
	struct monitor_exit got;
	bool is_detached;
	int ends[2];

	(void)state;
	for (int is_reset = 0; is_reset <= 1; is_reset++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		if (is_reset)
			say(ends[0], FRAME_CLEAN, "");
		close(ends[1]);
		assert_int_equal(attach_relay(ends[0], &box, &options, &got, &is_detached), -1);
		assert_int_equal(err_last()->code, EPIPE);
		close(ends[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_is_read_behind_a_reset),
		cmocka_unit_test(an_end_without_exit_is_an_error),
	};

	return cmocka_run_group_tests_name("attach", tests, NULL, NULL);
}
