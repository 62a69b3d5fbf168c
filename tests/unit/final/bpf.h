/*
 * bpf.h: runs a seccomp filter as the kernel would: the instructions that seccomp(2) admits, on one
 * struct seccomp_data. For unit tests.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static bool bpf_jumps(const struct sock_filter *op, uint32_t a, uint32_t x)
{
	uint32_t operand = BPF_SRC(op->code) == BPF_X ? x : op->k;

	switch (BPF_OP(op->code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	case BPF_JSET:
		return a & operand;
	}
	abort();
}

static uint32_t bpf_load(const struct sock_filter *op, const struct seccomp_data *data,
			 const uint32_t *memory)
{
	uint32_t word;

	switch (op->code & ~BPF_CLASS(op->code)) {
	case BPF_W | BPF_ABS:
		if (op->k % 4 || op->k >= sizeof(*data))
			abort();
		memcpy(&word, (const char *)data + op->k, sizeof(word));
		return word;
	case BPF_MEM:
		return memory[op->k % BPF_MEMWORDS];
	case BPF_IMM:
		return op->k;
	}
	abort();
}

/* SECCOMP_RET_* with its data. A program that does not end, or runs out, is a bug: abort(3). */
static uint32_t bpf_run(const struct sock_filter *code, size_t count,
			const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *op = &code[pc];

		switch (BPF_CLASS(op->code)) {
		case BPF_LD:
			a = bpf_load(op, data, memory);
			break;
		case BPF_LDX:
			x = bpf_load(op, data, memory);
			break;
		case BPF_ST:
			memory[op->k % BPF_MEMWORDS] = a;
			break;
		case BPF_ALU:
			if (BPF_OP(op->code) != BPF_AND)
				abort();
			a &= op->k;
			break;
		case BPF_JMP:
			if (BPF_OP(op->code) == BPF_JA)
				pc += op->k;
			else
				pc += bpf_jumps(op, a, x) ? op->jt : op->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(op->code) == BPF_A ? a : op->k;
		default:
			abort();
		}
	}
	abort();
}
