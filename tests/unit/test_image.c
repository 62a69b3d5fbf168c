/*
 * test_image.c: phase09's limits on what an image may unpack to, and names made fit to print. What
 * hostile members come to is tested by tests/checks/phase09.bash.
 *
 * Tests: phase09-overlay image.c ns.c place.c -larchive
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* the phases have a function of that name */

#include "husk.h"
#include "image.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMBERS = 3, SIZE = 5000 };

struct place {
	char directory[64], tar[80], image[80];
};

/* MEMBERS files of SIZE bytes. */
static void write_tar(const char *path)
{
	struct archive *tar = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char name[16], content[SIZE] = "";

	assert_int_equal(archive_write_set_format_pax(tar), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(tar, path), ARCHIVE_OK);
	for (int i = 0; i < MEMBERS; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		archive_entry_clear(entry);
		archive_entry_set_pathname(entry, name);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_size(entry, SIZE);
		assert_int_equal(archive_write_header(tar, entry), ARCHIVE_OK);
		assert_int_equal(archive_write_data(tar, content, SIZE), SIZE);
	}
	archive_entry_free(entry);
	assert_int_equal(archive_write_free(tar), ARCHIVE_OK);
}

/*
 * A member that says it is a sparse file of one byte, and has more. The header is written by hand:
 * no library writes that.
 */
static void write_lying_tar(const char *path)
{
	const char record[] = "22 GNU.sparse.major=1\n"
			      "22 GNU.sparse.minor=0\n"
			      "25 GNU.sparse.realsize=1\n";
	const char map[] = "1\n0\n5000\n"; /* one block, from 0 on, 5000 bytes: the 1.0 format */
	FILE *stream = fopen(path, "we");

	assert_non_null(stream);
	for (int is_file = 0; is_file < 2; is_file++) {
		size_t size = is_file ? 512 + SIZE : strlen(record), sum = 0;
		char block[512] = "", data[512 * 11] = "";

		snprintf(block, 100, "file");
		snprintf(block + 100, 8, "0000644");
		snprintf(block + 124, 12, "%011zo", size);
		snprintf(block + 136, 12, "%011o", 0);
		memset(block + 148, ' ', 8);
		block[156] = is_file ? '0' : 'x';
		memcpy(block + 257, "ustar\00000", 8);
		for (size_t i = 0; i < sizeof(block); i++)
			sum += (unsigned char)block[i];
		snprintf(block + 148, 8, "%06zo", sum);
		memcpy(data, is_file ? map : record, is_file ? strlen(map) : strlen(record));
		fwrite(block, 1, sizeof(block), stream);
		fwrite(data, 1, is_file ? sizeof(data) : 512, stream);
	}
	fwrite((const char[1024]){0}, 1, 1024, stream);
	assert_int_equal(fclose(stream), 0);
}

/* Unpacks in a child, whose root that directory becomes. Its complaints go to /dev/null. */
static int unpack(const struct place *place, long long max_bytes, long long max_members)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		_exit(image_unpack(place->tar, place->image, max_bytes, max_members) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->directory, sizeof(place->directory), "/tmp/husk-test-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->tar, sizeof(place->tar), "%s/image.tar", place->directory);
	snprintf(place->image, sizeof(place->image), "%s/image", place->directory);
	assert_int_equal(mkdir(place->image, 0755), 0);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	char command[128];
	int result;

	snprintf(command, sizeof(command), "rm -r %s", place->directory);
	result = system(command);
	free(place);
	return result;
}

static void test_limits(void **state)
{
	const struct place *place = *state;

	write_tar(place->tar);
	assert_int_equal(unpack(place, MEMBERS * SIZE - 1, MEMBERS), 1);
	assert_int_equal(unpack(place, MEMBERS * SIZE, MEMBERS - 1), 1);
	assert_int_equal(unpack(place, SIZE - 1, MEMBERS), 1);
	assert_int_equal(unpack(place, 0, 0), 1);
	assert_int_equal(unpack(place, MEMBERS * SIZE, MEMBERS), 0);
	assert_int_equal(unpack(place, IMAGE_MAX_BYTES, IMAGE_MAX_MEMBERS), 0);
}

static void test_lying_size(void **state)
{
	const struct place *place = *state;
	char path[128];
	struct stat st;

	write_lying_tar(place->tar);
	snprintf(path, sizeof(path), "%s/file", place->image);
	assert_int_equal(unpack(place, SIZE - 1, 1), 1); /* its header asks for one */
	assert_true(stat(path, &st) < 0 || st.st_size < SIZE);
	assert_int_equal(unpack(place, SIZE, 1), 1);
}

static void test_no_place(void **state)
{
	struct place place = *(const struct place *)*state;

	write_tar(place.tar);
	snprintf(place.image, sizeof(place.image), "%s/missing", place.directory);
	assert_int_equal(unpack(&place, IMAGE_MAX_BYTES, IMAGE_MAX_MEMBERS), 1);
	snprintf(place.tar, sizeof(place.tar), "%s/missing", place.directory);
	assert_int_equal(unpack(&place, IMAGE_MAX_BYTES, IMAGE_MAX_MEMBERS), 1);
}

static void test_printable(void **state)
{
	char shown[8];

	(void)state;
	assert_string_equal(image_printable(shown, sizeof(shown), "plain"), "plain");
	assert_string_equal(image_printable(shown, sizeof(shown), "a\nb\033[2\177"), "a?b?[2?");
	assert_string_equal(image_printable(shown, sizeof(shown), "\xc3\xa4"), "??");
	assert_string_equal(image_printable(shown, sizeof(shown), "too long a name"), "too lon");
	assert_string_equal(image_printable(shown, sizeof(shown), ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limits, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_lying_size, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_no_place, make_place, remove_place),
		cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests_name("phase09 image", tests, NULL, NULL);
}
