/* clients.c: the attach socket. See clients.h; next file: monitor.h */
#include "clients.h"
#include "../base/err.h"
#include "../base/log.h"
#include "../base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

_Static_assert(offsetof(struct frame, data) == FRAME_HEADER, "no gap before the data");

int clients_open(int dir_fd, struct clients *ret_clients)
{
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return err_sys("make the attach socket");
	/* By descriptor: a path of our own may be longer than an address holds, unix(7). */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/attach", path_of_fd(dir_fd).text);
	unlinkat(dir_fd, "attach", 0);
	/* Nobody can connect between bind(2) and listen(2). */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir_fd, "attach", 0600, 0) < 0 || listen(fd, CLIENTS_MAX) < 0)
		return err_sys("listen on the attach socket");
	*ret_clients = (struct clients){.listener = TAKE_FD(fd), .held = -1};
	return 0;
}

struct client *clients_accept(struct clients *clients)
{
	auto_close int fd = accept4(clients->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct client *client;

	if (fd < 0 || clients->count == CLIENTS_MAX)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    (peer.uid != 0 && peer.uid != geteuid()))
		return NULL;
	client = &clients->items[clients->count++];
	*client = (struct client){.fd = TAKE_FD(fd)};
	return client;
}

static ssize_t send_frame(int fd, enum frame_type type, const void *data, size_t length)
{
	struct frame head = {.type = type, .length = length};
	struct iovec parts[] = {{&head, FRAME_HEADER}, {(void *)data, length}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The client that is waited for. */
static struct client *find_held(struct clients *clients)
{
	for (size_t i = 0; i < clients->count; i++)
		if (clients->items[i].fd == clients->held)
			return &clients->items[i];
	return NULL;
}

/* Returns false if the client must have it, and cannot take it now. */
static bool send_to(struct clients *clients, struct client *client, enum frame_type type,
		    const void *data, size_t length)
{
	bool is_held = client->fd == clients->held;

	if (client->is_mute || send_frame(client->fd, type, data, length) >= 0)
		return true;
	if (errno == EAGAIN && is_held)
		return false;
	if (errno == EAGAIN) {
		log_warn("a client that does not read is dropped");
		/* Shut, not closed: who is in the middle of the list must not move now. */
		shutdown(client->fd, SHUT_RDWR);
	}
	client->is_mute = true;
	return true;
}

bool clients_send(struct clients *clients, enum frame_type type, const void *data, size_t length)
{
	struct client *held = find_held(clients);

	clients->is_blocked = held && !send_to(clients, held, type, data, length);
	if (clients->is_blocked)
		return false;
	for (size_t i = 0; i < clients->count; i++)
		if (&clients->items[i] != held)
			send_to(clients, &clients->items[i], type, data, length);
	return true;
}

int clients_peek(const struct client *client)
{
	uint32_t type = 0;
	ssize_t length = frame_receive(client->fd, &type, sizeof(type), MSG_PEEK);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return length == sizeof(type) && type > 0 && type <= FRAME_CLEAN ? (int)type : -1;
}

bool clients_receive(const struct client *client, struct frame *ret_frame)
{
	ssize_t length = frame_receive(client->fd, ret_frame, sizeof(*ret_frame), MSG_TRUNC);

	return length >= FRAME_HEADER && length <= (ssize_t)sizeof(*ret_frame) &&
	       ret_frame->length == length - FRAME_HEADER;
}

void clients_drop(struct clients *clients, struct client *client)
{
	if (client->fd == clients->held) {
		clients->held = -1;
		clients->is_blocked = false;
	}
	close(client->fd);
	*client = clients->items[--clients->count];
}

bool clients_any_cleans(const struct clients *clients)
{
	for (size_t i = 0; i < clients->count; i++)
		if (clients->items[i].cleans && !clients->items[i].is_mute)
			return true;
	return false;
}

void clients_close(struct clients *clients)
{
	while (clients->count > 0)
		clients_drop(clients, &clients->items[0]);
	if (clients->listener >= 0)
		close(clients->listener);
	clients->listener = -1;
}
