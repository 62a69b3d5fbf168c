/*
 * filter: compiles profile.txt, on standard input, into the BPF program that seccomp(2) takes, on
 * standard output. A runtime does that itself at every start, or keeps the result; the floor and
 * bwrap are given it ready.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, int error)
{
	fprintf(stderr, "filter: %s: %s\n", what, strerror(-error));
	exit(1);
}

static void allow(scmp_filter_ctx filter, const char *name, const struct scmp_arg_cmp *argument)
{
	int number = seccomp_syscall_resolve_name(name), error;

	if (number == __NR_SCMP_ERROR)
		return;
	error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, argument != NULL, argument);
	if (error)
		fail(name, error);
}

/* "NAME if ARG OPERATION VALUE" */
static void allow_if(scmp_filter_ctx filter, const char *line)
{
	char name[64], operation[16];
	unsigned int number;
	long long value;
	struct scmp_arg_cmp argument;

	if (sscanf(line, "%63s if %u %15s %lli", name, &number, operation, &value) != 4)
		fail(line, -EINVAL);
	argument = (struct scmp_arg_cmp){
		.arg = number, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)value};
	if (strcmp(operation, "ne") == 0) {
		argument.op = SCMP_CMP_NE;
	} else if (strcmp(operation, "clear") == 0) {
		argument.op = SCMP_CMP_MASKED_EQ;
		argument.datum_b = 0;
	}
	allow(filter, name, &argument);
}

/* What else this kernel runs: without them the 32-bit call of a 64-bit machine would be refused. */
static void add_architectures(scmp_filter_ctx filter)
{
	static const uint32_t families[][3] = {
		{SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32},
		{SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_ARM},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (seccomp_arch_native() != families[i][0])
			continue;
		for (size_t k = 1; k < 3; k++) {
			int error = seccomp_arch_add(filter, families[i][k]);

			if (error && error != -EEXIST)
				fail("architecture", error);
		}
	}
}

int main(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	char line[1000];
	int error;

	if (!filter)
		fail("seccomp_init", -ENOMEM);
	add_architectures(filter);
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == '#')
			continue;
		if (strstr(line, " if ")) {
			allow_if(filter, line);
			continue;
		}
		for (char *name = strtok(line, " \n"); name; name = strtok(NULL, " \n"))
			allow(filter, name, NULL);
	}
	error = seccomp_export_bpf(filter, 1);
	if (error)
		fail("seccomp_export_bpf", error);
	seccomp_release(filter);
	return 0;
}
