/*
 * bundle.h: box.json to config.json: what docker and podman users expect, in OCI's words.
 *
 *	bundle_write(box, &context)     boxes/ID/config.json, hosts, resolv.conf, hostname
 *
 * Defaults are those of docs/security-record.md: 11 capabilities, no_new_privs, seccomp, masked and
 * read-only paths, pids limit 512, private cgroup namespace. User names and groups are looked up in
 * the image's own /etc/passwd and /etc/group, opened below its root.
 */
#pragma once

#include "box.h"

struct bundle_context {
	const char *rootfs; /* boxes/ID/merged, mounted */
	const char *netns;  /* path of the network namespace; NULL: the host's */
	bool new_netns;	    /* "none" */
};

int bundle_write(struct box *box, const struct bundle_context *context) MUST_CHECK;
