/*
 * husk.h: the spine. What every part of this phase shares: the configuration of one container,
 * and the one way to report an error.
 *
 * Reading order: husk.h, main.c, net.c, lease.c, bridge.c, netlink.c, firewall.c
 */
#ifndef HUSK_H
#define HUSK_H

#include "cgroup.h"
#include "log.h"
#include "net.h"
#include "ns.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HUSK_VERSION "0.8 (phase08-network)"

/* Exit status when husk itself failed. Any other status is the command's own. */
enum { EXIT_HUSK = 125 };

/* A file or directory of the host that is also visible inside. */
struct volume {
	char *source; /* absolute path outside */
	char *target; /* path inside, without the leading slash */
	int read_only;
};

struct config {
	uint64_t namespaces;	       /* CLONE_NEW* flags of clone(2) */
	const char *rootfs;	       /* directory that becomes / inside; NULL: rootfs_default() */
	const char *hostname;	       /* what hostname(1) prints inside */
	const char *name;	       /* of its record and cgroup; NULL: any free one */
	long long limits[CONTROLLERS]; /* of its cgroup, or NO_LIMIT */
	int limits_asked;	       /* by an option: then they must hold */
	const char *workdir;	       /* where the command starts, absolute, inside */
	int read_only;		       /* the root file system */
	char **env;		       /* "NAME=VALUE", env_count of them */
	int env_count;
	struct volume *volumes;
	int volume_count;
	int init;		      /* put a PID 1 in front of the command */
	enum log_mode log;	      /* which streams are kept */
	int record;		      /* the open record, while we hold it */
	uint64_t caps_add, caps_drop; /* bit masks of capabilities, or CAPS_ALL */
	int no_seccomp;
	int no_security;       /* nothing of this phase */
	const char *user;      /* NAME or UID, and maybe :NAME or :GID; NULL: root */
	struct id_range range; /* what a user namespace maps */
	const char *home;      /* of that user; NULL: /root */
	struct net net;	       /* its network; net.h */
	int as_json;	       /* `husk ps`: not a table */
	int timestamps;	       /* `husk logs`: with time and stream */
	char **argv;	       /* the command and its arguments, NULL at the end as for execve(2) */
};

/*
 * Prints "husk: VERB OBJECT: reason", the reason taken from errno. Always returns -1, so that a
 * function can end with `return fail(...)`: parts report what went wrong, main() decides to stop.
 */
static inline int fail(const char *verb, const char *object)
{
	fprintf(stderr, "husk: %s %s: %s\n", verb, object, strerror(errno));
	return -1;
}

#endif
