/*
 * test_format.c: listings as tables, as JSON, by templates.
 *
 * Tests: cli/format.c cli/template.c cli/template_value.c cli/template_function.c
 * base/opts.c base/json.c base/json_scan.c base/fd.c base/str.c base/err.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/format.h"

#include <fcntl.h>
#include <string.h>

static const struct format_column columns[] = {{"ID", "CONTAINER ID", FORMAT_ID},
					       {"Command", "COMMAND", 8},
					       {"Size", "SIZE"},
					       {"Names", "NAMES"},
					       {"Labels", NULL},
					       {0}};

static char id[] = "sha256:0123456789abcdef0123456789abcdef";

/* What the listing prints, by a file in the place of standard output. NULL: refused. */
static char *show(const struct format_options *options, int rows)
{
	static char printed[4096];
	struct str_pair pairs[] = {{"a", "1"}, {"b", "x\033y"}};
	struct str_map labels = {pairs, 2};
	struct arena arena = {0};
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO), result;
	struct format list;

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	result = format_open(columns, options, &arena, &list);
	for (int i = 0; i < rows && result == 0; i++) {
		format_row(&list);
		format_text(&list, "ID", id);
		format_set(&list, "Command", "%s", i ? "sleep 10000" : "sh");
		format_number(&list, "Size", 4270000, format_size(4270000).text);
		format_text(&list, "Names", i ? "a\tb\033[1m" : "wéb");
		if (i)
			format_map(&list, "Labels", &labels);
	}
	if (result == 0)
		result = format_close(&list);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	printed[fread(printed, 1, sizeof(printed) - 1, file)] = '\0';
	fclose(file);
	arena_free(&arena);
	return result == 0 ? printed : NULL;
}

static void check(const struct format_options *options, int rows, const char *expected)
{
	const char *printed = show(options, rows);

	if (!printed)
		fail_msg("%s", err_last()->text);
	assert_string_equal(printed, expected);
}

static void test_table(void **state)
{
	(void)state;
	check(&(struct format_options){0}, 0, "CONTAINER ID   COMMAND   SIZE      NAMES\n");
	check(&(struct format_options){0}, 2,
	      "CONTAINER ID   COMMAND    SIZE      NAMES\n"
	      "0123456789ab   sh         4.27MB    wéb\n"
	      "0123456789ab   sleep 1…   4.27MB    a?b?[1m\n");
	check(&(struct format_options){.format = "table", .no_titles = true, .no_trunc = true}, 2,
	      "sha256:0123456789abcdef0123456789abcdef   sh            4.27MB    wéb\n"
	      "sha256:0123456789abcdef0123456789abcdef   sleep 10000   4.27MB    a?b?[1m\n");
	check(&(struct format_options){.quiet = true}, 2, "0123456789ab\n0123456789ab\n");
}

static void test_templates(void **state)
{
	(void)state;
	check(&(struct format_options){.format = "{{.ID}}\\t{{.Size}}"}, 1,
	      "0123456789ab\t4.27MB\n");
	check(&(struct format_options){.format = "{{.ID}}"}, 0, "");
	check(&(struct format_options){.format = "{{.Labels}}|{{json .Labels}}|{{.Label \"a\"}}"},
	      2, "|\"\"|\na=1,b=x?y|{\"a\":\"1\",\"b\":\"x\\u001by\"}|1\n");
	check(&(struct format_options){.format = "table {{.Names}}\\t{{.Labels}}"}, 1,
	      "NAMES     LABELS\nwéb       \n");
}

static void test_json(void **state)
{
	static const char first[] = "{\"ID\":\"sha256:0123456789abcdef0123456789abcdef\","
				    "\"Command\":\"sh\",\"Size\":4270000,\"Names\":\"wéb\","
				    "\"Labels\":\"\"}";
	char expected[1024];

	(void)state;
	check(&(struct format_options){.format = "json"}, 0, "[]\n");
	snprintf(expected, sizeof(expected), "[%s]\n", first);
	check(&(struct format_options){.format = "json"}, 1, expected);
	snprintf(expected, sizeof(expected), "%s\n", first);
	check(&(struct format_options){.format = "{{json .}}"}, 1, expected);
	check(&(struct format_options){.format = "json", .stream = true}, 1, expected);
	assert_non_null(strstr(show(&(struct format_options){.format = "json"}, 2), "},\n {"));
}

static void test_refused(void **state)
{
	(void)state;
	assert_null(show(&(struct format_options){.format = "{{.Nmaes}}"}, 0));
	assert_non_null(strstr(err_last()->text, "--format: {{.Nmaes}}: there is no field .Nmaes: "
						 "did you mean .Names?"));
	assert_null(show(&(struct format_options){.format = "jsn"}, 0));
	assert_non_null(strstr(err_last()->text, "expected table, json, or a template"));
}

static void test_sizes(void **state)
{
	(void)state;
	assert_string_equal(format_size(0).text, "0B");
	assert_string_equal(format_size(4272345).text, "4.27MB");
	assert_string_equal(format_size(999900).text, "1MB");
	assert_string_equal(format_size(UINT64_MAX).text, "18.4EB");
	assert_string_equal(format_bytes(1536).text, "1.5KiB");
	assert_string_equal(format_bytes(64 << 20).text, "64MiB");
	assert_string_equal(format_bytes(1023).text, "1023B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_templates),
		cmocka_unit_test(test_json),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
