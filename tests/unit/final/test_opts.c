/*
 * test_opts.c: command lines, in every spelling that callers of runc and crun use, and what is said
 * of wrong ones.
 *
 * Tests: base/opts.c base/str.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/opts.h"

#include <string.h>

struct values {
	bool all, detach, tty;
	const char *bundle;
	int format;
	struct str_list env;
	uint32_t fds;
	struct opt_u32 weight;
	struct opt_i64 quota, memory;
	struct opt_u64 shares;
};

#define AT(member) offsetof(struct values, member)

static const struct opt options[] = {{"all", 'a', OPT_FLAG, AT(all), NULL, "h"},
				     {"detach", 'd', OPT_FLAG, AT(detach), NULL, "h"},
				     {"tty", 't', OPT_FLAG, AT(tty), NULL, "h"},
				     {"bundle", 'b', OPT_TEXT, AT(bundle), "DIR", "h"},
				     {"format", 'f', OPT_CHOICE, AT(format), "table|json", "h"},
				     {"env", 'e', OPT_LIST, AT(env), "NAME=VALUE", "h"},
				     {"preserve-fds", 0, OPT_U32, AT(fds), "N", "h"},
				     {"weight", 0, OPT_OPT_U32, AT(weight), "N", "h"},
				     {"quota", 0, OPT_OPT_I64, AT(quota), "N", "h"},
				     {"shares", 0, OPT_OPT_U64, AT(shares), "N", "h"},
				     {"memory", 0, OPT_BYTES, AT(memory), "BYTES", "h"},
				     {"no-subreaper", 0, OPT_IGNORED_FLAG, 0, NULL, NULL},
				     {"criu", 0, OPT_IGNORED_TEXT, 0, "FILE", NULL},
				     {0}};

static struct arena arena;
static struct values values;
static struct str_list operands;

static int release(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Parses the words of a line; a value may hold no space. */
static int parse_as(enum opts_order order, const char *line)
{
	static char *argv[32];
	char *rest, *copy = arena_format(&arena, "%s", line);
	size_t count = 0;

	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[count++] = word;
	argv[count] = NULL;
	values = (struct values){0};
	return opts_parse(options, order, argv, &arena, &values, &operands);
}

static int parse(const char *line)
{
	return parse_as(OPTS_ANYWHERE, line);
}

static void check_refused(const char *line, const char *text)
{
	assert_int_equal(parse(line), -1);
	assert_int_equal(err_last()->code, EINVAL);
	assert_string_equal(err_last()->text, text);
}

static void test_spellings(void **state)
{
	static const char *const lines[] = {"--bundle /x id", "--bundle=/x id", "-bundle /x id",
					    "-bundle=/x id",  "-b /x id",	"-b/x id",
					    "-b=/x id",	      "id -b /x",	"id --bundle=/x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_string_equal(values.bundle, "/x");
		assert_int_equal(operands.count, 1);
		assert_string_equal(operands.items[0], "id");
		assert_null(operands.items[1]);
	}
}

static void test_flags(void **state)
{
	(void)state;
	assert_int_equal(parse("-atd"), 0);
	assert_true(values.all && values.tty && values.detach);
	assert_int_equal(parse("-tdb /x"), 0);
	assert_true(values.tty && values.detach);
	assert_string_equal(values.bundle, "/x");
	assert_int_equal(parse("-tb/x"), 0);
	assert_string_equal(values.bundle, "/x");
	assert_int_equal(parse("-all --tty=false --detach=true"), 0);
	assert_true(values.all && values.detach && !values.tty);
	assert_int_equal(parse("--all --all=0"), 0);
	assert_false(values.all);
	assert_int_equal(parse("-a=false"), 0);
	assert_false(values.all);
	/* A flag never takes the next word. */
	assert_int_equal(parse("--all false"), 0);
	assert_true(values.all);
	assert_int_equal(operands.count, 1);
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(parse_as(OPTS_FIRST, "-t id sh -c --all"), 0);
	assert_false(values.all);
	assert_int_equal(operands.count, 4);
	assert_string_equal(operands.items[3], "--all");
	assert_int_equal(parse_as(OPTS_FIRST, "-t -- -id -a"), 0);
	assert_int_equal(operands.count, 2);
	assert_string_equal(operands.items[0], "-id");
	assert_int_equal(parse("id 9 --all"), 0);
	assert_true(values.all);
	assert_int_equal(operands.count, 2);
	assert_int_equal(parse("id -- --all -"), 0);
	assert_false(values.all);
	assert_int_equal(operands.count, 3);
	assert_null(operands.items[3]);
	assert_int_equal(parse("-"), 0);
	assert_int_equal(operands.count, 1);
	assert_int_equal(parse(""), 0);
	assert_int_equal(operands.count, 0);
	assert_null(operands.items[0]);
	/* A value may look like an option. */
	assert_int_equal(parse("--quota -1 --bundle --all"), 0);
	assert_int_equal(values.quota.value, -1);
	assert_string_equal(values.bundle, "--all");
}

static void test_help(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), 1);
	assert_int_equal(parse("-h"), 1);
	assert_int_equal(parse("-help"), 1);
	assert_int_equal(parse("-ah id"), 1);
	assert_int_equal(parse_as(OPTS_FIRST, "id --help"), 0);
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(parse("-e A=1 --env=B=2 -eC --preserve-fds 3 --format json"), 0);
	assert_int_equal(values.env.count, 3);
	assert_string_equal(values.env.items[0], "A=1");
	assert_string_equal(values.env.items[1], "B=2");
	assert_string_equal(values.env.items[2], "C");
	assert_null(values.env.items[3]);
	assert_int_equal(values.fds, 3);
	assert_int_equal(values.format, 1);
	assert_int_equal(parse("--weight 0 --shares 18446744073709551615"), 0);
	assert_true(values.weight.set && values.shares.set && !values.quota.set);
	assert_true(values.shares.value == UINT64_MAX);
	assert_int_equal(parse("-b a -b b"), 0);
	assert_string_equal(values.bundle, "b");
	assert_int_equal(parse("--bundle= --no-subreaper --criu /x"), 0);
	assert_string_equal(values.bundle, "");
	assert_int_equal(operands.count, 0);
}

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {{"0", 0},	       {"4096", 4096},	    {"64k", 65536},
		    {"64K", 65536},    {"64kb", 65536},	    {"64KiB", 65536},
		    {"1m", 1 << 20},   {"1G", 1 << 30},	    {"1t", 1LL << 40},
		    {"-1", -1},	       {"12b", 12},	    {"9223372036854775807", INT64_MAX},
		    {"7p", 7LL << 50}, {"1.5g", 3LL << 29}, {"0.1k", 102}};
	static const char *const wrong[] = {"x",     "1x",
					    "-2",    "1.5.0g",
					    ".5g",   "1kk",
					    "1ki",   "1bb",
					    "k",     "9223372036854775808",
					    "8192p", "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(parse(arena_format(&arena, "--memory %s", rows[i].text)), 0);
		assert_true(values.memory.set);
		assert_true(values.memory.value == rows[i].value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(parse(arena_format(&arena, "--memory %s", wrong[i])), -1);
}

static void test_refusals(void **state)
{
	(void)state;
	check_refused("--bundel /x", "unknown option --bundel: did you mean --bundle?");
	check_refused("--bun /x", "unknown option --bun: did you mean --bundle?");
	check_refused("--zzzz", "unknown option --zzzz: --help lists the ones there are");
	check_refused("-z", "unknown option -z: --help lists the ones there are");
	check_refused("-az", "unknown option -z: --help lists the ones there are");
	check_refused("--zz\033[31m=3",
		      "unknown option --zz?[31m: --help lists the ones there are");
	check_refused("--bundle", "option --bundle needs a value: DIR");
	check_refused("-tb", "option --bundle needs a value: DIR");
	check_refused("--all=x", "option --all: 'x': expected true or false");
	check_refused("--format xml", "option --format: 'xml': expected one of table|json");
	check_refused("--format tabl", "option --format: 'tabl': expected one of table|json");
	check_refused("--preserve-fds -1",
		      "option --preserve-fds: '-1': expected a number from 0 to 4294967295");
	check_refused("--shares -1",
		      "option --shares: '-1': expected a number from 0 to 18446744073709551615");
	assert_int_equal(parse("--quota 1x"), -1);
	assert_int_equal(parse("--quota"), -1);
	assert_int_equal(parse("--"), 0);
	assert_int_equal(parse("---"), -1);
	assert_int_equal(parse("--=x"), -1);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"create", "delete", "start", "state", "ps", NULL};
	static const struct {
		const char *typed, *nearest;
	} rows[] = {{"dellete", "delete"}, {"craete", "create"}, {"stat", "start"},
		    {"statee", "state"},   {"p", "ps"},		 {"pss", "ps"},
		    {"cre", "create"},	   {"xyzzy", NULL},	 {"", NULL},
		    {"del", "delete"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *nearest = opts_nearest(rows[i].typed, names);

		if (!rows[i].nearest)
			assert_null(nearest);
		else
			assert_string_equal(nearest ? nearest : "(none)", rows[i].nearest);
	}
	/* Longer than any name: no distance is measured, nothing is read beyond it. */
	assert_null(opts_nearest("0123456789012345678901234567890123456789", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_order),	  cmocka_unit_test(test_help),
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_refusals),  cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
