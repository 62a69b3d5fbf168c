/*
 * test_reference.c: what is a name of an image, and which one.
 *
 * Tests: base/err.c base/str.c base/fd.c image/reference.c store/digest.c
 * -lnettle
 */
#include "base/err.h"
#include "image/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants them first */
#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check(const char *text, const char *full, const char *name, const char *tag)
{
	struct arena arena = {0};
	struct reference reference;
	char *found, *shown_tag, *digest;

	if (reference_parse(text, &arena, &reference) < 0)
		fail_msg("%s: %s", text, err_last()->text);
	found = reference_full(&reference, &arena);
	assert_string_equal(found, full);
	assert_int_equal(reference_familiar(full, &arena, &found, &shown_tag, &digest), 0);
	assert_string_equal(found, name);
	if (tag)
		assert_string_equal(shown_tag, tag);
	else
		assert_null(shown_tag);
	arena_free(&arena);
}

static void test_docker_rules(void **state)
{
	(void)state;
	check("busybox", "docker.io/library/busybox:latest", "busybox", "latest");
	check("busybox:1.36", "docker.io/library/busybox:1.36", "busybox", "1.36");
	check("me/tools", "docker.io/me/tools:latest", "me/tools", "latest");
	check("docker.io/busybox", "docker.io/library/busybox:latest", "busybox", "latest");
	check("index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox", "latest");
	check("localhost/x", "localhost/x:latest", "localhost/x", "latest");
	check("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x", "latest");
	check("quay.io/a/b/c:V1.0_x", "quay.io/a/b/c:V1.0_x", "quay.io/a/b/c", "V1.0_x");
	check("[::1]:5000/x:1", "[::1]:5000/x:1", "[::1]:5000/x", "1");
	check("a__b/c-d--e/f.g", "docker.io/a__b/c-d--e/f.g:latest", "a__b/c-d--e/f.g", "latest");
}

static void test_digests(void **state)
{
	(void)state;
	check("busybox@sha256:" HEX, "docker.io/library/busybox@sha256:" HEX, "busybox", NULL);
	check("busybox:1@sha256:" HEX, "docker.io/library/busybox:1@sha256:" HEX, "busybox", "1");
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"/",
		"a/",
		"/a",
		"a//b",
		":tag",
		"a:",
		"a:-x",
		"a:.x",
		"UPPER",
		"a/B",
		"a b",
		"a_-b",
		"a___b",
		"-a",
		"a-",
		"a..b",
		"../a",
		"a/../b",
		"a@sha256:12",
		"a@md5:" HEX,
		"a@",
		"x.y:port/a",
		"[::1/a",
		"a:b:c",
		"a\nb",
		"-x.y:",
		"a:t/b",
		"a@sha256:" HEX "0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct arena arena = {0};
		struct reference reference;

		if (reference_parse(wrong[i], &arena, &reference) == 0)
			fail_msg("'%s' was taken: %s", wrong[i],
				 reference_full(&reference, &arena));
		assert_null(strchr(err_last()->text, '\n'));
		arena_free(&arena);
	}
}

static void test_long_names(void **state)
{
	char name[400];
	struct arena arena = {0};
	struct reference reference;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[256] = '\0'; /* "library/" is added */
	assert_int_equal(reference_parse(name, &arena, &reference), -1);
	name[247] = '\0';
	assert_int_equal(reference_parse(name, &arena, &reference), 0);
	memset(name, 'a', sizeof(name));
	name[1] = ':';
	name[2 + 129] = '\0';
	assert_int_equal(reference_parse(name, &arena, &reference), -1);
	name[2 + 128] = '\0';
	assert_int_equal(reference_parse(name, &arena, &reference), 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker_rules),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
