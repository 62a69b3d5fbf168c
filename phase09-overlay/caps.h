/*
 * caps.h: capabilities, the parts that root's power is made of. capabilities(7)
 *
 *	CHILD, while it is still root
 *	caps_bound(set)      no execve(2) will ever give more than the set
 *	user_become(...)     the kernel empties the other sets if that is not root
 *	caps_keep(set)       effective and permitted; nothing is inheritable or ambient
 *
 * A set is a bit mask: bit CAP_NET_RAW, for instance, as in the numbers of /proc/PID/status.
 */
#ifndef CAPS_H
#define CAPS_H

#include <stdint.h>

struct config;

#define CAPS_ALL (~(uint64_t)0)

/* What the container gets: the default set and what cfg adds to it, without what cfg drops. */
uint64_t caps_wanted(const struct config *cfg);

/* Whether the capability, such as CAP_SYS_ADMIN of <linux/capability.h>, is in the set. */
int caps_has(uint64_t set, int capability);

/* "NET_RAW,cap_sys_time" or "ALL" -> a set; 0, or -1 for a name that no capability has. */
int caps_parse(const char *text, uint64_t *ret_set);

/* CHILD: takes everything else out of the bounding set. 0, or -1 after it has printed why. */
int caps_bound(uint64_t set);

/* CHILD: gives up everything else, for good. 0, or -1 after it has printed why. */
int caps_keep(uint64_t set);

#endif
