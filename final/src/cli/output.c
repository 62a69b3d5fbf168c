/* output.c: see output.h. Next file: cmd_changes.c */
#include "output.h"
#include "../base/err.h"

#include <fcntl.h>
#include <sys/stat.h>

int output_write(const char *path, int (*write)(int fd, void *data), void *data)
{
	auto_close int fd = -1;
	struct err cause;
	struct stat st;

	if (!path && isatty(STDOUT_FILENO))
		return err_set(EINVAL, "an archive is nothing for a terminal: -o FILE, or > FILE");
	if (!path)
		return write(STDOUT_FILENO, data);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys("make %s", path);
	if (write(fd, data) == 0)
		return 0;
	cause = *err_last();
	/* Devices and pipes are not ours to remove. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
	err_adopt(&cause);
	return -1;
}
