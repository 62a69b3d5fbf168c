/* run_mounts.c: -v, --mount and --tmpfs, taken apart. See run_options.h; next file: run_image.c */
#include "../base/err.h"
#include "run_options.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* What mount(8) and docker have for them; of tmpfs the kernel knows more, and refuses the rest. */
static int check_options(const struct str_list *options)
{
	static const char words[] =
		"ro|rw|rro|z|Z|nocopy|bind|rbind|private|rprivate|shared|rshared|slave|rslave|"
		"unbindable|runbindable|noexec|exec|nosuid|suid|nodev|dev|noatime|nodiratime|"
		"relatime|strictatime|nosymfollow|U|cached|delegated|consistent";

	for (size_t i = 0; i < options->count; i++)
		if (str_find_word(words, options->items[i]) < 0)
			return err_set(EINVAL,
				       "unknown option '%s': expected words as ro, rw, "
				       "noexec, nosuid, nodev, rshared, nocopy",
				       options->items[i]);
	return 0;
}

/* The image's VOLUME, and what --shm-size makes, are there unless something else is asked for. */
static bool is_default(const struct box_mount *mount)
{
	return mount->anonymous || strcmp(mount->target, "/dev/shm") == 0;
}

int run_add_mount(struct box *box, struct box_mount mount)
{
	struct box_mount *items;

	if (strcmp(mount.type, "tmpfs") != 0 && check_options(&mount.options) < 0)
		return -1;
	for (size_t i = 0; i < box->mounts.count; i++)
		if (strcmp(box->mounts.items[i].target, mount.target) == 0) {
			if (!is_default(&box->mounts.items[i]))
				return err_set(EINVAL,
					       "%s: there is a mount already, which it would hide",
					       mount.target);
			box->mounts.items[i] = mount;
			return 0;
		}
	items = arena_alloc(&box->arena, (box->mounts.count + 1) * sizeof(*items));
	if (!items)
		return -1;
	if (box->mounts.count)
		memcpy(items, box->mounts.items, box->mounts.count * sizeof(*items));
	items[box->mounts.count++] = mount;
	box->mounts.items = items;
	return 0;
}

/* Absolute, without a slash at its end; "/" itself cannot be mounted on. */
static int tidy_target(const char *given, struct arena *arena, char **ret_target)
{
	size_t length = strlen(given);
	char *target;

	while (length > 1 && given[length - 1] == '/')
		length--;
	if (*given != '/' || length == 1)
		return err_set(EINVAL, "'%s': expected an absolute path inside, and not /", given);
	target = arena_copy(arena, given, length);
	if (!target)
		return -1;
	*ret_target = target;
	return 0;
}

int run_add_anonymous(struct box *box, const char *target)
{
	struct box_mount mount = {.type = (char *)"volume", .anonymous = true};

	if (tidy_target(target, &box->arena, &mount.target) < 0 ||
	    box_make_id(&box->arena, &mount.source) < 0)
		return -1;
	return run_add_mount(box, mount);
}

static int add_options(struct box *box, const char *text, struct str_list *options)
{
	return text ? str_split(text, ",", &box->arena, options) : 0;
}

static bool is_path(const char *source)
{
	return *source == '/' || *source == '.' || *source == '~';
}

/* A path of the host, made absolute now: later there may be another working directory. */
static int find_source(struct box *box, const char *given, char **ret_source)
{
	auto_free char *real = realpath(given, NULL);

	if (!real && errno == ENOENT)
		return err_set(ENOENT,
			       "%s: there is no such file or directory on the host: make it first",
			       given);
	if (!real)
		return err_sys("%s", given);
	*ret_source = arena_format(&box->arena, "%s", real);
	return *ret_source ? 0 : -1;
}

/* [SOURCE:]TARGET[:OPTIONS] */
static int parse_volume(struct box *box, const char *text)
{
	char *rest = arena_format(&box->arena, "%s", text), *first, *second, *third;
	struct box_mount mount = {.type = (char *)"volume"};

	if (!rest)
		return -1;
	first = strsep(&rest, ":");
	second = strsep(&rest, ":");
	third = rest;
	if (!second)
		return run_add_anonymous(box, first);
	if (tidy_target(second, &box->arena, &mount.target) < 0 ||
	    add_options(box, third, &mount.options) < 0)
		return -1;
	if (is_path(first)) {
		mount.type = (char *)"bind";
		if (find_source(box, first, &mount.source) < 0)
			return -1;
	} else {
		if (strchr(first, '/'))
			return err_set(EINVAL, "'%s': a path of the host begins with / or ./",
				       first);
		if (box_check_name(first) < 0)
			return err_wrap("volume");
		mount.source = first;
	}
	return run_add_mount(box, mount);
}

/* DIR[:OPTIONS] */
static int parse_tmpfs(struct box *box, const char *text)
{
	char *rest = arena_format(&box->arena, "%s", text), *target;
	struct box_mount mount = {.type = (char *)"tmpfs"};

	if (!rest)
		return -1;
	target = strsep(&rest, ":");
	if (tidy_target(target, &box->arena, &mount.target) < 0 ||
	    add_options(box, rest, &mount.options) < 0)
		return -1;
	return run_add_mount(box, mount);
}

/* --- --mount KEY=VALUE,... --- */

enum { KEY_TYPE, KEY_SOURCE, KEY_TARGET, KEY_OPTION, KEY_NEGATED, KEY_IGNORED };

static const struct {
	const char *key;
	int kind;
	const char *prefix; /* of the option that it becomes */
} mount_keys[] = {
	{"type", KEY_TYPE, NULL},
	{"source", KEY_SOURCE, NULL},
	{"src", KEY_SOURCE, NULL},
	{"target", KEY_TARGET, NULL},
	{"destination", KEY_TARGET, NULL},
	{"dst", KEY_TARGET, NULL},
	{"readonly", KEY_NEGATED, "ro"},
	{"ro", KEY_NEGATED, "ro"},
	{"bind-propagation", KEY_OPTION, ""},
	{"bind-nonrecursive", KEY_NEGATED, "bind"},
	{"tmpfs-size", KEY_OPTION, "size="},
	{"tmpfs-mode", KEY_OPTION, "mode="},
	{"volume-nocopy", KEY_NEGATED, "nocopy"},
	{"consistency", KEY_IGNORED, NULL},
	{"relabel", KEY_IGNORED, NULL},
};

static int add_option(struct box *box, struct box_mount *mount, const char *prefix,
		      const char *value)
{
	char *option = arena_format(&box->arena, "%s%s", prefix, value);

	return option ? str_list_add(&mount->options, &box->arena, option) : -1;
}

static int take_key(struct box *box, struct box_mount *mount, size_t row, char *value)
{
	bool off = value && (strcmp(value, "false") == 0 || strcmp(value, "0") == 0);

	switch (mount_keys[row].kind) {
	case KEY_TYPE:
		mount->type = value;
		return 0;
	case KEY_SOURCE:
		mount->source = value;
		return 0;
	case KEY_TARGET:
		return tidy_target(value ? value : "", &box->arena, &mount->target);
	case KEY_NEGATED:
		return off ? 0 : add_option(box, mount, mount_keys[row].prefix, "");
	case KEY_OPTION:
		return add_option(box, mount, mount_keys[row].prefix, value ? value : "");
	default:
		return 0;
	}
}

static int parse_keys(struct box *box, char *text, struct box_mount *mount)
{
	char *pair;

	while ((pair = strsep(&text, ","))) {
		char *value = pair, *key = strsep(&value, "=");
		size_t row = 0;

		while (row < ARRAY_SIZE(mount_keys) && strcmp(mount_keys[row].key, key) != 0)
			row++;
		if (row == ARRAY_SIZE(mount_keys))
			return err_set(EINVAL,
				       "unknown key '%s': type, source, target, readonly, "
				       "bind-propagation, tmpfs-size, tmpfs-mode, volume-nocopy",
				       key);
		if (take_key(box, mount, row, value) < 0)
			return -1;
	}
	return 0;
}

static int parse_mount(struct box *box, const char *text)
{
	char *copy = arena_format(&box->arena, "%s", text);
	struct box_mount mount = {.type = (char *)"volume"};

	if (!copy || parse_keys(box, copy, &mount) < 0)
		return -1;
	if (!mount.target)
		return err_set(EINVAL, "target= is missing");
	if (strcmp(mount.type, "tmpfs") != 0 && check_options(&mount.options) < 0)
		return -1;
	if (strcmp(mount.type, "bind") == 0) {
		if (!mount.source)
			return err_set(EINVAL, "source= is missing");
		if (find_source(box, mount.source, &mount.source) < 0)
			return -1;
	} else if (strcmp(mount.type, "volume") == 0) {
		if (!mount.source)
			return run_add_anonymous(box, mount.target);
		if (box_check_name(mount.source) < 0)
			return err_wrap("volume");
	} else if (strcmp(mount.type, "tmpfs") != 0) {
		return err_set(EINVAL, "type=%s: expected bind, volume or tmpfs", mount.type);
	}
	return run_add_mount(box, mount);
}

static int add_shm(const struct opt_i64 *size, struct box *box)
{
	struct box_mount mount = {.type = (char *)"tmpfs", .target = (char *)"/dev/shm"};
	char *options = arena_format(&box->arena, "nosuid,noexec,nodev,mode=1777,size=%lld",
				     (long long)size->value);

	if (size->value <= 0)
		return err_set(ERANGE, "--shm-size: expected a size, as 64M");
	return !options || add_options(box, options, &mount.options) < 0
		       ? -1
		       : run_add_mount(box, mount);
}

int run_add_mounts(const struct run_options *options, struct box *box)
{
	if (options->shm_size.set && add_shm(&options->shm_size, box) < 0)
		return -1;
	for (size_t i = 0; i < options->volumes.count; i++)
		if (parse_volume(box, options->volumes.items[i]) < 0)
			return err_wrap("--volume %s", options->volumes.items[i]);
	for (size_t i = 0; i < options->mounts.count; i++)
		if (parse_mount(box, options->mounts.items[i]) < 0)
			return err_wrap("--mount %s", options->mounts.items[i]);
	for (size_t i = 0; i < options->tmpfs.count; i++)
		if (parse_tmpfs(box, options->tmpfs.items[i]) < 0)
			return err_wrap("--tmpfs %s", options->tmpfs.items[i]);
	return 0;
}
