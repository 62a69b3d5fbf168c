/* mount_opts.c: the table of mount options. See mount_opts.h; next file: mount_fs.c */
#include "mount_opts.h"
#include "../base/err.h"
#include "../base/sys.h"

#include <string.h>

enum kind {
	ATTRIBUTE,   /* set and clear are MOUNT_ATTR_* of the mount */
	RECURSIVE,   /* the same of the mounts below it, too */
	SUPERBLOCK,  /* set and clear are MS_* of the file system */
	PROPAGATION, /* set is one of MS_PRIVATE ...; with MS_REC: of the whole tree */
	FEATURE,     /* set is one of enum feature */
};

enum feature {
	NOTHING,
	BIND,
	RBIND,
	REMOUNT,
	TMPCOPYUP,
	IDMAP,
	RIDMAP,
	COPY_SYMLINK,
	NOFOLLOW_SOURCE,
	NOFOLLOW_TARGET,
};

struct option {
	const char *name;
	enum kind kind;
	uint64_t set, clear;
};

/*
 * The access time is one field of MOUNT_ATTR__ATIME's bits, and relatime is its value 0. What
 * takes an other value back ("atime", "norelatime") means the kernel's default, relatime.
 */
static const struct option options[] = {
	{"defaults", FEATURE, NOTHING},
	{"ro", ATTRIBUTE, MOUNT_ATTR_RDONLY},
	{"rw", ATTRIBUTE, 0, MOUNT_ATTR_RDONLY},
	{"nosuid", ATTRIBUTE, MOUNT_ATTR_NOSUID},
	{"suid", ATTRIBUTE, 0, MOUNT_ATTR_NOSUID},
	{"nodev", ATTRIBUTE, MOUNT_ATTR_NODEV},
	{"dev", ATTRIBUTE, 0, MOUNT_ATTR_NODEV},
	{"noexec", ATTRIBUTE, MOUNT_ATTR_NOEXEC},
	{"exec", ATTRIBUTE, 0, MOUNT_ATTR_NOEXEC},
	{"nosymfollow", ATTRIBUTE, MOUNT_ATTR_NOSYMFOLLOW},
	{"symfollow", ATTRIBUTE, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"nodiratime", ATTRIBUTE, MOUNT_ATTR_NODIRATIME},
	{"diratime", ATTRIBUTE, 0, MOUNT_ATTR_NODIRATIME},
	{"noatime", ATTRIBUTE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"strictatime", ATTRIBUTE, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"relatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"atime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"norelatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"nostrictatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},

	{"rro", RECURSIVE, MOUNT_ATTR_RDONLY},
	{"rrw", RECURSIVE, 0, MOUNT_ATTR_RDONLY},
	{"rnosuid", RECURSIVE, MOUNT_ATTR_NOSUID},
	{"rsuid", RECURSIVE, 0, MOUNT_ATTR_NOSUID},
	{"rnodev", RECURSIVE, MOUNT_ATTR_NODEV},
	{"rdev", RECURSIVE, 0, MOUNT_ATTR_NODEV},
	{"rnoexec", RECURSIVE, MOUNT_ATTR_NOEXEC},
	{"rexec", RECURSIVE, 0, MOUNT_ATTR_NOEXEC},
	{"rnosymfollow", RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW},
	{"rsymfollow", RECURSIVE, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"rnodiratime", RECURSIVE, MOUNT_ATTR_NODIRATIME},
	{"rdiratime", RECURSIVE, 0, MOUNT_ATTR_NODIRATIME},
	{"rnoatime", RECURSIVE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"rstrictatime", RECURSIVE, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"rrelatime", RECURSIVE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"ratime", RECURSIVE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"rnorelatime", RECURSIVE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"rnostrictatime", RECURSIVE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},

	{"sync", SUPERBLOCK, MS_SYNCHRONOUS},
	{"async", SUPERBLOCK, 0, MS_SYNCHRONOUS},
	{"dirsync", SUPERBLOCK, MS_DIRSYNC},
	{"mand", SUPERBLOCK, MS_MANDLOCK},
	{"nomand", SUPERBLOCK, 0, MS_MANDLOCK},
	{"lazytime", SUPERBLOCK, MS_LAZYTIME},
	{"nolazytime", SUPERBLOCK, 0, MS_LAZYTIME},
	{"iversion", SUPERBLOCK, MS_I_VERSION},
	{"noiversion", SUPERBLOCK, 0, MS_I_VERSION},
	{"silent", SUPERBLOCK, MS_SILENT},
	{"loud", SUPERBLOCK, 0, MS_SILENT},

	{"private", PROPAGATION, MS_PRIVATE},
	{"rprivate", PROPAGATION, MS_PRIVATE | MS_REC},
	{"slave", PROPAGATION, MS_SLAVE},
	{"rslave", PROPAGATION, MS_SLAVE | MS_REC},
	{"shared", PROPAGATION, MS_SHARED},
	{"rshared", PROPAGATION, MS_SHARED | MS_REC},
	{"unbindable", PROPAGATION, MS_UNBINDABLE},
	{"runbindable", PROPAGATION, MS_UNBINDABLE | MS_REC},

	{"bind", FEATURE, BIND},
	{"rbind", FEATURE, RBIND},
	{"remount", FEATURE, REMOUNT},
	{"tmpcopyup", FEATURE, TMPCOPYUP},
	{"idmap", FEATURE, IDMAP},
	{"ridmap", FEATURE, RIDMAP},
	{"copy-symlink", FEATURE, COPY_SYMLINK},
	{"src-nofollow", FEATURE, NOFOLLOW_SOURCE},
	{"dest-nofollow", FEATURE, NOFOLLOW_TARGET},
};

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static void apply_feature(struct mount_opts *opts, enum feature feature)
{
	switch (feature) {
	case NOTHING:
		break;
	case BIND:
	case RBIND:
		opts->bind = true;
		opts->recursive = opts->recursive || feature == RBIND;
		break;
	case REMOUNT:
		opts->remount = true;
		break;
	case TMPCOPYUP:
		opts->tmpcopyup = true;
		break;
	case IDMAP:
	case RIDMAP:
		opts->idmap = true;
		opts->ridmap = opts->ridmap || feature == RIDMAP;
		break;
	case COPY_SYMLINK:
		opts->copy_symlink = true;
		break;
	case NOFOLLOW_SOURCE:
		opts->nofollow_source = true;
		break;
	case NOFOLLOW_TARGET:
		opts->nofollow_target = true;
		break;
	}
}

static void apply_bits(const struct option *option, uint64_t *set, uint64_t *clear)
{
	*set = (*set & ~option->clear) | option->set;
	/* What an earlier option cleared and this one sets is set; the access time's bits stay. */
	*clear = (*clear & ~(option->set & ~(uint64_t)MOUNT_ATTR__ATIME)) | option->clear;
}

static void apply_option(struct mount_opts *opts, const struct option *option)
{
	switch (option->kind) {
	case ATTRIBUTE:
		apply_bits(option, &opts->attr_set, &opts->attr_clear);
		break;
	case RECURSIVE:
		apply_bits(option, &opts->rec_set, &opts->rec_clear);
		break;
	case SUPERBLOCK:
		opts->sb_flags = (opts->sb_flags & ~option->clear) | option->set;
		opts->sb_clear = (opts->sb_clear & ~option->set) | option->clear;
		break;
	case PROPAGATION:
		opts->propagation = option->set & ~(uint64_t)MS_REC;
		opts->propagation_recursive = option->set & MS_REC;
		break;
	case FEATURE:
		apply_feature(opts, option->set);
		break;
	}
}

int mount_opts_parse(const struct spec_mount *mount, struct arena *arena,
		     struct mount_opts *ret_opts)
{
	struct mount_opts opts = {.bind = mount->type && strcmp(mount->type, "bind") == 0};

	for (size_t i = 0; i < mount->options.count; i++) {
		char *word = mount->options.items[i];
		const struct option *option = find_option(word);

		if (option)
			apply_option(&opts, option);
		else if (*word && str_list_add(&opts.data, arena, word) < 0)
			return -1;
	}
	if (mount->uid_mappings.count || mount->gid_mappings.count)
		opts.idmap = true;
	if (opts.idmap && !opts.bind)
		return err_set(EINVAL, "only a bind mount can have mapped IDs: add \"bind\"");
	opts.readonly_fs = (opts.attr_set | opts.rec_set) & MOUNT_ATTR_RDONLY;
	*ret_opts = opts;
	return 0;
}

unsigned long mount_opts_propagation(const char *word)
{
	const struct option *option = word ? find_option(word) : NULL;

	if (!option || option->kind != PROPAGATION)
		return MS_SLAVE | MS_REC;
	return option->set;
}

const char *mount_opts_data(const struct mount_opts *opts, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = opts->data.count; i-- > 0;) {
		const char *word = opts->data.items[i];

		if (strncmp(word, key, length) == 0 && word[length] == '=')
			return word + length + 1;
	}
	return NULL;
}

int mount_opts_list(struct arena *arena, struct str_list *ret_names)
{
	struct str_list names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (str_list_add(&names, arena, (char *)options[i].name) < 0)
			return -1;
	*ret_names = names;
	return 0;
}
