/*
 * test_layer.c: a tar becomes a directory of overlayfs, and a tar again: whiteouts and opaque
 * directories, in any order; names that lead out. As root: whiteouts are devices.
 *
 * Tests: base/err.c base/str.c base/fd.c base/path.c base/sys.c image/archive.c store/child.c
 * store/digest.c store/library.c image/libarchive.c image/layer_pack.c image/layer_unpack.c
 * image/overlay.c base/proc.c base/tree.c base/tree_copy.c base/log.c
 * -lnettle
 */
#include "base/err.h"
#include "base/tree.h"
#include "image/archive.h"
#include "image/layer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
/* cmocka wants them first */
#include <cmocka.h>

static char base[] = "/tmp/test-layer-XXXXXX";
static int base_fd, dir_fd;

static int make_base(void **state)
{
	(void)state;
	if (geteuid() != 0 || !mkdtemp(base))
		return geteuid() == 0 ? -1 : 0;
	base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return base_fd < 0 ? -1 : 0;
}

static int remove_base(void **state)
{
	(void)state;
	return geteuid() == 0 && (tree_remove(base_fd, "layer") < 0 || rmdir(base) < 0) ? -1 : 0;
}

/* A tar of empty files, and directories with a slash at their end, is unpacked. */
static int unpack(const char *const names[], struct layer_result *ret_result)
{
	auto_archive struct archive_writer writer = {0};
	auto_close int fd = memfd_create("tar", MFD_CLOEXEC);

	assert_int_equal(tree_remove(base_fd, "layer"), 0);
	assert_int_equal(mkdirat(base_fd, "layer", 0755), 0);
	dir_fd = openat(base_fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(archive_begin(&writer, fd), 0);
	for (; *names; names++) {
		if ((*names)[strlen(*names) - 1] == '/')
			assert_int_equal(archive_add_dir(&writer, *names), 0);
		else
			assert_int_equal(archive_add_text(&writer, *names, "", 0), 0);
	}
	assert_int_equal(archive_end(&writer), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return layer_unpack(fd, dir_fd, LAYER_IMAGE, ret_result);
}

static bool is_whiteout(const char *path)
{
	struct stat st;

	return fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(0, 0);
}

static bool is_opaque(const char *path)
{
	auto_close int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char value = 0;

	return fd >= 0 && fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static void test_whiteouts(void **state)
{
	static const char *const names[] = {"a/",
					    "a/.wh.gone",
					    ".wh.top",
					    "new/deep/.wh.x", /* directories above */
					    "kept",
					    ".wh.kept", /* this layer's own stays */
					    ".wh.d",
					    "d/",
					    "d/file", /* hides what is below d */
					    "e/",
					    "e/file",
					    ".wh.e",
					    "o/",
					    "o/.wh..wh..opq",
					    "p/.wh..wh..opq",
					    ".wh..wh.plnk",
					    "f",
					    ".wh.f",
					    NULL};
	struct layer_result result;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(unpack(names, &result), 0);
	assert_true(is_whiteout("a/gone"));
	assert_true(is_whiteout("top"));
	assert_true(is_whiteout("new/deep/x"));
	assert_false(is_whiteout("kept"));
	assert_false(is_whiteout("f"));
	assert_true(is_opaque("d"));
	assert_true(is_opaque("e"));
	assert_true(is_opaque("o"));
	assert_true(is_opaque("p"));
	assert_false(is_opaque("a"));
	assert_int_equal(faccessat(dir_fd, ".wh..wh.plnk", F_OK, 0), -1);
	assert_int_equal(faccessat(dir_fd, "e/file", F_OK, 0), 0);
	close(dir_fd);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {"../x",	"a/../../x", ".wh.",
					    "a/.wh...", "a/.wh..",   ".."};
	struct layer_result result;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *const names[] = {wrong[i], NULL};

		if (unpack(names, &result) == 0)
			fail_msg("%s was taken", wrong[i]);
		assert_non_null(strstr(err_last()->text, wrong[i]));
		close(dir_fd);
	}
}

static void test_there_and_back(void **state)
{
	static const char *const names[] = {"a/", "a/.wh.x", "d/", "d/.wh..wh..opq", "d/f", NULL};
	auto_close int first = memfd_create("first", MFD_CLOEXEC);
	auto_close int second = memfd_create("second", MFD_CLOEXEC);
	struct layer_result result, again;
	struct digest digest, same;
	uint64_t size;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(unpack(names, &result), 0);
	assert_int_equal(layer_pack(dir_fd, LAYER_OVERLAY, first, &digest, &size), 0);
	assert_int_equal(tree_remove(base_fd, "layer"), 0);
	assert_int_equal(mkdirat(base_fd, "layer", 0755), 0);
	close(dir_fd);
	dir_fd = openat(base_fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(lseek(first, 0, SEEK_SET), 0);
	assert_int_equal(layer_unpack(first, dir_fd, LAYER_IMAGE, &again), 0);
	assert_string_equal(again.diff_id.text, digest.text);
	assert_true(is_whiteout("a/x"));
	assert_true(is_opaque("d"));
	assert_int_equal(layer_pack(dir_fd, LAYER_OVERLAY, second, &same, &size), 0);
	assert_string_equal(same.text, digest.text);
	close(dir_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whiteouts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
