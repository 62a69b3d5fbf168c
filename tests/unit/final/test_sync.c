/*
 * test_sync.c: the ladder of messages between the runtime and init: right orders, every wrong one,
 * messages that are none, and the other process's death.
 * Tests: runtime/sync.c base/err.c base/log.c base/fd.c base/str.c
 */
#include "runtime/sync.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { FIRST = SYNC_GO, LAST = SYNC_FAIL };

static int parent = -1, init = -1;

static int open_pair(void **state)
{
	int fds[2];

	(void)state;
	if (sync_open(fds) < 0)
		return -1;
	parent = fds[0];
	init = fds[1];
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	log_redirect(NULL);
	scope_close(&parent);
	scope_close(&init);
	return 0;
}

/* Nothing may be left to read: what was expected took exactly one message. */
static void assert_empty(int socket)
{
	char byte;

	assert_int_equal(recv(socket, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void the_whole_ladder(void **state)
{
	uint32_t listener = 0;

	(void)state;
	assert_int_equal(sync_send(parent, SYNC_GO, 0), 0);
	assert_int_equal(sync_expect(init, SYNC_GO, NULL), 0);
	assert_int_equal(sync_send(init, SYNC_HOOKS, 0), 0);
	assert_int_equal(sync_expect(parent, SYNC_HOOKS, NULL), 0);
	assert_int_equal(sync_send(parent, SYNC_HOOKS_DONE, 0), 0);
	assert_int_equal(sync_expect(init, SYNC_HOOKS_DONE, NULL), 0);
	assert_int_equal(sync_send(init, SYNC_LISTENER, 17), 0);
	assert_int_equal(sync_send(init, SYNC_READY, 0), 0); /* nobody has to wait for the other */
	assert_int_equal(sync_expect(parent, SYNC_LISTENER, &listener), 0);
	assert_int_equal(listener, 17);
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), 0);
	assert_empty(parent);
	assert_empty(init);
}

static const char *const names[] = {[SYNC_GO] = "GO",
				    [SYNC_HOOKS] = "HOOKS",
				    [SYNC_HOOKS_DONE] = "HOOKS_DONE",
				    [SYNC_LISTENER] = "LISTENER",
				    [SYNC_READY] = "READY"};

/* Every message where every other one is expected: an error that names both. */
static void every_wrong_order(void **state)
{
	uint32_t value = 4711;

	(void)state;
	for (int expected = FIRST; expected <= SYNC_READY; expected++) {
		for (int sent = FIRST; sent <= SYNC_READY; sent++) {
			char text[100];

			if (sent == expected)
				continue;
			assert_int_equal(sync_send(init, sent, 5), 0);
			assert_int_equal(sync_expect(parent, expected, &value), -1);
			snprintf(text, sizeof(text), "expected %s, received %s", names[expected],
				 names[sent]);
			assert_string_equal(err_last()->text, text);
			assert_int_equal(err_last()->code, EPROTO);
			assert_int_equal(value, 4711);
		}
	}
}

static void failure_travels_whole(void **state)
{
	char longest[ERR_TEXT + 100];

	(void)state;
	for (int expected = FIRST; expected <= SYNC_READY; expected++) {
		err_set(ENOSPC, "mount /data: the disk is full");
		sync_send_failure(init);
		err_set(EINVAL, "something else");
		assert_int_equal(sync_expect(parent, expected, NULL), -1);
		assert_int_equal(err_last()->code, ENOSPC);
		assert_string_equal(err_last()->text, "mount /data: the disk is full");
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	err_set(EIO, "%s", longest);
	sync_send_failure(init);
	err_set(EINVAL, "something else");
	assert_int_equal(sync_expect_end(parent), -1);
	assert_int_equal(err_last()->code, EIO);
	assert_int_equal(strlen(err_last()->text), ERR_TEXT - 1);
}

static int logged;
static enum log_level logged_level;
static char logged_text[2 * ERR_TEXT];

static void take_log(enum log_level level, const char *text)
{
	logged++;
	logged_level = level;
	snprintf(logged_text, sizeof(logged_text), "%s", text);
}

static void log_lines_pass(void **state)
{
	(void)state;
	logged = 0;
	log_redirect(take_log);
	sync_send_log(init, LOG_WARNING, "first");
	sync_send_log(init, LOG_ERROR, "second");
	assert_int_equal(sync_send(init, SYNC_READY, 0), 0);
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), 0);
	assert_int_equal(logged, 2);
	assert_int_equal(logged_level, LOG_ERROR);
	assert_string_equal(logged_text, "second");
}

static void the_end_is_a_message(void **state)
{
	(void)state;
	assert_int_equal(sync_send(init, SYNC_READY, 0), 0);
	scope_close(&init);
	init = -1;
	/* What it said before it died is read first. */
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), 0);
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), -1);
	assert_int_equal(err_last()->code, EPIPE);
	assert_string_equal(err_last()->text, "the other process died");
	assert_int_equal(sync_expect_end(parent), 0);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(sync_send(parent, SYNC_GO, 0), -1);
	assert_int_equal(err_last()->code, EPIPE);
}

static void more_than_the_end(void **state)
{
	(void)state;
	for (int sent = FIRST; sent <= SYNC_READY; sent++) {
		assert_int_equal(sync_send(init, sent, 0), 0);
		assert_int_equal(sync_expect_end(parent), -1);
		assert_int_equal(err_last()->code, EPROTO);
	}
}

/* A SIGKILL in the middle of it: the parent does not wait for ever. */
static void killed(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		close(parent);
		if (sync_send(init, SYNC_HOOKS, 0) < 0)
			_exit(1);
		raise(SIGKILL);
		_exit(1);
	}
	scope_close(&init);
	init = -1;
	assert_int_equal(sync_expect(parent, SYNC_HOOKS, NULL), 0);
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), -1);
	assert_string_equal(err_last()->text, "the other process died");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

struct raw {
	uint32_t type, value;
	struct err err;
};

static void send_raw(const void *data, size_t length)
{
	assert_int_equal(write(init, data, length), length);
}

static void expect_no_message(void)
{
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), -1);
	assert_int_equal(err_last()->code, EPROTO);
	assert_empty(parent);
}

/* Lengths and types that no message has; a text without its NUL. */
static void no_messages(void **state)
{
	struct raw raw = {.type = SYNC_READY};
	char big[2 * sizeof(struct raw)] = {0};

	(void)state;
	for (size_t length = 1; length < 16; length++) {
		if (length == 8)
			continue;
		send_raw(&raw, length);
		expect_no_message();
	}
	send_raw(&raw, sizeof(raw)); /* READY is short */
	expect_no_message();
	send_raw(big, sizeof(big));
	expect_no_message();
	raw.type = SYNC_FAIL; /* FAIL is long */
	send_raw(&raw, 8);
	expect_no_message();
	for (uint32_t type = LAST + 1; type != 0; type = type < 100 ? type + 1 : type << 1) {
		raw.type = type;
		send_raw(&raw, 8);
		expect_no_message();
		assert_non_null(strstr(err_last()->text, "received an unknown message"));
	}
	raw.type = SYNC_FAIL;
	raw.err.code = EIO;
	memset(raw.err.text, 'x', sizeof(raw.err.text));
	send_raw(&raw, sizeof(raw));
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), -1);
	assert_int_equal(strlen(err_last()->text), ERR_TEXT - 1);
}

static void log_lines_that_lie(void **state)
{
	struct raw raw = {.type = SYNC_LOG, .value = 4000000000U};

	(void)state;
	logged = 0;
	log_redirect(take_log);
	memset(raw.err.text, 'x', sizeof(raw.err.text));
	send_raw(&raw, sizeof(raw));
	assert_int_equal(sync_send(init, SYNC_READY, 0), 0);
	assert_int_equal(sync_expect(parent, SYNC_READY, NULL), 0);
	assert_int_equal(logged, 1);
	assert_int_equal(logged_level, LOG_WARNING);
	assert_int_equal(strlen(logged_text), ERR_TEXT - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_whole_ladder),	     TEST(every_wrong_order),
		TEST(failure_travels_whole), TEST(log_lines_pass),
		TEST(log_lines_that_lie),    TEST(the_end_is_a_message),
		TEST(more_than_the_end),     TEST(killed),
		TEST(no_messages),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
