/*
 * test_json.c: texts that are JSON and texts that are not quite; what the message says about where.
 *
 * Tests: base/json.c base/json_scan.c base/str.c base/err.c base/fd.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int parse(const char *text, size_t length)
{
	struct json_object *root = NULL;
	int result = json_parse(text, length, "c", &root);

	json_free(root);
	return result;
}

static void test_accepted(void **state)
{
	const char *const texts[] = {
		"{}",
		" \r\n\t{} \n",
		"{\"a\":[1,-1,1.5,1e5,true,false,null,\"x\",{},[]]}",
		"{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"c\":-0}",
		"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
		"{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
		"{\"a\":\"\\\\u0000\"}",
		/* the same key in different objects */
		"{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}],\"c\":{\"b\":{}, \"c\":[]}}",
		"{\"a\":\"a\",\"b\":\"a\",\"c\":[\"a\",\"a\"]}",
		"{\"\":1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (parse(texts[i], strlen(texts[i])) < 0)
			fail_msg("%s: %s", texts[i], err_last()->text);
}

static const struct {
	const char *text, *message; /* message: a part of it */
} refused[] = {
	{"", "c: is empty"},
	{"  \n ", "c:2: ends in the middle"},
	{"{", "c:1: ends in the middle"},
	{"{\n\"a\":\n", "c:3: ends in the middle"},
	{"{\"a\":\"b", "c:1: ends in the middle"},
	{"{\"a\":tru", "ends in the middle"},
	{"null", "expected a JSON object"},
	{"5", "expected a JSON object"},
	{"[]", "expected a JSON object"},
	{"\"x\"", "expected a JSON object"},
	{"{}x", "c:1: text after the end"},
	{"{}\n\n{}", "c:3: text after the end"},
	{"{}\v", "text after the end"},
	{"\xef\xbb\xbf{}", "byte order mark"},
	{"\xff\xfe{}", "UTF-16"},
	{"\xfe\xff{}", "UTF-16"},
	{"{\"a\":1,}", "c:1: not JSON"},
	{"{\"a\":[1,]}", "not JSON"},
	{"{\n\na:1}", "c:3: not JSON"},
	{"{'a':1}", "expected \" instead of '"},
	{"{\"a\":'b'}", "not JSON"},
	{"{\"a\":1 /* b */}", "not JSON"},
	{"{\"a\":1 // b\n}", "not JSON"},
	{"{\"a\" 1}", "not JSON"},
	{"{\"a\":1 \"b\":2}", "not JSON"},
	{"{\"a\":NaN}", "NaN"},
	{"{\"a\":-Infinity}", "not a number"},
	{"{\"a\":Infinity}", "Infinity"},
	{"{\"a\":nan}", "not JSON"},
	{"{\"a\":True}", "not JSON"},
	{"{\"a\":01}", "c:1"},
	{"{\"a\":00}", "'00' is not a number"},
	{"{\"a\":-01}", "'-01' is not a number"},
	{"{\"a\":1.}", "'1.' is not a number"},
	{"{\"a\":.5}", "not JSON"},
	{"{\"a\":+5}", "not JSON"},
	{"{\"a\":0x10}", "not JSON"},
	{"{\"a\":--1}", "not JSON"},
	{"{\n\"a\":18446744073709551616}", "c:2: number 18446744073709551616 does not fit"},
	{"{\"a\":-9223372036854775809}", "does not fit in 64 bits"},
	{"{\"a\":123456789012345678901234567890}", "... does not fit in 64 bits"},
	{"{\"a\":\"\x80\"}", "byte 0x80 is not UTF-8"},
	{"{\"a\":\"\xc0\x80\"}", "byte 0xc0 is not UTF-8"},
	{"{\"a\":\"\xe0\x80\x80\"}", "not UTF-8"},
	{"{\"a\":\"\xed\xa0\x80\"}", "not UTF-8"},
	{"{\"a\":\"\xf4\x90\x80\x80\"}", "not UTF-8"},
	{"{\"a\":\"\xf8\x88\x80\x80\x80\"}", "not UTF-8"},
	{"{\"a\":\"\xe2\x82\"}", "not UTF-8"},
	{"{\n\"\xff\":1}", "c:2: byte 0xff is not UTF-8"},
	{"{\"a\":\"\\u0000\"}", "NUL in a string"},
	{"{\"a\":[\"b\",\n\"b\\u0000c\"]}", "c:2: NUL in a string"},
	{"{\"a\\u0000b\":1}", "NUL in a string"},
	{"{\"a\":\"b\nc\"}", "control character 0x0a"},
	{"{\"a\":\"\x1b[0m\"}", "control character 0x1b"},
	{"{\"a\":\"\\x\"}", "not JSON"},
	{"{\"a\":1,\n\"b\":2,\n\"a\":3}", "c:3: duplicate key \"a\""},
	{"{\"a\":{\"b\":1,\"b\":1}}", "duplicate key \"b\""},
	{"{\"a\":[{},{\"b\":[1,2],\"c\":{\"b\":1},\"b\":1}]}", "duplicate key \"b\""},
	{"{\"a\":1,\"\\u0061\":2}", "duplicate key \"a\""},
	{"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", "duplicate key"},
	{"{\"a\\\"b\":1,\"a\\u0022b\":2}", "duplicate key \"a\"b\""},
	{"{\"\":1,\"\":2}", "duplicate key \"\""},
	{"{\"a\\u001b\":1,\"a\\u001b\":2}", "duplicate key \"a?\""},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (parse(refused[i].text, strlen(refused[i].text)) == 0)
			fail_msg("accepted: %s", refused[i].text);
		if (!strstr(err_last()->text, refused[i].message))
			fail_msg("%s: %s", refused[i].text, err_last()->text);
	}
}

/* Every beginning of a text is refused, and none is read beyond its end. */
static void test_cut(void **state)
{
	const char text[] =
		"{\"a\":[1,-2.5e3,{\"b\":\"\\u00e9\\n\xc3\xa9\"}],\"c\":true,\"d\":null}";

	(void)state;
	assert_int_equal(parse(text, strlen(text)), 0);
	for (size_t length = 0; length < strlen(text); length++) {
		char *copy = malloc(length + 1); /* exact: the sanitizer watches its end */

		memcpy(copy, text, length);
		assert_int_equal(parse(copy, length), -1);
		free(copy);
	}
}

static void test_nul_bytes(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"a\":1\0}", 8), -1);
	assert_non_null(strstr(err_last()->text, "NUL byte"));
	assert_int_equal(parse("{}\0", 3), -1);
	assert_int_equal(parse("{\0}\0", 4), -1);
	assert_non_null(strstr(err_last()->text, "UTF-16"));
	assert_int_equal(parse("\0{\0}", 4), -1);
}

/* `depth` levels: the root is one. */
static int parse_nested(int depth)
{
	char text[4 * JSON_MAX_DEPTH] = "{\"a\":";
	char *end = text + strlen(text);

	end = (char *)memset(end, '[', depth - 1) + depth - 1;
	end = (char *)memset(end, ']', depth - 1) + depth - 1;
	*end++ = '}';
	return parse(text, end - text);
}

static void test_depth(void **state)
{
	size_t size = 100000;
	char *text = malloc(size);

	(void)state;
	assert_int_equal(parse_nested(JSON_MAX_DEPTH), 0);
	assert_int_equal(parse_nested(JSON_MAX_DEPTH + 1), -1);
	assert_non_null(strstr(err_last()->text, "nested deeper than 128"));
	memset(text, '[', size);
	memcpy(text, "{\"a\":", 5);
	assert_int_equal(parse(text, size), -1);
	assert_non_null(strstr(err_last()->text, "nested deeper than 128"));
	free(text);
}

/* 100,000 keys: sorted once, not compared with each other; the last one is there twice. */
static void test_many_keys(void **state)
{
	size_t size = 100000 * 16, length = 0;
	char *text = malloc(size);

	(void)state;
	length += sprintf(text, "{\"k0\":0");
	for (int i = 1; i < 100000; i++)
		length += sprintf(text + length, ",\n\"k%d\":0", i);
	text[length] = '}';
	assert_int_equal(parse(text, length + 1), 0);
	length += sprintf(text + length, ",\n\"k500\":0}");
	assert_int_equal(parse(text, length), -1);
	assert_string_equal(err_last()->text, "c:100001: duplicate key \"k500\"");
	free(text);
}

static void test_files(void **state)
{
	struct json_object *root = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC), pipes[2];

	(void)state;
	assert_int_equal(write(fd, "{\"a\":5}", 7), 7); /* the offset is at the end now */
	assert_int_equal(json_read(fd, "f", &root), 0);
	assert_int_equal(json_count(root), 1);
	json_free(root);
	assert_int_equal(ftruncate(fd, JSON_MAX_SIZE + 1), 0);
	assert_int_equal(json_read(fd, "f", &root), -1);
	assert_non_null(strstr(err_last()->text, "f: has more than 16777216 bytes"));
	close(fd);
	fd = open("/", O_RDONLY | O_CLOEXEC);
	assert_int_equal(json_read(fd, "f", &root), -1);
	assert_non_null(strstr(err_last()->text, "not a regular file"));
	close(fd);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(json_read(pipes[0], "f", &root), -1);
	assert_int_equal(write(pipes[1], "{\"a\":5}", 7), 7);
	close(pipes[1]);
	assert_int_equal(json_read_stream(pipes[0], "f", &root), 0);
	json_free(root);
	close(pipes[0]);
}

static void test_values(void **state)
{
	const char text[] = "{\"big\":18446744073709551615,\"low\":-9223372036854775808,\"f\":1.0,"
			    "\"s\":\"caf\\u00e9\",\"l\":[true,null]}";
	struct json_object *root, *values[5];
	struct json_cursor c;
	size_t count = 0, length;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), "c", &root), 0);
	for (c = json_first(root); json_next(&c);)
		values[count++] = c.value;
	assert_int_equal(count, 5);
	assert_int_equal(json_kind(values[0]), JSON_INTEGER);
	assert_false(json_is_negative(values[0]));
	assert_true(json_uint(values[0]) == UINT64_MAX);
	assert_true(json_int(values[1]) == INT64_MIN);
	assert_int_equal(json_kind(values[2]), JSON_FRACTION);
	assert_string_equal(json_string(values[3], &length), "caf\xc3\xa9");
	assert_int_equal(length, 5);
	assert_int_equal(json_count(values[4]), 2);
	assert_true(json_is_true(json_item(values[4], 0)));
	assert_int_equal(json_kind(json_item(values[4], 1)), JSON_NULL);
	json_free(root);
}

static void test_written(void **state)
{
	struct json_object *object = json_new_object(), *array = json_new_array();
	struct arena arena = {0};
	char *text;

	(void)state;
	assert_int_equal(json_append(array, json_new_uint(UINT64_MAX)), 0);
	assert_int_equal(json_append(array, json_new_int(INT64_MIN)), 0);
	assert_int_equal(json_append(array, json_new_bool(false)), 0);
	assert_int_equal(json_add(object, "path", json_new_string("/a\"\n")), 0);
	assert_int_equal(json_add(object, "list", array), 0);
	assert_int_equal(json_text(object, JSON_ONE_LINE, &arena, &text), 0);
	assert_string_equal(text, "{\"path\":\"/a\\\"\\n\","
				  "\"list\":[18446744073709551615,-9223372036854775808,false]}");
	assert_int_equal(json_text(object, JSON_PRETTY, &arena, &text), 0);
	assert_non_null(strstr(text, "{\n\t\"path\": \"/a"));
	assert_int_equal(json_add(object, "none", NULL), -1);
	json_free(object);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),	 cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_depth),	 cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_files),	 cmocka_unit_test(test_values),
		cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
