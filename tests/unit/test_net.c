/*
 * test_net.c: which texts are an address or a subnet, and how they are written down again. What a
 * network made of them does is tested by tests/checks/phase08.bash.
 *
 * Tests: phase08-network net.c bridge.c firewall.c lease.c netlink.c place.c -lmnl -lnftables
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "husk.h"
#include "net.h"

#include <string.h>

enum { UNTOUCHED = 0xdeadbeef };

static void test_address(void **state)
{
	uint32_t got;

	(void)state;
	assert_int_equal(net_parse_address("10.87.0.1", &got), 0);
	assert_int_equal(got, 0x0a570001);
	assert_int_equal(net_parse_address("255.255.255.255", &got), 0);
	assert_int_equal(got, 0xffffffff);
	assert_int_equal(net_parse_address("0.0.0.0", &got), 0);
	assert_int_equal(got, 0);
}

/* inet_aton(3) would take some of them, 01 as octal. */
static void test_no_address(void **state)
{
	const char *const refused[] = {
		"",	      "1",	    "1.2.3",	  "1.2.3.",    ".1.2.3",
		"1..2.3",     "1.2.3.4.5",  "256.1.1.1",  "1.2.3.256", "01.2.3.4",
		"0x7f.0.0.1", "2130706433", " 1.2.3.4",	  "1.2.3.4 ",  "1.2.3.4\n",
		"1.2.3.-4",   "+1.2.3.4",   "1.2.3.4/24", "::1",       "::ffff:1.2.3.4",
		"localhost",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		uint32_t got = UNTOUCHED;
		int result = net_parse_address(refused[i], &got);

		if (result != -1 || got != UNTOUCHED)
			print_error("\"%s\" is taken for %08x\n", refused[i], got);
		assert_int_equal(result, -1);
		assert_int_equal(got, UNTOUCHED);
	}
}

static void test_subnet(void **state)
{
	const struct {
		const char *text;
		uint32_t subnet;
		int prefix;
	} cases[] = {
		{"10.87.0.0/24", 0x0a570000, 24},     {"10.0.0.0/8", 0x0a000000, 8},
		{"192.0.2.4/30", 0xc0000204, 30},     {"172.16.0.0/12", 0xac100000, 12},
		{"223.255.255.0/24", 0xdfffff00, 24}, {"126.0.0.0/8", 0x7e000000, 8},
		{"128.0.0.0/8", 0x80000000, 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct net net = {0};
		char text[NET_TEXT];

		if (net_parse_subnet(cases[i].text, &net.subnet, &net.prefix) < 0)
			print_error("\"%s\" is refused\n", cases[i].text);
		assert_int_equal(net.subnet, cases[i].subnet);
		assert_int_equal(net.prefix, cases[i].prefix);
		assert_int_equal(net_gateway(&net), cases[i].subnet + 1);
		net_show_subnet(&net, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_no_subnet(void **state)
{
	const char *const refused[] = {
		"",
		"/24",
		"10.87.0.0",
		"10.87.0.0/",
		"10.87.0.0/x",
		"10.87.0.0/24x",
		"10.87.0.0/24/8",
		"10.87.0.0/240",
		"10.87.0.0/-8",
		"10.87.0.0/+8",
		"10.87.0.0/ 24",
		"10.87.0.0 /24",
		" 10.87.0.0/24",
		"10.87.0.0/24 ",
		"10.87.0/24",
		"10.87.0.0.0/24",
		"10.87.0.256/24",
		"10.87.00.0/24",
		"010.87.0.0/24",
		"10.87.0.1/24", /* an address in it, not the network */
		"10.87.0.128/24",
		"10.1.0.0/8",
		"10.0.0.0/7",
		"0.0.0.0/0",
		"0.0.0.0/8",
		"10.87.0.0/31", /* no room for a gateway, a container and a broadcast */
		"10.87.0.0/32",
		"127.0.0.0/8",
		"127.1.0.0/24",
		"224.0.0.0/8",
		"240.0.0.0/8",
		"255.255.255.0/24",
		"fd00::/64",
		"1111111111111111111110.87.0.0/24",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		uint32_t subnet = UNTOUCHED;
		int prefix = -1, result = net_parse_subnet(refused[i], &subnet, &prefix);

		if (result != -1)
			print_error("\"%s\" is taken for %08x\n", refused[i], subnet);
		assert_int_equal(result, -1);
		assert_int_equal(subnet, UNTOUCHED);
		assert_int_equal(prefix, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_subnet),
		cmocka_unit_test(test_no_subnet),
	};

	return cmocka_run_group_tests_name("phase08 net", tests, NULL, NULL);
}
