/*
 * test_config.c: what is configured where, who wins, and what is said of wrong files.
 *
 * Tests: cli/config.c base/opts.c base/json.c base/json_scan.c base/fd.c base/log.c base/str.c
 * base/err.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/config.h"

#include <string.h>
#include <sys/stat.h>

static char home[] = "/tmp/test-config-XXXXXX";
static char file[128];

static int set_up(void **state)
{
	char directory[64];

	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(directory, sizeof(directory), "%s/husk", home);
	snprintf(file, sizeof(file), "%s/config.json", directory);
	mkdir(directory, 0700);
	setenv("XDG_CONFIG_HOME", home, 1);
	return 0;
}

static int tear_down(void **state)
{
	char directory[64];

	(void)state;
	snprintf(directory, sizeof(directory), "%s/husk", home);
	unlink(file);
	rmdir(directory);
	return rmdir(home);
}

static void write_file(const char *text)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	chmod(file, 0644);
}

static void check(const struct config *config, const char *key, const char *text,
		  const char *source)
{
	const struct config_value *value;

	assert_int_equal(config_find(config, key, &value), 0);
	assert_string_equal(value->texts.count ? value->texts.items[0] : value->setting->fallback,
			    text);
	assert_string_equal(value->source, source);
}

static void check_refused(const char *text, const char *words)
{
	struct config config;

	write_file(text);
	assert_int_equal(config_load(&config), -1);
	if (!strstr(err_last()->text, words))
		fail_msg("%s: %s", text, err_last()->text);
	check(&config, "pids-limit", "512", "default");
	config_free(&config);
}

static void test_sources(void **state)
{
	struct config config;

	(void)state;
	write_file("{\"runtime\": \"crun\", \"pids-limit\": 100, \"dns\": [\"10.0.0.1\"], "
		   "\"init\": true, \"memory\": null, \"net\": \"none\"}");
	setenv("HUSK_PIDS_LIMIT", "200", 1);
	setenv("HUSK_NET", "", 1);
	assert_int_equal(config_load(&config), 0);
	assert_int_equal(config_set_flag(&config, "runtime", "runc"), 0);
	assert_int_equal(config_set_flag(&config, "data", NULL), 0);
	check(&config, "runtime", "runc", "--runtime");
	check(&config, "pids-limit", "200", "HUSK_PIDS_LIMIT");
	check(&config, "dns", "10.0.0.1", file);
	check(&config, "init", "true", file);
	check(&config, "net", "none", file);
	check(&config, "memory", "", "default");
	check(&config, "stop-timeout", "10", "default");
	config_free(&config);
	unsetenv("HUSK_PIDS_LIMIT");
	unsetenv("HUSK_NET");
}

struct values {
	struct opt_i64 memory;
	struct str_list env;
	bool init;
	const char *format;
};

static const struct opt options[] = {
	{"memory", 'm', OPT_BYTES, offsetof(struct values, memory), "BYTES", "h"},
	{"env", 'e', OPT_LIST, offsetof(struct values, env), "NAME", "h"},
	{"init", 0, OPT_FLAG, offsetof(struct values, init), NULL, "h"},
	{"format", 0, OPT_TEXT, offsetof(struct values, format), "FORMAT", "h"},
	{0}};

static void test_apply(void **state)
{
	struct values values = {0};
	struct arena arena = {0};
	struct config config;
	struct str_list operands;
	char *flags[] = {(char *)"-e", (char *)"C=3", (char *)"-m1M", NULL};

	(void)state;
	write_file("{\"memory\": \"64M\", \"init\": true, \"ps-format\": \"json\"}");
	setenv("HUSK_ENV", "A=1,B=2", 1);
	assert_int_equal(config_load(&config), 0);
	assert_int_equal(config_apply(&config, "update", options, &arena, &values), 0);
	assert_false(values.memory.set || values.init || values.env.count || values.format);
	assert_int_equal(config_apply(&config, "run", options, &arena, &values), 0);
	assert_int_equal(values.memory.value, 64 << 20);
	assert_true(values.init);
	assert_null(values.format);
	assert_int_equal(opts_parse(options, OPTS_FIRST, flags, &arena, &values, &operands), 0);
	assert_int_equal(values.memory.value, 1 << 20);
	assert_int_equal(values.env.count, 3);
	assert_string_equal(values.env.items[2], "C=3");
	assert_int_equal(config_apply(&config, "ps", options, &arena, &values), 0);
	assert_string_equal(values.format, "json");
	config_free(&config);
	arena_free(&arena);
	unsetenv("HUSK_ENV");
}

static void test_places(void **state)
{
	struct config config;

	(void)state;
	unsetenv("HUSK_DATA");
	write_file("{\"data\": \"/srv/x\"}");
	assert_int_equal(config_load(&config), 0);
	assert_int_equal(config_set_places(&config), 0);
	assert_string_equal(getenv("HUSK_DATA"), "/srv/x");
	config_free(&config);
	unsetenv("HUSK_DATA");
	write_file("{\"data\": \"x\"}");
	assert_int_equal(config_load(&config), 0);
	assert_int_equal(config_set_places(&config), -1);
	assert_non_null(strstr(err_last()->text, "data 'x': expected an absolute path"));
	config_free(&config);
}

static void test_refused(void **state)
{
	struct config config;

	(void)state;
	check_refused("{\"memroy\": \"1G\"}", "config.json: unknown key 'memroy': did you mean "
					      "memory?");
	check_refused("{\"zzzzzzz\": 1}", "husk config show lists them");
	check_refused("{\"memory\": \"lots\"}", "option --memory: 'lots': expected bytes");
	check_refused("{\"memory\": [\"1G\"]}", "memory: expected one value, not a list");
	check_refused("{\"dns\": \"10.0.0.1\"}", "dns: expected a list");
	check_refused("{\"env\": [[]]}", "expected a text, a number, true or false");
	check_refused("{\"init\": \"maybe\"}", "expected true or false");
	check_refused("{\"log-driver\": \"journald\"}", "expected one of json-file|none|syslog");
	check_refused("{\"memory\": \"1G\"", "cut");
	write_file("{}");
	chmod(file, 0666);
	assert_int_equal(config_load(&config), -1);
	assert_non_null(strstr(err_last()->text, "others may write to it: chmod go-w"));
	setenv("HUSK_MEMORY", "x", 1);
	chmod(file, 0644);
	assert_int_equal(config_load(&config), -1);
	assert_non_null(strstr(err_last()->text, "HUSK_MEMORY: option --memory: 'x'"));
	unsetenv("HUSK_MEMORY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
