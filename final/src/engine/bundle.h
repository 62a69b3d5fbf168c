/*
 * bundle.h: box.json to config.json: what docker and podman users expect, in OCI's words.
 *
 *	bundle_write(box, &context)       boxes/ID/config.json, hosts, resolv.conf, hostname
 *	bundle_write_process(box, ...)    the same for one more process: `exec`
 *
 * Defaults are those of ../spec/profile.c, hardened: 11 capabilities, no_new_privs, seccomp, masked
 * and read-only paths, pids limit 512, private cgroup namespace. User names and groups are looked
 * up in the image's own /etc/passwd and /etc/group, opened below its root.
 * Files: bundle.c, bundle_user.c, bundle_mounts.c, bundle_security.c, bundle_seccomp.c,
 * bundle_resources.c. Next file: bundle.c
 */
#pragma once

#include "../store/box.h"

struct bundle_context {
	const char *rootfs; /* boxes/ID/merged, mounted */
	const char *netns;  /* path of the network namespace; NULL: the host's */
	bool new_netns;	    /* "none" */
};

/* What can be said before there is a box: names of capabilities and of --security-opt. */
int bundle_check_security(const struct box_security *security) MUST_CHECK;

int bundle_write(struct box *box, const struct bundle_context *context) MUST_CHECK;

/* Who a process is, by the container's own files. */
struct bundle_user {
	uint32_t uid, gid;
	LIST_OF(uint32_t) gids;
	char *home, *shell; /* NULL: not in passwd */
};

/*
 * user: "NAME|UID[:GROUP|GID]", NULL or "": root. groups: names or numbers, added. root_fd: the
 * container's root.
 */
int bundle_find_user(int root_fd, const char *user, const struct str_list *groups,
		     struct arena *arena, struct bundle_user *ret_user) MUST_CHECK;

struct bundle_exec {
	struct str_list args, env;
	const char *user, *workdir; /* NULL: the box's */
	bool terminal, privileged;
	uint32_t rows, columns; /* of the terminal; 0: not known */
};

/* A process.json, dir_fd/name, for a running box: its own rights, with what is asked for. */
int bundle_write_process(struct box *box, int root_fd, const struct bundle_exec *exec, int dir_fd,
			 const char *name) MUST_CHECK;
