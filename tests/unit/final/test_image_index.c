/*
 * test_image_index.c: names move from image to image, and none is in index.json twice.
 *
 * Tests: base/err.c base/str.c base/fd.c image/image_index.c image/reference.c store/digest.c
 * -lnettle
 */
#include "image/image_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants them first */
#include <cmocka.h>

#define ONE "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define A "docker.io/library/a:latest"
#define B "docker.io/library/b:latest"

static struct arena arena;
static struct layout_index list;

static int clear(void **state)
{
	(void)state;
	arena_free(&arena);
	memset(&list, 0, sizeof(list));
	return 0;
}

static void set(char *digest, const char *reference)
{
	struct descriptor descriptor = {.digest = digest, .size = 7};

	assert_int_equal(image_index_set(&list, &arena, &descriptor, reference), 0);
}

/* "1a 1b 2-": the first digit of the digest, and the letter of the name. */
static void check(const char *expected)
{
	char found[64] = "";

	for (size_t i = 0; i < list.manifests.count; i++) {
		const struct descriptor *item = &list.manifests.items[i];
		char *name = image_index_name(item, &arena);
		size_t length = strlen(found);

		snprintf(found + length, sizeof(found) - length, "%s%c%c", length ? " " : "",
			 item->digest[7], name ? name[strlen("docker.io/library/")] : '-');
	}
	assert_string_equal(found, expected);
}

static void test_names(void **state)
{
	(void)state;
	set(ONE, A);
	set(ONE, A);
	check("1a");
	set(ONE, B);
	check("1a 1b");
	set(TWO, A);
	check("1b 2a");
	set(TWO, B);
	check("1- 2a 2b");
	set(ONE, B);
	check("2a 1b");
}

static void test_nameless(void **state)
{
	(void)state;
	set(ONE, NULL);
	set(ONE, NULL);
	check("1-");
	set(ONE, A);
	check("1a");
	set(ONE, NULL);
	check("1a");
}

static void test_unset(void **state)
{
	(void)state;
	set(ONE, A);
	set(ONE, B);
	set(TWO, NULL);
	image_index_unset(&list, 0);
	check("1b 2-");
	image_index_unset(&list, 0);
	check("1- 2-");
	image_index_drop(&list, ONE);
	check("2-");
	image_index_drop(&list, TWO);
	check("");
}

/* What other tools write: a short name is the same name; what is no name is none. */
static void test_foreign(void **state)
{
	struct str_pair short_name = {LAYOUT_REF_NAME, "a"}, wrong = {LAYOUT_REF_NAME, "../x"};
	struct descriptor items[] = {
		{.digest = ONE, .annotations = {&short_name, 1}},
		{.digest = TWO, .annotations = {&wrong, 1}},
	};

	(void)state;
	list.manifests.items = items;
	list.manifests.count = 2;
	check("1a 2-");
	set(TWO, A);
	check("1- 2- 2a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, clear, clear),
		cmocka_unit_test_setup_teardown(test_nameless, clear, clear),
		cmocka_unit_test_setup_teardown(test_unset, clear, clear),
		cmocka_unit_test_setup_teardown(test_foreign, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
