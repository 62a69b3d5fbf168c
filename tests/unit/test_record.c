/*
 * test_record.c: phase06's records: what is read from files that are whole, cut off, or garbage,
 * and whom the two locks let in. What it looks like from outside is tested by
 * tests/checks/phase06.bash.
 * Tests: phase06-cleanup record.c place.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "husk.h"
#include "place.h"
#include "record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char state[] = "/tmp/husk-test-XXXXXX";
static struct record seen[8];
static int seen_count;

static int remember(const struct record *record, int index)
{
	assert_int_equal(index, seen_count);
	assert_true(seen_count < 8);
	seen[seen_count++] = *record;
	return strcmp(record->name, "bad") == 0 ? -1 : 0;
}

static int look(void)
{
	seen_count = 0;
	return record_each(remember);
}

static int set_up(void **unused)
{
	(void)unused;
	if (!mkdtemp(state))
		return -1;
	return setenv("HUSK_STATE", state, 1);
}

static int tear_down(void **unused)
{
	char path[64];

	(void)unused;
	snprintf(path, sizeof(path), "%s/records", state);
	rmdir(path);
	rmdir(state);
	return access(state, F_OK) == 0 ? -1 : 0;
}

/* A record as it could lie there: SIZE bytes of TEXT. */
static void put(const char *name, const char *text, size_t size)
{
	char path[320];
	int fd;

	assert_int_equal(place_make(state, "records"), 0);
	snprintf(path, sizeof(path), "%s/records/%s", state, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
}

/* Runs test() in a child, for the locks of a process are no obstacle to itself. */
static int in_child(int (*test)(const char *name), const char *name)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test(name));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int is_taken(const char *name)
{
	struct record record;

	return record_take(name, &record) < 0;
}

static int is_running(const char *name)
{
	look();
	return seen_count == 1 && strcmp(seen[0].name, name) == 0 && seen[0].is_running;
}

static int held_record;
static int is_held(const char *name)
{
	struct config cfg = {.name = name, .record = held_record};

	return record_is_held(&cfg);
}

static void test_life(void **unused)
{
	char *argv[] = {"sh", "-c", "echo\n\033[31m\xff", NULL};
	struct config cfg = {.name = "mine", .argv = argv};
	struct stat st;

	(void)unused;
	assert_int_equal(record_create(&cfg), 0);
	assert_int_equal(fstat(cfg.record, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	held_record = cfg.record;
	assert_true(in_child(is_taken, "mine"));
	assert_true(in_child(is_running, "mine"));
	assert_true(in_child(is_held, "mine"));
	assert_int_equal(record_add_child(&cfg, getpid()), 0);
	assert_int_equal(record_add_child(&cfg, 0), -1); /* nobody has that pid */
	close(cfg.record);				 /* as if we were dead */
	assert_false(in_child(is_taken, "mine"));
	look();
	assert_int_equal(seen_count, 1);
	assert_string_equal(seen[0].command, "sh -c echo??[31m?");
	assert_int_equal(seen[0].pid, getpid());
	assert_true(seen[0].start_time == record_start_time(getpid()) && seen[0].start_time > 0);
	record_remove("mine");
	look();
	assert_int_equal(seen_count, 0);
}

static void test_chosen_names(void **unused)
{
	char *argv[] = {"true", NULL};
	struct config first = {.argv = argv}, second = {.argv = argv}, same;

	(void)unused;
	assert_int_equal(record_create(&first), 0);
	assert_int_equal(record_create(&second), 0);
	assert_string_not_equal(first.name, second.name);
	same = second;
	assert_int_equal(record_create(&same), -1);
	close(first.record);
	close(second.record);
	record_remove(first.name);
	record_remove(second.name);
	record_remove(second.name); /* a second time does no harm */
	free((char *)first.name);
	free((char *)second.name);
}

/* However many bytes of a record have been written: no more is read than is there. */
static void test_cut_off(void **unused)
{
	const char whole[] = "created 1795453936\ncommand sleep 60\ninit 4711 99887766\n";

	(void)unused;
	for (size_t size = 0; size < sizeof(whole); size++) {
		put("cut", whole, size);
		assert_int_equal(look(), 0);
		assert_int_equal(seen_count, 1);
		assert_true(strncmp("sleep 60", seen[0].command, strlen(seen[0].command)) == 0);
		assert_false(seen[0].is_running);
		assert_true(seen[0].start_time == 0 || seen[0].pid == 4711);
	}
	assert_int_equal(seen[0].created, 1795453936);
	assert_true(seen[0].start_time == 99887766);
	record_remove("cut");
}

static void test_garbage(void **unused)
{
	char text[3000];

	(void)unused;
	srand(1);
	for (int i = 0; i < 500; i++) {
		size_t size = rand() % sizeof(text);

		for (size_t j = 0; j < size; j++)
			text[j] = rand() % 4 ? "created init command 9\n\n-"[rand() % 25] : rand();
		put("bad", text, size);
		assert_int_equal(look(), 1);
		assert_int_equal(seen_count, 1);
		for (const char *c = seen[0].command; *c; c++)
			assert_in_range(*c, ' ', '~');
	}
	record_remove("bad");
}

static void test_other_names(void **unused)
{
	const char *const names[] = {".hidden", "a b", "two\nlines", "a\"b", "-\033[31m"};
	char path[64];

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(names[i], "", 0);
	put("fine_1.x-y", "", 0);
	assert_int_equal(look(), 0);
	assert_int_equal(seen_count, 1);
	assert_string_equal(seen[0].name, "fine_1.x-y");
	record_remove("fine_1.x-y");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/records/%s", state, names[i]);
		unlink(path);
	}
}

static void test_start_time(void **unused)
{
	(void)unused;
	assert_true(record_start_time(1) < record_start_time(getpid()));
	assert_int_equal(record_start_time(0), 0);
	assert_int_equal(record_start_time(-1), 0);
}

static void test_places(void **unused)
{
	char path[64];

	(void)unused;
	assert_string_equal(place_state(), state);
	assert_int_equal(place_make(state, "a/b"), 0);
	assert_int_equal(place_make(state, "a/b"), 0);
	snprintf(path, sizeof(path), "%s/a/link", state);
	assert_int_equal(symlink("b", path), 0);
	assert_int_equal(place_make(state, "a/link"), -1); /* whoever made it */
	assert_int_equal(place_make(state, "a/link/c"), 0);
	put("file", "", 0);
	assert_int_equal(place_make(state, "records/file"), -1);
	assert_int_equal(place_make(state, "records/file/c"), -1);
	record_remove("file");
	unlink(path);
	snprintf(path, sizeof(path), "%s/a/b/c", state);
	rmdir(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	setenv("HUSK_STATE", "relative", 1); /* would depend on where we are */
	assert_int_equal(place_state()[0], '/');
	setenv("HUSK_STATE", state, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),	    cmocka_unit_test(test_chosen_names),
		cmocka_unit_test(test_cut_off),	    cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_other_names), cmocka_unit_test(test_start_time),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("record", tests, set_up, tear_down);
}
