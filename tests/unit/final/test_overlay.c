/*
 * test_overlay.c: the three ways to mount overlayfs, with one layer and with 450, in a mount
 * namespace of our own. As root.
 *
 * Tests: base/err.c base/str.c base/fd.c base/path.c base/proc.c base/sys.c image/overlay.c
 */
#include "base/err.h"
#include "base/sys.h"
#include "image/overlay.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
/* cmocka wants them first */
#include <cmocka.h>

enum { MANY = 450, MOUNT_PRIVATE = 1 << 18, MOUNT_RECURSIVE = 1 << 14 };

static int begin(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 ||
	    sys_mount(NULL, "/", NULL, MOUNT_PRIVATE | MOUNT_RECURSIVE, NULL) < 0 ||
	    sys_mount("tmpfs", "/mnt", "tmpfs", 0, NULL) < 0)
		return -1;
	return 0;
}

static int make_dir(const char *name)
{
	int fd;

	assert_true(mkdir(name, 0755) == 0 || errno == EEXIST);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void make_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void check_way(enum overlay_way way, int count)
{
	struct overlay overlay = {.count = count, .volatile_upper = true};
	int fds[MANY], merged;
	char name[32];

	assert_int_equal(chdir("/mnt"), 0);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "layer%d", i);
		fds[i] = make_dir(name);
		snprintf(name, sizeof(name), "file%d", i);
		make_file(fds[i], name);
	}
	overlay.lowers = fds;
	overlay.upper_fd = make_dir("upper");
	snprintf(name, sizeof(name), "work%d.%d", way, count); /* a volatile one is used up */
	overlay.work_fd = make_dir(name);
	merged = make_dir("merged");
	if (overlay_mount_by(&overlay, way, merged) < 0 && err_last()->code != EOPNOTSUPP)
		fail_msg("way %d, %d layers: %s", way, count, err_last()->text);
	close(merged);
	if (err_last()->code != EOPNOTSUPP) {
		snprintf(name, sizeof(name), "merged/file%d", count - 1);
		assert_int_equal(access(name, F_OK), 0);
		assert_int_equal(access("merged/file0", F_OK), 0);
		assert_int_equal(sys_umount2("merged", 0), 0);
	}
	for (int i = 0; i < count; i++)
		close(fds[i]);
	close(overlay.upper_fd);
	close(overlay.work_fd);
}

static void test_ways(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	for (int way = 0; way < OVERLAY_WAYS; way++) {
		check_way(way, 1);
		check_way(way, MANY);
	}
}

/* An upper directory on overlayfs: the kernel's own words, and what helps. */
static void test_refused(void **state)
{
	struct overlay overlay = {.count = 1};
	int lower, merged;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chdir("/mnt"), 0);
	lower = make_dir("lower");
	merged = make_dir("merged");
	overlay.lowers = &lower;
	overlay.upper_fd = make_dir("/proc/self");
	overlay.work_fd = make_dir("/proc/self");
	assert_int_equal(overlay_mount(&overlay, merged), -1);
	assert_non_null(strstr(err_last()->text, "mount overlayfs"));
	close(overlay.upper_fd);
	close(overlay.work_fd);
	close(lower);
	close(merged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
