/*
 * program.c: looks for a program in PATH, and looks at a file that execve(2) refused. See program.h
 * for the words that engines read; next file: gate.c
 *
 * Every line has the same parts: exec: "FILE": what errno says: what was seen, and the way out.
 * Only the second part may hold the words "permission denied", "executable file not found in" and
 * "no such file or directory".
 */
#include "program.h"
#include "../base/err.h"

#include <byteswap.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <paths.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

enum {
	MAX_SCRIPTS = 5,    /* the kernel gives up at the fifth script that names a script */
	HEAD = 256,	    /* what it reads of a file to see what it is, BINPRM_BUF_SIZE */
	MAX_SEGMENTS = 128, /* we look at no more program headers than that */
};

/* Our own ELF header, which the linker names: what this machine runs, without an #ifdef. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* A file's name or another text from outside, fit for a line. */
struct shown {
	char text[300];
};

static struct shown show(const char *text)
{
	struct shown shown;

	if (snprintf(shown.text, sizeof(shown.text), "%s", text) >= (int)sizeof(shown.text))
		memcpy(shown.text + sizeof(shown.text) - 4, "...", 4);
	str_printable(shown.text);
	return shown;
}

/* --- what is in the file --- */

enum kind { KIND_UNREADABLE, KIND_EMPTY, KIND_SCRIPT, KIND_ELF, KIND_BOM, KIND_OTHER };

struct image {
	enum kind kind;
	char interpreter[PATH_MAX]; /* of a script: after "#!"; of an ELF file: PT_INTERP; or "" */
	bool carriage_return;	    /* the interpreter's name ended in one */
	bool foreign_order;	    /* ELF: bytes in the other order */
	unsigned int class, machine, type;
};

/* The kernel's rule, fs/binfmt_script.c: blanks, the name, then a blank or the end of the line. */
static void read_script(const char *head, struct image *ret)
{
	const char *name = head + 2 + strspn(head + 2, " \t");
	size_t length = strcspn(name, " \t\n");

	ret->kind = KIND_SCRIPT;
	ret->carriage_return = length > 0 && name[length - 1] == '\r';
	snprintf(ret->interpreter, sizeof(ret->interpreter), "%.*s", (int)length, name);
}

struct segment {
	unsigned int type;
	uint64_t offset, size;
};

/* A program header: programs of 32 bit also run on a machine of 64. */
static bool read_segment(int fd, bool wide, uint64_t at, struct segment *ret)
{
	union {
		Elf32_Phdr narrow;
		Elf64_Phdr wide;
	} raw;
	ssize_t size = wide ? sizeof(raw.wide) : sizeof(raw.narrow);

	if (pread(fd, &raw, (size_t)size, (off_t)at) != size)
		return false;
	if (wide)
		*ret = (struct segment){raw.wide.p_type, raw.wide.p_offset, raw.wide.p_filesz};
	else
		*ret = (struct segment){raw.narrow.p_type, raw.narrow.p_offset,
					raw.narrow.p_filesz};
	return true;
}

/* PT_INTERP; there is none in a static program. */
static void read_loader(int fd, bool wide, uint64_t table, unsigned int count, char *ret,
			size_t max)
{
	size_t step = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	struct segment segment;

	*ret = '\0';
	for (unsigned int i = 0; i < count && i < MAX_SEGMENTS; i++) {
		if (!read_segment(fd, wide, table + i * step, &segment))
			return;
		if (segment.type != PT_INTERP || segment.size == 0 || segment.size > max)
			continue;
		if (pread(fd, ret, segment.size, (off_t)segment.offset) != (ssize_t)segment.size)
			segment.size = 1;
		ret[segment.size - 1] = '\0';
		return;
	}
}

static void read_elf(int fd, const void *head, size_t length, struct image *ret)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	ret->kind = KIND_ELF;
	if (length < sizeof(wide))
		return;
	memcpy(&wide, head, sizeof(wide));
	memcpy(&narrow, head, sizeof(narrow));
	/* The first members are the same in both classes. */
	ret->class = wide.e_ident[EI_CLASS];
	ret->foreign_order = wide.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA];
	ret->machine = ret->foreign_order ? bswap_16(wide.e_machine) : wide.e_machine;
	ret->type = wide.e_type;
	if (ret->foreign_order)
		return;
	if (ret->class == ELFCLASS64)
		read_loader(fd, true, wide.e_phoff, wide.e_phnum, ret->interpreter,
			    sizeof(ret->interpreter));
	else
		read_loader(fd, false, narrow.e_phoff, narrow.e_phnum, ret->interpreter,
			    sizeof(ret->interpreter));
}

/* The file may be anything, and may not be ours to read: then nothing is known of it. */
static void read_image(const char *path, struct image *ret)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[HEAD + 1] = "";
	ssize_t length = fd < 0 ? -1 : pread(fd, head, HEAD, 0);

	*ret = (struct image){.kind = KIND_OTHER};
	if (length < 0)
		ret->kind = KIND_UNREADABLE;
	else if (length == 0)
		ret->kind = KIND_EMPTY;
	else if (memcmp(head, "#!", 2) == 0)
		read_script(head, ret);
	else if (memcmp(head, ELFMAG, SELFMAG) == 0)
		read_elf(fd, head, (size_t)length, ret);
	else if (memcmp(head, "\xef\xbb\xbf", 3) == 0)
		ret->kind = KIND_BOM;
}

/* --- one function for each error that has several causes --- */

static int explain(const char *path, int error, int depth);

/* The first part of a path that cannot be looked at; all of it if none. */
static struct shown first_bad_part(const char *path)
{
	char part[PATH_MAX];
	struct stat st;

	for (const char *end = path; *end; end++) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		if (!*end || stat(part, &st) < 0 || !S_ISDIR(st.st_mode))
			return show(part);
	}
	return show(path);
}

static const char *library_of(const char *loader)
{
	if (strstr(loader, "ld-musl"))
		return "musl, Alpine's C library";
	if (strstr(loader, "ld-linux") || strstr(loader, "ld64.so"))
		return "glibc";
	return "another C library";
}

/* The file is there, or execve(2) would not have looked into it: what it needs is not. */
static int explain_needed(const char *path, const struct image *image, int error, int depth)
{
	const char *needed = image->interpreter;
	struct shown name = show(path), interpreter = show(needed);
	bool script = image->kind == KIND_SCRIPT;

	if (image->carriage_return) {
		interpreter.text[strlen(interpreter.text) - 1] = '\0';
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: its first line, #!%s, ends in a "
			       "carriage return: save the script with Unix line ends",
			       name.text, interpreter.text);
	}
	if (access(needed, F_OK) < 0 && errno == ENOENT && script)
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: it is a script, and its "
			       "interpreter %s does not exist in the container",
			       name.text, interpreter.text);
	if (access(needed, F_OK) < 0 && errno == ENOENT)
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: it is linked with %s, and the "
			       "loader %s does not exist in the container",
			       name.text, library_of(needed), interpreter.text);
	if (depth >= MAX_SCRIPTS)
		return err_set(error, "\"%s\": it names an interpreter that names another: %s",
			       name.text, strerror(error));
	explain(needed, error, depth + 1);
	return err_wrap("\"%s\": its %s", name.text, script ? "interpreter" : "loader");
}

static int explain_no_entry(const char *path, int depth)
{
	struct shown name = show(path), part = first_bad_part(path);
	char target[PATH_MAX] = "";
	struct image image;

	if (access(path, F_OK) == 0) {
		read_image(path, &image);
		if (*image.interpreter)
			return explain_needed(path, &image, ENOENT, depth);
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: not this file, but what the "
			       "kernel wanted to run it with, see binfmt_misc in /proc/sys/fs",
			       name.text);
	}
	if (readlink(path, target, sizeof(target) - 1) > 0)
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: it is a link to %s, which does "
			       "not exist in the container",
			       name.text, show(target).text);
	if (strcmp(part.text, name.text) != 0)
		return err_set(ENOENT,
			       "\"%s\": no such file or directory: there is no %s in the container",
			       name.text, part.text);
	return err_set(ENOENT, "\"%s\": no such file or directory in the container", name.text);
}

/* What forbids it, if the file itself shows that; else "". */
static struct shown what_forbids(const char *path, const struct stat *st)
{
	unsigned int mode = st->st_mode & 07777;
	struct shown cause = {""};
	struct statvfs fs;

	if (S_ISDIR(st->st_mode))
		return show("it is a directory");
	if (!S_ISREG(st->st_mode))
		return show("it is a device, a pipe or a socket");
	if ((mode & 0111) == 0)
		snprintf(cause.text, sizeof(cause.text),
			 "it has no execute bit, its mode is %04o: chmod +x", mode);
	else if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		return show("it is on a mount with the option noexec");
	else if (access(path, X_OK) < 0)
		snprintf(cause.text, sizeof(cause.text),
			 "user %u, group %u, may not execute it; its mode is %04o, its owner %u:%u",
			 geteuid(), getegid(), mode, st->st_uid, st->st_gid);
	return cause;
}

static int explain_denied(const char *path, int depth)
{
	struct shown name = show(path), cause;
	struct image image;
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(EACCES,
			       "\"%s\": permission denied: user %u may not look into a directory "
			       "on the way to %s",
			       name.text, geteuid(), first_bad_part(path).text);
	cause = what_forbids(path, &st);
	if (*cause.text)
		return err_set(EACCES, "\"%s\": permission denied: %s", name.text, cause.text);
	read_image(path, &image);
	if (*image.interpreter)
		return explain_needed(path, &image, EACCES, depth);
	return err_set(EACCES,
		       "\"%s\": permission denied, though its mode allows it: by a security module "
		       "(AppArmor, SELinux)?",
		       name.text);
}

/* elf(5); the names are those of uname -m. */
static struct shown machine_name(unsigned int machine, unsigned int class)
{
	static const struct {
		unsigned int number;
		const char *name;
	} names[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"},
		     {EM_386, "i386"},	    {EM_ARM, "arm"},
		     {EM_RISCV, "riscv"},   {EM_PPC64, "ppc64"},
		     {EM_PPC, "ppc"},	    {EM_S390, "s390"},
		     {EM_MIPS, "mips"},	    {EM_LOONGARCH, "loongarch"}};
	struct shown shown = {""};
	int bits = class == ELFCLASS64 ? 64 : 32;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].number == machine)
			snprintf(shown.text, sizeof(shown.text), "%s (%d bit)", names[i].name,
				 bits);
	if (!*shown.text)
		snprintf(shown.text, sizeof(shown.text), "machine %u of elf.h (%d bit)", machine,
			 bits);
	return shown;
}

static int explain_elf(const char *name, const struct image *image)
{
	struct utsname here = {0};

	uname(&here);
	if (image->machine == 0)
		return err_set(ENOEXEC, "\"%s\": exec format error: the ELF file is cut off", name);
	if (image->machine != __ehdr_start.e_machine || image->foreign_order ||
	    image->class != __ehdr_start.e_ident[EI_CLASS])
		return err_set(ENOEXEC,
			       "\"%s\": exec format error: it is a program for %s, and this "
			       "machine is %s: take the image for its platform, or register "
			       "qemu-user (binfmt_misc)",
			       name, machine_name(image->machine, image->class).text, here.machine);
	if (image->type != ET_EXEC && image->type != ET_DYN)
		return err_set(ENOEXEC,
			       "\"%s\": exec format error: it is an ELF file, but not linked to a "
			       "program",
			       name);
	return err_set(ENOEXEC, "\"%s\": exec format error: the ELF file is damaged", name);
}

static int explain_format(const char *path, int depth)
{
	struct shown name = show(path);
	struct image image;
	static const char *const causes[] = {
		[KIND_UNREADABLE] = "it cannot be read to see more",
		[KIND_EMPTY] = "it is empty",
		[KIND_SCRIPT] = "there is no interpreter behind the #! of its first line",
		[KIND_BOM] = "it begins with a byte order mark: save it without, #! comes first",
		[KIND_OTHER] = "it is neither an ELF file nor a script, which begins with #!, "
			       "as in #!/bin/sh"};

	read_image(path, &image);
	if (image.kind == KIND_SCRIPT && *image.interpreter)
		return explain_needed(path, &image, ENOEXEC, depth);
	if (image.kind == KIND_ELF)
		return explain_elf(name.text, &image);
	return err_set(ENOEXEC, "\"%s\": exec format error: %s", name.text, causes[image.kind]);
}

/* Errors with one cause: execve(2). */
static int explain_other(const char *path, int error)
{
	static const struct {
		int error;
		const char *text;
	} causes[] = {
		{E2BIG, "argument list too long: one argument or variable may have 128 KiB, all "
			"together a quarter of RLIMIT_STACK"},
		{ETXTBSY, "text file busy: a process has it open for writing"},
		{EAGAIN, "resource temporarily unavailable: its user has RLIMIT_NPROC processes"},
		{ELOOP, "too many symbolic links, or scripts that name scripts"},
		{EPERM, "operation not permitted: by the seccomp filter or a security module?"},
		{ELIBBAD, "its loader is damaged, or is for another machine"},
	};
	struct shown name = show(path);

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].error == error)
			return err_set(error, "\"%s\": %s", name.text, causes[i].text);
	return err_set(error, "\"%s\": %s", name.text, strerror(error));
}

static int explain(const char *path, int error, int depth)
{
	switch (error) {
	case ENOENT:
		return explain_no_entry(path, depth);
	case ENOTDIR:
		return err_set(error, "\"%s\": no such file or directory: %s is not a directory",
			       show(path).text, first_bad_part(path).text);
	case EACCES:
		return explain_denied(path, depth);
	case ENOEXEC:
		return explain_format(path, depth);
	default:
		return explain_other(path, error);
	}
}

int program_explain(const char *path, int error)
{
	explain(path, error, 0);
	return err_wrap("exec");
}

/* --- PATH --- */

/*
 * 0, or what execve(2) will say. A filter may forbid the question: then execve(2) is to answer.
 */
static int try_path(const char *path)
{
	struct stat st;

	if (access(path, X_OK) < 0)
		return errno == EPERM || errno == ENOSYS ? 0 : errno;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return EACCES;
	return 0;
}

/* The first one, as getenv(3) will find it inside. */
static const char *path_variable(const struct str_list *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (str_has_prefix(env->items[i], "PATH="))
			return env->items[i] + strlen("PATH=");
	return NULL;
}

static int find_in(const char *name, const char *directories, struct arena *arena, char **ret_path)
{
	char *denied = NULL;

	for (const char *next = directories;; next++) {
		size_t length = strcspn(next, ":");
		char *path = arena_format(arena, "%.*s/%s", length ? (int)length : 1,
					  length ? next : ".", name);
		int error;

		if (!path)
			return -1;
		error = try_path(path);
		if (error == 0) {
			*ret_path = path;
			return 0;
		}
		if (error == EACCES && !denied)
			denied = path;
		next += length;
		if (!*next)
			break;
	}
	if (denied)
		return program_explain(denied, EACCES);
	return err_set(ENOENT, "exec: \"%s\": executable file not found in $PATH (%s)",
		       show(name).text, show(directories).text);
}

int program_find(const char *name, const struct str_list *env, struct arena *arena, char **ret_path)
{
	const char *directories = path_variable(env);
	char *path;
	int error;

	if (!strchr(name, '/') && *name)
		return find_in(name, directories ? directories : _PATH_STDPATH, arena, ret_path);
	error = try_path(name);
	if (error)
		return program_explain(name, error);
	path = arena_copy(arena, name, strlen(name));
	if (!path)
		return -1;
	*ret_path = path;
	return 0;
}
