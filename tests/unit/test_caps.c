/*
 * test_caps.c: names of capabilities, and which set a container gets. What the kernel then makes
 * of that set is tested by tests/checks/phase07.bash.
 *
 * Tests: phase07-security caps.c -lcap
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "caps.h"
#include "husk.h"

#include <linux/capability.h>
#include <sys/capability.h>

#define SET(capability) ((uint64_t)1 << (capability))

/* CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT
 */
static const uint64_t default_set = 0x800405fb;

static void test_names(void **state)
{
	const struct {
		const char *text;
		uint64_t set;
	} cases[] = {
		{"CHOWN", SET(CAP_CHOWN)},
		{"chown", SET(CAP_CHOWN)},
		{"CAP_CHOWN", SET(CAP_CHOWN)},
		{"cap_net_raw", SET(CAP_NET_RAW)},
		{"Cap_Sys_Admin", SET(CAP_SYS_ADMIN)},
		{"NET_RAW,SYS_TIME", SET(CAP_NET_RAW) | SET(CAP_SYS_TIME)},
		{"NET_RAW,NET_RAW", SET(CAP_NET_RAW)},
		{"AUDIT_READ,CAP_WAKE_ALARM", SET(CAP_AUDIT_READ) | SET(CAP_WAKE_ALARM)},
		{"BPF", SET(CAP_BPF)}, /* bit 39: no set fits into 32 */
		{"ALL", CAPS_ALL},
		{"all", CAPS_ALL},
		{"NET_RAW,ALL", CAPS_ALL},
		{"ALL,NET_RAW", CAPS_ALL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t set = 0;

		if (caps_parse(cases[i].text, &set) < 0 || set != cases[i].set)
			print_error("\"%s\": %llx\n", cases[i].text, (unsigned long long)set);
		assert_int_equal(set, cases[i].set);
	}
}

static void test_refused_names(void **state)
{
	const char *const cases[] = {
		"",
		",",
		"NET_RAW,",
		",NET_RAW",
		"NET_RAW,,CHOWN",
		" CHOWN",
		"CHOWN ",
		"CHOWN\n",
		"NET RAW",
		"FROB",
		"CHOWN,FROB",
		"CAP_",
		"CAP_ALL",
		"NET-RAW",
		"CAP_CAP_CHOWN",
		"CHOWN;KILL",
		"CHOWN+ep",
		"=ep",
		"0",
		"13",
		"CAP_13",
		"-1",
		"0x1",
		"ALL ",
		"CH\xc3\x84",
		"CHOWN=eip",
		"cap_chown,,ALL",
		"NET_RAW=ALL",
		/* longer than any name: not to be cut into one */
		"CAP_CHOWNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t set = 42;
		int result = caps_parse(cases[i], &set);

		if (result == 0)
			print_error("\"%s\" is taken: %llx\n", cases[i], (unsigned long long)set);
		assert_int_equal(result, -1);
		assert_int_equal(set, 42);
	}
}

static void test_wanted(void **state)
{
	const uint64_t raw = SET(CAP_NET_RAW), chown = SET(CAP_CHOWN);
	struct config cfg = {0};

	(void)state;
	assert_int_equal(caps_wanted(&cfg), default_set);
	cfg = (struct config){.caps_add = raw};
	assert_int_equal(caps_wanted(&cfg), default_set | raw);
	cfg = (struct config){.caps_drop = chown};
	assert_int_equal(caps_wanted(&cfg), default_set & ~chown);
	cfg = (struct config){.caps_add = raw | chown, .caps_drop = chown};
	assert_int_equal(caps_wanted(&cfg), (default_set | raw) & ~chown);
	cfg = (struct config){.caps_drop = raw}; /* which it has not got anyway */
	assert_int_equal(caps_wanted(&cfg), default_set);
}

static void test_wanted_all(void **state)
{
	const uint64_t chown = SET(CAP_CHOWN);
	struct config cfg = {.caps_drop = CAPS_ALL};
	cap_t own = cap_get_proc();
	cap_flag_value_t is_set;
	uint64_t all;

	(void)state;
	assert_int_equal(caps_wanted(&cfg), 0);
	cfg = (struct config){.caps_drop = CAPS_ALL, .caps_add = chown};
	assert_int_equal(caps_wanted(&cfg), chown);
	/* "ALL" is what there is to be had: none that the kernel, or we ourselves, have not got. */
	cfg = (struct config){.caps_add = CAPS_ALL};
	all = caps_wanted(&cfg);
	for (int cap = 0; cap < 64; cap++) {
		int ours = CAP_IS_SUPPORTED(cap) &&
			   cap_get_flag(own, cap, CAP_PERMITTED, &is_set) == 0 && is_set == CAP_SET;

		assert_int_equal(caps_has(all, cap), ours || caps_has(default_set, cap));
	}
	cfg = (struct config){.caps_add = CAPS_ALL, .caps_drop = chown};
	assert_int_equal(caps_wanted(&cfg), all & ~chown);
	cap_free(own);
}

static void test_has(void **state)
{
	(void)state;
	assert_true(caps_has(SET(CAP_BPF), CAP_BPF));
	assert_false(caps_has(SET(CAP_BPF), CAP_BPF - 32));
	assert_true(caps_has(1, CAP_CHOWN));
	assert_true(caps_has(CAPS_ALL, 63));
	assert_false(caps_has(0, CAP_SYS_ADMIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_refused_names),
		cmocka_unit_test(test_wanted), cmocka_unit_test(test_wanted_all),
		cmocka_unit_test(test_has),
	};

	return cmocka_run_group_tests_name("phase07 caps", tests, NULL, NULL);
}
