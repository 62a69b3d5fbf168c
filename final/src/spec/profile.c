/*
 * profile.c: the defaults, as tables first, then the functions that make a configuration of them.
 * See profile.h; the system calls: profile_seccomp.c, read that next.
 */
#include "profile.h"
#include "../base/err.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>

/* A row is used if all of its bits are wanted. */
enum {
	ALWAYS = 0,
	PLAIN = PROFILE_PLAIN,
	HARDENED = PROFILE_HARDENED,
	ROOTFUL = PROFILE_ROOTFUL,
	ROOTLESS = PROFILE_ROOTLESS,
};

static const struct {
	const char *destination, *type, *source, *options;
	unsigned int when;
} mounts[] = {
	{"/proc", "proc", "proc", NULL, PLAIN},
	{"/proc", "proc", "proc", "nosuid noexec nodev", HARDENED},
	{"/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k", ALWAYS},
	{"/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5",
	 ROOTFUL},
	{"/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620",
	 ROOTLESS},
	{"/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k", ALWAYS},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev", ALWAYS},
	{"/sys", "sysfs", "sysfs", "nosuid noexec nodev ro", ROOTFUL},
	/* sysfs belongs to a network namespace, which a caller without root does not get. */
	{"/sys", "none", "/sys", "rbind nosuid noexec nodev ro", PLAIN | ROOTLESS},
	/* What the machine has mounted below it, cgroups above all, comes along: CVE-2023-25809. */
	{"/sys", "none", "/sys", "rbind rnosuid rnoexec rnodev rro", HARDENED | ROOTLESS},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro", ALWAYS},
};

static const struct {
	int flag;
	unsigned int when;
} namespaces[] = {{CLONE_NEWPID, ALWAYS},   {CLONE_NEWNET, ROOTFUL}, {CLONE_NEWIPC, ALWAYS},
		  {CLONE_NEWUTS, ALWAYS},   {CLONE_NEWNS, ALWAYS},   {CLONE_NEWCGROUP, HARDENED},
		  {CLONE_NEWUSER, ROOTLESS}};

static const char plain_capabilities[] = "CAP_AUDIT_WRITE CAP_KILL CAP_NET_BIND_SERVICE";
static const char hardened_capabilities[] =
	"CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE "
	"CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT";

/* Files that tell about the machine. The longer list is the hardened one. */
static const char plain_masked[] =
	"/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list "
	"/proc/timer_stats /proc/sched_debug /sys/firmware /proc/scsi";
static const char hardened_masked[] =
	"/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/key-users /proc/keys "
	"/proc/kmsg /proc/kpagecgroup /proc/kpagecount /proc/kpageflags /proc/latency_stats "
	"/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/"
	"powercap /sys/firmware /sys/kernel/debug /sys/kernel/security /sys/kernel/tracing";

/* Files that command the machine. */
static const char plain_read_only[] = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger";
static const char hardened_read_only[] =
	"/proc/bus /proc/fs /proc/irq /proc/mtrr /proc/sys /proc/sysrq-trigger";

int profile_add_words(const char *words, struct arena *arena, struct str_list *list)
{
	char *copy = arena_format(arena, "%s", words);

	if (!copy)
		return -1;
	for (char *rest, *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		if (str_list_add(list, arena, word) < 0)
			return -1;
	return 0;
}

/* The hardened ones do not pass to a program by execve(2): CVE-2022-29162. */
static int fill_capabilities(bool hardened, struct arena *arena, struct spec_process *process)
{
	const char *names = hardened ? hardened_capabilities : plain_capabilities;
	struct spec_capabilities *sets = arena_alloc(arena, sizeof(*sets));

	if (!sets || profile_add_words(names, arena, &sets->bounding) < 0)
		return -1;
	sets->effective = sets->permitted = sets->bounding;
	if (!hardened)
		sets->ambient = sets->bounding;
	process->capabilities = sets;
	return 0;
}

static int fill_process(bool hardened, struct spec *spec)
{
	struct spec_process *process = arena_alloc(&spec->arena, sizeof(*process));
	struct spec_rlimit *limit = arena_alloc(&spec->arena, sizeof(*limit));

	if (!process || !limit)
		return -1;
	*limit = (struct spec_rlimit){.resource = RLIMIT_NOFILE, .soft = 1024, .hard = 1024};
	process->rlimits.items = limit;
	process->rlimits.count = 1;
	process->cwd = (char *)"/";
	process->no_new_privileges = true;
	spec->process = process;
	return fill_capabilities(hardened, &spec->arena, process);
}

static int fill_mounts(unsigned int kind, struct spec *spec)
{
	struct spec_mount *next =
		arena_alloc(&spec->arena, ARRAY_SIZE(mounts) * sizeof(struct spec_mount));

	if (!next)
		return -1;
	spec->mounts.items = next;
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		if ((mounts[i].when & kind) != mounts[i].when)
			continue;
		next->destination = (char *)mounts[i].destination;
		next->type = (char *)mounts[i].type;
		next->source = (char *)mounts[i].source;
		if (mounts[i].options &&
		    profile_add_words(mounts[i].options, &spec->arena, &next->options) < 0)
			return -1;
		next++;
	}
	spec->mounts.count = next - spec->mounts.items;
	return 0;
}

static int fill_namespaces(unsigned int kind, struct spec *spec)
{
	struct spec_namespace *next =
		arena_alloc(&spec->arena, ARRAY_SIZE(namespaces) * sizeof(struct spec_namespace));

	if (!next)
		return -1;
	spec->linux.namespaces.items = next;
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if ((namespaces[i].when & kind) == namespaces[i].when)
			next++->flag = namespaces[i].flag;
	spec->linux.namespaces.count = next - spec->linux.namespaces.items;
	return 0;
}

/* All devices are denied; those that every container has are let through by the runtime. */
static int fill_resources(unsigned int kind, struct spec *spec)
{
	struct spec_resources *resources = arena_alloc(&spec->arena, sizeof(*resources));
	struct spec_device_rule *rule = arena_alloc(&spec->arena, sizeof(*rule));

	if (!resources || !rule)
		return -1;
	if ((kind & (PLAIN | ROOTLESS)) == (PLAIN | ROOTLESS))
		return 0;
	*rule = (struct spec_device_rule){.access = (char *)"rwm"};
	if (kind & ROOTFUL) {
		resources->devices.items = rule;
		resources->devices.count = 1;
	}
	if (kind & HARDENED)
		resources->pids_limit = (struct opt_i64){.set = true, .value = PROFILE_PIDS};
	spec->linux.resources = resources;
	return 0;
}

/* ID 0 inside is who asks. */
static int fill_id_maps(struct spec *spec)
{
	struct spec_id_map *maps = arena_alloc(&spec->arena, 2 * sizeof(*maps));

	if (!maps)
		return -1;
	maps[0] = (struct spec_id_map){.host_id = geteuid(), .size = 1};
	maps[1] = (struct spec_id_map){.host_id = getegid(), .size = 1};
	spec->linux.uid_mappings = (struct spec_id_maps){.items = &maps[0], .count = 1};
	spec->linux.gid_mappings = (struct spec_id_maps){.items = &maps[1], .count = 1};
	return 0;
}

int profile_fill(unsigned int kind, struct spec *spec)
{
	struct arena *arena = &spec->arena;
	bool hardened = kind & HARDENED;

	spec->oci_version = (char *)SPEC_OCI_VERSION;
	if (fill_process(hardened, spec) < 0 || fill_mounts(kind, spec) < 0 ||
	    fill_namespaces(kind, spec) < 0 || fill_resources(kind, spec) < 0)
		return -1;
	if ((kind & ROOTLESS) && fill_id_maps(spec) < 0)
		return -1;
	if (hardened && profile_seccomp(arena, &spec->linux.seccomp) < 0)
		return -1;
	if (profile_add_words(hardened ? hardened_masked : plain_masked, arena,
			      &spec->linux.masked_paths) < 0)
		return -1;
	return profile_add_words(hardened ? hardened_read_only : plain_read_only, arena,
				 &spec->linux.readonly_paths);
}
