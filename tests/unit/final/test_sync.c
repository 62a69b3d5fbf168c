/*
 * test_sync.c: the sync protocol fed with wrong orders and wrong messages, and the gate between two
 * processes.
 *
 * Tests: runtime/sync.c runtime/gate.c base/err.c base/fd.c base/log.c base/proc.c base/sys.c
 * base/str.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/sys.h"
#include "runtime/gate.h"
#include "runtime/sync.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* As sync.c has it; the sizes below would not fit else. */
struct message {
	uint32_t type, value;
	struct err err;
};

enum { SHORT = offsetof(struct message, err), LONG = sizeof(struct message) };

enum { PARENT, INIT };

static int sockets[2];

static struct {
	enum log_level level;
	char text[ERR_TEXT];
	int count;
} logged;

static void keep_log(enum log_level level, const char *text)
{
	logged.level = level;
	snprintf(logged.text, sizeof(logged.text), "%s", text);
	logged.count++;
}

static int open_sockets(void **state)
{
	(void)state;
	memset(&logged, 0, sizeof(logged));
	log_redirect(keep_log);
	return sync_open(sockets);
}

static void shut(int end)
{
	if (sockets[end] >= 0)
		close(sockets[end]);
	sockets[end] = -1;
}

static int close_sockets(void **state)
{
	(void)state;
	shut(PARENT);
	shut(INIT);
	log_redirect(NULL);
	return 0;
}

static void feed(const void *data, size_t length)
{
	assert_int_equal(send(sockets[INIT], data, length, MSG_NOSIGNAL), length);
}

static void feed_type(uint32_t type)
{
	struct message message = {.type = type, .err = {.code = EDOM, .text = "some reason"}};

	feed(&message, type == SYNC_LOG || type == SYNC_FAIL ? LONG : SHORT);
}

static void assert_text(const char *part)
{
	if (!strstr(err_last()->text, part))
		fail_msg("'%s' is not in: %s", part, err_last()->text);
}

static void test_every_message_in_place_of_the_expected(void **state)
{
	static const char *const names[] = {"an unknown message", "GO",	      "HOOKS",
					    "HOOKS_DONE",	  "LISTENER", "READY"};

	(void)state;
	for (uint32_t wanted = SYNC_GO; wanted <= SYNC_READY; wanted++) {
		for (uint32_t sent = 0; sent <= SYNC_READY; sent++) {
			char text[80];

			feed_type(sent);
			if (sent == wanted) {
				assert_int_equal(sync_expect(sockets[PARENT], wanted, NULL), 0);
				continue;
			}
			assert_int_equal(sync_expect(sockets[PARENT], wanted, NULL), -1);
			assert_int_equal(err_last()->code, EPROTO);
			snprintf(text, sizeof(text), "expected %s, received %s", names[wanted],
				 names[sent]);
			assert_text(text);
		}
	}
	for (uint32_t sent = 0; sent <= SYNC_READY; sent++) {
		feed_type(sent);
		assert_int_equal(sync_expect_end(sockets[PARENT]), -1);
		assert_int_equal(err_last()->code, EPROTO);
		assert_text("expected the end, received");
		assert_text(names[sent]);
	}
}

/* It had not read what we said before it failed: the reason is there, behind ECONNRESET. */
static void test_failure_behind_a_reset(void **state)
{
	(void)state;
	assert_int_equal(sync_send(sockets[PARENT], SYNC_GO, 0), 0);
	feed_type(SYNC_FAIL);
	shut(INIT);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	assert_text("some reason");
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	assert_text("the other process died");
}

static void test_failure_before_we_say_more(void **state)
{
	(void)state;
	for (int is_reset = 0; is_reset <= 1; is_reset++) {
		if (is_reset)
			assert_int_equal(sync_send(sockets[PARENT], SYNC_GO, 0), 0);
		feed_type(SYNC_LOG);
		feed_type(SYNC_FAIL);
		shut(INIT);
		assert_int_equal(sync_order(sockets[PARENT], SYNC_GO), -1);
		assert_text("some reason");
		assert_int_equal(sync_order(sockets[PARENT], SYNC_GO), -1);
		assert_text("the other process died");
		shut(PARENT);
		assert_int_equal(sync_open(sockets), 0);
	}
}

static void test_unknown_types(void **state)
{
	const uint32_t types[] = {0, SYNC_FAIL + 1, 99, INT32_MAX, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		feed_type(types[i]);
		assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
		assert_text("expected READY, received an unknown message");
	}
}

static void test_value(void **state)
{
	uint32_t value = 1;

	(void)state;
	assert_int_equal(sync_send(sockets[INIT], SYNC_LISTENER, 7), 0);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_LISTENER, &value), 0);
	assert_int_equal(value, 7);
	/* Of a message that was not expected nothing is taken. */
	assert_int_equal(sync_send(sockets[INIT], SYNC_READY, 9), 0);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_LISTENER, &value), -1);
	assert_int_equal(value, 7);
}

static void test_both_directions(void **state)
{
	(void)state;
	assert_int_equal(sync_send(sockets[PARENT], SYNC_GO, 0), 0);
	assert_int_equal(sync_expect(sockets[INIT], SYNC_GO, NULL), 0);
	assert_int_equal(sync_send(sockets[INIT], SYNC_HOOKS, 0), 0);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_HOOKS, NULL), 0);
}

/* Each type with each length but its own. */
static void test_lengths(void **state)
{
	const size_t lengths[] = {1, 4, SHORT - 1, SHORT, SHORT + 1, LONG - 1, LONG};

	(void)state;
	for (uint32_t type = 0; type <= SYNC_FAIL; type++) {
		size_t right = type == SYNC_LOG || type == SYNC_FAIL ? LONG : SHORT;

		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			struct message message = {.type = type};

			if (lengths[i] == right)
				continue;
			feed(&message, lengths[i]);
			assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
			assert_int_equal(err_last()->code, EPROTO);
			assert_text("which is no message");
		}
	}
	assert_int_equal(logged.count, 0);
}

static void test_longer_than_any(void **state)
{
	char much[LONG + 100];

	(void)state;
	memset(much, 0xff, sizeof(much));
	feed(much, sizeof(much));
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	assert_int_equal(err_last()->code, EPROTO);
	/* A FAIL with more behind it is cut by read(2): the record is whole. */
	memset(much, 0, sizeof(much));
	((struct message *)much)->type = SYNC_FAIL;
	strcpy(((struct message *)much)->err.text, "the reason");
	feed(much, sizeof(much));
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	assert_string_equal(err_last()->text, "the reason");
}

static void test_garbage(void **state)
{
	unsigned char bytes[LONG];
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t length = 1 + rand_r(&seed) % sizeof(bytes);

		for (size_t i = 0; i < length; i++)
			bytes[i] = rand_r(&seed) >> 8;
		bytes[3] |= 1; /* no known type, or LOG would wait for the next message */
		feed(bytes, length);
		assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	}
}

static void test_failure_at_each_rung(void **state)
{
	(void)state;
	for (uint32_t wanted = SYNC_GO; wanted <= SYNC_READY; wanted++) {
		uint32_t value = 5;

		assert_int_equal(err_set(ENOSPC, "rung %u", wanted), -1);
		sync_send_failure(sockets[INIT]);
		assert_int_equal(err_set(EIO, "something else"), -1);
		assert_int_equal(sync_expect(sockets[PARENT], wanted, &value), -1);
		assert_int_equal(err_last()->code, ENOSPC);
		assert_int_equal(strncmp(err_last()->text, "rung ", 5), 0);
		assert_int_equal(value, 5);
	}
	assert_int_equal(err_set(ENOEXEC, "execve"), -1);
	sync_send_failure(sockets[INIT]);
	assert_int_equal(sync_expect_end(sockets[PARENT]), -1);
	assert_int_equal(err_last()->code, ENOEXEC);
}

static void test_log_at_each_rung(void **state)
{
	(void)state;
	for (uint32_t wanted = SYNC_GO; wanted <= SYNC_READY; wanted++) {
		int before = logged.count;

		sync_send_log(sockets[INIT], LOG_ERROR, "first");
		sync_send_log(sockets[INIT], LOG_WARNING, "second");
		assert_int_equal(sync_send(sockets[INIT], wanted, 0), 0);
		assert_int_equal(sync_expect(sockets[PARENT], wanted, NULL), 0);
		assert_int_equal(logged.count, before + 2);
		assert_int_equal(logged.level, LOG_WARNING);
		assert_string_equal(logged.text, "second");
	}
	sync_send_log(sockets[INIT], LOG_ERROR, "100% \"%s%n\"");
	shut(INIT);
	assert_int_equal(sync_expect_end(sockets[PARENT]), 0);
	assert_string_equal(logged.text, "100% \"%s%n\"");
}

/* What init sends is somebody else's word: a level may be out of range, a text without its NUL. */
static void test_log_of_a_liar(void **state)
{
	struct message message = {.type = SYNC_LOG, .value = UINT32_MAX};

	(void)state;
	memset(message.err.text, 'x', sizeof(message.err.text));
	feed(&message, LONG);
	message.value = LOG_DEBUG + 1;
	feed(&message, LONG);
	feed_type(SYNC_READY);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), 0);
	assert_int_equal(logged.count, 2);
	assert_int_equal(logged.level, LOG_WARNING);
	assert_true(strlen(logged.text) < ERR_TEXT);
}

static void test_failure_of_a_liar(void **state)
{
	struct message message = {.type = SYNC_FAIL, .err = {.code = 0}};

	(void)state;
	memset(message.err.text, 'y', sizeof(message.err.text));
	feed(&message, LONG);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_READY, NULL), -1);
	assert_true(strnlen(err_last()->text, ERR_TEXT) < ERR_TEXT);
	assert_int_equal(err_wrap("wrapped"), -1);
}

static void test_end(void **state)
{
	(void)state;
	shut(INIT);
	for (uint32_t wanted = SYNC_GO; wanted <= SYNC_READY; wanted++) {
		assert_int_equal(sync_expect(sockets[PARENT], wanted, NULL), -1);
		assert_int_equal(err_last()->code, EPIPE);
		assert_text("died");
	}
	assert_int_equal(sync_expect_end(sockets[PARENT]), 0);
}

static void test_last_words_are_read_after_the_end(void **state)
{
	(void)state;
	assert_int_equal(err_set(EACCES, "last words"), -1);
	sync_send_failure(sockets[INIT]);
	shut(INIT);
	assert_int_equal(sync_send(sockets[PARENT], SYNC_GO, 0), -1);
	assert_int_equal(err_last()->code, EPIPE);
	assert_int_equal(sync_expect(sockets[PARENT], SYNC_HOOKS, NULL), -1);
	assert_string_equal(err_last()->text, "last words");
}

/* Nobody to tell: neither a crash nor a signal. */
static void test_talking_to_the_dead(void **state)
{
	(void)state;
	shut(PARENT);
	sync_send_log(sockets[INIT], LOG_INFO, "anybody?");
	sync_send_failure(sockets[INIT]);
	assert_int_equal(sync_send(sockets[INIT], SYNC_READY, 0), -1);
	assert_int_equal(err_last()->code, EPIPE);
}

/* --- the gate --- */

static char directory[] = "/tmp/test_sync.XXXXXX";
static int dir_fd = -1;
static struct gate gate;

static int open_gate_directory(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return gate_make(dir_fd, &gate);
}

static int remove_gate_directory(void **state)
{
	(void)state;
	gate_close(&gate);
	unlinkat(dir_fd, "gate", 0);
	unlinkat(dir_fd, "answer", 0);
	close(dir_fd);
	return rmdir(directory);
}

enum inside { REFUSES, DIES, EXECUTES, EXECUTES_AND_STAYS, SLEEPS_THEN_REFUSES };

static pid_t start_inside(enum inside what, int *ret_pidfd)
{
	char *const ends[] = {"true", NULL}, *const stays[] = {"sleep", "10", NULL};
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (gate_wait(&gate) < 0)
			_exit(9);
		if (what == SLEEPS_THEN_REFUSES)
			usleep(300000);
		if (what == REFUSES || what == SLEEPS_THEN_REFUSES) {
			if (err_set(ENOEXEC, "hook /bin/x: ended with status 3") < 0)
				gate_refuse(&gate);
		} else if (what == EXECUTES) {
			execvp("true", ends);
		} else if (what == EXECUTES_AND_STAYS) {
			execvp("sleep", stays);
		}
		_exit(0);
	}
	*ret_pidfd = sys_pidfd_open(pid, 0);
	assert_true(*ret_pidfd >= 0);
	gate_close(&gate); /* only init holds it now */
	return pid;
}

static void end_inside(pid_t pid, int pidfd)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pidfd);
}

static void test_gate_files(void **state)
{
	const char *const names[] = {"gate", "answer"};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(fstatat(dir_fd, names[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(S_ISFIFO(st.st_mode));
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_true(fcntl(gate.wait, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(gate.answer, F_GETFD) & FD_CLOEXEC);
	/* A second one in the same place is refused, whatever is there. */
	assert_int_equal(gate_make(dir_fd, &(struct gate){-1, -1}), -1);
}

static void test_gate_refusal_arrives(void **state)
{
	int pidfd;
	pid_t pid = start_inside(REFUSES, &pidfd);

	(void)state;
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_int_equal(err_last()->code, ENOEXEC);
	assert_string_equal(err_last()->text, "hook /bin/x: ended with status 3");
	end_inside(pid, pidfd);
}

static void test_gate_death_is_no_success(void **state)
{
	int pidfd;
	pid_t pid = start_inside(DIES, &pidfd);

	(void)state;
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_text("died before");
	end_inside(pid, pidfd);
}

static void test_gate_killed_while_it_waits(void **state)
{
	int pidfd;
	pid_t pid = start_inside(EXECUTES, &pidfd);

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, WNOHANG | WNOWAIT);
	assert_true(sys_pidfd_send_signal(pidfd, 0, NULL, 0) == 0 || errno == ESRCH);
	usleep(50000);
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_int_equal(err_last()->code, EBUSY);
	end_inside(pid, pidfd);
}

static void test_gate_execve_is_success(void **state)
{
	int pidfd;
	pid_t pid = start_inside(EXECUTES, &pidfd);

	(void)state;
	assert_int_equal(gate_open(dir_fd, pidfd, pid), 0);
	end_inside(pid, pidfd);
}

static void test_gate_opens_once(void **state)
{
	int pidfd;
	pid_t pid = start_inside(EXECUTES_AND_STAYS, &pidfd);

	(void)state;
	assert_int_equal(gate_open(dir_fd, pidfd, pid), 0);
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_int_equal(err_last()->code, EBUSY);
	assert_text("not waiting any more");
	end_inside(pid, pidfd);
}

/* Two at once: the lock goes with the process that holds it. */
static void test_gate_lock(void **state)
{
	int pidfd, lock = open("/dev/null", O_RDONLY), ready[2];
	pid_t pid, holder;
	char byte;

	(void)state;
	close(lock);
	pid = start_inside(EXECUTES_AND_STAYS, &pidfd);
	assert_int_equal(pipe(ready), 0);
	holder = fork();
	if (holder == 0) {
		lock = openat(dir_fd, "gate", O_WRONLY);
		_exit(lock < 0 || flock(lock, LOCK_EX) < 0 || write(ready[1], "x", 1) < 0 ||
		      pause() < 0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_int_equal(err_last()->code, EBUSY);
	assert_text("being started already");
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_int_equal(gate_open(dir_fd, pidfd, pid), 0);
	close(ready[0]);
	close(ready[1]);
	end_inside(pid, pidfd);
}

/* Killed after its byte: init goes on, and the next one is told how things are. */
static void test_gate_starter_is_killed(void **state)
{
	int pidfd;
	pid_t pid = start_inside(SLEEPS_THEN_REFUSES, &pidfd), starter = fork();

	(void)state;
	if (starter == 0)
		_exit(gate_open(dir_fd, pidfd, pid) < 0);
	usleep(100000);
	kill(starter, SIGKILL);
	waitpid(starter, NULL, 0);
	assert_int_equal(gate_open(dir_fd, pidfd, pid), -1);
	assert_string_equal(err_last()->text, "hook /bin/x: ended with status 3");
	end_inside(pid, pidfd);
}

/* The record comes in one piece or not at all: pipe(7) promises that up to PIPE_BUF. */
static void test_gate_record_is_atomic(void **state)
{
	struct err record;
	int status, reader;

	(void)state;
	assert_true(sizeof(record) <= PIPE_BUF);
	reader = openat(dir_fd, "answer", O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			for (int n = 0; n < 50; n++)
				if (err_set(i + 1, "%0*d", ERR_TEXT - 1, i) < 0)
					gate_refuse(&gate);
			_exit(0);
		}
	}
	assert_int_equal(fcntl(reader, F_SETFL, 0), 0);
	for (int n = 0; n < 200; n++) {
		assert_int_equal(read(reader, &record, sizeof(record)), sizeof(record));
		assert_in_range(record.code, 1, 4);
		assert_int_equal(record.text[ERR_TEXT - 2], '0' + record.code - 1);
		assert_int_equal(strlen(record.text), ERR_TEXT - 1);
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	close(reader);
}

#define SYNC(name) cmocka_unit_test_setup_teardown(name, open_sockets, close_sockets)
#define GATE(name) cmocka_unit_test_setup_teardown(name, open_gate_directory, remove_gate_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYNC(test_every_message_in_place_of_the_expected),
		SYNC(test_unknown_types),
		SYNC(test_value),
		SYNC(test_both_directions),
		SYNC(test_lengths),
		SYNC(test_longer_than_any),
		SYNC(test_garbage),
		SYNC(test_failure_at_each_rung),
		SYNC(test_log_at_each_rung),
		SYNC(test_log_of_a_liar),
		SYNC(test_failure_of_a_liar),
		SYNC(test_end),
		SYNC(test_last_words_are_read_after_the_end),
		SYNC(test_talking_to_the_dead),
		SYNC(test_failure_behind_a_reset),
		SYNC(test_failure_before_we_say_more),
		GATE(test_gate_files),
		GATE(test_gate_refusal_arrives),
		GATE(test_gate_death_is_no_success),
		GATE(test_gate_killed_while_it_waits),
		GATE(test_gate_execve_is_success),
		GATE(test_gate_opens_once),
		GATE(test_gate_lock),
		GATE(test_gate_starter_is_killed),
		GATE(test_gate_record_is_atomic),
	};

	signal(SIGPIPE, SIG_IGN); /* as main() of the runtime does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
