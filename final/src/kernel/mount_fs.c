/* mount_fs.c: new file systems. See mount_fs.h; next file: mount_cgroup.c */
#include "mount_fs.h"
#include "../base/err.h"
#include "../base/sys.h"
#include "lsm.h"

#include <string.h>

/* A value of fsconfig(2) has at most 255 bytes, the data of mount(2) one page. */
enum { VALUE_MAX = 255, DATA_MAX = 4096 };

static const struct {
	unsigned long flag; /* MS_* */
	const char *name;   /* as fsconfig(2) knows it; NULL: it has no such thing */
	const char *taken;  /* what takes it away */
} sb_names[] = {
	{MS_SYNCHRONOUS, "sync", "async"}, {MS_DIRSYNC, "dirsync", NULL},
	{MS_MANDLOCK, "mand", "nomand"},   {MS_LAZYTIME, "lazytime", "nolazytime"},
	{MS_I_VERSION, "iversion", NULL},  {MS_SILENT, NULL, NULL},
};

static const struct {
	uint64_t attribute;
	unsigned long flag;
} old_flags[] = {
	{MOUNT_ATTR_RDONLY, MS_RDONLY},		{MOUNT_ATTR_NOSUID, MS_NOSUID},
	{MOUNT_ATTR_NODEV, MS_NODEV},		{MOUNT_ATTR_NOEXEC, MS_NOEXEC},
	{MOUNT_ATTR_NOATIME, MS_NOATIME},	{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
	{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW},
};

unsigned long mount_fs_old_flags(uint64_t attributes)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(old_flags); i++)
		if (attributes & old_flags[i].attribute)
			flags |= old_flags[i].flag;
	return flags;
}

/* These have no files of their own that could carry a label. */
static bool takes_label(const char *type)
{
	static const char *const without[] = {"proc", "sysfs", "mqueue", "cgroup", "cgroup2"};

	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (strcmp(type, without[i]) == 0)
			return false;
	return lsm_has_selinux();
}

/* fsconfig(2) takes a quote, a backslash and a comma as they are; in mount(2)'s data they part. */
bool mount_fs_is_old(const struct mount_opts *opts)
{
	for (size_t i = 0; i < opts->data.count; i++) {
		const char *word = opts->data.items[i], *value = strchr(word, '=');

		if (strpbrk(word, ",\"\\") || strlen(value ? value + 1 : word) > VALUE_MAX)
			return true;
	}
	return false;
}

/*
 * What the kernel wrote to the log of the context, fsopen(2) "message retrieval": the last line is
 * the cause. Lines begin with "e ", "w " or "i ".
 */
static int explain(int context, int code, const char *type, const char *what)
{
	char line[300], cause[300] = "";
	ssize_t length;

	while ((length = read(context, line, sizeof(line) - 1)) > 0) {
		line[length] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (str_has_prefix(line, "e "))
			memcpy(cause, line + 2, length - 1);
	}
	if (*cause)
		return err_set(code, "file system %s: %s: %s (%s)", type, what, strerror(code),
			       str_printable(cause));
	return err_set(code, "file system %s: %s: %s", type, what, strerror(code));
}

static int set_word(int context, const char *type, char *word)
{
	char *value = strchr(word, '=');
	int result;

	if (!value) {
		result = sys_fsconfig(context, FSCONFIG_SET_FLAG, word, NULL, 0);
	} else {
		*value = '\0';
		result = sys_fsconfig(context, FSCONFIG_SET_STRING, word, value + 1, 0);
		*value = '=';
	}
	if (result < 0) {
		char what[300];
		int code = errno;

		snprintf(what, sizeof(what), "option \"%s\"", word);
		return explain(context, code, type, what);
	}
	return 0;
}

static int set_flag(int context, const char *type, const char *name)
{
	if (sys_fsconfig(context, FSCONFIG_SET_FLAG, name, NULL, 0) < 0)
		return explain(context, errno, type, name);
	return 0;
}

static int set_superblock(int context, const char *type, const struct mount_opts *opts,
			  bool on_device)
{
	for (size_t i = 0; i < ARRAY_SIZE(sb_names); i++)
		if ((opts->sb_flags & sb_names[i].flag) && sb_names[i].name &&
		    set_flag(context, type, sb_names[i].name) < 0)
			return -1;
	/* A device may be read-only itself. Others have no use for it, and some share it. */
	if (opts->readonly_fs && on_device)
		return set_flag(context, type, "ro");
	return 0;
}

static int set_data(int context, const char *type, const struct mount_opts *opts)
{
	for (size_t i = 0; i < opts->data.count; i++)
		if (set_word(context, type, opts->data.items[i]) < 0)
			return -1;
	return 0;
}

static int configure(int context, const char *type, const char *source,
		     const struct mount_opts *opts, const char *label)
{
	bool on_device = source && *source == '/';

	if (source && sys_fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return explain(context, errno, type, source);
	if (set_superblock(context, type, opts, on_device) < 0)
		return -1;
	if (set_data(context, type, opts) < 0)
		return -1;
	if (label && takes_label(type) &&
	    sys_fsconfig(context, FSCONFIG_SET_STRING, "context", label, 0) < 0)
		return explain(context, errno, type, "mountLabel");
	return 0;
}

int mount_fs_make(const char *type, const char *source, const struct mount_opts *opts,
		  const char *label, int *ret_fd)
{
	auto_close int context = sys_fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0 && errno == ENODEV)
		return err_set(ENODEV, "file system %s: this kernel does not have it", type);
	if (context < 0)
		return err_sys("file system %s", type);
	if (configure(context, type, source, opts, label) < 0)
		return -1;
	if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return explain(context, errno, type, "create");
	fd = sys_fsmount(context, FSMOUNT_CLOEXEC, opts->attr_set | opts->rec_set);
	if (fd < 0)
		return explain(context, errno, type, "mount");
	*ret_fd = fd;
	return 0;
}

int mount_fs_change(int mount_fd, const char *type, const struct mount_opts *opts)
{
	auto_close int context = sys_fspick(mount_fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (context < 0 && errno == EINVAL)
		return err_set(EINVAL, "remount: nothing is mounted there");
	if (context < 0)
		return err_sys("remount");
	for (size_t i = 0; i < ARRAY_SIZE(sb_names); i++)
		if ((opts->sb_clear & sb_names[i].flag) && sb_names[i].taken &&
		    set_flag(context, type, sb_names[i].taken) < 0)
			return -1;
	if (set_superblock(context, type, opts, false) < 0 || set_data(context, type, opts) < 0)
		return -1;
	if (sys_fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return explain(context, errno, type, "remount");
	return 0;
}

/* Appends ",word"; false: no room. */
static bool append(char data[DATA_MAX], const char *word)
{
	size_t length = strlen(data);

	return snprintf(data + length, DATA_MAX - length, "%s%s", length ? "," : "", word) <
	       (int)(DATA_MAX - length);
}

int mount_fs_mount(const char *target, const char *type, const char *source,
		   const struct mount_opts *opts, const char *label)
{
	unsigned long flags = opts->sb_flags | mount_fs_old_flags(opts->attr_set | opts->rec_set);
	char data[DATA_MAX] = "", context[VALUE_MAX + 20];
	bool fits = true;

	for (size_t i = 0; i < opts->data.count; i++)
		fits = fits && append(data, opts->data.items[i]);
	if (label && takes_label(type)) {
		snprintf(context, sizeof(context), "context=\"%s\"", label);
		fits = fits && append(data, context);
	}
	if (!fits)
		return err_set(E2BIG, "options of more than %d bytes", DATA_MAX - 1);
	if (sys_mount(source ? source : type, target, type, flags, data) < 0)
		return err_sys("file system %s, options \"%s\"", type, data);
	return 0;
}
