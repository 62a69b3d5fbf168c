/*
 * floor_cgroup.c: the cgroup of the floor, on version 1 and on version 2. Next: nothing, back to
 * floor.c.
 *
 * The limits are those of the bench's config.json: 256 MiB of memory, half a CPU, 100 processes,
 * the default devices and no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void write_file(int directory, const char *name, const char *text)
{
	int file = openat(directory, name, O_WRONLY | O_CLOEXEC);

	check(file, name);
	check(write(file, text, strlen(text)), name);
	close(file);
}

/* --- version 1: one hierarchy for each controller, one directory in each --- */

/* Calls f with each name of "memory,cpu,pids". */
static void for_each_hierarchy(const struct plan *plan,
			       void (*f)(const struct plan *plan, const char *hierarchy))
{
	char name[64];

	for (const char *from = plan->hierarchies; from && *from;) {
		size_t length = strcspn(from, ",");

		snprintf(name, sizeof(name), "%.*s", (int)length, from);
		f(plan, name);
		from += length + (from[length] == ',');
	}
}

static const char *path_in(const struct plan *plan, const char *hierarchy, const char *file)
{
	static char path[4096];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s%s", hierarchy, plan->cgroup, file);
	return path;
}

/* A new cpuset is empty, and takes no process until it has been given CPUs and memory nodes. */
static void copy_cpuset(int directory)
{
	static const char *const names[][2] = {
		{"../cpuset.cpus", "cpuset.cpus"},
		{"../cpuset.mems", "cpuset.mems"},
	};

	for (size_t i = 0; i < LENGTH(names); i++) {
		char text[4096] = "";
		int file = openat(directory, names[i][0], O_RDONLY | O_CLOEXEC);

		check(file, names[i][0]);
		check(read(file, text, sizeof(text) - 1), names[i][0]);
		close(file);
		write_file(directory, names[i][1], text);
	}
}

/* A line of `hierarchy, file, text` is one write; devices takes one rule a write. */
static void create_v1(const struct plan *plan, const char *hierarchy)
{
	static const char *const writes[][3] = {
		{"memory", "memory.limit_in_bytes", "268435456"},
		{"cpu", "cpu.cfs_period_us", "100000"},
		{"cpu", "cpu.cfs_quota_us", "50000"},
		{"pids", "pids.max", "100"},
		{"devices", "devices.deny", "a *:* rwm"},
		{"devices", "devices.allow", "c *:* m"},
		{"devices", "devices.allow", "b *:* m"},
		{"devices", "devices.allow", "c 1:3 rwm"},
		{"devices", "devices.allow", "c 1:5 rwm"},
		{"devices", "devices.allow", "c 1:7 rwm"},
		{"devices", "devices.allow", "c 1:8 rwm"},
		{"devices", "devices.allow", "c 1:9 rwm"},
		{"devices", "devices.allow", "c 5:0 rwm"},
		{"devices", "devices.allow", "c 5:2 rwm"},
		{"devices", "devices.allow", "c 136:* rwm"},
	};
	int directory;

	check(mkdir(path_in(plan, hierarchy, ""), 0755), path_in(plan, hierarchy, ""));
	/* Where controllers share a hierarchy its folder is named by both: "cpu,cpuacct". The list
	 * is cut at commas, and the bench passes the link `cpu` instead. */
	directory = open(path_in(plan, hierarchy, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(directory, hierarchy);
	if (strcmp(hierarchy, "cpuset") == 0)
		copy_cpuset(directory);
	for (size_t i = 0; i < LENGTH(writes); i++) {
		if (strcmp(hierarchy, writes[i][0]) == 0)
			write_file(directory, writes[i][1], writes[i][2]);
	}
	close(directory);
}

/*
 * "0" in `tasks` is "the calling thread". The kernel then knows that the thread neither exits nor
 * executes meanwhile, and leaves out cgroup_threadgroup_rwsem, whose writer waits for a grace
 * period of RCU: milliseconds for each hierarchy (kernel/cgroup/cgroup.c,
 * cgroup_procs_write_start).
 */
static void enter_v1(const struct plan *plan, const char *hierarchy)
{
	write_file(AT_FDCWD, path_in(plan, hierarchy, "/tasks"), "0");
}

static void mount_v1(const struct plan *plan, const char *hierarchy)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY;
	char target[128];

	snprintf(target, sizeof(target), "sys/fs/cgroup/%s", hierarchy);
	check(mkdir(target, 0755), target);
	check(mount(path_in(plan, hierarchy, ""), target, NULL, MS_BIND, NULL), target);
	check(mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | flags, NULL), target);
}

static void remove_v1(const struct plan *plan, const char *hierarchy)
{
	check(rmdir(path_in(plan, hierarchy, "")), path_in(plan, hierarchy, ""));
}

/* --- version 2: one directory --- */

static struct bpf_insn load_field(unsigned char to, size_t field)
{
	return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
				 .dst_reg = to,
				 .src_reg = BPF_REG_1,
				 .off = (short)field};
}

/* OVER counts from the next instruction. */
static struct bpf_insn jump_if(unsigned char operation, unsigned char with, int value, size_t over)
{
	return (struct bpf_insn){.code = BPF_JMP | operation | BPF_K,
				 .dst_reg = with,
				 .imm = value,
				 .off = (short)over};
}

static struct bpf_insn compute(unsigned char operation, unsigned char in, int value)
{
	return (struct bpf_insn){
		.code = BPF_ALU64 | operation | BPF_K, .dst_reg = in, .imm = value};
}

/*
 * The device rules as a program, since version 2 has no file for them. The kernel calls it when a
 * device is opened or made, and 1 is yes. Each rule is three instructions, and says yes if major
 * and minor are its own. Returns the number of instructions.
 */
static size_t write_device_program(struct bpf_insn *program)
{
	static const int rules[][2] = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}};
	const struct bpf_insn answer = {.code = BPF_JMP | BPF_EXIT};
	struct bpf_insn *at = program;

	*at++ = load_field(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	*at++ = load_field(BPF_REG_3, offsetof(struct bpf_cgroup_dev_ctx, major));
	*at++ = load_field(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, minor));
	*at++ = compute(BPF_MOV, BPF_REG_0, 1);
	/* access << 16 | type: to make any device node is allowed, to open it is not */
	*at++ = jump_if(BPF_JEQ, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16 | BPF_DEVCG_DEV_CHAR, 4);
	*at++ = jump_if(BPF_JEQ, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16 | BPF_DEVCG_DEV_BLOCK, 3);
	*at++ = compute(BPF_AND, BPF_REG_2, 0xffff);
	*at++ = jump_if(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 2 + 3 * LENGTH(rules));
	*at++ = jump_if(BPF_JNE, BPF_REG_3, 136, 1); /* pts/0 ... */
	*at++ = answer;
	for (size_t i = 0; i < LENGTH(rules); i++) {
		*at++ = jump_if(BPF_JNE, BPF_REG_3, rules[i][0], 2);
		*at++ = jump_if(BPF_JNE, BPF_REG_4, rules[i][1], 1);
		*at++ = answer;
	}
	*at++ = compute(BPF_MOV, BPF_REG_0, 0);
	*at++ = answer;
	return (size_t)(at - program);
}

static int load_device_program(void)
{
	struct bpf_insn program[64];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)program,
		.insn_cnt = (uint32_t)write_device_program(program),
		.license = (uint64_t)(uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void create_v2(struct plan *plan)
{
	union bpf_attr attr = {.attach_type = BPF_CGROUP_DEVICE};
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", plan->unified, plan->cgroup);
	check(mkdir(path, 0755), path);
	cgroup_open(plan);
	write_file(plan->cgroup2, "memory.max", "268435456");
	write_file(plan->cgroup2, "cpu.max", "50000 100000");
	write_file(plan->cgroup2, "pids.max", "100");
	attr.attach_bpf_fd = (uint32_t)load_device_program();
	check((int)attr.attach_bpf_fd, "BPF_PROG_LOAD");
	attr.target_fd = (uint32_t)plan->cgroup2;
	check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), "BPF_PROG_ATTACH");
}

static void mount_v2(void)
{
	/* Not by clone3: that would make the parent's cgroup the root of the namespace. */
	check(unshare(CLONE_NEWCGROUP), "unshare the cgroup namespace");
	check(mount("cgroup2", "sys/fs/cgroup", "cgroup2",
		    MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL),
	      "sys/fs/cgroup");
}

/* --- both --- */

void cgroup_open(struct plan *plan)
{
	char path[4096];

	if (!plan->cgroup || !plan->unified)
		return;
	snprintf(path, sizeof(path), "%s/%s", plan->unified, plan->cgroup);
	plan->cgroup2 = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(plan->cgroup2, path);
}

void cgroup_create(struct plan *plan)
{
	if (!plan->cgroup)
		return;
	if (plan->unified)
		create_v2(plan);
	for_each_hierarchy(plan, create_v1);
}

void cgroup_enter(const struct plan *plan)
{
	if (plan->cgroup)
		for_each_hierarchy(plan, enter_v1);
}

void cgroup_mount(const struct plan *plan)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;

	if (!plan->cgroup)
		return;
	if (plan->unified) {
		mount_v2();
		return;
	}
	check(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755"), "sys/fs/cgroup");
	for_each_hierarchy(plan, mount_v1);
	check(mount(NULL, "sys/fs/cgroup", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | flags, NULL),
	      "sys/fs/cgroup");
}

void cgroup_remove(const struct plan *plan)
{
	char path[4096];

	if (!plan->cgroup)
		return;
	for_each_hierarchy(plan, remove_v1);
	if (!plan->unified)
		return;
	snprintf(path, sizeof(path), "%s/%s", plan->unified, plan->cgroup);
	check(rmdir(path), path);
}
