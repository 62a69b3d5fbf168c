/*
 * net-serve tcp|udp ADDRESS PORT TEXT, net-serve abstract - NAME TEXT: answers whoever comes with
 * TEXT and the address it came from. Returns when it is ready, after it has printed the pid of the
 * process that serves.
 */
#include "net-socket.h"

static void answer(int fd, int is_datagram, const char *text)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof(from);
	char reply[256], byte;
	int peer = fd;

	if (is_datagram)
		recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &size);
	else
		peer = accept(fd, (struct sockaddr *)&from, &size);
	snprintf(reply, sizeof(reply), "%s from %s\n", text, inet_ntoa(from.sin_addr));
	if (is_datagram)
		sendto(fd, reply, strlen(reply), 0, (struct sockaddr *)&from, size);
	else
		send(peer, reply, strlen(reply), MSG_NOSIGNAL);
	if (!is_datagram)
		close(peer);
}

int main(int argc, char **argv)
{
	struct place place;
	pid_t server;
	int fd;

	started();
	if (argc != 5 || parse_place(&place, argv[1], argv[2], argv[3]) < 0)
		return blocked("arguments");
	fd = socket(place.any.sa_family, place.type, 0);
	if (fd < 0 || bind(fd, &place.any, place.size) < 0)
		return blocked("bind");
	if (place.type == SOCK_STREAM && listen(fd, 128) < 0)
		return blocked("listen");
	server = fork();
	if (server != 0)
		return server < 0 ? blocked("fork") : printf("SERVING %d\n", server) < 0;
	for (;;)
		answer(fd, place.type == SOCK_DGRAM, argv[4]);
}
