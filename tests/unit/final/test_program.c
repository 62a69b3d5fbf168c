/*
 * test_program.c: what is said of programs that cannot be executed, and with which of the words
 * that engines take exit statuses from.
 *
 * Each test makes the file, executes it, and asks about the error that the kernel gave: none is
 * made up, but for those that need another user or another kernel.
 *
 * Tests: runtime/program.c base/err.c base/str.c
 */
#include "base/err.h"
#include "runtime/program.h"

#include <byteswap.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* What podman and dockerd look for in a runtime's message: 126, 127, else another status. */
enum words { WORDS_NONE, WORDS_126, WORDS_127 };

static enum words words_in(const char *text)
{
	if (strcasestr(text, "permission denied") || strcasestr(text, "operation not permitted"))
		return WORDS_126;
	if (strcasestr(text, "executable file not found in") ||
	    strcasestr(text, "no such file or directory") || strcasestr(text, "not found") ||
	    strcasestr(text, "no such file") || strcasestr(text, "not a directory"))
		return WORDS_127;
	return WORDS_NONE;
}

static void make_file(const char *name, const void *data, size_t length, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_text(const char *name, const char *text, mode_t mode)
{
	make_file(name, text, strlen(text), mode);
}

/* Executes it in a child; returns errno. Executed after all: 0. */
static int try_to_execute(const char *path, char *const argv[])
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execve(path, argv, (char *[]){NULL});
		_exit(errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_words(enum words words, const char *part)
{
	const char *text = err_last()->text;

	if (words_in(text) != words || !strstr(text, part))
		print_message("# %s\n", text);
	assert_int_equal(words_in(text), words);
	assert_non_null(strstr(text, part));
	assert_int_equal(strncmp(text, "exec: \"", 7), 0);
	assert_null(strpbrk(text, "\r\n\033"));
}

static void expect(const char *path, int error, enum words words, const char *part)
{
	assert_int_equal(try_to_execute(path, (char *[]){(char *)path, NULL}), error);
	assert_int_equal(program_explain(path, error), -1);
	assert_int_equal(err_last()->code, error);
	expect_words(words, part);
}

static void missing_files(void **state)
{
	(void)state;
	expect("/no-such/dir/x", ENOENT, WORDS_127, "there is no /no-such");
	expect("./absent", ENOENT, WORDS_127, "\"./absent\": no such file or directory");
	assert_int_equal(symlink("/gone/away", "dangling"), 0);
	expect("./dangling", ENOENT, WORDS_127, "a link to /gone/away");
	make_text("plain", "x", 0755);
	expect("./plain/below", ENOTDIR, WORDS_127, "./plain is not a directory");
}

static void denied(void **state)
{
	(void)state;
	make_text("no-bit", "#!/bin/sh\n", 0644);
	expect("./no-bit", EACCES, WORDS_126, "no execute bit, its mode is 0644");
	assert_int_equal(mkdir("directory", 0755), 0);
	expect("./directory", EACCES, WORDS_126, "it is a directory");
	assert_int_equal(mkfifo("pipe", 0755), 0);
	expect("./pipe", EACCES, WORDS_126, "a device, a pipe or a socket");
}

/* What only root can set up: in a child, whose status says whether the line was right. */
static void in_child(void (*prepare)(void), const char *path, const char *part)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prepare();
		execve(path, (char *[]){(char *)path, NULL}, NULL);
		if (program_explain(path, errno) == 0 || words_in(err_last()->text) != WORDS_126 ||
		    !strstr(err_last()->text, part)) {
			print_message("# %s\n", err_last()->text);
			_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void become_nobody(void)
{
	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
		_exit(2);
}

static void mount_noexec(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "directory", "tmpfs", MS_NOEXEC, NULL) < 0)
		_exit(2);
	make_text("directory/tool", "#!/bin/sh\n", 0755);
}

static void denied_to_a_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(".", 0755), 0);
	make_text("for-root", "#!/bin/sh\n", 0700);
	in_child(become_nobody, "./for-root",
		 "user 65534, group 65534, may not execute it; its mode is 0700, its owner 0:0");
	assert_int_equal(mkdir("closed", 0700), 0);
	in_child(become_nobody, "./closed/tool",
		 "user 65534 may not look into a directory on the way to ./closed/tool");
	in_child(mount_noexec, "directory/tool", "on a mount with the option noexec");
}

static void scripts(void **state)
{
	(void)state;
	make_text("no-interpreter", "#! /opt/bin/perl -w\n", 0755);
	expect("./no-interpreter", ENOENT, WORDS_127, "interpreter /opt/bin/perl does not exist");
	make_text("dos", "#!/bin/sh\r\necho hello\r\n", 0755);
	expect("./dos", ENOENT, WORDS_127, "#!/bin/sh, ends in a carriage return");
	make_text("interpreter-denied", "#!./no-bit\n", 0755);
	expect("./interpreter-denied", EACCES, WORDS_126, "its interpreter: \"./no-bit\": perm");
	make_text("second", "#!./no-interpreter\n", 0755);
	expect("./second", ENOENT, WORDS_127, "interpreter /opt/bin/perl does not exist");
	make_text("itself", "#!./itself\n", 0755);
	expect("./itself", ELOOP, WORDS_NONE, "scripts that name scripts");
}

static void no_program(void **state)
{
	(void)state;
	make_text("empty", "", 0755);
	expect("./empty", ENOEXEC, WORDS_NONE, "exec format error: it is empty");
	make_text("text", "echo hello\n", 0755);
	expect("./text", ENOEXEC, WORDS_NONE, "neither an ELF file nor a script");
	make_text("bare", "#!  \n", 0755);
	expect("./bare", ENOEXEC, WORDS_NONE, "no interpreter behind the #!");
	make_text("bom", "\xef\xbb\xbf#!/bin/sh\n", 0755);
	expect("./bom", ENOEXEC, WORDS_NONE, "byte order mark");
}

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* An ELF file of this machine that wants this loader. */
struct tiny_elf {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char loader[64];
};

static struct tiny_elf tiny_elf(const char *loader)
{
	struct tiny_elf elf = {.header = {.e_type = ET_DYN,
					  .e_machine = __ehdr_start.e_machine,
					  .e_version = EV_CURRENT,
					  .e_phoff = offsetof(struct tiny_elf, segment),
					  .e_ehsize = sizeof(Elf64_Ehdr),
					  .e_phentsize = sizeof(Elf64_Phdr),
					  .e_phnum = 1},
			       .segment = {.p_type = PT_INTERP,
					   .p_offset = offsetof(struct tiny_elf, loader),
					   .p_filesz = strlen(loader) + 1}};

	memcpy(elf.header.e_ident, __ehdr_start.e_ident, EI_NIDENT);
	elf.header.e_ident[EI_CLASS] = ELFCLASS64;
	snprintf(elf.loader, sizeof(elf.loader), "%s", loader);
	return elf;
}

static void elf_loaders(void **state)
{
	struct tiny_elf elf = tiny_elf("/lib/ld-musl-none.so.1");

	(void)state;
	make_file("musl", &elf, sizeof(elf), 0755);
	assert_int_equal(program_explain("./musl", ENOENT), -1);
	expect_words(WORDS_127, "linked with musl, Alpine's C library, and the loader "
				"/lib/ld-musl-none.so.1 does not exist");
	elf = tiny_elf("./no-bit");
	make_file("loader-denied", &elf, sizeof(elf), 0755);
	assert_int_equal(program_explain("./loader-denied", EACCES), -1);
	expect_words(WORDS_126, "its loader: \"./no-bit\": permission denied");
}

static void elf_machines(void **state)
{
	struct tiny_elf elf = tiny_elf("/lib/ld-linux-other.so.1");

	(void)state;
	elf.header.e_machine = EM_FAKE_ALPHA;
	make_file("alpha", &elf, sizeof(elf), 0755);
	expect("./alpha", ENOEXEC, WORDS_NONE, "for machine 41 of elf.h (64 bit)");
	elf.header.e_machine = EM_S390;
	make_file("s390", &elf, sizeof(elf), 0755);
	expect("./s390", ENOEXEC, WORDS_NONE, "a program for s390 (64 bit), and this machine is");
	elf.header.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	elf.header.e_machine = bswap_16(EM_S390);
	make_file("other-order", &elf, sizeof(elf), 0755);
	expect("./other-order", ENOEXEC, WORDS_NONE, "a program for s390 (64 bit)");
	make_file("cut", &elf, 20, 0755);
	expect("./cut", ENOEXEC, WORDS_NONE, "cut off");
}

/* What a damaged file says of itself is not believed: nothing is read beyond the buffers. */
static void elf_lies(void **state)
{
	struct tiny_elf elf = tiny_elf("/lib/x");
	struct {
		uint64_t offset, size;
		uint16_t count;
	} lies[] = {{0, UINT64_MAX, 1}, {UINT64_MAX, 16, 1}, {1 << 30, 4096, 1},
		    {0, 4096, 65535},	{0, 0, 1},	     {0, 4097, 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		elf.segment.p_offset = lies[i].offset;
		elf.segment.p_filesz = lies[i].size;
		elf.header.e_phnum = lies[i].count;
		make_file("lies", &elf, sizeof(elf), 0755);
		assert_int_equal(program_explain("./lies", ENOENT), -1);
		expect_words(WORDS_127, "binfmt_misc");
	}
	elf.header.e_phoff = UINT64_MAX - 3;
	make_file("lies", &elf, sizeof(elf), 0755);
	assert_int_equal(program_explain("./lies", ENOENT), -1);
}

static void other_errors(void **state)
{
	size_t size = 128 * 1024 + 1;
	auto_free char *big = malloc(size);
	int fd;

	(void)state;
	memset(big, 'a', size - 1);
	big[size - 1] = '\0';
	assert_int_equal(try_to_execute("/bin/true", (char *[]){"true", big, NULL}), E2BIG);
	assert_int_equal(program_explain("/bin/true", E2BIG), -1);
	expect_words(WORDS_NONE, "may have 128 KiB");
	make_text("busy", "#!/bin/sh\n", 0755);
	fd = open("busy", O_WRONLY | O_CLOEXEC);
	assert_int_equal(program_explain("./busy", ETXTBSY), -1);
	expect_words(WORDS_NONE, "a process has it open for writing");
	close(fd);
	assert_int_equal(program_explain("/bin/true", EPERM), -1);
	expect_words(WORDS_126, "operation not permitted");
}

/* Names from images end on terminals and in logs. */
static void names_are_shown_safely(void **state)
{
	(void)state;
	assert_int_equal(program_explain("./\033]0;x\a\nforged", ENOENT), -1);
	expect_words(WORDS_127, "\"./?]0;x??forged\"");
}

static int find(const char *name, const char *path, char **ret_path, struct arena *arena)
{
	char *items[] = {"HOME=/", (char *)path, "PATH=/second", NULL};
	struct str_list env = {.items = items, .count = path ? 3 : 1};

	return program_find(name, &env, arena, ret_path);
}

static void found_in_path(void **state)
{
	struct arena arena = {0};
	char *path = NULL;

	(void)state;
	assert_int_equal(mkdir("bin", 0755), 0);
	make_text("bin/tool", "#!/bin/sh\n", 0755);
	assert_int_equal(find("tool", "PATH=/no:directory:bin", &path, &arena), 0);
	assert_string_equal(path, "bin/tool");
	assert_int_equal(find("sh", NULL, &path, &arena), 0);
	assert_non_null(strstr(path, "bin/sh"));
	assert_int_equal(find("./bin/tool", "PATH=", &path, &arena), 0);
	assert_string_equal(path, "./bin/tool");
	/* An empty part is the working directory: POSIX, "Environment Variables". */
	make_text("here", "#!/bin/sh\n", 0755);
	assert_int_equal(find("here", "PATH=/no:", &path, &arena), 0);
	assert_string_equal(path, "./here");
	arena_free(&arena);
}

static void not_found_in_path(void **state)
{
	struct arena arena = {0};
	char *path = "untouched";

	(void)state;
	assert_int_equal(find("nosuch", "PATH=/no:/bin", &path, &arena), -1);
	expect_words(WORDS_127, "exec: \"nosuch\": executable file not found in $PATH (/no:/bin)");
	assert_int_equal(find("", "PATH=/bin", &path, &arena), -1);
	expect_words(WORDS_127, "no such file or directory");
	/* What is there, but not executable, is looked for further on, then named: execvp(3). */
	assert_int_equal(mkdir("bad", 0755), 0);
	make_text("bad/tool", "#!/bin/sh\n", 0644);
	assert_int_equal(find("tool", "PATH=bad:bin", &path, &arena), 0);
	assert_string_equal(path, "bin/tool");
	path = "untouched";
	assert_int_equal(find("tool", "PATH=bad:/no", &path, &arena), -1);
	expect_words(WORDS_126, "\"bad/tool\": permission denied: it has no execute bit");
	assert_int_equal(find("./bad", "PATH=/bin", &path, &arena), -1);
	expect_words(WORDS_126, "it is a directory");
	assert_int_equal(find("./nosuch", "PATH=/bin", &path, &arena), -1);
	expect_words(WORDS_127, "no such file or directory");
	assert_string_equal(path, "untouched");
	arena_free(&arena);
}

static char scratch[] = "/tmp/test_program.XXXXXX";

static int enter_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? chdir(scratch) : -1;
}

static int leave_scratch(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", scratch);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_files),
		cmocka_unit_test(denied),
		cmocka_unit_test(scripts),
		cmocka_unit_test(no_program),
		cmocka_unit_test(elf_loaders),
		cmocka_unit_test(elf_machines),
		cmocka_unit_test(elf_lies),
		cmocka_unit_test(other_errors),
		cmocka_unit_test(found_in_path),
		cmocka_unit_test(not_found_in_path),
		cmocka_unit_test(names_are_shown_safely),
		cmocka_unit_test(denied_to_a_user),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
