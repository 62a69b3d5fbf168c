/*
 * test_digest.c: SHA-256 against its published examples (FIPS 180-4), and what is a digest at all.
 *
 * Tests: base/err.c base/str.c base/fd.c store/digest.c
 * -lnettle
 */
#include "base/err.h"
#include "store/digest.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
/* cmocka wants them first */
#include <cmocka.h>

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_known(void **state)
{
	struct digest digest;

	(void)state;
	assert_int_equal(digest_text("", 0, &digest), 0);
	assert_string_equal(digest.text, EMPTY);
	assert_int_equal(digest_text("abc", 3, &digest), 0);
	assert_string_equal(digest.text, ABC);
	assert_string_equal(digest_hex(digest.text), ABC + 7);
}

static void test_stream(void **state)
{
	auto_digest struct digest_stream stream = {0};
	struct digest digest;

	(void)state;
	assert_int_equal(digest_start(&stream), 0);
	digest_add(&stream, "a", 1);
	digest_add(&stream, "bc", 2);
	digest_end(&stream, &digest);
	assert_string_equal(digest.text, ABC);
}

static void test_file(void **state)
{
	auto_close int from = memfd_create("from", MFD_CLOEXEC),
		       to = memfd_create("to", MFD_CLOEXEC);
	struct digest digest;
	char text[4] = "";
	uint64_t size;

	(void)state;
	assert_int_equal(write(from, "abc", 3), 3);
	assert_int_equal(digest_file(from, &digest, &size), 0);
	assert_string_equal(digest.text, ABC);
	assert_int_equal(size, 3);
	assert_int_equal(lseek(from, 0, SEEK_SET), 0);
	assert_int_equal(digest_copy(from, to, &digest, NULL), 0);
	assert_string_equal(digest.text, ABC);
	assert_int_equal(pread(to, text, 3, 0), 3);
	assert_string_equal(text, "abc");
}

static void test_valid(void **state)
{
	(void)state;
	assert_true(digest_is_valid(EMPTY));
	assert_false(digest_is_valid(EMPTY "0"));
	assert_false(digest_is_valid("sha256:"));
	assert_false(digest_is_valid("sha512:ba78"));
	assert_false(digest_is_valid(
		"sha256:../../../../../../../../../../../../../../../../etc/passwd__.."));
	assert_false(digest_is_valid(
		"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
