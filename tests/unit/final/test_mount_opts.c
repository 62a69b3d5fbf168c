/*
 * test_mount_opts.c: the table of mount options.
 *
 * Tests: kernel/mount_opts.c base/err.c base/str.c
 */
#include "base/err.h"
#include "base/sys.h"
#include "kernel/mount_opts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Parses a list of words, comma by comma, of a mount of this type. */
static int parse(const char *type, const char *words, struct arena *arena, struct mount_opts *opts)
{
	struct spec_mount mount = {.destination = (char[]){"/x"}, .type = (char *)type};
	char *copy = arena_copy(arena, words, strlen(words));

	for (char *word = strtok(copy, ","); word; word = strtok(NULL, ","))
		assert_int_equal(str_list_add(&mount.options, arena, word), 0);
	return mount_opts_parse(&mount, arena, opts);
}

struct expected {
	const char *words;
	uint64_t attr_set, attr_clear, rec_set, rec_clear, propagation;
	unsigned long sb_flags, sb_clear;
};

#define ATIME MOUNT_ATTR__ATIME

static const struct expected expected[] = {
	{""},
	{"defaults"},
	{"ro", MOUNT_ATTR_RDONLY},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid,nodev,noexec", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
	{"suid,dev,exec", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
	{"nodiratime", MOUNT_ATTR_NODIRATIME},
	/* the later one counts */
	{"ro,rw", 0, MOUNT_ATTR_RDONLY},
	{"rw,ro", MOUNT_ATTR_RDONLY},
	/* the access time is one value of three */
	{"noatime", MOUNT_ATTR_NOATIME, ATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME, ATIME},
	{"relatime", 0, ATIME},
	{"noatime,strictatime", MOUNT_ATTR_STRICTATIME, ATIME},
	{"strictatime,noatime", MOUNT_ATTR_NOATIME, ATIME},
	{"noatime,atime", 0, ATIME},
	{"norelatime", 0, ATIME},
	/* recursive ones are apart */
	{"rro", 0, 0, MOUNT_ATTR_RDONLY},
	{"rrw", 0, 0, 0, MOUNT_ATTR_RDONLY},
	{"rnosuid,ro", MOUNT_ATTR_RDONLY, 0, MOUNT_ATTR_NOSUID},
	{"rnoatime", 0, 0, MOUNT_ATTR_NOATIME, ATIME},
	{"rnodev,rnoexec,rnosymfollow,rnodiratime", 0, 0,
	 MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME},
	/* propagation */
	{"private", .propagation = MS_PRIVATE},
	{"rshared,rslave", .propagation = MS_SLAVE},
	{"unbindable", .propagation = MS_UNBINDABLE},
	/* the superblock's */
	{"sync,dirsync,mand,lazytime,iversion,silent", .sb_flags = MS_SYNCHRONOUS | MS_DIRSYNC |
								   MS_MANDLOCK | MS_LAZYTIME |
								   MS_I_VERSION | MS_SILENT},
	{"sync,async,mand,nomand,lazytime,nolazytime,iversion,noiversion,silent,loud",
	 .sb_clear = MS_SYNCHRONOUS | MS_MANDLOCK | MS_LAZYTIME | MS_I_VERSION | MS_SILENT},
	{"async,sync,nolazytime", .sb_flags = MS_SYNCHRONOUS, .sb_clear = MS_LAZYTIME},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct expected *e = &expected[i];
		struct arena arena = {0};
		struct mount_opts opts;

		assert_int_equal(parse("tmpfs", e->words, &arena, &opts), 0);
		if (opts.attr_set != e->attr_set || opts.attr_clear != e->attr_clear ||
		    opts.rec_set != e->rec_set || opts.rec_clear != e->rec_clear ||
		    opts.propagation != e->propagation || opts.sb_flags != e->sb_flags ||
		    opts.sb_clear != e->sb_clear || opts.data.count || opts.bind)
			fail_msg("'%s' is not what it should be", e->words);
		arena_free(&arena);
	}
}

static void test_features(void **state)
{
	struct arena arena = {0};
	struct mount_opts opts;

	(void)state;
	assert_int_equal(parse("none", "bind", &arena, &opts), 0);
	assert_true(opts.bind && !opts.recursive);
	assert_int_equal(parse(NULL, "rbind,rprivate,ro", &arena, &opts), 0);
	assert_true(opts.bind && opts.recursive && opts.propagation_recursive && opts.readonly_fs);
	assert_int_equal(parse("bind", "private", &arena, &opts), 0);
	assert_true(opts.bind && !opts.recursive && !opts.propagation_recursive);
	assert_int_equal(parse("bind", "ridmap", &arena, &opts), 0);
	assert_true(opts.idmap && opts.ridmap);
	assert_int_equal(parse("bind", "idmap,copy-symlink,src-nofollow,dest-nofollow,remount",
			       &arena, &opts),
			 0);
	assert_true(opts.idmap && !opts.ridmap && opts.copy_symlink && opts.nofollow_source &&
		    opts.nofollow_target && opts.remount);
	assert_int_equal(parse("tmpfs", "tmpcopyup", &arena, &opts), 0);
	assert_true(opts.tmpcopyup);
	arena_free(&arena);
}

static void test_data(void **state)
{
	struct arena arena = {0};
	struct mount_opts opts;

	(void)state;
	assert_int_equal(parse("tmpfs", "size=1m,nosuid,mode=700,huge,size=2m", &arena, &opts), 0);
	assert_int_equal(opts.data.count, 4);
	assert_string_equal(opts.data.items[0], "size=1m");
	assert_string_equal(opts.data.items[2], "huge");
	assert_string_equal(mount_opts_data(&opts, "size"), "2m");
	assert_string_equal(mount_opts_data(&opts, "mode"), "700");
	assert_null(mount_opts_data(&opts, "huge"));
	assert_null(mount_opts_data(&opts, "siz"));
	/* No option is the beginning of one. */
	assert_int_equal(parse("x", "r,rox,nosui,bin", &arena, &opts), 0);
	assert_int_equal(opts.data.count, 4);
	arena_free(&arena);
}

static void test_idmap_needs_bind(void **state)
{
	struct spec_id_map map = {0, 1000, 1};
	struct spec_mount mount = {.destination = (char[]){"/x"},
				   .type = (char[]){"bind"},
				   .uid_mappings = {&map, 1},
				   .gid_mappings = {&map, 1}};
	struct arena arena = {0};
	struct mount_opts opts;

	(void)state;
	assert_int_equal(parse("tmpfs", "idmap", &arena, &opts), -1);
	assert_non_null(strstr(err_last()->text, "bind"));
	/* Mappings of its own are enough. */
	assert_int_equal(mount_opts_parse(&mount, &arena, &opts), 0);
	assert_true(opts.idmap && !opts.ridmap);
	arena_free(&arena);
}

static void test_rootfs_propagation(void **state)
{
	(void)state;
	assert_int_equal(mount_opts_propagation(NULL), MS_SLAVE | MS_REC);
	assert_int_equal(mount_opts_propagation("slave"), MS_SLAVE);
	assert_int_equal(mount_opts_propagation("rprivate"), MS_PRIVATE | MS_REC);
	assert_int_equal(mount_opts_propagation("shared"), MS_SHARED);
	assert_int_equal(mount_opts_propagation("runbindable"), MS_UNBINDABLE | MS_REC);
	assert_int_equal(mount_opts_propagation("ro"), MS_SLAVE | MS_REC);
}

/* The options of config-linux.md 1.2, each known. */
static void test_specification(void **state)
{
	static const char *const names[] = {
		"async",	  "atime",	"bind",		"defaults",    "dev",
		"diratime",	  "dirsync",	"exec",		"iversion",    "lazytime",
		"loud",		  "mand",	"noatime",	"nodev",       "nodiratime",
		"noexec",	  "noiversion", "nolazytime",	"nomand",      "norelatime",
		"nostrictatime",  "nosuid",	"nosymfollow",	"private",     "ratime",
		"rbind",	  "rdev",	"rdiratime",	"relatime",    "remount",
		"rexec",	  "rnoatime",	"rnodiratime",	"rnoexec",     "rnorelatime",
		"rnostrictatime", "rnosuid",	"rnosymfollow", "ro",	       "rprivate",
		"rrelatime",	  "rro",	"rrw",		"rshared",     "rslave",
		"rstrictatime",	  "rsuid",	"rsymfollow",	"runbindable", "rw",
		"shared",	  "silent",	"slave",	"strictatime", "suid",
		"symfollow",	  "sync",	"tmpcopyup",	"unbindable",  "idmap",
		"ridmap",	  "rnodev",
	};
	struct str_list known = {0};
	struct arena arena = {0};

	(void)state;
	assert_int_equal(mount_opts_list(&arena, &known), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool found = false;

		for (size_t k = 0; k < known.count; k++)
			found = found || strcmp(known.items[k], names[i]) == 0;
		if (!found)
			fail_msg("%s is not known", names[i]);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_idmap_needs_bind),
		cmocka_unit_test(test_rootfs_propagation),
		cmocka_unit_test(test_specification),
	};

	return cmocka_run_group_tests_name("mount_opts", tests, NULL, NULL);
}
