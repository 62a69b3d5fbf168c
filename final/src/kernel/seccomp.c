/*
 * seccomp.c: from linux.seccomp to BPF: the only file that knows libseccomp, and PARENT only. See
 * seccomp.h; what INIT does with the program is in seccomp_install.c, read that next.
 *
 * What OCI leaves open is done as runc does it, since profiles are written for runc:
 *  - Names that this libseccomp does not know are left out: profiles list calls of all kernels.
 *  - Several comparisons of one argument in one rule are alternatives: each becomes a rule.
 *  - A rule with the default action says nothing, and libseccomp refuses it.
 *  - A profile that answers with an errno answers ENOSYS for calls newer than itself: add_stub().
 */
#include "seccomp.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "seccomp_cache.h"

#include <ctype.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ARGUMENTS = 6,
	ARCHITECTURES = 24, /* OCI knows 19 */
	STUB_LENGTH = 6,    /* instructions for one architecture */
	X32_BIT = 0x40000000
};

/* linux.seccomp.architectures without "SCMP_ARCH_": what libseccomp calls the same in lower case */
static const char *const architectures[] = {
	"X86",	     "X86_64", "X32",	   "ARM",	  "AARCH64", "MIPS",	    "MIPS64",
	"MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC",     "PPC64",	    "PPC64LE",
	"S390",	     "S390X",  "PARISC",   "PARISC64",	  "RISCV64", "LOONGARCH64",
};

struct profile {
	const struct spec_seccomp *seccomp;
	scmp_filter_ctx filter;
	uint32_t default_action;	       /* with errno */
	uint32_t architectures[ARCHITECTURES]; /* tokens of libseccomp, the native one first */
	size_t architecture_count;
};

static void release_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* libseccomp's functions return -errno. */
static int fail(int result, const char *what)
{
	errno = -result;
	return err_sys("seccomp: %s", what);
}

/* The kernel's action words are libseccomp's; errno or the tracer's message is in the low bits. */
static uint32_t action_with_data(uint32_t action, const struct opt_u32 *errno_ret)
{
	if (action != SECCOMP_RET_ERRNO && action != SECCOMP_RET_TRACE)
		return action;
	return action | ((errno_ret->set ? errno_ret->value : EPERM) & SECCOMP_RET_DATA);
}

static uint32_t find_architecture(const char *name)
{
	char lower[24];
	size_t i;

	if (str_has_prefix(name, "SCMP_ARCH_"))
		name += strlen("SCMP_ARCH_");
	for (i = 0; i < sizeof(lower) - 1 && name[i]; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	return seccomp_arch_resolve_name(lower);
}

static int add_architecture(struct profile *profile, const char *name)
{
	uint32_t token = find_architecture(name);
	int result;

	if (token == 0)
		return err_set(EINVAL, "linux.seccomp.architectures: '%s' is not known", name);
	result = seccomp_arch_add(profile->filter, token);
	if (result == -EEXIST)
		return 0;
	/* Of the other byte order: no such program can run here, and none is let through. */
	if (result == -EDOM) {
		log_debug("seccomp: %s cannot be used on this machine and is left out", name);
		return 0;
	}
	if (result < 0)
		return fail(result, name);
	if (profile->architecture_count == ARCHITECTURES)
		return err_set(E2BIG, "linux.seccomp.architectures: more than %d", ARCHITECTURES);
	profile->architectures[profile->architecture_count++] = token;
	return 0;
}

static struct scmp_arg_cmp comparison(const struct spec_seccomp_arg *arg)
{
	/* The order of enum spec_seccomp_op is libseccomp's. MASKED_EQ: a is the mask, b the datum.
	 */
	return (struct scmp_arg_cmp){.arg = arg->index,
				     .op = (enum scmp_compare)arg->op,
				     .datum_a = arg->value,
				     .datum_b = arg->value_two};
}

static bool compares_twice(const struct spec_seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->args.count; i++) {
		if (seen & 1U << rule->args.items[i].index)
			return true;
		seen |= 1U << rule->args.items[i].index;
	}
	return false;
}

static int add_call(struct profile *profile, const struct spec_seccomp_rule *rule, uint32_t action,
		    int number)
{
	struct scmp_arg_cmp comparisons[ARGUMENTS] = {0};
	bool alternatives = compares_twice(rule);
	int result;

	for (size_t i = 0; i < rule->args.count; i++) {
		struct scmp_arg_cmp one = comparison(&rule->args.items[i]);

		if (!alternatives) {
			comparisons[i] = one;
			continue;
		}
		result = seccomp_rule_add_array(profile->filter, action, number, 1, &one);
		if (result < 0)
			return result;
	}
	if (alternatives)
		return 0;
	return seccomp_rule_add_array(profile->filter, action, number, rule->args.count,
				      comparisons);
}

static int add_rule(struct profile *profile, const struct spec_seccomp_rule *rule)
{
	uint32_t action = action_with_data(rule->action, &rule->errno_ret);

	if (action == profile->default_action)
		return 0;
	for (size_t i = 0; i < rule->names.count; i++) {
		const char *name = rule->names.items[i];
		int number = seccomp_syscall_resolve_name(name), result;

		if (number == __NR_SCMP_ERROR) {
			log_debug("seccomp: system call '%s' is not known and is left out", name);
			continue;
		}
		result = add_call(profile, rule, action, number);
		if (result < 0)
			return fail(result, name);
	}
	return 0;
}

/* INIT tells the parent by write(2) which descriptor to fetch and answer: that must not wait. */
static int check_notify(const struct spec_seccomp *seccomp)
{
	if (!seccomp_has_listener(seccomp))
		return 0;
	if (!seccomp->listener_path)
		return err_set(EINVAL, "linux.seccomp: SCMP_ACT_NOTIFY needs a listenerPath");
	if (seccomp->default_action == SECCOMP_RET_USER_NOTIF)
		return err_set(EINVAL, "linux.seccomp: SCMP_ACT_NOTIFY cannot be the default "
				       "action: nobody could start the program; list the calls");
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->syscalls.items[i];

		for (size_t j = 0; j < rule->names.count; j++)
			if (rule->action == SECCOMP_RET_USER_NOTIF &&
			    (strcmp(rule->names.items[j], "write") == 0 ||
			     strcmp(rule->names.items[j], "read") == 0))
				return err_set(EINVAL,
					       "linux.seccomp: SCMP_ACT_NOTIFY cannot be used "
					       "for %s: it is needed to hand the listener over",
					       rule->names.items[j]);
	}
	return 0;
}

static int build(struct profile *profile)
{
	const struct spec_seccomp *seccomp = profile->seccomp;
	int result;

	profile->filter = seccomp_init(profile->default_action);
	if (!profile->filter)
		return err_set(EINVAL, "seccomp: default action 0x%x is not supported",
			       profile->default_action);
	/* A tree instead of a list: 9 comparisons for a call, not hundreds. */
	result = seccomp_attr_set(profile->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (result < 0)
		return fail(result, "binary tree");
	profile->architectures[profile->architecture_count++] = seccomp_arch_native();
	for (size_t i = 0; i < seccomp->architectures.count; i++)
		if (add_architecture(profile, seccomp->architectures.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		if (add_rule(profile, &seccomp->syscalls.items[i]) < 0)
			return -1;
	return 0;
}

/* The highest number that the profile mentions; -1: none. */
static int find_newest(const struct spec_seccomp *seccomp, uint32_t architecture)
{
	int newest = -1;

	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		for (size_t j = 0; j < seccomp->syscalls.items[i].names.count; j++) {
			int number = seccomp_syscall_resolve_name_arch(
				architecture, seccomp->syscalls.items[i].names.items[j]);

			if (number > newest) /* below 0: not a call of this architecture */
				newest = number;
		}
	return newest;
}

/*
 * "newest < number < end of the architecture's numbers: ENOSYS", before the filter proper. Who
 * wrote the profile has not heard of these calls, and a C library that tries one of them falls back
 * to an older call after ENOSYS only. Loads and jumps are relative, so that it can stand before any
 * program. A jump that is not taken goes on with the next architecture.
 */
static void add_stub(struct sock_filter *code, uint32_t architecture, int newest)
{
	uint32_t audit = architecture == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : architecture;
	/* x32 calls have the same AUDIT_ARCH as x86_64 ones, and a bit in the number. */
	uint32_t end = architecture == SCMP_ARCH_X86_64 ? X32_BIT : UINT32_MAX;
	const struct sock_filter stub[STUB_LENGTH] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, end, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)newest, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	memcpy(code, stub, sizeof(stub));
}

static size_t add_stubs(const struct profile *profile, struct sock_filter *code)
{
	size_t length = 0;

	if ((profile->default_action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
	    profile->default_action == (SECCOMP_RET_ERRNO | ENOSYS))
		return 0;
	for (size_t i = 0; i < profile->architecture_count; i++) {
		int newest = find_newest(profile->seccomp, profile->architectures[i]);

		if (newest < 0)
			continue;
		add_stub(code + length, profile->architectures[i], newest);
		length += STUB_LENGTH;
	}
	return length;
}

/* libseccomp 2.5 writes the program to a descriptor only. */
static int export_program(struct profile *profile, struct arena *arena, struct seccomp_bpf *ret_bpf)
{
	auto_close int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *code;
	size_t stubs, length;
	char *program;
	int result;

	if (fd < 0)
		return err_sys("seccomp: memfd_create");
	result = seccomp_export_bpf(profile->filter, fd);
	if (result < 0)
		return fail(result, "compile");
	if (fd_read_text(fd, SECCOMP_CACHE_MAX, arena, &program, &length) < 0)
		return err_wrap("seccomp: program");
	code = arena_alloc(arena, ARCHITECTURES * STUB_LENGTH * sizeof(*code) + length);
	if (!code)
		return -1;
	stubs = add_stubs(profile, code);
	memcpy(code + stubs, program, length);
	*ret_bpf = (struct seccomp_bpf){.code = code, .length = stubs * sizeof(*code) + length};
	return 0;
}

static int compile(const struct spec_seccomp *seccomp, struct arena *arena,
		   struct seccomp_bpf *ret_bpf)
{
	struct profile profile = {.seccomp = seccomp,
				  .default_action = action_with_data(seccomp->default_action,
								     &seccomp->default_errno_ret)};
	int result = build(&profile);

	if (result == 0)
		result = export_program(&profile, arena, ret_bpf);
	release_filter(&profile.filter);
	return result;
}

int seccomp_compile(const struct spec_seccomp *seccomp, int cache_fd, struct arena *arena,
		    struct seccomp_bpf *ret_bpf)
{
	const struct scmp_version *version = seccomp_version();
	struct seccomp_cache cache = {.dir_fd = cache_fd};

	if (check_notify(seccomp) < 0)
		return -1;
	if (cache_fd < 0)
		return compile(seccomp, arena, ret_bpf);
	if (seccomp_cache_open(&cache, seccomp, seccomp_arch_native(),
			       version->major << 16 | version->minor << 8 | version->micro,
			       arena) < 0)
		return -1;
	if (seccomp_cache_find(&cache, arena, ret_bpf))
		return 0;
	if (compile(seccomp, arena, ret_bpf) < 0)
		return -1;
	seccomp_cache_add(&cache, ret_bpf);
	return 0;
}

int seccomp_list_architectures(struct arena *arena, struct str_list *ret_names)
{
	struct str_list names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		char *name = arena_format(arena, "SCMP_ARCH_%s", architectures[i]);

		if (!name)
			return -1;
		if (find_architecture(name) != 0 && str_list_add(&names, arena, name) < 0)
			return -1;
	}
	*ret_names = names;
	return 0;
}

char *seccomp_library(struct arena *arena)
{
	const struct scmp_version *version = seccomp_version();

	return arena_format(arena, "%u.%u.%u", version->major, version->minor, version->micro);
}
