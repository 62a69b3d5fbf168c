/*
 * test_ip.c: addresses and subnets of both families: what is one, what is not, and counting.
 *
 * Tests: network/ip.c base/str.c base/err.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "network/ip.h"

#include <string.h>

static struct ip parsed(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct ip_subnet subnet_of(const char *text)
{
	struct ip_subnet subnet;

	if (ip_parse_subnet(text, &subnet) < 0)
		fail_msg("%s: %s", text, err_last()->text);
	return subnet;
}

static void addresses(void **state)
{
	static const char *const good[][2] = {
		{"10.89.0.2", "10.89.0.2"}, {"::1", "::1"}, {"fd00:0:0::02", "fd00::2"}};
	static const char *const bad[] = {"",	      "10.89.0",   "10.89.0.256", "10.89.0.2/24",
					  " 1.2.3.4", "localhost", "fd00::g",	  "1::2::3",
					  "010.1.1.1"};
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ip = parsed(good[i][0]);
		assert_string_equal(ip_text(&ip).text, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(ip_parse(bad[i], &ip), -1);
		assert_non_null(strstr(err_last()->text, bad[i]));
	}
}

static void subnets(void **state)
{
	static const char *const good[] = {"10.89.0.0/16",   "192.168.7.0/30", "172.16.0.0/12",
					   "fd12:3456::/48", "fd00::4/126",    "10.0.0.0/8"};
	static const char *const bad[] = {
		"10.89.0.0",	 "10.89.0.0/",	"10.89.0.0/7",	"10.89.0.0/31", "10.89.0.1/16",
		"10.89.0.0/16x", "127.0.0.0/8", "224.0.0.0/8",	"0.0.0.0/8",	"fd00::1/64",
		"ff00::/16",	 "fe80::/64",	"::/8",		"fd00::/127",	"10.89.0.0/-1",
		"/24",		 "x/24",	"10.89.0.0/ 16"};
	struct ip_subnet subnet;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		subnet = subnet_of(good[i]);
		assert_string_equal(ip_subnet_text(&subnet).text, good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (ip_parse_subnet(bad[i], &subnet) == 0)
			fail_msg("%s was taken for a subnet", bad[i]);
	assert_int_equal(ip_parse_subnet("10.89.3.7/16", &subnet), -1);
	assert_non_null(strstr(err_last()->text, "10.89.0.0/16, perhaps?"));
}

/* nth(subnet, n), and n of that. */
static void counting(void **state)
{
	static const struct {
		const char *subnet, *nth;
		uint32_t n, last;
	} rows[] = {{"10.89.0.0/16", "10.89.0.1", 1, 65534},
		    {"10.89.0.0/16", "10.89.255.254", 65534, 65534},
		    {"10.90.7.0/24", "10.90.7.254", 254, 254},
		    {"192.168.0.4/30", "192.168.0.6", 2, 2},
		    {"fd00:1::/64", "fd00:1::1:0", 65536, UINT32_MAX},
		    {"fd00::8/126", "fd00::b", 3, 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ip_subnet subnet = subnet_of(rows[i].subnet);
		struct ip ip = ip_nth(&subnet, rows[i].n);

		assert_string_equal(ip_text(&ip).text, rows[i].nth);
		assert_int_equal(ip_number(&subnet, &ip), rows[i].n);
		assert_int_equal(ip_last(&subnet), rows[i].last);
		assert_true(ip_is_in(&subnet, &ip));
	}
}

static void overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{"10.90.0.0/16", "10.90.7.0/24", true}, {"10.90.7.0/24", "10.90.8.0/24", false},
		{"10.90.6.0/23", "10.90.7.0/24", true}, {"10.90.7.0/25", "10.90.7.128/25", false},
		{"fd00::/64", "fd00::/64", true},	{"fd00::/64", "fd00:0:0:1::/64", false},
		{"10.89.0.0/16", "fd00::/64", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ip_subnet a = subnet_of(rows[i].a), b = subnet_of(rows[i].b);

		assert_int_equal(ip_overlap(&a, &b), rows[i].overlap);
		assert_int_equal(ip_overlap(&b, &a), rows[i].overlap);
	}
}

static void kinds(void **state)
{
	struct ip loopback = parsed("127.3.2.1"), loopback6 = parsed("::1"),
		  any = parsed("0.0.0.0");
	struct ip any6 = parsed("::"), other = parsed("10.89.0.2");
	struct ip_mac mac = ip_mac(&other);

	(void)state;
	assert_true(ip_is_loopback(&loopback) && ip_is_loopback(&loopback6));
	assert_true(ip_is_any(&any) && ip_is_any(&any6));
	assert_false(ip_is_loopback(&other) || ip_is_any(&other) || ip_equal(&any, &any6));
	assert_memory_equal(mac.bytes, "\x02\x57\x0a\x59\x00\x02", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(subnets),
					   cmocka_unit_test(counting), cmocka_unit_test(overlaps),
					   cmocka_unit_test(kinds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
