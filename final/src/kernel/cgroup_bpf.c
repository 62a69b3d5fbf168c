/*
 * cgroup_bpf.c: the device rules of version 2: a program that the kernel runs when a process of
 * the cgroup opens or makes a device node. bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE.
 *
 * It is given {access_type, major, minor} and answers 1 for yes, 0 for EPERM. access_type has the
 * kind of the node in its low half and the wanted rights, of mknod 1, read 2, write 4, in its high
 * half. The last rule that matches counts, so the program goes from the last to the first and
 * keeps in r2 the rights that no rule has decided yet:
 *
 *	r2 = access_type >> 16; r3 = access_type & 0xffff; r4 = major; r5 = minor
 *	for each rule, the last one first:
 *		if (r3 != kind || r4 != major || r5 != minor) goto next    what the rule names
 *		deny:  if (r2 & access) return 0
 *		allow: r2 &= ~access; if (r2 == 0) return 1
 *	return 1
 *
 * An instruction is an operation, two registers, an offset and a constant: <linux/bpf.h>. Jumps
 * count from the instruction behind them. Next file: cgroup_stat.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

enum { R0, R1, WANTED, KIND, MAJOR, MINOR }; /* r0: the answer; r1: what it is given */

/* The most that one rule takes, and what is around all of them. */
enum { RULE_SIZE = 7, FRAME_SIZE = 8 };

/* By this name the program of last time is found again. At most 15 characters. */
static const char program_name[] = "husk_devices";

struct assembler {
	struct bpf_insn *code;
	size_t count;
};

static void emit(struct assembler *as, struct bpf_insn insn)
{
	as->code[as->count++] = insn;
}

/* to = *(u32 *)(r1 + offset) */
static void load(struct assembler *as, int to, size_t offset)
{
	emit(as, (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
				   .dst_reg = to,
				   .src_reg = R1,
				   .off = (int16_t)offset});
}

/* to = to OPERATION value, in 32 bits: BPF_MOV, BPF_AND, BPF_RSH */
static void calculate(struct assembler *as, int operation, int to, int32_t value)
{
	emit(as,
	     (struct bpf_insn){.code = BPF_ALU | operation | BPF_K, .dst_reg = to, .imm = value});
}

static void copy(struct assembler *as, int to, int from)
{
	emit(as,
	     (struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from});
}

/* if (reg CONDITION value) skip that many instructions: BPF_JNE, BPF_JSET */
static void skip_if(struct assembler *as, int condition, int reg, int64_t value, size_t count)
{
	emit(as, (struct bpf_insn){.code = BPF_JMP32 | condition | BPF_K,
				   .dst_reg = reg,
				   .off = (int16_t)count,
				   .imm = (int32_t)value});
}

static void answer(struct assembler *as, bool yes)
{
	calculate(as, BPF_MOV, R0, yes);
	emit(as, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

static void begin(struct assembler *as)
{
	load(as, WANTED, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	copy(as, KIND, WANTED);
	calculate(as, BPF_AND, KIND, 0xffff);
	calculate(as, BPF_RSH, WANTED, 16);
	load(as, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(as, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static void emit_rule(struct assembler *as, const struct cgroup_device *rule)
{
	int kind = rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	size_t left = 4; /* instructions behind the comparisons */

	left += (rule->type != 'a') + (rule->major >= 0) + (rule->minor >= 0);
	if (rule->type != 'a')
		skip_if(as, BPF_JNE, KIND, kind, --left);
	if (rule->major >= 0)
		skip_if(as, BPF_JNE, MAJOR, rule->major, --left);
	if (rule->minor >= 0)
		skip_if(as, BPF_JNE, MINOR, rule->minor, --left);
	if (rule->allow) {
		calculate(as, BPF_AND, WANTED, ~(int32_t)rule->access);
		skip_if(as, BPF_JNE, WANTED, 0, 2);
		answer(as, true);
	} else {
		/* There is no "jump if none of these bits": over the jump that goes on. */
		skip_if(as, BPF_JSET, WANTED, rule->access, 1);
		emit(as, (struct bpf_insn){.code = BPF_JMP | BPF_JA, .off = 2});
		answer(as, false);
	}
}

int cgroup_bpf_compile(const struct cgroup_devices *rules, struct arena *arena,
		       struct bpf_insn **ret_program, size_t *ret_count)
{
	size_t most = rules->count * RULE_SIZE + FRAME_SIZE;
	struct assembler as = {.code = arena_alloc(arena, most * sizeof(*as.code))};
	bool decided = false;

	if (!as.code)
		return -1;
	begin(&as);
	for (size_t i = rules->count; i > 0 && !decided; i--) {
		const struct cgroup_device *rule = &rules->items[i - 1];

		/* It matches whatever it is: what is before it cannot be reached, and the kernel
		 * refuses a program that has such instructions. */
		decided = rule->type == 'a' && rule->access == DEVICE_ALL;
		if (decided)
			answer(&as, rule->allow);
		else if (rule->access)
			emit_rule(&as, rule);
	}
	if (!decided)
		answer(&as, true);
	*ret_program = as.code;
	*ret_count = as.count;
	return 0;
}

static int bpf(int command, union bpf_attr *attributes)
{
	return sys_bpf(command, attributes, sizeof(*attributes));
}

static uint64_t pointer(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static int load_program(const struct bpf_insn *code, size_t count)
{
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = pointer(code),
		.insn_cnt = (uint32_t)count,
		.license = pointer("Dual BSD/GPL"),
	};

	memcpy(attributes.prog_name, program_name, sizeof(program_name));
	return bpf(BPF_PROG_LOAD, &attributes);
}

/* A descriptor of a program with our name, or -1. */
static int open_own_program(uint32_t id)
{
	union bpf_attr by_id = {.prog_id = id};
	struct bpf_prog_info info = {0};
	auto_close int fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
	union bpf_attr by_fd = {
		.info = {.bpf_fd = (uint32_t)fd, .info_len = sizeof(info), .info = pointer(&info)}};

	if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &by_fd) < 0 ||
	    strcmp(info.name, program_name) != 0)
		return -1;
	return TAKE_FD(fd);
}

/* Takes away the programs of ids that are ours; those of others (systemd's) stay. */
static int detach(int cgroup, const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		auto_close int fd = open_own_program(ids[i]);
		union bpf_attr attributes = {.target_fd = (uint32_t)cgroup,
					     .attach_bpf_fd = (uint32_t)fd,
					     .attach_type = BPF_CGROUP_DEVICE};

		if (fd >= 0 && bpf(BPF_PROG_DETACH, &attributes) < 0 && errno != ENOENT)
			return err_sys("linux.resources.devices: take the old program away");
	}
	return 0;
}

static int explain(const char *what)
{
	if (errno == EPERM || errno == EACCES)
		return err_set(errno, "linux.resources.devices: no permission to %s; run as root",
			       what);
	if (errno == EINVAL || errno == ENOSYS)
		return err_set(errno,
			       "linux.resources.devices: cannot %s: a kernel with "
			       "CONFIG_CGROUP_BPF is needed",
			       what);
	return err_sys("linux.resources.devices: %s", what);
}

int cgroup_bpf_attach(const char *mount, const char *path, const struct cgroup_devices *rules)
{
	auto_close int cgroup = -1, program = -1;
	char place[PATH_MAX];
	uint32_t ids[64] = {0};
	union bpf_attr query = {.query = {.attach_type = BPF_CGROUP_DEVICE,
					  .prog_ids = pointer(ids),
					  .prog_cnt = ARRAY_SIZE(ids)}};
	union bpf_attr attach = {.attach_type = BPF_CGROUP_DEVICE,
				 .attach_flags = BPF_F_ALLOW_MULTI};
	struct arena arena = {0};
	struct bpf_insn *code;
	size_t count;

	snprintf(place, sizeof(place), "%s%s", mount, path);
	cgroup = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return err_sys("linux.resources.devices: open cgroup %s", place);
	if (cgroup_bpf_compile(rules, &arena, &code, &count) < 0)
		return -1;
	program = load_program(code, count);
	arena_free(&arena);
	if (program < 0)
		return explain("load a program of device rules");
	query.query.target_fd = attach.target_fd = (uint32_t)cgroup;
	attach.attach_bpf_fd = (uint32_t)program;
	if (bpf(BPF_PROG_QUERY, &query) < 0)
		query.query.prog_cnt = 0;
	/* All that are attached have to say yes: first the new one, then away with the old one. */
	if (bpf(BPF_PROG_ATTACH, &attach) < 0)
		return explain("attach a program of device rules");
	return detach(cgroup, ids, query.query.prog_cnt);
}
