/*
 * test_state.c: state.json there and back, torn and foreign ones, and the answer to `state`.
 *
 * Tests: spec/state.c base/json.c base/json_scan.c base/bind.c base/bind_write.c base/str.c
 * base/err.c base/fd.c base/log.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "spec/state.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct str_pair pairs[] = {{"org.example.a", "1"}, {"b", ""}};

static const struct state example = {
	.id = "box",
	.status = STATE_PAUSED,
	.pid = 4321,
	.start_time = UINT64_MAX,
	.bundle = "/b \"quoted\"\n",
	.rootfs = "/b/rootfs",
	.created = "2024-01-02T03:04:05.678Z",
	.owner = UINT32_MAX - 1,
	.cgroup = "/husk/box",
	.systemd_cgroup = true,
	.cgroup_v2_only = true,
	.terminal = true,
	.own_pid_namespace = true,
	.has_poststop = true,
	.annotations = {pairs, ARRAY_SIZE(pairs)},
};

static int parse(const char *text, size_t length, struct state *ret_state)
{
	auto_close int fd = memfd_create("state.json", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, length), length);
	return state_parse(fd, ret_state);
}

static void test_round_trip(void **state)
{
	struct arena arena = {0};
	struct state read;
	char *text, *again;

	(void)state;
	assert_int_equal(state_format(&example, &arena, &text), 0);
	assert_int_equal(parse(text, strlen(text), &read), 0);
	assert_int_equal(read.status, STATE_PAUSED);
	assert_true(read.start_time == UINT64_MAX);
	assert_string_equal(read.bundle, example.bundle);
	assert_string_equal(str_map_get(&read.annotations, "b"), "");
	assert_int_equal(read.owner, UINT32_MAX - 1);
	assert_true(read.systemd_cgroup && read.cgroup_v2_only && read.terminal);
	assert_true(read.own_pid_namespace && read.has_poststop);
	assert_int_equal(state_format(&read, &arena, &again), 0);
	assert_string_equal(text, again);
	state_free(&read);
	arena_free(&arena);
}

/* The first record: nothing is known yet but what is about to be. */
static void test_intent(void **state)
{
	const struct state intent = {.id = "box", .status = STATE_CREATING, .cgroup = "/husk/box"};
	struct arena arena = {0};
	struct state read;
	char *text;

	(void)state;
	assert_int_equal(state_format(&intent, &arena, &text), 0);
	assert_int_equal(parse(text, strlen(text), &read), 0);
	assert_int_equal(read.status, STATE_CREATING);
	assert_int_equal(read.pid, 0);
	assert_null(read.bundle);
	assert_string_equal(read.cgroup, "/husk/box");
	state_free(&read);
	arena_free(&arena);
}

static void test_torn(void **state)
{
	struct arena arena = {0};
	struct state read;
	char *text;

	(void)state;
	assert_int_equal(state_format(&example, &arena, &text), 0);
	for (size_t length = 0; length < strlen(text); length++)
		assert_int_equal(parse(text, length, &read), -1);
	/* Every byte in turn is another one: refused or read, and nothing else happens. */
	for (size_t i = 0; i < strlen(text); i++) {
		char *damaged = strdup(text);

		damaged[i] ^= 0x55;
		if (parse(damaged, strlen(damaged), &read) == 0)
			state_free(&read);
		free(damaged);
	}
	arena_free(&arena);
}

static void test_foreign(void **state)
{
	const char *const texts[] = {
		"{}",
		"[]",
		"{\"version\":2,\"id\":\"a\",\"status\":\"running\"}",
		"{\"version\":1,\"id\":\"\",\"status\":\"running\"}",
		"{\"version\":1,\"id\":\"a\",\"status\":\"gone\"}",
		"{\"version\":1,\"id\":\"a\",\"status\":2}",
		"{\"version\":1,\"id\":\"a\"}",
		"{\"version\":1,\"id\":\"a\",\"status\":\"running\",\"pid\":-5}",
		"{\"version\":1,\"id\":\"a\",\"status\":\"running\",\"pid\":2147483648}",
		"{\"version\":1,\"id\":\"a\",\"status\":\"running\",\"id\":\"b\"}",
		"{\"ociVersion\":\"1.0.0\",\"id\":\"a\",\"init_process_pid\":1}",
	};
	struct state read;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (parse(texts[i], strlen(texts[i]), &read) == 0)
			fail_msg("accepted: %s", texts[i]);
}

static void test_answer(void **state)
{
	struct state stopped = example, bare = {.id = "box", .status = STATE_CREATING};
	struct arena arena = {0};
	char *text;

	(void)state;
	assert_int_equal(state_format_oci(&example, &arena, &text), 0);
	assert_non_null(strstr(text, "{\n\t\"ociVersion\": \"1."));
	assert_non_null(
		strstr(text, "\t\"id\": \"box\",\n\t\"pid\": 4321,\n\t\"status\": \"paused\""));
	assert_non_null(strstr(text, "\"org.example.a\": \"1\""));
	assert_null(strstr(text, "startTime")); /* ours alone */
	stopped.status = STATE_STOPPED;
	assert_int_equal(state_format_oci(&stopped, &arena, &text), 0);
	assert_non_null(strstr(text, "\"pid\": 0,\n\t\"status\": \"stopped\""));
	assert_int_equal(state_format_oci(&bare, &arena, &text), 0);
	assert_non_null(strstr(text, "\"bundle\": \"\""));
	arena_free(&arena);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(state_status_name(STATE_CREATING), "creating");
	assert_string_equal(state_status_name(STATE_STOPPED), "stopped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_intent),
		cmocka_unit_test(test_torn),	   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_answer),	   cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
