/*
 * test_attach_keys.c: the keys that detach, and what of them the container gets.
 *
 * Tests: engine/attach_keys.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/attach.h"

#include <string.h>

static void test_parse(void **state)
{
	const struct {
		const char *text;
		const char *codes; /* NULL: refused */
	} cases[] = {
		{"ctrl-p,ctrl-q", "\x10\x11"},
		{"", ""},
		{"a", "a"},
		{"a,b,ctrl-a", "ab\x01"},
		{"ctrl-]", "\x1d"},
		{"ctrl-[,ctrl-\\,ctrl-^,ctrl-_", "\x1b\x1c\x1e\x1f"},
		{"ctrl-", NULL},
		{"ctrl-1", NULL},
		{"ctrl-ab", NULL},
		{"ab", NULL},
		{",a", NULL},
		{"ctrl-P", NULL},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "abcdefghijklmnop"},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attach_keys keys = {0};
		int result = attach_keys_parse(cases[i].text, &keys);

		assert_int_equal(result, cases[i].codes ? 0 : -1);
		if (!cases[i].codes)
			continue;
		assert_int_equal(keys.count, strlen(cases[i].codes));
		assert_memory_equal(keys.codes, cases[i].codes, keys.count);
	}
	{
		struct attach_keys keys;

		assert_int_equal(attach_keys_parse("ctrl-@", &keys), 0);
		assert_int_equal(keys.count, 1);
		assert_int_equal(keys.codes[0], 0);
	}
}

/* Typed in two parts; "|" between them. What comes out before the keys, and whether they did. */
static void test_filter(void **state)
{
	const struct {
		const char *keys, *typed, *passed;
		bool detached;
	} cases[] = {
		{"a,b", "xyz", "xyz", false},	    {"a,b", "xab", "x", true},
		{"a,b", "xa|b", "x", true},	    {"a,b", "xa|c", "xac", false},
		{"a,b", "aab", "a", true},	    {"a,b", "aaa|aab", "aaaa", true},
		{"a,b,a,c", "abab|ac", "ab", true}, {"a,b,a,c", "aba|bab", "abab", false},
		{"a,b,a,c", "abad", "abad", false}, {"", "ab|c", "abc", false},
		{"a", "xxa", "xx", true},	    {"a,a,b", "aaab", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attach_keys keys;
		char passed[100], *next = passed;
		bool detached = false;
		const char *part = cases[i].typed;

		assert_int_equal(attach_keys_parse(cases[i].keys, &keys), 0);
		while (*part && !detached) {
			size_t length = strcspn(part, "|"), got = 0;

			detached = attach_keys_filter(&keys, part, length, next, &got);
			next += got;
			part += length + (part[length] == '|');
		}
		*next = '\0';
		assert_string_equal(passed, cases[i].passed);
		assert_int_equal(detached, cases[i].detached);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests_name("attach_keys", tests, NULL, NULL);
}
