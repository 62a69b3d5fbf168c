/*
 * seal.c: execute a copy of ourselves that cannot be written. See seal.h; next file: ns.h
 *
 * How it is known that we are the copy: by what the kernel says of /proc/self/exe, not by a mark in
 * the environment, which a caller may pass on by accident. So a caller may also execute the copy
 * himself, and save us doing so: husk-monitor does. A file that is the root of a detached mount has
 * the path "/", which no executable that was found by a path can have; it is read-only then or we
 * did not make it. A memfd is asked for its seals.
 *
 * A read-only mount of the machine (an immutable /usr) is not taken for sealed: its administrator
 * makes it writable for every upgrade, and a container may wait for that with the path in hand.
 */
#include "seal.h"
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/str.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char self[] = "/proc/self/exe";

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool is_sealed_memory(void)
{
	auto_close int fd = open(self, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && (fcntl(fd, F_GET_SEALS) & SEALS) == SEALS;
}

static int is_sealed(bool *ret_sealed)
{
	char path[64];
	ssize_t length = readlink(self, path, sizeof(path) - 1);
	struct statvfs fs;

	if (length < 0)
		return err_sys("read %s (is /proc mounted?)", self);
	path[length] = '\0';
	if (strcmp(path, "/") == 0) {
		if (statvfs(self, &fs) < 0)
			return err_sys("look at %s", self);
		*ret_sealed = fs.f_flag & ST_RDONLY;
	} else {
		*ret_sealed = str_has_prefix(path, "/memfd:") && is_sealed_memory();
	}
	return 0;
}

static int copy_to_memory(int *ret_fd)
{
	auto_close int program = open(self, O_RDONLY | O_CLOEXEC);
	auto_close int fd = memfd_create("husk-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat st;

	if (program < 0 || fstat(program, &st) < 0)
		return err_sys("open %s", self);
	if (fd < 0)
		return err_sys("memfd_create");
	for (off_t left = st.st_size; left > 0;) {
		ssize_t sent = sendfile(fd, program, NULL, (size_t)left);

		if (sent <= 0)
			return err_sys("copy the program");
		left -= sent;
	}
	if (fchmod(fd, 0500) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return err_sys("seal the copy of the program");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Executed by descriptor, a process would be called by its number in ps(1). */
static void restore_name(void)
{
	prctl(PR_SET_NAME, program_invocation_short_name, 0, 0, 0);
}

int seal_self(char *const argv[])
{
	bool sealed = false;
	auto_close int fd = -1;

	if (is_sealed(&sealed) < 0)
		return -1;
	if (sealed) {
		restore_name();
		return 0;
	}
	if (proc_open_sealed(self, &fd) < 0 && copy_to_memory(&fd) < 0)
		return err_wrap("make a copy of this program that containers cannot write "
				"(CVE-2019-5736)");
	sys_execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	return err_sys("execute the sealed copy of this program");
}
