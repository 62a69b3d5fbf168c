/*
 * test_template.c: Go's templates, as far as people use them with docker and podman, and what is
 * said of wrong ones.
 *
 * Tests: cli/template.c cli/template_value.c cli/template_function.c base/opts.c
 * base/json.c base/json_scan.c base/fd.c base/str.c base/err.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/template.h"

#include <string.h>

static const char text[] =
	"{\"Name\":\"web\",\"Size\":4270000,\"State\":{\"Pid\":17,\"Running\":true,\"Dead\":false,"
	"\"Error\":\"\"},\"Ports\":[80,443],\"Labels\":{\"a\":\"1\",\"b.c\":\"2\"},\"Empty\":[],"
	"\"Nothing\":null,\"Networks\":{\"n1\":{\"IP\":\"10.0.0.2\"},\"n2\":{\"IP\":\"10.0.1.2\"}}"
	"}";

struct fixture {
	struct json_object *root;
	struct arena arena;
	struct str_map texts;
	struct str_pair pairs[2];
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.pairs = {{"Size", "4.27MB"}, {"Name", "web"}}};
	f.texts = (struct str_map){f.pairs, 2};
	assert_int_equal(json_parse(text, strlen(text), "text", &f.root), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_free(f->root);
	arena_free(&f->arena);
	return 0;
}

static void check_expand(struct fixture *f, const char *template, const char *expected)
{
	char *made = NULL;

	if (template_expand(template, f->root, &f->texts, &f->arena, &made) < 0)
		fail_msg("%s: %s", template, err_last()->text);
	assert_string_equal(made, expected);
}

static void check_refused(struct fixture *f, const char *template, const char *words)
{
	char *made;

	assert_int_equal(template_expand(template, f->root, &f->texts, &f->arena, &made), -1);
	if (!strstr(err_last()->text, words))
		fail_msg("%s: %s", template, err_last()->text);
}

static void test_fields(void **state)
{
	check_expand(*state, "{{.Name}}: {{ .State.Pid }}", "web: 17");
	check_expand(*state, "{{.Size}}", "4.27MB");
	check_expand(*state, "{{json .Size}}", "4270000");
	check_expand(*state, "{{.State.Running}} {{.State.Error}}|", "true |");
	check_expand(*state, "{{.name}} {{.STATE.pid}} {{.size}}", "web 17 4.27MB");
	check_expand(*state, "{{.Labels.A}}", "<no value>");
	check_expand(*state, "{{.Ports}} {{.Labels}}", "[80 443] map[a:1 b.c:2]");
	check_expand(*state, "{{.Nothing}}{{.Nothing.Deeper}}{{.State.Error.Code}}", "");
	check_expand(*state, "a\\tb\\n{{\"c\\td\"}}`x`", "a\tb\nc\td`x`");
	check_expand(*state, "no braces }} at all", "no braces }} at all");
	check_expand(*state, "a {{- .Name -}}  b", "awebb");
	check_expand(*state, "{{/* nothing */}}{{\"}}\"}}", "}}");
}

static void test_keys_of_maps(void **state)
{
	check_expand(*state, "{{.Labels.a}} {{.Labels.no}}", "1 <no value>");
	check_expand(*state, "{{.Networks.no.IP}} {{.Networks.n1.IP}}", "<no value> 10.0.0.2");
	check_expand(*state, "{{if .Labels.no}}x{{else}}y{{end}}{{with .Labels}}{{.no}}{{end}}",
		     "y<no value>");
	check_expand(*state, "{{json .Labels.no}}", "null");
	check_refused(*state, "{{.Networks.n1.IQ}}", "did you mean .IP?");
}

static void test_functions(void **state)
{
	check_expand(*state, "{{json .State}}",
		     "{\"Pid\":17,\"Running\":true,\"Dead\":false,\"Error\":\"\"}");
	check_expand(*state, "{{.Labels | json}} {{json .Nothing}} {{json \"x\\\"\"}}",
		     "{\"a\":\"1\",\"b.c\":\"2\"} null \"x\\\"\"");
	check_expand(*state, "{{index .Ports 1}} {{index .Labels \"b.c\"}}{{index .Labels \"no\"}}",
		     "443 2");
	check_expand(*state, "{{(index .Networks \"n2\").IP}} {{index .Networks \"n1\" \"IP\"}}",
		     "10.0.1.2 10.0.0.2");
	check_expand(*state, "{{.Label \"a\"}}{{.Label \"no\"}}", "1");
	check_expand(*state, "{{len .Ports}} {{len .Name}} {{join .Ports \", \"}}", "2 3 80, 443");
	check_expand(*state, "{{upper .Name}} {{.Name | upper | lower}}", "WEB web");
	check_expand(*state, "{{eq .Name \"web\"}} {{ne .State.Pid 17}} {{not .Empty}}",
		     "true false true");
	check_expand(*state, "{{println .Name 1}}{{print .Name 1}}", "web 1\nweb1");
	check_expand(*state, "{{and .State.Running .Name}} {{or .Empty \"x\"}}", "web x");
}

static void test_functions_of_texts(void **state)
{
	check_expand(*state, "{{slice .Name 1}} {{slice .Name 0 2}} {{slice .Name 3}}|", "eb we |");
	check_expand(*state, "{{index (split \"a/b/c\" \"/\") 1}} {{split .Name \"/\"}}",
		     "b [web]");
	check_expand(*state, "{{range split \"a, b\" \", \"}}<{{.}}>{{end}}", "<a><b>");
	check_expand(*state, "{{title \"so it is\"}}", "So It Is");
	check_expand(*state, "{{printf \"%s|%-5s|%5s|%.2s|%5.1v\" .Name .Name .Name .Name .Name}}",
		     "web|web  |  web|we|    w");
	check_expand(*state, "{{printf \"%d%% %q %t\" .State.Pid .Name .State.Running}}",
		     "17% \"web\" true");
	check_expand(*state, "{{.Name | printf \"%s-%s\" \"a\"}}", "a-web");
	check_expand(*state,
		     "{{gt .State.Pid 9}} {{ge 17 .State.Pid}} {{lt 17 9}} {{le \"a\" \"b\"}}",
		     "true true false true");
	check_refused(*state, "{{slice .Name 2 1}}", "from 2 to 3");
	check_refused(*state, "{{slice .Name 4}}", "from 0 to 3");
	check_refused(*state, "{{split .Name \"\"}}", "by what?");
	check_refused(*state, "{{printf \"%s\"}}", "%s has no value");
	check_refused(*state, "{{printf \"%s\" 1 2}}", "more values");
	check_refused(*state, "{{printf \"%d\" .Name}}", "printf: %d: ");
	check_refused(*state, "{{printf \"%z\" 1}}", "expected %s");
	check_refused(*state, "{{printf \"%99999s\" 1}}", "expected %s");
}

static void test_blocks(void **state)
{
	check_expand(*state, "{{if .State.Running}}up{{else}}down{{end}}", "up");
	check_expand(*state, "{{if .State.Dead}}up{{else}}down{{end}}", "down");
	check_expand(*state,
		     "{{if .Empty}}1{{else if .State.Dead}}2{{else if .Name}}3{{else}}4{{end}}",
		     "3");
	check_expand(*state, "{{if .Name}}1{{else if .Wrong}}2{{else}}3{{end}}", "1");
	check_expand(*state, "{{range .Ports}}<{{.}}>{{end}}", "<80><443>");
	check_expand(*state, "{{range .Networks}}{{.IP}} {{$.Name}};{{end}}",
		     "10.0.0.2 web;10.0.1.2 web;");
	check_expand(*state, "{{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}", "a=1 b.c=2 ");
	check_expand(*state, "{{range $n := .Networks}}{{$n.IP}} {{end}}", "10.0.0.2 10.0.1.2 ");
	check_expand(*state, "{{range .Empty}}x{{else}}none{{end}}", "none");
	check_expand(*state, "{{range .Ports}}{{if eq . 80}}a{{else}}b{{end}}{{end}}", "ab");
	check_expand(*state, "{{range .Empty}}{{range .Wrong}}{{end}}{{end}}.", ".");
	check_expand(*state, "{{with .State}}{{.Pid}}{{end}}{{with .Nothing}}x{{else}}y{{end}}",
		     "17y");
}

static void test_refused(void **state)
{
	check_refused(*state, "{{.Nmae}}", "there is no field .Nmae: did you mean .Name?");
	check_refused(*state, "{{.State.Pdi}}", "did you mean .Pid?");
	check_refused(*state, "{{.Xyzzyx}}", "{{json .}} shows");
	check_refused(*state, "{{.Name.Deeper}}", "no object");
	check_refused(*state, "{{Name}}", "there is no function Name");
	check_refused(*state, "{{jsn .Name}}", "did you mean json?");
	check_refused(*state, "{{.Name", "not closed");
	check_refused(*state, "{{\"a}}", "not closed");
	check_refused(*state, "{{if .Name}}x", "no {{end}}");
	check_refused(*state, "x{{end}}", "without");
	check_refused(*state, "{{else}}", "without");
	check_refused(*state, "{{range .Name}}{{end}}", "neither a list");
	check_refused(*state, "{{index .Ports 2}}", "from 0 to 1");
	check_refused(*state, "{{json}}", "too few");
	check_refused(*state, "{{$x}}", "no variable $x");
	check_refused(*state, "{{.Name .Size}}", "expected |");
	check_refused(*state, "{{(.Name}}", "expected )");
	check_refused(*state, "{{}}", "expected a field");
}

static void test_depth(void **state)
{
	char deep[2000] = "";

	for (int i = 0; i < 40; i++)
		strcat(deep, "{{if .Name}}");
	check_refused(*state, deep, "within each other");
	memset(deep, '(', sizeof(deep) - 1);
	memcpy(deep, "{{", 2);
	memcpy(deep + sizeof(deep) - 3, "}}", 2);
	check_refused(*state, deep, "parentheses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys_of_maps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_functions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_functions_of_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
