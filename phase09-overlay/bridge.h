/*
 * bridge.h: what all containers share on the host: the bridge, and the routing that lets packets
 * pass between it and the outside. It comes with the first container and goes with the last.
 *
 * PARENT, with lease_lock() held; `leases` is what that returned. Functions return 0, or -1 after
 * they have printed why.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#define BRIDGE "huskc0"

struct net;

/*
 * Sets net->subnet to the one that is in use; if there is none, to the one that was asked for, or
 * 10.87.0.0/24, and notes it. Refuses another than that in use, and a bridge that is not ours.
 */
int bridge_agree(int leases, struct net *net);

/* Makes the bridge, or completes it, or finds that all is well. */
int bridge_set_up(int leases, const struct net *net);

/* Removes the bridge and the firewall, and puts ip_forward back; nothing there is no error. */
int bridge_remove(int leases);

/* Makes sure that no IPv6 comes in from a device of ours. Also for the CHILD, for its eth0. */
int bridge_refuse_ipv6(const char *device);

#endif
