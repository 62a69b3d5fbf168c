/*
 * commands_spec.c: spec, a config.json to begin with: the one that runc and crun print, because
 * tools edit it; with --hardened the defaults of the husk engine. Tables first, then the functions
 * that make JSON of them. The system calls of --hardened: commands_spec_seccomp.c, read that next.
 */
#include "commands_spec.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/json.h"
#include "commands.h"

#include <fcntl.h>
#include <string.h>

struct spec_options {
	const char *bundle;
	bool rootless, hardened;
};

static const struct opt spec_options[] = {
	{"bundle", 'b', OPT_TEXT, offsetof(struct spec_options, bundle), "DIR",
	 "where to write it (default the working directory)"},
	{"rootless", 0, OPT_FLAG, offsetof(struct spec_options, rootless), NULL,
	 "with a user namespace: the caller is root inside"},
	{"hardened", 0, OPT_FLAG, offsetof(struct spec_options, hardened), NULL,
	 "with the defaults of husk: seccomp, more masked paths, limits"},
	{0}};

/* A row is used if all of its bits are wanted. */
enum { ALWAYS = 0, PLAIN = 1, HARDENED = 2, ROOTFUL = 4, ROOTLESS = 8 };

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
	const char *type;
	unsigned int when;
} namespaces[] = {{"pid", ALWAYS},   {"network", ROOTFUL}, {"ipc", ALWAYS},   {"uts", ALWAYS},
		  {"mount", ALWAYS}, {"cgroup", HARDENED}, {"user", ROOTLESS}};

static const char plain_capabilities[] = "CAP_AUDIT_WRITE CAP_KILL CAP_NET_BIND_SERVICE";
static const char hardened_capabilities[] =
	"CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_BIND_SERVICE "
	"CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT";

/* Files that tell about the machine. The longer list is for --hardened. */
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

int spec_add_words(struct json_object *array, const char *text)
{
	char *copy = strdupa(text);

	for (char *rest, *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		if (json_append(array, json_new_string(word)) < 0)
			return -1;
	return 0;
}

struct json_object *spec_words(const char *text)
{
	struct json_object *array = json_new_array();

	return spec_add_words(array, text) < 0 ? NULL : array;
}

static int add_text(struct json_object *object, const char *key, const char *value)
{
	return json_add(object, key, json_new_string(value));
}

/* --hardened gives none that pass to a program by execve(2): CVE-2022-29162. */
static struct json_object *capabilities(bool hardened)
{
	struct json_object *sets = json_new_object();
	const char *names = hardened ? hardened_capabilities : plain_capabilities;
	int failed = 0;

	failed |= json_add(sets, "bounding", spec_words(names));
	failed |= json_add(sets, "effective", spec_words(names));
	failed |= json_add(sets, "permitted", spec_words(names));
	if (hardened)
		failed |= json_add(sets, "inheritable", json_new_array());
	failed |= json_add(sets, "ambient", hardened ? json_new_array() : spec_words(names));
	return failed ? NULL : sets;
}

static struct json_object *rlimits(void)
{
	struct json_object *list = json_new_array(), *limit = json_new_object();
	int failed = 0;

	failed |= add_text(limit, "type", "RLIMIT_NOFILE");
	failed |= json_add(limit, "hard", json_new_int(1024));
	failed |= json_add(limit, "soft", json_new_int(1024));
	failed |= json_append(list, limit);
	return failed ? NULL : list;
}

static struct json_object *process(bool hardened)
{
	struct json_object *object = json_new_object(), *user = json_new_object();
	int failed = 0;

	failed |= json_add(object, "terminal", json_new_bool(true));
	failed |= json_add(user, "uid", json_new_int(0));
	failed |= json_add(user, "gid", json_new_int(0));
	failed |= json_add(object, "user", user);
	failed |= json_add(object, "args", spec_words("sh"));
	failed |= json_add(object, "env",
			   spec_words("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
				      "/sbin:/bin TERM=xterm"));
	failed |= add_text(object, "cwd", "/");
	failed |= json_add(object, "capabilities", capabilities(hardened));
	failed |= json_add(object, "rlimits", rlimits());
	failed |= json_add(object, "noNewPrivileges", json_new_bool(true));
	return failed ? NULL : object;
}

static struct json_object *mount_list(unsigned int wanted)
{
	struct json_object *list = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct json_object *mount;

		if ((mounts[i].when & wanted) != mounts[i].when)
			continue;
		mount = json_new_object();
		failed |= add_text(mount, "destination", mounts[i].destination);
		failed |= add_text(mount, "type", mounts[i].type);
		failed |= add_text(mount, "source", mounts[i].source);
		if (mounts[i].options)
			failed |= json_add(mount, "options", spec_words(mounts[i].options));
		failed |= json_append(list, mount);
	}
	return failed ? NULL : list;
}

static struct json_object *namespace_list(unsigned int wanted)
{
	struct json_object *list = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		struct json_object *entry;

		if ((namespaces[i].when & wanted) != namespaces[i].when)
			continue;
		entry = json_new_object();
		failed |= add_text(entry, "type", namespaces[i].type);
		failed |= json_append(list, entry);
	}
	return failed ? NULL : list;
}

/* All devices are denied; those that every container has are let through by the runtime. */
static struct json_object *resources(bool rootless, bool hardened)
{
	struct json_object *object = json_new_object(), *list = json_new_array();
	struct json_object *rule = json_new_object(), *pids = json_new_object();
	int failed = 0;

	failed |= json_add(rule, "allow", json_new_bool(false));
	failed |= add_text(rule, "access", "rwm");
	failed |= json_append(list, rule);
	failed |= json_add(pids, "limit", json_new_int(512));
	if (rootless)
		json_free(list);
	else
		failed |= json_add(object, "devices", list);
	if (hardened)
		failed |= json_add(object, "pids", pids);
	else
		json_free(pids);
	return failed ? NULL : object;
}

/* ID 0 inside is who asks. */
static struct json_object *id_mapping(uint32_t id)
{
	struct json_object *list = json_new_array(), *map = json_new_object();
	int failed = 0;

	failed |= json_add(map, "containerID", json_new_int(0));
	failed |= json_add(map, "hostID", json_new_int(id));
	failed |= json_add(map, "size", json_new_int(1));
	failed |= json_append(list, map);
	return failed ? NULL : list;
}

static struct json_object *linux_part(const struct spec_options *options, unsigned int wanted)
{
	struct json_object *object = json_new_object();
	bool hardened = options->hardened;
	int failed = 0;

	if (options->rootless) {
		failed |= json_add(object, "uidMappings", id_mapping(geteuid()));
		failed |= json_add(object, "gidMappings", id_mapping(getegid()));
	}
	if (!options->rootless || hardened)
		failed |= json_add(object, "resources", resources(options->rootless, hardened));
	failed |= json_add(object, "namespaces", namespace_list(wanted));
	if (hardened)
		failed |= json_add(object, "seccomp", spec_seccomp_default());
	failed |= json_add(object, "maskedPaths",
			   spec_words(hardened ? hardened_masked : plain_masked));
	failed |= json_add(object, "readonlyPaths",
			   spec_words(hardened ? hardened_read_only : plain_read_only));
	return failed ? NULL : object;
}

static struct json_object *config(const struct spec_options *options)
{
	struct json_object *object = json_new_object(), *root = json_new_object();
	unsigned int wanted =
		(options->hardened ? HARDENED : PLAIN) | (options->rootless ? ROOTLESS : ROOTFUL);
	int failed = 0;

	failed |= add_text(object, "ociVersion", OCI_VERSION);
	failed |= json_add(object, "process", process(options->hardened));
	failed |= add_text(root, "path", "rootfs");
	failed |= json_add(root, "readonly", json_new_bool(true));
	failed |= json_add(object, "root", root);
	failed |= add_text(object, "hostname", "husk");
	failed |= json_add(object, "mounts", mount_list(wanted));
	failed |= json_add(object, "linux", linux_part(options, wanted));
	return failed ? NULL : object;
}

static int run_spec(const struct command_line *line)
{
	const struct spec_options *options = line->values;
	auto_json struct json_object *object = config(options);
	char *path = arena_format(line->arena, "%s/config.json",
				  options->bundle ? options->bundle : ".");
	auto_close int fd = -1;
	char *text;

	if (!object || !path || json_text(object, JSON_PRETTY, line->arena, &text) < 0)
		return err_wrap("spec");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno == EEXIST ? err_set(EEXIST, "spec: %s exists: remove it first", path)
				       : err_sys("spec: make %s", path);
	if (fd_write(fd, text, strlen(text)) < 0 || fd_write(fd, "\n", 1) < 0)
		return err_wrap("spec: write %s", path);
	return 0;
}

const struct command commands_spec[] = {
	{"spec", "", "Write a config.json to begin with", "husk-runtime spec --bundle /srv/web",
	 spec_options, sizeof(struct spec_options), OPTS_ANYWHERE, 0, 0, .run = run_spec},
	{0}};
