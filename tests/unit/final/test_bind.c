/*
 * test_bind.c: every kind of row, read and written; messages with paths; the list of rows.
 *
 * Tests: base/json.c base/json_scan.c base/bind.c base/bind_write.c base/str.c base/err.c
 * base/fd.c base/log.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bind.h"
#include "base/err.h"

#include <string.h>

struct inner {
	char *name;
	int32_t number;
};

struct outer {
	bool flag;
	int32_t small;
	int64_t large, ranged;
	uint32_t id;
	uint64_t size;
	char *text, *needed;
	struct opt_bool opt_flag;
	struct opt_i64 opt_int;
	struct opt_u32 opt_small;
	struct opt_u64 opt_large;
	char letter;
	uint32_t action;
	char *action_text;
	struct opt_u32 opt_action;
	uint64_t flags;
	struct str_list strings;
	LIST_OF(uint32_t) numbers;
	struct str_map map;
	struct inner embedded, *pointer;
	LIST_OF(struct inner) list, keyed;
	char *inside;
};

static const struct bind_name letters[] = {{"a", 'a'}, {"b", 'b'}, {NULL}};
static const struct bind_name actions[] = {{"KILL", 0x80000000}, {"ALLOW", 0x7fff0000}, {NULL}};
static const struct bind_name flags[] = {
	{"ONE", 1}, {"TWO", 2}, {"HIGH", (int64_t)1 << 40}, {NULL}};

#define AT(member) BIND_AT(struct outer, member)

static const struct bind_field inner_rows[] = {
	{"name", BIND_STRING, BIND_AT(struct inner, name)},
	{"number", BIND_INT, BIND_AT(struct inner, number)},
};
static const struct bind_table inner = BIND_TABLE(struct inner, inner_rows);

static const struct bind_field keyed_rows[] = {
	{"number", BIND_INT, BIND_AT(struct inner, number), .required = true},
};
static const struct bind_table keyed = BIND_TABLE(struct inner, keyed_rows);

static const struct bind_field inside_rows[] = {{"text", BIND_STRING, AT(inside)}};
static const struct bind_table inside = BIND_TABLE(struct outer, inside_rows);

static const struct bind_field outer_rows[] = {
	{"flag", BIND_BOOL, AT(flag)},
	{"small", BIND_INT, AT(small)},
	{"large", BIND_INT, AT(large)},
	{"ranged", BIND_INT, AT(ranged), .min = -5, .max = 5},
	{"id", BIND_UINT, AT(id), .max = UINT32_MAX - 1},
	{"size", BIND_UINT, AT(size)},
	{"text", BIND_STRING, AT(text)},
	{"needed", BIND_STRING, AT(needed), .required = true},
	{"optFlag", BIND_OPT_BOOL, AT(opt_flag)},
	{"optInt", BIND_OPT_INT, AT(opt_int), .min = -1, .max = INT64_MAX},
	{"optSmall", BIND_OPT_UINT, AT(opt_small)},
	{"optLarge", BIND_OPT_UINT, AT(opt_large)},
	{"letter", BIND_ENUM, AT(letter), .names = letters},
	{"action", BIND_ENUM, AT(action), .names = actions},
	{"action", BIND_STRING, AT(action_text)},
	{"optAction", BIND_OPT_ENUM, AT(opt_action), .names = actions},
	{"flags", BIND_FLAGS, AT(flags), .names = flags},
	{"strings", BIND_STRINGS, AT(strings)},
	{"numbers", BIND_UINTS, AT(numbers), .max = 1000},
	{"map", BIND_MAP, AT(map)},
	{"embedded", BIND_EMBEDDED, AT(embedded), .table = &inner},
	{"pointer", BIND_POINTER, AT(pointer), .table = &inner},
	{"list", BIND_LIST, AT(list), .table = &inner},
	{"keyed", BIND_KEYED, AT(keyed), .table = &keyed},
	{"inside", BIND_INSIDE, BIND_NOWHERE, .table = &inside},
	{"ignored", BIND_IGNORED},
	{"refused", BIND_REFUSED, BIND_NOWHERE, .reason = "is not supported"},
};
static const struct bind_table outer = BIND_TABLE(struct outer, outer_rows);

static const char full[] =
	"{\"flag\":true,\"small\":-2147483648,\"large\":-9223372036854775808,\"ranged\":-5,"
	"\"id\":4294967294,\"size\":18446744073709551615,\"text\":\"t\",\"needed\":\"n\","
	"\"optFlag\":false,\"optInt\":-1,\"optSmall\":0,\"optLarge\":18446744073709551615,"
	"\"letter\":\"b\",\"action\":\"KILL\",\"optAction\":\"KILL\",\"flags\":[\"ONE\",\"HIGH\"],"
	"\"strings\":[\"\",\"b\"],\"numbers\":[7,1000],\"map\":{\"k.1\":\"\",\"k2\":\"v\"},"
	"\"embedded\":{\"name\":\"e\",\"number\":-1},\"pointer\":{},"
	"\"list\":[{\"name\":\"x\"},{\"number\":2}],\"keyed\":{\"eth0\":{\"number\":5}},"
	"\"inside\":{\"text\":\"i\"}}";

static int read_text(const char *text, struct arena *arena, struct outer *ret_value)
{
	auto_json struct json_object *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), "f", &json), 0);
	return bind_read(&outer, json, "f", arena, ret_value);
}

static void test_read(void **state)
{
	struct arena arena = {0};
	struct outer o = {0};

	(void)state;
	assert_int_equal(read_text(full, &arena, &o), 0);
	assert_true(o.flag);
	assert_int_equal(o.small, INT32_MIN);
	assert_true(o.large == INT64_MIN);
	assert_int_equal(o.ranged, -5);
	assert_int_equal(o.id, UINT32_MAX - 1);
	assert_true(o.size == UINT64_MAX);
	assert_string_equal(o.text, "t");
	assert_true(o.opt_flag.set && !o.opt_flag.value);
	assert_true(o.opt_int.set && o.opt_int.value == -1);
	assert_true(o.opt_small.set && o.opt_small.value == 0);
	assert_true(o.opt_large.set && o.opt_large.value == UINT64_MAX);
	assert_int_equal(o.letter, 'b');
	assert_int_equal(o.action, 0x80000000);
	assert_string_equal(o.action_text, "KILL");
	assert_true(o.opt_action.set && o.opt_action.value == 0x80000000);
	assert_true(o.flags == (1 | (uint64_t)1 << 40));
	assert_int_equal(o.strings.count, 2);
	assert_string_equal(o.strings.items[0], "");
	assert_null(o.strings.items[2]); /* as execve(2) wants it */
	assert_int_equal(o.numbers.items[1], 1000);
	assert_string_equal(str_map_get(&o.map, "k.1"), "");
	assert_int_equal(o.embedded.number, -1);
	assert_non_null(o.pointer);
	assert_string_equal(o.list.items[0].name, "x");
	assert_int_equal(o.list.items[1].number, 2);
	assert_string_equal(o.keyed.items[0].name, "eth0");
	assert_string_equal(o.inside, "i");
	arena_free(&arena);
}

static void test_round_trip(void **state)
{
	struct arena arena = {0};
	struct outer o = {0};
	char *text;

	(void)state;
	assert_int_equal(read_text(full, &arena, &o), 0);
	assert_int_equal(bind_write(&outer, &o, JSON_ONE_LINE, &arena, &text), 0);
	assert_string_equal(text, full);
	o = (struct outer){0};
	assert_int_equal(bind_write(&outer, &o, JSON_ONE_LINE, &arena, &text), 0);
	assert_string_equal(text, "{\"needed\":\"\"}");
	arena_free(&arena);
}

/* Engines in Go write null, or "", or nothing: all the same. */
static void test_absent(void **state)
{
	struct arena arena = {0};
	struct outer o = {0};

	(void)state;
	assert_int_equal(
		read_text("{\"needed\":\"n\",\"flag\":null,\"text\":\"\",\"optInt\":null,"
			  "\"optAction\":\"\",\"strings\":null,\"map\":null,\"pointer\":null,"
			  "\"embedded\":null,\"list\":null,\"inside\":{\"text\":null},"
			  "\"refused\":null,\"letter\":null}",
			  &arena, &o),
		0);
	assert_null(o.text);
	assert_false(o.opt_int.set);
	assert_false(o.opt_action.set);
	assert_null(o.pointer);
	assert_null(o.inside);
	assert_int_equal(read_text("{\"needed\":\"n\",\"strings\":[],\"refused\":{},\"list\":[],"
				   "\"map\":{},\"ignored\":[1,{}],\"unknown\":{\"a\":[]}}",
				   &arena, &o),
			 0);
	assert_int_equal(o.strings.count + o.list.count + o.map.count, 0);
	arena_free(&arena);
}

static void test_messages(void **state)
{
	const struct {
		const char *text, *message; /* text: without "needed" and braces */
	} cases[] = {
		{"\"flag\":1", "f: flag: expected true or false, found a whole number"},
		{"\"flag\":\"true\"", "f: flag: expected true or false, found a string"},
		{"\"small\":2147483648",
		 "f: small: 2147483648: expected -2147483648 to 2147483647"},
		{"\"small\":-2147483649", "f: small: -2147483649: expected"},
		{"\"small\":1.0", "f: small: expected a whole number, found a number with"},
		{"\"small\":\"1\"", "f: small: expected a whole number, found a string"},
		{"\"large\":9223372036854775808", "f: large: 9223372036854775808: expected"},
		{"\"large\":18446744073709551615", "f: large: 18446744073709551615: expected"},
		{"\"ranged\":6", "f: ranged: 6: expected -5 to 5"},
		{"\"ranged\":-6", "f: ranged: -6: expected -5 to 5"},
		{"\"id\":4294967295", "f: id: 4294967295: expected 0 to 4294967294"},
		{"\"id\":-1", "f: id: -1: expected 0 to 4294967294"},
		{"\"id\":0.5", "f: id: expected a whole number"},
		{"\"size\":-1", "f: size: -1: expected 0 to 18446744073709551615"},
		{"\"text\":5", "f: text: expected a string, found a whole number"},
		{"\"optInt\":-2", "f: optInt: -2: expected -1 to 9223372036854775807"},
		{"\"optSmall\":4294967296", "f: optSmall: 4294967296: expected 0 to 4294967295"},
		{"\"letter\":\"c\"", "f: letter: 'c': expected a, b"},
		{"\"letter\":99", "f: letter: expected a string"},
		{"\"optAction\":\"kill\"", "f: optAction: 'kill': expected KILL, ALLOW"},
		{"\"flags\":[\"ONE\",\"SIX\"]", "f: flags[1]: 'SIX': expected ONE, TWO, HIGH"},
		{"\"flags\":\"ONE\"", "f: flags: expected an array, found a string"},
		{"\"strings\":[\"a\",null]", "f: strings[1]: expected a string, found null"},
		{"\"strings\":{}", "f: strings: expected an array, found an object"},
		{"\"numbers\":[1,1001]", "f: numbers[1]: 1001: expected 0 to 1000"},
		{"\"map\":{\"k\":1}", "f: map.k: expected a string"},
		{"\"embedded\":[]", "f: embedded: expected an object, found an array"},
		{"\"embedded\":{\"number\":\"x\"}", "f: embedded.number: expected a whole number"},
		{"\"list\":[{},{\"name\":1}]", "f: list[1].name: expected a string"},
		{"\"list\":[{},5]", "f: list[1]: expected an object"},
		{"\"keyed\":{\"eth0\":{}}", "f: keyed.eth0.number: is missing or empty"},
		{"\"keyed\":{\"e\\u001b\\n\":{}}", "f: keyed.e??.number: is missing"},
		{"\"letter\":\"\\u001b[2J\"", "f: letter: '?[2J': expected a, b"},
		{"\"inside\":{\"text\":1}", "f: inside.text: expected a string"},
		{"\"refused\":{\"a\":1}", "f: refused: is not supported"},
		{"\"refused\":1", "f: refused: is not supported"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = {0};
		struct outer o = {0};
		char text[200];

		snprintf(text, sizeof(text), "{\"needed\":\"n\",%s}", cases[i].text);
		if (read_text(text, &arena, &o) == 0)
			fail_msg("accepted: %s", text);
		if (!str_has_prefix(err_last()->text, cases[i].message))
			fail_msg("%s: %s", text, err_last()->text);
		arena_free(&arena);
	}
}

static void test_required(void **state)
{
	const char *const texts[] = {"{}", "{\"needed\":null}", "{\"needed\":\"\"}"};
	struct arena arena = {0};
	struct outer o = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(read_text(texts[i], &arena, &o), -1);
		assert_string_equal(err_last()->text, "f: needed: is missing or empty");
	}
	arena_free(&arena);
}

static void test_list(void **state)
{
	const char *const some[] = {
		"flag",	       "flags[]",	 "map{}",	"embedded.number", "pointer.name",
		"list[].name", "keyed{}.number", "inside.text", "ignored",	   "refused"};
	struct arena arena = {0};
	struct str_list paths;

	(void)state;
	assert_int_equal(bind_list(&outer, &arena, &paths), 0);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		size_t found = 0;

		for (size_t j = 0; j < paths.count; j++)
			found += strcmp(paths.items[j], some[i]) == 0;
		if (found != 1)
			fail_msg("%s: %zu times", some[i], found);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	 cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_absent),	 cmocka_unit_test(test_messages),
		cmocka_unit_test(test_required), cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
