/*
 * netdev.h: network interfaces that move into the container (linux.netDevices, OCI 1.3), and the
 * loopback of a new network namespace. rtnetlink(7), by plain messages: no library.
 *
 *	PARENT  netdev_move(spec, pid)     into the namespace of pid, renamed, its permanent global
 *	                                   addresses kept, and up
 *	INIT    netdev_set_loopback_up()   a new network namespace has "lo", down
 *
 * There is no way back in here: when the namespace ends the kernel returns a physical interface to
 * the machine, and deletes a virtual one, network_namespaces(7). Next file: netdev.c
 */
#pragma once

#include "../spec/spec.h"

int netdev_move(const struct spec *spec, pid_t pid) MUST_CHECK;
int netdev_set_loopback_up(void) MUST_CHECK;
