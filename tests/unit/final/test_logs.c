/*
 * test_logs.c: reading log files while they are rotated: the monitor's writer in one process, the
 * engine's reader in the other.
 *
 * Tests: engine/logs_files.c engine/logs_entry.c monitor/log_file.c monitor/log_escape.c
 * base/stamp.c base/err.c base/fd.c base/str.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/logs_entry.h"
#include "engine/logs_files.h"
#include "monitor/log_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

static char directory[] = "/tmp/test-logs-XXXXXX";
static int dir_fd;

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int clean(void **state)
{
	char name[32];

	(void)state;
	unlinkat(dir_fd, LOGS_NAME, 0);
	for (int i = 1; i < 10; i++) {
		snprintf(name, sizeof(name), LOGS_NAME ".%d", i);
		unlinkat(dir_fd, name, 0);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(dir_fd);
	return rmdir(directory);
}

static void test_entry(void **state)
{
	const struct {
		const char *line, *text; /* NULL: refused */
		bool is_error;
	} cases[] = {
		{"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"T\"}", "a\n", false},
		{"{\"log\":\"\",\"stream\":\"stderr\",\"time\":\"T\"}", "", true},
		{"{\"log\":\"\\\"\\\\\\t\\r\\b\\f\\/\",\"stream\":\"stdout\",\"time\":\"T\"}",
		 "\"\\\t\r\b\f/", false},
		{"{\"log\":\"\\u001b\\u00e9\\ufffd\",\"stream\":\"stdout\",\"time\":\"T\"}",
		 "\x1b\xc3\xa9\xef\xbf\xbd", false},
		{"{\"log\":\"a\",\"stream\":\"std\",\"time\":\"T\"}", "a", false},
		{"", NULL, false},
		{"{", NULL, false},
		{"{\"log\":\"a", NULL, false},
		{"{\"log\":\"a\\", NULL, false},
		{"{\"log\":\"a\\x\",\"stream\":\"stdout\",\"time\":\"T\"}", NULL, false},
		{"{\"log\":\"\\u12\",\"stream\":\"stdout\",\"time\":\"T\"}", NULL, false},
		{"{\"log\":\"\\u-123\",\"stream\":\"stdout\",\"time\":\"T\"}", NULL, false},
		{"{\"log\":\"a\",\"time\":\"T\",\"stream\":\"stdout\"}", NULL, false},
		{"{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"T\"", NULL, false},
		{"{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"T", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Without a NUL after it, so that the sanitizer sees who reads on. */
		size_t length = strlen(cases[i].line);
		char *line = malloc(length + 1);
		struct logs_entry entry;

		line = realloc(memcpy(line, cases[i].line, length), length ? length : 1);
		assert_int_equal(logs_entry_parse(line, length, &entry), cases[i].text != NULL);
		if (cases[i].text) {
			assert_int_equal(entry.length, strlen(cases[i].text));
			assert_memory_equal(entry.text, cases[i].text, entry.length);
			assert_int_equal(entry.is_error, cases[i].is_error);
			assert_string_equal(entry.time, "T");
		}
		free(line);
	}
}

static void put(const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What is read after a seek to the last lines, files one after the other. */
static void test_tail(void **state)
{
	const struct {
		uint64_t tail;
		const char *text;
	} cases[] = {{0, "half"},
		     {1, "f\nhalf"},
		     {2, "e\nf\nhalf"},
		     {3, "d\ne\nf\nhalf"},
		     {4, "c\nd\ne\nf\nhalf"},
		     {6, "a\nb\nc\nd\ne\nf\nhalf"},
		     {7, "a\nb\nc\nd\ne\nf\nhalf"},
		     {UINT64_MAX, "a\nb\nc\nd\ne\nf\nhalf"}};

	(void)state;
	put(LOGS_NAME ".2", "a\nb\n");
	put(LOGS_NAME ".1", "c\nd\n");
	put(LOGS_NAME, "e\nf\nhalf");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct logs_files files;
		char text[100] = "", *next = text;

		assert_int_equal(logs_files_open(dir_fd, &files), 0);
		assert_int_equal(files.count, 3);
		assert_int_equal(logs_files_seek(&files, cases[i].tail), 0);
		for (; files.count; logs_files_drop(&files))
			next += pread(files.items[0].fd, next, 50, files.items[0].offset);
		assert_string_equal(text, cases[i].text);
		logs_files_close(&files);
	}
}

static void test_no_files(void **state)
{
	struct logs_files files;
	bool is_lost;

	(void)state;
	assert_int_equal(logs_files_open(dir_fd, &files), 0);
	assert_int_equal(files.count, 0);
	assert_int_equal(logs_files_seek(&files, 5), 0);
	assert_false(logs_files_next(&files, &is_lost));
	put(LOGS_NAME, "a\n");
	assert_true(logs_files_next(&files, &is_lost));
	assert_false(is_lost);
	assert_false(logs_files_next(&files, &is_lost));
	logs_files_close(&files);
}

/* A file that was removed while it was read, and others after it. */
static void test_lost(void **state)
{
	struct logs_files files;
	bool is_lost;

	(void)state;
	put(LOGS_NAME, "a\n");
	assert_int_equal(logs_files_open(dir_fd, &files), 0);
	unlinkat(dir_fd, LOGS_NAME, 0);
	put(LOGS_NAME ".1", "c\n");
	put(LOGS_NAME, "d\n");
	assert_true(logs_files_next(&files, &is_lost));
	assert_true(is_lost);
	assert_int_equal(files.count, 2);
	logs_files_drop(&files);
	assert_true(logs_files_next(&files, &is_lost));
	assert_false(is_lost);
	logs_files_close(&files);
}

/* --- both at once --- */

enum { LINES = 10000 };

/* CHILD: numbered lines, as fast as the log takes them. */
static void write_log(uint64_t max_size, uint32_t max_files)
{
	static struct log_file log;
	char path[64], text[32];

	snprintf(path, sizeof(path), "%s/" LOGS_NAME, directory);
	if (log_file_open(path, max_size, max_files, &log) < 0)
		_exit(1);
	for (int i = 0; i < LINES; i++) {
		while (log_file_is_held(&log))
			usleep(100);
		log_file_add(&log, "stdout", "2024-05-01T10:20:30.123456789Z", text,
			     snprintf(text, sizeof(text), "%d", i), true);
		if (i % 3 == 0)
			log_file_flush(&log);
	}
	log_file_flush(&log);
	while (log_file_is_held(&log))
		usleep(100);
	_exit(0);
}

/* Returns the number that should come next. */
static int read_lines(struct logs_file *file, int expected)
{
	static char buffer[65536];
	struct logs_entry entry;
	ssize_t length;

	while ((length = pread(file->fd, buffer, sizeof(buffer), file->offset)) > 0) {
		char *last = memrchr(buffer, '\n', length), *newline;

		if (!last)
			break;
		for (char *line = buffer; line <= last; line = newline + 1) {
			newline = memchr(line, '\n', last + 1 - line);
			assert_true(logs_entry_parse(line, newline - line, &entry));
			assert_int_equal(strtol(entry.text, NULL, 10), expected);
			expected++;
		}
		file->offset += last + 1 - buffer;
	}
	return expected;
}

static int read_all(struct logs_files *files, int expected)
{
	bool is_lost;

	do {
		for (; files->count; logs_files_drop(files)) {
			expected = read_lines(&files->items[0], expected);
			if (files->count == 1)
				break;
		}
		assert_false(files->count > 1);
	} while (logs_files_next(files, &is_lost) && (assert_false(is_lost), true));
	return expected;
}

static void check_both(uint64_t max_size, uint32_t max_files)
{
	struct logs_files files;
	int expected = 0, status = -1;
	bool is_over;
	pid_t writer;

	put(LOGS_NAME, "");
	assert_int_equal(logs_files_open(dir_fd, &files), 0);
	writer = fork();
	if (writer == 0) {
		logs_files_close(&files); /* its lock would be ours */
		write_log(max_size, max_files);
	}
	do {
		is_over = waitpid(writer, &status, WNOHANG) == writer;
		expected = read_all(&files, expected);
	} while (!is_over);
	logs_files_close(&files);
	assert_int_equal(status, 0);
	assert_int_equal(expected, LINES);
}

static void test_both(void **state)
{
	const struct {
		uint64_t max_size;
		uint32_t max_files;
	} cases[] = {{20000, 1}, {20000, 2}, {20000, 5}, {2000, 3}, {1, 1}, {1, 3}, {0, 1}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_both(cases[i].max_size, cases[i].max_files);
		clean(state);
	}
}

#define TEST(function) cmocka_unit_test_teardown(function, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entry), TEST(test_tail), TEST(test_no_files),
		TEST(test_lost),  TEST(test_both),
	};

	return cmocka_run_group_tests_name("logs", tests, begin, end);
}
