/* fd.c: whole reads and writes, descriptors in messages. See fd.h; next file: sys.h */
#include "fd.h"
#include "err.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

int fd_write(int fd, const void *data, size_t length)
{
	const char *next = data;

	while (length > 0) {
		ssize_t written = write(fd, next, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys("write");
		next += written;
		length -= written;
	}
	return 0;
}

ssize_t fd_read(int fd, void *data, size_t size)
{
	ssize_t length;

	do
		length = read(fd, data, size);
	while (length < 0 && errno == EINTR);
	return length;
}

static int read_all(int fd, char *buffer, size_t size, size_t *ret_length)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = fd_read(fd, buffer + length, size - length);

		if (got < 0)
			return err_sys("read");
		if (got == 0)
			break;
		length += got;
	}
	*ret_length = length;
	return 0;
}

int fd_read_text(int fd, size_t max, struct arena *arena, char **ret_text, size_t *ret_length)
{
	/* Files of the kernel have no size: read in growing steps, from one page up. */
	for (size_t size = max < 4096 ? max + 1 : 4096;;
	     size = size > max / 4 ? max + 1 : 4 * size) {
		auto_free char *buffer = malloc(size);
		size_t length = 0;

		if (!buffer)
			return err_set(ENOMEM, "out of memory");
		if (lseek(fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
			return err_sys("seek");
		if (read_all(fd, buffer, size, &length) < 0)
			return -1;
		if (length == size && size > max)
			return err_set(EFBIG, "has more than %zu bytes", max);
		if (length == size)
			continue;
		*ret_text = arena_copy(arena, buffer, length);
		if (ret_length)
			*ret_length = length;
		return *ret_text ? 0 : -1;
	}
}

int fd_read_file(int dir_fd, const char *path, size_t max, struct arena *arena, char **ret_text,
		 size_t *ret_length)
{
	auto_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open %s", path);
	if (fd_read_text(fd, max, arena, ret_text, ret_length) < 0)
		return err_wrap("%s", path);
	return 0;
}

int fd_write_file(int dir_fd, const char *path, const char *text)
{
	auto_close int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys("open %s", path);
	for (;;) {
		if (write(fd, text, strlen(text)) >= 0)
			return 0;
		if (errno != EINTR)
			return err_sys("write '%s' to %s", text, path);
	}
}

int fd_send(int socket, int fd, const void *data, size_t length)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = (void *)data, .iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return err_sys("send");
	return 0;
}

ssize_t fd_receive(int socket, int *ret_fd, void *data, size_t size)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = data, .iov_len = size};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	ssize_t length;

	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return err_sys("receive");
	*ret_fd = -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
	return length;
}

int fd_close_on_exec_from(unsigned int first)
{
	if (close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys("mark descriptors from %u on close-on-exec", first);
	return 0;
}
