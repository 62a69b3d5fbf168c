/*
 * user.h: who the command runs as, credentials(7).
 *
 *	PARENT: user_adapt(cfg), ns_map_user(&child, &cfg->range)
 *	CHILD
 *	user_enter(cfg)             in a user namespace with a range: becomes its root
 *	...
 *	rootfs_enter()              now /etc/passwd is the container's
 *	user_find(&user, cfg)
 *	user_become(&user, cfg)
 */
#ifndef USER_H
#define USER_H

#include <sys/types.h>

struct config;

enum { MAX_GROUPS = 64 };

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[MAX_GROUPS]; /* additional ones, group_count of them */
	int group_count;
	char home[256];
};

/*
 * PARENT: an ordinary user may do everything inside a user namespace, but nothing to cgroups: says
 * so, and sets cfg->range, namespaces and limits. -1, after it has printed why, if cfg asks for
 * what only root can do.
 */
int user_adapt(struct config *cfg);

/* Whether text is NAME or UID, and maybe :NAME or :GID; nothing is looked up. */
int user_is_valid(const char *text);

/* CHILD, right after ns_release(): takes the first IDs of the range of cfg, if there is one. */
int user_enter(const struct config *cfg);

/*
 * CHILD, after rootfs_enter(): looks up cfg->user in the container's passwd(5) and group(5), root
 * if it is NULL. A number is an ID even if some user is called that; it need not be listed.
 * Returns 0, or -1 after it has printed why.
 */
int user_find(struct user *ret_user, const struct config *cfg);

/* CHILD: changes groups, group and user, in that order, and checks it. CVE-2016-3697. */
int user_become(const struct user *user, const struct config *cfg);

#endif
