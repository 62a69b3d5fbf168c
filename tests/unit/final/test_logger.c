/*
 * test_logger.c: output into lines, lines into files: what is an entry, what a character is in JSON,
 * when a file is full, and what a full disk leaves.
 *
 * Tests: monitor/logger.c monitor/log_file.c monitor/log_escape.c monitor/log_syslog.c
 * base/stamp.c base/err.c base/fd.c base/str.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/logger.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char directory[] = "/tmp/test-logger-XXXXXX";
static char path[64];
static struct logger *logger;

static int begin(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	logger = calloc(1, sizeof(*logger));
	if (!logger || !mkdtemp(directory) || chdir(directory) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/log.json", directory);
	return 0;
}

static int clean(void **state)
{
	static const char *const names[] = {"log.json",	  "log.json.1", "log.json.2",
					    "log.json.3", "log.json.4", "log.json.new"};

	(void)state;
	logger_close(logger);
	memset(logger, 0, sizeof(*logger));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(names[i]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(logger);
	return rmdir(directory);
}

static void open_log(uint64_t max_size, uint32_t max_files)
{
	struct monitor_config config = {.log = {.driver = (char *)"json-file",
						.path = path,
						.max_size = max_size,
						.max_files = max_files}};

	assert_int_equal(logger_open(&config, logger), 0);
}

static char *content(const char *name)
{
	static char text[1 << 20];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	assert_true(length >= 0);
	text[length] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* The entries' beginnings, up to the time: "text\n|part|" */
static void assert_entries(const char *name, const char *expected)
{
	static char found[1 << 20];
	char *next = found;

	for (char *line = content(name); *line; line = strchr(line, '\n') + 1) {
		char *text = line + strlen("{\"log\":\""), *stop = strstr(text, "\",\"stream\":\"");

		assert_memory_equal(line, "{\"log\":\"", 8);
		assert_non_null(stop);
		memcpy(next, text, stop - text);
		next += stop - text;
		*next++ = '|';
	}
	*next = '\0';
	assert_string_equal(found, expected);
}

static size_t take(const char *text, enum logger_rest rest)
{
	return logger_take(logger, LOGGER_STDOUT, text, strlen(text), rest);
}

static void test_lines(void **state)
{
	(void)state;
	open_log(0, 0);
	assert_int_equal(take("one\ntwo\nthr", LOGGER_MORE), 8);
	assert_int_equal(take("thr", LOGGER_MORE), 0);
	assert_int_equal(take("three\n", LOGGER_MORE), 6);
	assert_int_equal(take("\n\n", LOGGER_MORE), 2);
	assert_int_equal(take("a\npart", LOGGER_FULL), 2); /* there is room for more after that */
	assert_int_equal(take("part", LOGGER_FULL), 4);
	assert_int_equal(take("end\nlast", LOGGER_LAST), 8);
	assert_int_equal(take("", LOGGER_LAST), 0);
	assert_entries("log.json", "one\\n|two\\n|three\\n|\\n|\\n|a\\n|part|end\\n|last\\n|");
}

static void test_entry(void **state)
{
	struct stat st;
	char *text;

	(void)state;
	open_log(0, 0);
	assert_int_equal(logger_take(logger, LOGGER_STDERR, "x\n", 2, LOGGER_MORE), 2);
	text = content("log.json");
	assert_memory_equal(text, "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"time\":\"20", 41);
	assert_string_equal(text + strlen(text) - 4, "Z\"}\n");
	assert_int_equal(strlen(text), 72);
	assert_int_equal(stat("log.json", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_parts_of_characters(void **state)
{
	const struct {
		const char *text;
		size_t taken;
	} cases[] = {
		{"abc", 3},
		{"ab\xc3", 2},
		{"ab\xc3\xa9", 4},
		{"ab\xe2\x82", 2},
		{"ab\xe2\x82\xac", 5},
		{"ab\xf0\x9f\x98", 2},
		{"ab\xf0\x9f", 2},
		{"ab\xf0", 2},
		{"ab\xf0\x9f\x98\x80", 6},
		{"\x80\x80\x80", 3},
		{"ab\x80\x80\x80\x80\x80", 7},
		{"\xc3", 1},
	};

	(void)state;
	open_log(0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(take(cases[i].text, LOGGER_FULL), cases[i].taken);
}

static void test_escape(void **state)
{
	const struct {
		const char *text;
		size_t length;
		const char *escaped;
	} cases[] = {
		{"plain ~", 7, "plain ~"},
		{"\"\\/", 3, "\\\"\\\\/"},
		{"\n\t\r\b\f", 5, "\\n\\t\\r\\b\\f"},
		{"\0\x1f\x7f", 3, "\\u0000\\u001f\\u007f"},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\xff", 1, "\\ufffd"},
		{"\xc3", 1, "\\ufffd"},
		{"\xc3(", 2, "\\ufffd("},
		{"\xc0\xaf", 2, "\\ufffd\\ufffd"},			 /* longer than needed */
		{"\xed\xa0\x80", 3, "\\ufffd\\ufffd\\ufffd"},		 /* a surrogate */
		{"\xf4\x90\x80\x80", 4, "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* above U+10FFFF */
		{"\xe2\x82", 2, "\\ufffd\\ufffd"},
	};
	char escaped[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = log_file_escape(escaped, cases[i].text, cases[i].length);

		escaped[length] = '\0';
		assert_string_equal(escaped, cases[i].escaped);
	}
}

static void test_largest_entry(void **state)
{
	static char text[LOG_FILE_TEXT];

	(void)state;
	open_log(0, 0);
	memset(text, '\x01', sizeof(text));
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			logger_take(logger, LOGGER_STDOUT, text, sizeof(text), LOGGER_FULL),
			sizeof(text));
	assert_true(strlen(content("log.json")) > 3 * 6 * sizeof(text));
}

/* An entry of one letter has 72 bytes: two in 150, not three. */
static void test_rotation(void **state)
{
	(void)state;
	open_log(150, 3);
	assert_int_equal(take("1\n2\n3\n4\n5\n", LOGGER_MORE), 10);
	assert_entries("log.json", "5\\n|");
	assert_entries("log.json.1", "3\\n|4\\n|");
	assert_entries("log.json.2", "1\\n|2\\n|");
	assert_int_equal(take("6\n7\n", LOGGER_MORE), 4);
	assert_entries("log.json", "7\\n|");
	assert_entries("log.json.2", "3\\n|4\\n|");
	assert_int_equal(access("log.json.3", F_OK), -1);
	assert_int_equal(access("log.json.new", F_OK), -1);
}

static void test_rotation_of_one(void **state)
{
	(void)state;
	open_log(10, 1); /* every entry is larger than that: each file has one */
	assert_int_equal(take("1\n2\n3\n", LOGGER_MORE), 6);
	assert_entries("log.json", "3\\n|");
	assert_int_equal(access("log.json.1", F_OK), -1);
}

static void test_held_by_a_reader(void **state)
{
	int fd;

	(void)state;
	open_log(150, 1);
	assert_int_equal(take("1\n", LOGGER_MORE), 2);
	fd = open("log.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(take("2\n3\n4\n5\n6\n", LOGGER_MORE), 4); /* 3 is in the new file */
	assert_true(logger_is_held(logger));
	assert_int_equal(take("4\n", LOGGER_MORE), 0);
	assert_entries("log.json.1", "1\\n|2\\n|");
	close(fd);
	assert_false(logger_is_held(logger));
	assert_int_equal(take("4\n", LOGGER_MORE), 2);
	assert_entries("log.json", "3\\n|4\\n|");
	assert_int_equal(access("log.json.1", F_OK), -1);
}

static void test_reader_that_stands_still(void **state)
{
	int fd;

	(void)state;
	open_log(150, 1);
	assert_int_equal(take("1\n", LOGGER_MORE), 2);
	fd = open("log.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(take("2\n3\n", LOGGER_MORE), 4);
	assert_true(logger_is_held(logger));
	logger->file.patient_until = 0;
	assert_false(logger_is_held(logger));
	/* It has the removed file still; nothing waits for it any more. */
	assert_int_equal(take("4\n5\n6\n7\n8\n", LOGGER_MORE), 10);
	close(fd);
}

static void test_appends(void **state)
{
	(void)state;
	open_log(0, 1);
	assert_int_equal(take("1\n", LOGGER_MORE), 2);
	logger_close(logger);
	assert_int_equal(truncate("log.json", 70), 0); /* killed in the middle of an entry */
	open_log(0, 1);
	assert_int_equal(take("2\n", LOGGER_MORE), 2);
	assert_string_equal(content("log.json") + 70, strstr(content("log.json"), "\n{"));
	assert_true(logger->file.size == strlen(content("log.json")));
}

static void test_surplus_is_removed(void **state)
{
	(void)state;
	assert_true(close(open("log.json.2", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	assert_true(close(open("log.json.3", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	open_log(100, 2);
	assert_int_equal(access("log.json.2", F_OK), -1);
	assert_int_equal(access("log.json.3", F_OK), -1);
}

static void limit(rlim_t size)
{
	const struct rlimit wanted = {.rlim_cur = size, .rlim_max = RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &wanted), 0);
}

static void test_full_disk(void **state)
{
	(void)state;
	open_log(0, 1);
	limit(72 * 2 + 30);
	assert_int_equal(take("1\n2\n3\n4\n", LOGGER_MORE), 8);
	assert_entries("log.json", "1\\n|2\\n|"); /* no half entry */
	assert_int_equal(logger->file.dropped, 2);
	assert_int_equal(take("5\n", LOGGER_MORE), 2);
	assert_int_equal(logger->file.dropped, 3);
	limit(RLIM_INFINITY);
	assert_int_equal(take("6\n", LOGGER_MORE), 2);
	assert_int_equal(logger->file.dropped, 0);
	assert_entries("log.json", "1\\n|2\\n|husk-monitor: 3 lines were not written: File too "
				   "large\\n|6\\n|");
}

static void test_cannot_rotate(void **state)
{
	(void)state;
	open_log(80, 2);
	assert_int_equal(take("1\n", LOGGER_MORE), 2);
	assert_int_equal(mkdir("log.json.new", 0700), 0);
	assert_int_equal(take("2\n3\n", LOGGER_MORE), 4);
	assert_entries("log.json", "1\\n|");
	assert_int_equal(rmdir("log.json.new"), 0);
	assert_int_equal(take("4\n", LOGGER_MORE), 2);
	assert_entries("log.json.1", "1\\n|");
	assert_non_null(strstr(content("log.json"), "2 lines were not written"));
}

static void test_refused(void **state)
{
	const struct {
		const char *driver, *path;
	} cases[] = {{"json-file", NULL},	 {"json-file", "log.json"},
		     {"json-file", "/"},	 {"json-file", "/no/such/log.json"},
		     {"paper", "/tmp/log.json"}, {"json-file", "/dev/null"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct monitor_config config = {
			.log = {.driver = (char *)cases[i].driver, .path = (char *)cases[i].path}};

		assert_int_equal(logger_open(&config, logger), -1);
		logger_close(logger);
	}
	assert_int_equal(symlink("elsewhere", "log.json"), 0);
	assert_int_equal(logger_open(&(struct monitor_config){.log = {.driver = (char *)"json-file",
								      .path = path}},
				     logger),
			 -1);
	assert_int_equal(access("elsewhere", F_OK), -1);
}

static void test_none(void **state)
{
	struct monitor_config config = {.log = {.driver = (char *)"none"}};

	(void)state;
	assert_int_equal(logger_open(&config, logger), 0);
	assert_int_equal(take("a\nb", LOGGER_MORE), 3);
	assert_false(logger_is_held(logger));
}

#define TEST(function) cmocka_unit_test_teardown(function, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_entry),
		TEST(test_parts_of_characters),
		TEST(test_escape),
		TEST(test_largest_entry),
		TEST(test_rotation),
		TEST(test_rotation_of_one),
		TEST(test_held_by_a_reader),
		TEST(test_reader_that_stands_still),
		TEST(test_appends),
		TEST(test_surplus_is_removed),
		TEST(test_full_disk),
		TEST(test_cannot_rotate),
		TEST(test_refused),
		TEST(test_none),
	};

	return cmocka_run_group_tests_name("logger", tests, begin, end);
}
