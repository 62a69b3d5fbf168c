/*
 * test_path.c: paths below a root that is not trusted: a directory "root" and, beside it, "outside"
 * that nothing may reach or change.
 *
 * Tests: base/path.c base/err.c base/sys.c
 */
#include "base/err.h"
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char base[] = "/tmp/test-path-XXXXXX";
static int base_fd, root;

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(base))
		return -1;
	base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(base_fd, "root", 0755) || mkdirat(base_fd, "outside", 0755))
		return -1;
	root = openat(base_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mkdirat(root, "dir", 0755) || symlinkat("../outside", root, "up") ||
			       symlinkat("/tmp", root, "abs") || symlinkat("dir", root, "link") ||
			       symlinkat("loop", root, "loop") ||
			       symlinkat("/run/late/file", root, "dangling") ||
			       symlinkat("../../../../run/rel", root, "dangling-up") ||
			       symlinkat("/proc/self/fd", root, "fds")
		       ? -1
		       : 0;
}

static int remove_tree(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	close(root);
	close(base_fd);
	return system(command);
}

/* The one that fd is, as a path below the root; "!..." if it is not below it. */
static const char *place(int fd)
{
	static char text[PATH_MAX];
	char prefix[PATH_MAX];
	ssize_t length = readlink(path_of_fd(fd).text, text, sizeof(text) - 1);

	assert_true(length > 0);
	text[length] = '\0';
	snprintf(prefix, sizeof(prefix), "%s/root", base);
	close(fd);
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		*text = '!';
	return *text == '!' ? text : text + strlen(prefix);
}

static const char *made_dir(const char *path)
{
	int fd = -1;

	if (path_make_dir(root, path, 0755, &fd) < 0)
		return err_last()->text;
	return place(fd);
}

static const char *made_file(const char *path)
{
	int fd = -1;

	if (path_make_file(root, path, 0644, &fd) < 0)
		return err_last()->text;
	return place(fd);
}

static void test_open_stays_inside(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(path_open(root, "/dir", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "/dir");
	assert_int_equal(path_open(root, "dir", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "/dir");
	assert_int_equal(path_open(root, "../../dir", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "/dir");
	assert_int_equal(path_open(root, "/link/../link/.", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "/dir");
	assert_int_equal(path_open(root, "", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "");
	assert_int_equal(path_open(root, "/", O_PATH, &fd), 0);
	assert_string_equal(place(fd), "");
}

static void test_open_refuses(void **state)
{
	int fd = -7;

	(void)state;
	assert_int_equal(path_open(root, "/up", O_PATH, &fd), -1);
	assert_int_equal(err_last()->code, ENOENT);
	assert_int_equal(path_open(root, "/abs", O_PATH, &fd), -1);
	assert_int_equal(path_open(root, "/loop", O_PATH, &fd), -1);
	assert_int_equal(err_last()->code, ELOOP);
	assert_int_equal(path_open(root, "/dir/none", O_PATH, &fd), -1);
	assert_non_null(strstr(err_last()->text, "/dir/none"));
	assert_int_equal(fd, -7); /* only assigned on success */
}

static void test_magic_links(void **state)
{
	auto_close int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[40];
	int fd = -1;

	(void)state;
	snprintf(path, sizeof(path), "/%d/root", getpid());
	assert_int_equal(path_open(proc, path, O_PATH, &fd), -1);
	assert_int_equal(err_last()->code, ELOOP);
	snprintf(path, sizeof(path), "/%d/fd/%d/x", getpid(), base_fd);
	assert_int_equal(path_open(proc, path, O_PATH, &fd), -1);
	assert_int_equal(path_make_dir(proc, path, 0755, &fd), -1);
}

static void test_no_links(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(path_open_no_links(root, "/dir", O_PATH, &fd), 0);
	close(fd);
	assert_int_equal(path_open_no_links(root, "/link", O_PATH, &fd), -1);
	assert_int_equal(err_last()->code, ELOOP);
	assert_int_equal(path_open_no_links(root, "/link/x", O_PATH, &fd), -1);
	assert_int_equal(err_last()->code, ELOOP);
}

static void test_make(void **state)
{
	struct stat st;

	(void)state;
	assert_string_equal(made_dir("/a/b/c"), "/a/b/c");
	assert_string_equal(made_dir("/a/b/c"), "/a/b/c");
	assert_string_equal(made_dir("a2//b/./c/"), "/a2/b/c");
	assert_string_equal(made_dir("/link/new"), "/dir/new");
	assert_string_equal(made_dir("/../../x/../y"), "/y");
	assert_string_equal(made_dir("/"), "");
	assert_string_equal(made_file("/f/g/file"), "/f/g/file");
	assert_string_equal(made_file("file"), "/file");
	assert_string_equal(made_file("/link/file"), "/dir/file");
	assert_int_equal(fstatat(root, "f/g/file", &st, 0), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size == 0);
	assert_int_equal(fstatat(root, "f/g", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
}

/* A link that leads nowhere is followed below the root, and what it names is made there. */
static void test_make_through_links(void **state)
{
	(void)state;
	assert_string_equal(made_file("/dangling"), "/run/late/file");
	assert_string_equal(made_dir("/dangling-up/sub"), "/run/rel/sub");
	assert_string_equal(made_dir("/up/x"), "/outside/x");
	assert_string_equal(made_file("/abs/y"), "/tmp/y");
	/* proc/self is no magic link here: there is only a directory of that name. */
	assert_string_equal(made_dir("/fds/3/z"), "/proc/self/fd/3/z");
}

static void test_make_refuses(void **state)
{
	int fd = -7;

	(void)state;
	assert_int_equal(path_make_dir(root, "/loop/x", 0755, &fd), -1);
	assert_int_equal(err_last()->code, ELOOP);
	assert_int_equal(path_make_dir(root, "/file/x", 0755, &fd), -1);
	assert_int_equal(err_last()->code, ENOTDIR);
	assert_int_equal(path_make_dir(root, "/file", 0755, &fd), -1);
	assert_int_equal(err_last()->code, ENOTDIR);
	assert_int_equal(fd, -7);
}

static void test_outside_is_untouched(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/outside", base);
	assert_int_equal(rmdir(path), 0); /* that is: it is empty */
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_not_equal(access("/tmp/y", F_OK), 0);
}

static void test_parent(void **state)
{
	const char *name;
	int fd;

	(void)state;
	assert_int_equal(path_open_parent(root, "/dir/x", &fd, &name), 0);
	assert_string_equal(name, "x");
	assert_string_equal(place(fd), "/dir");
	assert_int_equal(path_open_parent(root, "/x", &fd, &name), 0);
	assert_string_equal(name, "x");
	assert_string_equal(place(fd), "");
	assert_int_equal(path_open_parent(root, "/", &fd, &name), 0);
	assert_string_equal(name, ".");
	close(fd);
	assert_int_equal(path_open_parent(root, "/none/x", &fd, &name), -1);
}

static void test_clean(void **state)
{
	static const char *const dirty[] = {"",	    "a",    "/",   "//",      "/a/", "/a//b",
					    "/./a", "/a/.", "/..", "/a/../b", "a/b"};

	(void)state;
	assert_true(path_is_clean("/a"));
	assert_true(path_is_clean("/a/..b/.c/d..."));
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++)
		if (path_is_clean(dirty[i]))
			fail_msg("'%s' is said to be clean", dirty[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_stays_inside),
		cmocka_unit_test(test_open_refuses),
		cmocka_unit_test(test_magic_links),
		cmocka_unit_test(test_no_links),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_make_through_links),
		cmocka_unit_test(test_make_refuses),
		cmocka_unit_test(test_outside_is_untouched),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests_name("path", tests, make_tree, remove_tree);
}
