/*
 * test_ports.c: -p in every form that docker takes, what is said of wrong ones, and which two mean
 * the same port.
 *
 * Tests: network/ports.c network/ip.c base/str.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "network/ports.h"
#include "store/box.h"

#include <string.h>

static struct arena arena;
static struct ports_list list;

static int release(void **state)
{
	(void)state;
	arena_free(&arena);
	list = (struct ports_list){0};
	return 0;
}

/* "text text ...": of all ports in the list. */
static const char *shown(void)
{
	static char text[1000];
	size_t length = 0;

	for (size_t i = 0; i < list.count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   i ? " " : "", ports_text(&list.items[i]).text);
	return text;
}

static void good(void **state)
{
	static const char *const rows[][2] = {
		{"8080:80", "0.0.0.0:8080->80/tcp"},
		{"8080:80/tcp", "0.0.0.0:8080->80/tcp"},
		{"53:5353/udp", "0.0.0.0:53->5353/udp"},
		{"127.0.0.1:8080:80", "127.0.0.1:8080->80/tcp"},
		{"0.0.0.0:1:65535", "0.0.0.0:1->65535/tcp"},
		{"[::1]:8080:80", "[::1]:8080->80/tcp"},
		{"[fd00:0:0::01]:8080:80/udp", "[fd00::1]:8080->80/udp"},
		{"80", "0.0.0.0:0->80/tcp"},
		{"127.0.0.1::80", "127.0.0.1:0->80/tcp"},
		{":80", "0.0.0.0:0->80/tcp"},
		{"0:80", "0.0.0.0:0->80/tcp"},
		{"127.0.0.1:0:80", "127.0.0.1:0->80/tcp"},
		{"8000-8002:80-82",
		 "0.0.0.0:8000->80/tcp 0.0.0.0:8001->81/tcp 0.0.0.0:8002->82/tcp"},
		{"7000-7001:5-6/udp", "0.0.0.0:7000->5/udp 0.0.0.0:7001->6/udp"},
		{"80-81", "0.0.0.0:0->80/tcp 0.0.0.0:0->81/tcp"},
		{"9-9:10", "0.0.0.0:9->10/tcp"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (ports_add(rows[i][0], &arena, &list) < 0)
			fail_msg("%s: %s", rows[i][0], err_last()->text);
		assert_string_equal(shown(), rows[i][1]);
		release(state);
	}
}

/* Each is refused with the text itself and a word of the reason. */
static void bad(void **state)
{
	static const char *const rows[][2] = {{"", "'' is no"},
					      {"8080:0", "'0'"},
					      {"8080:65536", "65535"},
					      {"x:80", "'x'"},
					      {"8080:80:", "8080"},
					      {"8080:80/sctp", "sctp"},
					      {"8080:80/", "only tcp and udp"},
					      {"8000-8002:80-81", "3 ports"},
					      {"8002-8000:80-82", "ends before it begins"},
					      {"8000-:80", "''"},
					      {"1.2.3:80:80", "1.2.3"},
					      {"::1:8080:80", "brackets"},
					      {"[::1:8080:80", "brackets"},
					      {"localhost:8080:80", "localhost"},
					      {"-1:80", "''"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (ports_add(rows[i][0], &arena, &list) == 0)
			fail_msg("%s: was taken for %s", rows[i][0], shown());
		assert_int_equal(list.count, 0);
		if (!strstr(err_last()->text, rows[i][0]))
			fail_msg("%s: not named in: %s", rows[i][0], err_last()->text);
	}
}

static void twice(void **state)
{
	(void)state;
	assert_int_equal(ports_add("8080:80", &arena, &list), 0);
	assert_int_equal(ports_add("8080:80/udp", &arena, &list), 0);
	assert_int_equal(ports_add("127.0.0.1:8080:81", &arena, &list), -1);
	assert_non_null(strstr(err_last()->text, "port 8080 of the host is given twice"));
	assert_int_equal(ports_add("8070-8090:70-90", &arena, &list), -1);
	assert_int_equal(ports_add("80", &arena, &list),
			 0); /* ports that are chosen never collide */
	assert_int_equal(ports_add("80", &arena, &list), 0);
}

static void overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {{NULL, NULL, true},
		    {NULL, "127.0.0.1", true},
		    {"0.0.0.0", "127.0.0.1", true},
		    {"127.0.0.1", "127.0.0.1", true},
		    {"127.0.0.1", "127.0.0.2", false},
		    {"0.0.0.0", "::", false},
		    {"::", "fd00::1", true},
		    {NULL, "::1", true}};
	struct box_port a = {.host = 80, .protocol = (char *)"tcp"}, b = a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		a.host_ip = (char *)rows[i].a;
		b.host_ip = (char *)rows[i].b;
		assert_int_equal(ports_overlap(&a, &b), rows[i].overlap);
		assert_int_equal(ports_overlap(&b, &a), rows[i].overlap);
	}
	a.host_ip = b.host_ip = NULL;
	b.protocol = (char *)"udp";
	assert_false(ports_overlap(&a, &b));
	b = a;
	b.host = 81;
	assert_false(ports_overlap(&a, &b));
}

static void claims(void **state)
{
	struct box_port port = {.host = 53, .protocol = (char *)"udp"};

	(void)state;
	assert_string_equal(ports_claim(&port).text, "udp-53");
	port.host_ip = (char *)"fd00::1";
	assert_string_equal(ports_claim(&port).text, "udp-53-fd00::1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(good, release),
					   cmocka_unit_test_teardown(bad, release),
					   cmocka_unit_test_teardown(twice, release),
					   cmocka_unit_test(overlaps), cmocka_unit_test(claims)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
