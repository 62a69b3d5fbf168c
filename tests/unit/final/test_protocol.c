/*
 * test_protocol.c: what engine and monitor write for each other, there and back.
 *
 * Tests: monitor/protocol.c base/err.c base/str.c base/fd.c base/log.c base/json.c
 * base/json_scan.c base/bind.c base/bind_write.c -ljson-c -lm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/protocol.h"

#include <string.h>

static struct arena arena;

static void convert(const struct bind_table *table, const void *from, void *to, const char *text)
{
	auto_json struct json_object *json = NULL;
	char *written;

	assert_int_equal(bind_write(table, from, JSON_ONE_LINE, &arena, &written), 0);
	if (text)
		assert_string_equal(written, text);
	assert_int_equal(json_parse(written, strlen(written), "it", &json), 0);
	assert_int_equal(bind_read(table, json, "it", &arena, to), 0);
}

static void test_exit(void **state)
{
	struct monitor_exit from = {.code = 137,
				    .oom_killed = true,
				    .restarting = true,
				    .restarts = 3,
				    .started = (char *)"2024-05-01T10:20:30.000000001Z",
				    .finished = (char *)"2024-05-01T10:20:31.000000001Z",
				    .error = (char *)"exec: \"x\": not found"},
			    to = {0};

	(void)state;
	convert(&monitor_exit_table, &from, &to,
		"{\"code\":137,\"oomKilled\":true,\"restarting\":true,\"restarts\":3,"
		"\"started\":\"2024-05-01T10:20:30.000000001Z\","
		"\"finished\":\"2024-05-01T10:20:31.000000001Z\","
		"\"error\":\"exec: \\\"x\\\": not found\"}");
	assert_int_equal(to.code, 137);
	assert_true(to.oom_killed && to.restarting);
	assert_int_equal(to.restarts, 3);
	assert_string_equal(to.started, from.started);
	assert_string_equal(to.finished, from.finished);
	assert_string_equal(to.error, from.error);
}

static void test_exit_of_nothing(void **state)
{
	struct monitor_exit from = {0}, to = {.code = 9};

	(void)state;
	convert(&monitor_exit_table, &from, &to,
		"{\"code\":0,\"oomKilled\":false,\"restarting\":false,\"restarts\":0}");
	assert_int_equal(to.code, 0);
	assert_null(to.error);
}

static void test_report(void **state)
{
	struct monitor_report from = {.pid = 77}, to = {0};

	(void)state;
	convert(&monitor_report_table, &from, &to, "{\"pid\":77}");
	assert_int_equal(to.pid, 77);
	from = (struct monitor_report){.error = (char *)"no"};
	to = (struct monitor_report){0};
	convert(&monitor_report_table, &from, &to, "{\"error\":\"no\"}");
	assert_string_equal(to.error, "no");
}

static void test_config(void **state)
{
	char *words[] = {(char *)"--root", (char *)"/r", NULL};
	struct monitor_config from = {.id = (char *)"a",
				      .runtime = (char *)"/bin/r",
				      .runtime_args = {words, 2},
				      .bundle = (char *)"/b",
				      .terminal = true,
				      .stdin_once = true,
				      .client_cleans = true,
				      .log = {.driver = (char *)"json-file",
					      .path = (char *)"/l",
					      .max_size = UINT64_C(1) << 40,
					      .max_files = 5},
				      .restart = {.policy = (char *)"always", .maximum = 4},
				      .exit_command = {words, 2}},
			      to = {0};

	(void)state;
	convert(&monitor_config_table, &from, &to, NULL);
	assert_string_equal(to.id, "a");
	assert_string_equal(to.runtime_args.items[1], "/r");
	assert_null(to.runtime_args.items[2]);
	assert_true(to.terminal && to.stdin_once && to.client_cleans);
	assert_false(to.stdin_open || to.wait_for_client);
	assert_int_equal(to.log.max_size, UINT64_C(1) << 40);
	assert_int_equal(to.log.max_files, 5);
	assert_string_equal(to.restart.policy, "always");
	assert_int_equal(to.restart.maximum, 4);
	assert_int_equal(to.exit_command.count, 2);
}

static void test_config_refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"id\":\"a\",\"runtime\":\"/r\",\"bundle\":\"/b\"}",
		"{\"id\":\"a\",\"runtime\":\"/r\",\"bundle\":\"/b\",\"log\":{}}",
		"{\"id\":1,\"runtime\":\"/r\",\"bundle\":\"/b\",\"log\":{\"driver\":\"none\"}}",
		"{\"id\":\"a\",\"runtime\":\"/r\",\"bundle\":\"/b\",\"log\":{\"driver\":\"none\","
		"\"maxFiles\":1001}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_json struct json_object *json = NULL;
		struct monitor_config config = {0};

		assert_int_equal(json_parse(texts[i], strlen(texts[i]), "it", &json), 0);
		assert_int_equal(bind_read(&monitor_config_table, json, "it", &arena, &config), -1);
	}
}

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),	       cmocka_unit_test(test_exit_of_nothing),
		cmocka_unit_test(test_report),	       cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_refused),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, end);
}
