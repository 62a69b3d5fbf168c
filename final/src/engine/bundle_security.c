/*
 * bundle_security.c: capabilities, --security-opt, --privileged: what is given back of what the
 * profile takes. See bundle_internal.h; next file: bundle_seccomp.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/opts.h"
#include "bundle_internal.h"

#include <fcntl.h>
#include <string.h>

/* capabilities(7), in the order of the kernel's numbers */
/* clang-format off */
static const char *const known[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
	"CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
	"CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ",
	"CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE", NULL};
/* clang-format on */

/* --- capabilities --- */

/* The last one that the kernel knows. */
static size_t kernel_count(void)
{
	struct arena scratch = {0};
	size_t count = ARRAY_SIZE(known) - 1, last;
	char *text;

	if (fd_read_file(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", 16, &scratch, &text, NULL) ==
	    0) {
		last = strtoul(text, NULL, 10);
		count = last + 1 < count ? last + 1 : count;
	}
	arena_free(&scratch);
	return count;
}

/*
 * All that the machine would let us give: one that is not in our own bounding set is refused by
 * the kernel.
 */
int bundle_add_all_capabilities(struct arena *arena, struct str_list *list)
{
	size_t count = kernel_count();
	uint64_t ours = UINT64_MAX;
	char *status, *line;

	if (fd_read_file(AT_FDCWD, "/proc/self/status", 1 << 16, arena, &status, NULL) < 0)
		return -1;
	line = strstr(status, "CapBnd:");
	if (line)
		ours = strtoull(line + strlen("CapBnd:"), NULL, 16);
	for (size_t i = 0; i < count; i++)
		if ((ours >> i & 1) && str_list_add(list, arena, (char *)known[i]) < 0)
			return -1;
	return 0;
}

/* "net_admin", "CAP_NET_ADMIN" -> the name in the table. */
static int find_capability(const char *given, const char **ret_name)
{
	char name[64], upper[70];
	const char *nearest;

	snprintf(name, sizeof(name), "%s%s", strncasecmp(given, "CAP_", 4) == 0 ? "" : "CAP_",
		 given);
	for (size_t i = 0; known[i]; i++)
		if (strcasecmp(known[i], name) == 0) {
			*ret_name = known[i];
			return 0;
		}
	snprintf(upper, sizeof(upper), "%s", name);
	for (char *c = upper; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c;
	nearest = opts_nearest(upper, known);
	if (nearest)
		return err_set(EINVAL, "unknown capability %s: did you mean %s?", given, nearest);
	return err_set(EINVAL, "unknown capability %s: capabilities(7) lists them", given);
}

static bool has(const struct str_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->items[i], name) == 0)
			return true;
	return false;
}

static void drop(struct str_list *list, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], name) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
	if (list->items)
		list->items[kept] = NULL;
}

/* Those of the list but ALL, by their names in the table; for ALL: NULL. */
static int next_name(const struct str_list *list, size_t index, const char **ret_name)
{
	*ret_name = NULL;
	return strcasecmp(list->items[index], "ALL") == 0
		       ? 0
		       : find_capability(list->items[index], ret_name);
}

/* docker's order: ALL first, of either list, then the names. */
static int resolve(const struct box_security *security, struct arena *arena, struct str_list *list)
{
	const char *name;

	if (has(&security->cap_drop, "ALL"))
		*list = (struct str_list){0};
	if (has(&security->cap_add, "ALL") || security->privileged) {
		*list = (struct str_list){0};
		if (bundle_add_all_capabilities(arena, list) < 0)
			return -1;
	}
	for (size_t i = 0; i < security->cap_add.count; i++)
		if (next_name(&security->cap_add, i, &name) < 0 ||
		    (name && !has(list, name) && str_list_add(list, arena, (char *)name) < 0))
			return -1;
	for (size_t i = 0; i < security->cap_drop.count; i++) {
		if (next_name(&security->cap_drop, i, &name) < 0)
			return -1;
		if (name)
			drop(list, name);
	}
	return 0;
}

static int set_capabilities(struct bundle *b)
{
	struct spec_capabilities *sets = b->spec.process->capabilities;
	struct str_list list = sets->bounding;

	if (resolve(&b->box->security, &b->spec.arena, &list) < 0)
		return -1;
	sets->bounding = sets->effective = sets->permitted = list;
	return 0;
}

/* --- --security-opt NAME=VALUE --- */

static int set_seccomp(struct bundle *b, const char *value)
{
	if (strcmp(value, "unconfined") == 0) {
		b->spec.linux.seccomp = NULL;
		return 0;
	}
	return bundle_load_seccomp(value, &b->spec.process->capabilities->bounding, &b->spec.arena,
				   &b->spec.linux.seccomp);
}

static int set_apparmor(struct bundle *b, const char *value)
{
	b->spec.process->apparmor_profile = (char *)value;
	return 0;
}

/* label=disable, and what docker's words make of a label: user, role, type, level. */
static int set_label(struct bundle *b, const char *value)
{
	(void)b;
	if (strcmp(value, "disable") == 0)
		return 0;
	return err_set(EOPNOTSUPP, "SELinux labels are not made here: only label=disable");
}

static int set_no_new_privileges(struct bundle *b, const char *value)
{
	bool on = !*value || strcmp(value, "true") == 0;

	if (!on && strcmp(value, "false") != 0)
		return err_set(EINVAL, "'%s': expected true or false", value);
	b->spec.process->no_new_privileges = on;
	return 0;
}

static int add_paths(struct bundle *b, const char *value)
{
	return str_split(value, ":", &b->spec.arena, &b->spec.linux.masked_paths);
}

static int remove_paths(struct bundle *b, const char *value)
{
	struct str_list paths = {0};

	if (strcasecmp(value, "all") == 0) {
		b->spec.linux.masked_paths = b->spec.linux.readonly_paths = (struct str_list){0};
		return 0;
	}
	if (str_split(value, ":", &b->spec.arena, &paths) < 0)
		return -1;
	for (size_t i = 0; i < paths.count; i++) {
		drop(&b->spec.linux.masked_paths, paths.items[i]);
		drop(&b->spec.linux.readonly_paths, paths.items[i]);
	}
	return 0;
}

static int set_system_paths(struct bundle *b, const char *value)
{
	if (strcmp(value, "unconfined") != 0)
		return err_set(EINVAL, "'%s': expected unconfined", value);
	return remove_paths(b, "all");
}

static const struct {
	const char *name;
	int (*set)(struct bundle *b, const char *value);
} settings[] = {
	{"seccomp", set_seccomp},
	{"apparmor", set_apparmor},
	{"label", set_label},
	{"no-new-privileges", set_no_new_privileges},
	{"mask", add_paths},
	{"unmask", remove_paths},
	{"systempaths", set_system_paths},
};

static int find_setting(const char *text, size_t *ret_row)
{
	size_t length = strcspn(text, "=:");

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strlen(settings[i].name) == length &&
		    strncmp(settings[i].name, text, length) == 0) {
			*ret_row = i;
			return 0;
		}
	return err_set(EINVAL, "expected seccomp=, apparmor=, label=, no-new-privileges, mask=, "
			       "unmask= or systempaths=");
}

static int set_option(struct bundle *b, const char *text)
{
	size_t length = strcspn(text, "=:"), row;

	if (find_setting(text, &row) < 0)
		return -1;
	return settings[row].set(b, text[length] ? text + length + 1 : "");
}

static int check_names(const struct str_list *names)
{
	const char *name;

	for (size_t i = 0; i < names->count; i++)
		if (next_name(names, i, &name) < 0)
			return -1;
	return 0;
}

int bundle_check_security(const struct box_security *security)
{
	size_t row;

	if (check_names(&security->cap_add) < 0)
		return err_wrap("--cap-add");
	if (check_names(&security->cap_drop) < 0)
		return err_wrap("--cap-drop");
	for (size_t i = 0; i < security->options.count; i++)
		if (find_setting(security->options.items[i], &row) < 0)
			return err_wrap("--security-opt %s", security->options.items[i]);
	return 0;
}

/* --- --privileged --- */

static void make_writable(struct spec_mount *m)
{
	if (strcmp(m->type, "sysfs") == 0 || strcmp(m->type, "cgroup") == 0)
		drop(&m->options, "ro");
}

static int set_privileged(struct bundle *b)
{
	b->spec.linux.seccomp = NULL;
	b->spec.process->no_new_privileges = false;
	for (size_t i = 0; i < b->spec.mounts.count; i++)
		make_writable(&b->spec.mounts.items[i]);
	return remove_paths(b, "all");
}

int bundle_set_security(struct bundle *b)
{
	const struct box_security *security = &b->box->security;

	if (set_capabilities(b) < 0)
		return -1;
	if (security->privileged && set_privileged(b) < 0)
		return -1;
	for (size_t i = 0; i < security->options.count; i++)
		if (set_option(b, security->options.items[i]) < 0)
			return err_wrap("--security-opt %s", security->options.items[i]);
	return 0;
}
