/*
 * seccomp-agent SOCKET ERRNO: takes one container process state (config-linux.md "The Container
 * Process State") from SOCKET, prints it, and answers every notification with that errno (0: as if
 * the call had been made) until the last process under the filter has gone.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int sock, char *text, size_t size)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = size - 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(sock, &message, 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	if (length < 0 || !header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	text[length] = '\0';
	/* One state a connection: the runtime closes it. */
	if (read(sock, control, 1) != 0)
		return -1;
	return fd;
}

static void answer_all(int fd, int error)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	while (poll(&wait, 1, 10000) > 0 && (wait.revents & POLLIN)) {
		struct seccomp_notif request = {0};
		struct seccomp_notif_resp response = {.error = -error};

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
			continue; /* interrupted, and gone */
		response.id = request.id;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
}

int main(int argc, char *argv[])
{
	int listening = socket(AF_UNIX, SOCK_STREAM, 0), sock, fd;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static char text[65536];

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[1]);
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listening, 1) < 0)
		return 1;
	sock = accept(listening, NULL, NULL);
	fd = sock < 0 ? -1 : receive(sock, text, sizeof(text));
	if (fd < 0)
		return 1;
	puts(text);
	fflush(stdout);
	answer_all(fd, atoi(argv[2]));
	return 0;
}
