/*
 * net-fetch tcp|udp ADDRESS PORT, net-fetch abstract - NAME: what does somebody there say?
 */
#include "net-socket.h"

#include <sys/time.h>

int main(int argc, char **argv)
{
	const struct timeval patience = {.tv_sec = 3};
	struct place place;
	char reply[256] = "";
	int fd;

	started();
	if (argc != 4 || parse_place(&place, argv[1], argv[2], argv[3]) < 0)
		return blocked("arguments");
	fd = socket(place.any.sa_family, place.type, 0);
	if (fd < 0)
		return blocked("socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)); /* of connect, too */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, &place.any, place.size) < 0)
		return blocked("connect");
	if (place.type == SOCK_DGRAM && send(fd, "?", 1, 0) < 0)
		return blocked("send");
	if (recv(fd, reply, sizeof(reply) - 1, 0) <= 0)
		return blocked("receive");
	printf("ESCAPED %s", reply);
	return 0;
}
