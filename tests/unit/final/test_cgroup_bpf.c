/*
 * test_cgroup_bpf.c: device rules as a program, run by an interpreter of the few instructions it
 * may have; and by the kernel, where this process may load it.
 * Tests: kernel/cgroup_bpf.c kernel/cgroup_devices.c kernel/cgroup_dir.c base/err.c base/str.c
 *	base/sys.c base/fd.c
 */
#include "kernel/cgroup_internal.h"

#include "base/err.h"
#include "base/sys.h"

#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NONE = -1, R = DEVICE_READ, W = DEVICE_WRITE, M = DEVICE_MKNOD };

/* One rule: major or minor NONE: not given. */
struct rule {
	bool allow;
	char type;
	int64_t major, minor;
	char *access;
};

#define DENY_ALL                                                                                   \
	{                                                                                          \
		false, 'a', NONE, NONE, "rwm"                                                      \
	}

static void set_resources(struct spec_resources *resources, const struct rule *rules, size_t count,
			  struct spec_device_rule *items)
{
	for (size_t i = 0; i < count; i++)
		items[i] = (struct spec_device_rule){
			.allow = rules[i].allow,
			.type = rules[i].type,
			.major = {rules[i].major != NONE, rules[i].major},
			.minor = {rules[i].minor != NONE, rules[i].minor},
			.access = rules[i].access,
		};
	resources->devices.items = items;
	resources->devices.count = count;
}

/* Jumps only go forward: so it ends. */
static int interpret(const struct bpf_insn *code, size_t count, struct bpf_cgroup_dev_ctx ctx,
		     bool *reached)
{
	uint64_t reg[11] = {[1] = (uint64_t)(uintptr_t)&ctx};

	for (size_t pc = 0; pc < count; pc++) {
		const struct bpf_insn *in = &code[pc];
		uint64_t operand =
			BPF_SRC(in->code) == BPF_X ? reg[in->src_reg] : (uint32_t)in->imm;

		reached[pc] = true;
		switch (in->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_int_equal(in->src_reg, 1);
			assert_in_range(in->off, 0, sizeof(ctx) - 4);
			reg[in->dst_reg] = *(uint32_t *)((char *)&ctx + in->off);
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
		case BPF_ALU | BPF_MOV | BPF_X:
			reg[in->dst_reg] = (uint32_t)operand;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			reg[in->dst_reg] = (uint32_t)(reg[in->dst_reg] & operand);
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			reg[in->dst_reg] = (uint32_t)reg[in->dst_reg] >> operand;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			pc += (uint32_t)reg[in->dst_reg] != operand ? in->off : 0;
			break;
		case BPF_JMP32 | BPF_JSET | BPF_K:
			pc += (uint32_t)reg[in->dst_reg] & operand ? in->off : 0;
			break;
		case BPF_JMP | BPF_JA:
			pc += in->off;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)reg[0];
		default:
			fail_msg("unexpected instruction %#x at %zu", in->code, pc);
		}
	}
	fail_msg("the program runs out of its end");
	return -1;
}

struct program {
	struct arena arena;
	struct bpf_insn *code;
	size_t count;
	bool reached[4096];
};

static struct program *compile(const struct rule *rules, size_t count)
{
	struct program *program = calloc(1, sizeof(*program));
	struct spec_device_rule items[64];
	struct spec_resources resources = {0};
	struct cgroup_devices expanded;

	assert_non_null(program);
	set_resources(&resources, rules, count, items);
	assert_int_equal(cgroup_devices_expand(&resources, &program->arena, &expanded), 0);
	assert_int_equal(
		cgroup_bpf_compile(&expanded, &program->arena, &program->code, &program->count), 0);
	return program;
}

static void release(struct program *program)
{
	arena_free(&program->arena);
	free(program);
}

static int ask(struct program *program, char type, uint32_t major, uint32_t minor,
	       unsigned int access)
{
	uint32_t kind = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;

	return interpret(program->code, program->count,
			 (struct bpf_cgroup_dev_ctx){.access_type = access << 16 | kind,
						     .major = major,
						     .minor = minor},
			 program->reached);
}

static void deny_all_keeps_the_default_devices(void **state)
{
	static const struct rule rules[] = {DENY_ALL};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	for (uint32_t minor = 3; minor <= 9; minor += minor == 3 ? 2 : minor == 5 ? 2 : 1)
		assert_int_equal(ask(p, 'c', 1, minor, R | W | M), 1);
	for (uint32_t minor = 0; minor <= 2; minor++)
		assert_int_equal(ask(p, 'c', 5, minor, R | W), 1);
	assert_int_equal(ask(p, 'c', 136, 77, R | W), 1); /* /dev/pts/77 */
	assert_int_equal(ask(p, 'c', 10, 229, M), 1);	  /* may be made ... */
	assert_int_equal(ask(p, 'c', 10, 229, R), 0);	  /* ... but not opened */
	assert_int_equal(ask(p, 'c', 10, 229, R | M), 0);
	assert_int_equal(ask(p, 'c', 1, 1, R), 0);  /* /dev/mem */
	assert_int_equal(ask(p, 'c', 1, 11, R), 0); /* /dev/kmsg */
	assert_int_equal(ask(p, 'b', 1, 3, R), 0);  /* a block device is not /dev/null */
	assert_int_equal(ask(p, 'b', 8, 0, M), 1);
	release(p);
}

static void without_deny_all_the_rest_is_allowed(void **state)
{
	static const struct rule rules[] = {{false, 'b', 8, NONE, "w"}};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	assert_int_equal(ask(p, 'b', 8, 1, R), 1);
	assert_int_equal(ask(p, 'b', 8, 1, W), 0);
	assert_int_equal(ask(p, 'b', 8, 1, R | W), 0);
	assert_int_equal(ask(p, 'b', 9, 1, R | W), 1);
	assert_int_equal(ask(p, 'c', 8, 1, R | W), 1);
	release(p);
}

static void the_last_rule_that_matches_counts(void **state)
{
	static const struct rule rules[] = {
		DENY_ALL,
		{true, 'c', 10, NONE, "rwm"},
		{false, 'c', 10, 200, "rw"},
		{true, 'c', 10, 200, "r"},
		{false, 'c', 1, 5, "w"},
	};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	assert_int_equal(ask(p, 'c', 10, 201, R | W), 1);
	assert_int_equal(ask(p, 'c', 10, 200, R), 1);
	assert_int_equal(ask(p, 'c', 10, 200, W), 0);
	assert_int_equal(ask(p, 'c', 10, 200, R | W), 0);
	assert_int_equal(ask(p, 'c', 10, 200, M), 1);
	assert_int_equal(ask(p, 'c', 1, 5, R), 1);
	assert_int_equal(ask(p, 'c', 1, 5, W), 0);
	release(p);
}

/* Rights that two rules give together: no single rule has both. */
static void rights_add_up(void **state)
{
	static const struct rule rules[] = {
		DENY_ALL,
		{true, 'b', 7, 0, "r"},
		{true, 'b', 7, 0, "w"},
	};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	assert_int_equal(ask(p, 'b', 7, 0, R | W), 1);
	assert_int_equal(ask(p, 'b', 7, 0, R | W | M), 1);
	assert_int_equal(ask(p, 'b', 7, 1, R), 0);
	release(p);
}

static void a_later_rule_for_everything_wins(void **state)
{
	static const struct rule rules[] = {
		DENY_ALL,
		{true, 'c', 10, 229, "rwm"},
		{true, 'a', NONE, NONE, NULL},
	};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	assert_int_equal(ask(p, 'b', 8, 0, R | W | M), 1);
	assert_true(p->count < 12); /* what it makes unreachable is not there */
	release(p);
}

static void type_a_with_some_rights(void **state)
{
	static const struct rule rules[] = {{false, 'a', NONE, NONE, "w"}};
	struct program *p = compile(rules, ARRAY_SIZE(rules));

	(void)state;
	assert_int_equal(ask(p, 'c', 10, 229, R), 1);
	assert_int_equal(ask(p, 'b', 8, 0, W), 0);
	release(p);
}

/* Every instruction is reached by some question. */
static void no_instruction_is_dead(void **state)
{
	static const struct rule rules[] = {
		DENY_ALL,
		{true, 'c', 10, NONE, "r"},
		{false, 'b', 7, NONE, "m"},
		{false, 'c', 10, 229, "rw"},
	};
	struct program *p = compile(rules, ARRAY_SIZE(rules));
	static const uint32_t majors[] = {1, 5, 7, 10, 136};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(majors); i++)
		for (uint32_t minor = 0; minor < 230; minor++)
			for (unsigned int access = 1; access <= 7; access++) {
				ask(p, 'c', majors[i], minor, access);
				ask(p, 'b', majors[i], minor, access);
			}
	for (size_t i = 0; i < p->count; i++)
		assert_true(p->reached[i]);
	release(p);
}

static void the_kernel_takes_it(void **state)
{
	static const struct rule rules[] = {
		DENY_ALL,
		{true, 'c', 10, NONE, "rwm"},
		{false, 'c', 10, 200, "rw"},
		{true, 'a', NONE, NONE, "m"},
		{true, 'b', INT32_MAX, 0, "r"},
	};
	struct program *p = compile(rules, ARRAY_SIZE(rules));
	char log[16384] = "";
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)p->code,
		.insn_cnt = (uint32_t)p->count,
		.license = (uint64_t)(uintptr_t) "GPL",
		.log_buf = (uint64_t)(uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int fd = sys_bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));

	(void)state;
	release(p);
	if (fd < 0 && (errno == EPERM || errno == ENOSYS))
		skip();
	if (fd < 0)
		fail_msg("the kernel refuses it: %s", log);
	close(fd);
}

static void expanded_rules(void **state)
{
	static const struct rule rules[] = {
		{true, 'c', 10, 229, "r"}, /* forgotten: what comes next is for everything */
		DENY_ALL,
		{true, 'b', 7, NONE, NULL},
	};
	struct spec_device_rule items[3];
	struct spec_resources resources = {0};
	struct cgroup_devices expanded;
	struct arena arena = {0};

	(void)state;
	set_resources(&resources, rules, ARRAY_SIZE(rules), items);
	assert_int_equal(cgroup_devices_expand(&resources, &arena, &expanded), 0);
	assert_int_equal(expanded.items[0].type, 'a');
	assert_false(expanded.items[0].allow);
	assert_int_equal(expanded.count, 1 + 11 + 1);
	assert_int_equal(expanded.items[12].type, 'b');
	assert_int_equal(expanded.items[12].access, DEVICE_ALL);
	assert_int_equal(expanded.items[12].minor, -1);
	arena_free(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(deny_all_keeps_the_default_devices),
		cmocka_unit_test(without_deny_all_the_rest_is_allowed),
		cmocka_unit_test(the_last_rule_that_matches_counts),
		cmocka_unit_test(rights_add_up),
		cmocka_unit_test(a_later_rule_for_everything_wins),
		cmocka_unit_test(type_a_with_some_rights),
		cmocka_unit_test(no_instruction_is_dead),
		cmocka_unit_test(the_kernel_takes_it),
		cmocka_unit_test(expanded_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
