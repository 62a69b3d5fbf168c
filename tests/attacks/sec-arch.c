/*
 * sec-arch i386|x32 DIRECTORY: makes DIRECTORY by another set of system call numbers of the same
 * kernel. A filter that looks at numbers alone, and not at the architecture, reads them wrongly:
 * seccomp(2), "Caveats". i386: int 0x80; x32: numbers with bit 30 set.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)

enum { I386_MKDIR = 39, X32_BIT = 0x40000000 };

static long make_by_i386(const char *directory)
{
	/* Its pointers have 32 bits. */
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	if (low == MAP_FAILED)
		return -errno;
	strncpy(low, directory, 4095);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(I386_MKDIR), "b"(low), "c"(0755)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static long make_by_x32(const char *directory)
{
	return syscall(X32_BIT + SYS_mkdir, directory, 0755) < 0 ? -errno : 0;
}

#else

static long make_by_i386(const char *directory)
{
	(void)directory;
	return -ENOSYS;
}

#define make_by_x32 make_by_i386

#endif

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc != 3)
		return 2;
	started();
	pid = fork(); /* a filter may answer with SIGSYS */
	if (pid == 0) {
		errno = -(argv[1][0] == 'x' ? make_by_x32 : make_by_i386)(argv[2]);
		return errno ? blocked(argv[1]) : puts("ESCAPED made") < 0;
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("BLOCKED %s: killed: %s\n", argv[1], strsignal(WTERMSIG(status)));
	return 0;
}
