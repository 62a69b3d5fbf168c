/*
 * netlink.h: network devices, as ip(8) makes them: by messages to the kernel through a socket.
 * rtnetlink(7); libmnl lays the messages out.
 *
 * Any process that has CAP_NET_ADMIN may call these, and each acts on the network namespace of its
 * caller. Like system calls they return 0, or -1 with errno set, and print nothing: what is an
 * error here, EEXIST for one, the caller knows. Addresses are numbers: 10.87.0.1 is 0x0a570001.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <stdint.h>
#include <sys/types.h>

/* A bridge, a switch in software, which is also a device of the host. EEXIST: it is there. */
int netlink_make_bridge(const char *name, uint32_t address);

/*
 * A veth pair, a cable: its end `name` is plugged into the bridge, its other end becomes eth0 in
 * the network namespace of process `pid`, with the hardware address that belongs to `address`.
 */
int netlink_make_veth(const char *name, const char *bridge, uint32_t address, pid_t pid);

/* A frame may leave a bridge by the port it came from: a container talks to its published port. */
int netlink_allow_hairpin(const char *name);

int netlink_add_address(const char *name, uint32_t address, int prefix);
int netlink_set_up(const char *name);
int netlink_add_default_route(uint32_t gateway);

/* Takes the other end of a veth along, wherever that is. ENODEV: there is none. */
int netlink_delete(const char *name);

#endif
