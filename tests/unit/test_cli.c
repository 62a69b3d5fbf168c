/*
 * test_cli.c: phase05's parsers, and how a whole command line is taken. What a refusal looks like
 * from outside is tested by tests/checks/phase05.bash.
 *
 * Tests: phase05-cli cli.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "cli.h"
#include "husk.h"

#include <stdlib.h>
#include <unistd.h>

struct value_case {
	const char *text;
	long long value; /* REFUSED: nothing may be taken */
};
enum { REFUSED = -2 };

static void check_values(int (*parse)(const char *, long long *), const struct value_case *cases)
{
	for (; cases->text; cases++) {
		long long got = REFUSED;
		int result = parse(cases->text, &got);

		if (result == (cases->value == REFUSED ? -1 : 0) && got == cases->value)
			continue;
		print_error("\"%s\": result %d, value %lld, expected %lld\n", cases->text, result,
			    got, cases->value);
		assert_int_equal(got, cases->value);
	}
}

static void test_size(void **state)
{
	const struct value_case cases[] = {
		{"1M", 1 << 20},
		{"1048576", 1 << 20},
		{"1024K", 1 << 20},
		{"1024k", 1 << 20},
		{"100M", 100 << 20},
		{"64m", 64 << 20},
		{"1G", 1LL << 30},
		{"2T", 2LL << 40},
		{"max", NO_LIMIT},
		{"8388607T", 8388607LL << 40},
		{"8388608T", REFUSED}, /* 2^63 */
		{"9223372036854775808", REFUSED},
		{"18446744073709551616", REFUSED},
		{"1048575", REFUSED}, /* less than 1M */
		{"1023K", REFUSED},
		{"0", REFUSED},
		{"0M", REFUSED},
		{"-1", REFUSED},
		{"-1M", REFUSED},
		{"+1M", REFUSED},
		{" 1M", REFUSED},
		{"1M ", REFUSED},
		{"1 M", REFUSED},
		{"1.5G", REFUSED},
		{"0x10M", REFUSED},
		{"1e9", REFUSED},
		{"1MB", REFUSED},
		{"M", REFUSED},
		{"lots", REFUSED},
		{"", REFUSED},
		{"MAX", REFUSED},
		{"maximum", REFUSED},
		{"1P", REFUSED},
		{},
	};

	(void)state;
	check_values(cli_parse_size, cases);
}

static void test_percent(void **state)
{
	const struct value_case cases[] = {
		{"25%", 25000},
		{"100%", 100000},
		{"150%", 150000},
		{"1%", 1000},
		{"12.5%", 12500},
		{"33.333%", 33333},
		{"1.000%", 1000},
		{"102400%", 102400000},
		{"max", NO_LIMIT},
		{"102401%", REFUSED},
		{"0%", REFUSED},
		{"0.999%", REFUSED},
		{"25", REFUSED},
		{"25%%", REFUSED},
		{"%", REFUSED},
		{"-5%", REFUSED},
		{"-5", REFUSED},
		{".5%", REFUSED},
		{"5.%", REFUSED},
		{"5.1234%", REFUSED},
		{"5,5%", REFUSED},
		{"1e2%", REFUSED},
		{"nan%", REFUSED},
		{"inf%", REFUSED},
		{"99999999999999999999%", REFUSED},
		{"2147483648%", REFUSED},
		{"", REFUSED},
		{},
	};

	(void)state;
	check_values(cli_parse_percent, cases);
}

static void test_cpus(void **state)
{
	const struct value_case cases[] = {
		{"1", 100000},	     {"1.5", 150000},	    {"0.25", 25000},
		{"0.01", 1000},	     {"0.125", 12500},	    {"1024", 102400000},
		{"max", NO_LIMIT},   {"1024.001", REFUSED}, {"0", REFUSED},
		{"0.009", REFUSED},  {"1.5x", REFUSED},	    {"25%", REFUSED},
		{"-1", REFUSED},     {"1.", REFUSED},	    {".5", REFUSED},
		{"0.1234", REFUSED}, {"", REFUSED},	    {},
	};

	(void)state;
	check_values(cli_parse_cpus, cases);
}

static void test_count(void **state)
{
	const struct value_case cases[] = {
		{"1", 1},
		{"50", 50},
		{"0050", 50},
		{"4194304", 4194304},
		{"max", NO_LIMIT},
		{"4194305", REFUSED},
		{"0", REFUSED},
		{"-1", REFUSED},
		{"1e3", REFUSED},
		{"50.0", REFUSED},
		{"+5", REFUSED},
		{" 5", REFUSED},
		{"5 ", REFUSED},
		{"5K", REFUSED},
		{"99999999999999999999", REFUSED},
		{"", REFUSED},
		{},
	};

	(void)state;
	check_values(cli_parse_count, cases);
}

/* Parses a command line; its refusals go to /dev/null. */
static int parse(struct config *cfg, char **argv)
{
	int argc = 0, result, saved = dup(STDERR_FILENO);

	while (argv[argc])
		argc++;
	*cfg = (struct config){.hostname = "husk"};
	assert_non_null(freopen("/dev/null", "w", stderr));
	result = cli_parse(cfg, argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	return result;
}
#define PARSE(cfg, ...) parse(cfg, (char *[]){"husk", __VA_ARGS__, NULL})

static void release(struct config *cfg)
{
	for (int i = 0; i < cfg->volume_count; i++) {
		free(cfg->volumes[i].source);
		free(cfg->volumes[i].target);
	}
	free(cfg->volumes);
	free(cfg->env);
}

static void test_command_begins(void **state)
{
	struct config cfg;

	(void)state;
	assert_int_equal(PARSE(&cfg, "run", "ls", "--mem=lots"), CLI_RUN);
	assert_string_equal(cfg.argv[0], "ls");
	assert_string_equal(cfg.argv[1], "--mem=lots");
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--pids=5", "--", "--pids=6", "--"), CLI_RUN);
	assert_int_equal(cfg.limits[PIDS], 5);
	assert_string_equal(cfg.argv[0], "--pids=6");
	assert_string_equal(cfg.argv[1], "--");
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "-"), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", ""), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--"), CLI_BAD);
	release(&cfg);
}

static void test_values_both_ways(void **state)
{
	struct config cfg;

	(void)state;
	assert_int_equal(PARSE(&cfg, "run", "--mem", "64M", "--cpu=25%", "--env", "A=--", "x"),
			 CLI_RUN);
	assert_int_equal(cfg.limits[MEMORY], 64 << 20);
	assert_int_equal(cfg.limits[CPU], 25000);
	assert_true(cfg.limits_asked);
	assert_int_equal(cfg.env_count, 1);
	assert_string_equal(cfg.env[0], "A=--");
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--cpu=25%", "--cpus=1.5", "x"), CLI_RUN);
	assert_int_equal(cfg.limits[CPU], 150000); /* the last one counts, as everywhere */
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--me=64M", "x"), CLI_BAD); /* no abbreviations */
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "-mem=64M", "x"), CLI_BAD);
	release(&cfg);
}

static void test_volumes(void **state)
{
	struct config cfg;

	(void)state;
	assert_int_equal(PARSE(&cfg, "run", "-v", "/etc/:/mnt", "--volume=/:/a/b:ro", "x"),
			 CLI_RUN);
	assert_int_equal(cfg.volume_count, 2);
	assert_string_equal(cfg.volumes[0].source, "/etc");
	assert_string_equal(cfg.volumes[0].target, "mnt");
	assert_false(cfg.volumes[0].read_only);
	assert_string_equal(cfg.volumes[1].source, "/");
	assert_string_equal(cfg.volumes[1].target, "a/b");
	assert_true(cfg.volumes[1].read_only);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "-v", "/etc:/../mnt", "x"), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "-v", "/etc:/mnt:rw:ro", "x"), CLI_BAD);
	release(&cfg);
}

static void test_words(void **state)
{
	struct config cfg;
	char host64[] =
		"--hostname=0123456789012345678901234567890123456789012345678901234567890123";
	char host65[] =
		"--hostname=01234567890123456789012345678901234567890123456789012345678901234";

	(void)state;
	assert_int_equal(PARSE(&cfg, "run", host64, "--name=a_b.c-d", "x"), CLI_RUN);
	assert_int_equal(strlen(cfg.hostname), 64);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", host65, "x"), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--hostname=h\xc3\xa4sk", "x"), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "run", "--name=..", "x"), CLI_BAD);
	release(&cfg);
	assert_int_equal(PARSE(&cfg, "help"), CLI_DONE);
	assert_int_equal(PARSE(&cfg, "run", "--help"), CLI_DONE);
	assert_int_equal(PARSE(&cfg, "--version"), CLI_DONE);
	assert_int_equal(PARSE(&cfg, "rum"), CLI_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),	       cmocka_unit_test(test_percent),
		cmocka_unit_test(test_cpus),	       cmocka_unit_test(test_count),
		cmocka_unit_test(test_command_begins), cmocka_unit_test(test_values_both_ways),
		cmocka_unit_test(test_volumes),	       cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("phase05 cli", tests, NULL, NULL);
}
