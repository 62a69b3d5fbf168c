/*
 * test_clients.c: frames on the attach socket, also those that are none; who is waited for.
 *
 * Tests: monitor/clients.c monitor/protocol.c base/err.c base/fd.c base/log.c base/path.c base/str.c base/sys.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/clients.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char directory[] = "/tmp/test-clients-XXXXXX";
static int dir_fd;
static struct clients clients;

static int begin(void **state)
{
	(void)state;
	dir_fd = open(mkdtemp(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	unlinkat(dir_fd, "attach", 0);
	close(dir_fd);
	return rmdir(directory);
}

static int open_clients(void **state)
{
	(void)state;
	return clients_open(dir_fd, &clients);
}

static int close_clients(void **state)
{
	(void)state;
	clients_close(&clients);
	return 0;
}

static int join(struct client **ret_client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/attach", directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	*ret_client = clients_accept(&clients);
	return fd;
}

static void test_frames(void **state)
{
	struct frame frame = {.type = FRAME_STDIN, .length = 3, .data = "abc"}, got;
	struct client *client;
	int fd = join(&client);

	(void)state;
	assert_int_equal(clients_peek(client), 0);
	assert_int_equal(send(fd, &frame, FRAME_HEADER + 3, 0), FRAME_HEADER + 3);
	assert_int_equal(clients_peek(client), FRAME_STDIN);
	assert_int_equal(clients_peek(client), FRAME_STDIN);
	assert_true(clients_receive(client, &got));
	assert_int_equal(got.length, 3);
	assert_memory_equal(got.data, "abc", 3);
	assert_int_equal(clients_peek(client), 0);
	close(fd);
	assert_int_equal(clients_peek(client), -1);
	clients_drop(&clients, client);
	assert_int_equal(clients.count, 0);
}

static void test_no_frames(void **state)
{
	static struct frame frame = {.type = FRAME_STDIN};
	const struct {
		uint32_t type, length;
		size_t size; /* of the datagram */
		bool is_seen;
	} cases[] = {
		{FRAME_STDIN, 0, FRAME_HEADER, true},
		{FRAME_STDIN, FRAME_DATA, FRAME_HEADER + FRAME_DATA, true},
		{FRAME_STDIN, 5, FRAME_HEADER + 4, false},
		{FRAME_STDIN, 4, FRAME_HEADER + 5, false},
		{FRAME_STDIN, UINT32_MAX, FRAME_HEADER, false},
		{FRAME_STDIN, 0, 4, false},
		{FRAME_STDIN, 0, 1, false},
		{0, 0, FRAME_HEADER, false},
		{FRAME_CLEAN + 1, 0, FRAME_HEADER, false},
		{UINT32_MAX, 0, FRAME_HEADER, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client *client;
		struct frame got;
		int fd = join(&client);

		frame.type = cases[i].type;
		frame.length = cases[i].length;
		assert_int_equal(send(fd, &frame, cases[i].size, 0), cases[i].size);
		assert_int_equal(clients_peek(client) > 0 && clients_receive(client, &got),
				 cases[i].is_seen);
		clients_drop(&clients, client);
		close(fd);
	}
}

static void test_too_long(void **state)
{
	char data[sizeof(struct frame) + 100] = "";
	const struct frame head = {.type = FRAME_STDIN, .length = FRAME_DATA + 100};
	struct client *client;
	struct frame got;
	int fd = join(&client);

	(void)state;
	memcpy(data, &head, FRAME_HEADER);
	assert_int_equal(send(fd, data, sizeof(data), 0), sizeof(data));
	assert_false(clients_receive(client, &got));
	close(fd);
}

static void test_send(void **state)
{
	struct client *one, *two;
	int fds[] = {join(&one), join(&two)};
	struct frame got;

	(void)state;
	assert_true(clients_send(&clients, FRAME_STDERR, "text", 4));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		assert_int_equal(recv(fds[i], &got, sizeof(got), 0), FRAME_HEADER + 4);
		assert_int_equal(got.type, FRAME_STDERR);
		assert_int_equal(got.length, 4);
		close(fds[i]);
	}
	assert_true(clients_send(&clients, FRAME_STDERR, "text", 4));
	assert_true(one->is_mute && two->is_mute);
}

/* The one that is waited for gets every frame, once; the other one is dropped. */
static void test_held(void **state)
{
	static char data[FRAME_DATA];
	struct client *held, *other;
	int fd = join(&held), other_fd = join(&other);
	size_t sent = 0, received = 0;
	struct frame got;

	(void)state;
	clients.held = held->fd;
	while (clients_send(&clients, FRAME_STDOUT, data, sizeof(data)))
		sent++;
	assert_true(sent > 0 && clients.is_blocked);
	assert_false(clients_send(&clients, FRAME_STDOUT, data, sizeof(data)));
	while (recv(fd, &got, sizeof(got), 0) > 0)
		received++;
	assert_int_equal(received, sent);
	assert_true(clients_send(&clients, FRAME_STDOUT, data, sizeof(data)));
	assert_false(clients.is_blocked);
	assert_true(other->is_mute); /* it was full, and the frame after that was not for it */
	assert_int_equal(clients_peek(other), -1);
	close(fd);
	close(other_fd);
	assert_true(clients_send(&clients, FRAME_STDOUT, data, sizeof(data)));
	clients_drop(&clients, held);
	assert_int_equal(clients.held, -1);
}

/* It typed, and left with output unread: its words are there, behind ECONNRESET. */
static void test_reset(void **state)
{
	struct frame frame = {.type = FRAME_STOP}, got;
	struct client *client;
	int fd = join(&client);

	(void)state;
	assert_int_equal(send(fd, &frame, FRAME_HEADER, 0), FRAME_HEADER);
	assert_true(clients_send(&clients, FRAME_STDOUT, "text", 4));
	close(fd);
	assert_int_equal(clients_peek(client), FRAME_STOP);
	assert_true(clients_receive(client, &got));
	assert_int_equal(clients_peek(client), -1);
	clients_drop(&clients, client);
}

static void test_many(void **state)
{
	struct client *client;
	int fds[CLIENTS_MAX + 1];
	char byte;

	(void)state;
	for (int i = 0; i <= CLIENTS_MAX; i++) {
		fds[i] = join(&client);
		assert_int_equal(client != NULL, i < CLIENTS_MAX);
	}
	assert_int_equal(recv(fds[CLIENTS_MAX], &byte, 1, 0), 0); /* shut again */
	for (int i = 0; i <= CLIENTS_MAX; i++)
		close(fds[i]);
}

static void test_socket(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fstatat(dir_fd, "attach", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_null(clients_accept(&clients));
	clients_close(&clients);
	assert_int_equal(clients_open(dir_fd, &clients), 0); /* over what a killed one has left */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_clients, close_clients)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames), TEST(test_no_frames), TEST(test_too_long), TEST(test_send),
		TEST(test_held),   TEST(test_reset),	 TEST(test_many),     TEST(test_socket),
	};

	return cmocka_run_group_tests_name("clients", tests, begin, end);
}
