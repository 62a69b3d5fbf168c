/*
 * net-socket.h: where net-serve and net-fetch meet.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "attack.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	};
	socklen_t size;
	int type;
};

static inline int parse_place(struct place *ret, const char *kind, const char *address,
			      const char *name)
{
	struct place place = {.type = strcmp(kind, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM};

	if (strcmp(kind, "abstract") == 0) {
		place.un.sun_family = AF_UNIX; /* the name begins behind a byte of 0 */
		strncpy(place.un.sun_path + 1, name, sizeof(place.un.sun_path) - 2);
		place.size = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
	} else {
		place.in.sin_family = AF_INET;
		place.in.sin_port = htons(atoi(name));
		place.size = sizeof(place.in);
		if (inet_pton(AF_INET, address, &place.in.sin_addr) != 1)
			return -1;
	}
	*ret = place;
	return 0;
}

#endif
