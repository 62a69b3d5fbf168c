/*
 * bundle_internal.h: what the files of bundle.h share: the configuration that is being made.
 * Next file: bundle_user.c
 */
#pragma once

#include "../spec/spec.h"
#include "bundle.h"

struct bundle {
	struct box *box;
	const struct bundle_context *context;
	struct spec spec; /* all that is made is in its arena */
	int root_fd;	  /* the mounted root file system */
};

/* bundle_mounts.c: volumes are made and filled, too. */
int bundle_add_mounts(struct bundle *b) MUST_CHECK;

/* bundle_security.c */
int bundle_set_security(struct bundle *b) MUST_CHECK;
int bundle_add_all_capabilities(struct arena *arena, struct str_list *list) MUST_CHECK;

/* bundle_seccomp.c: a file as docker and podman take it, or as linux.seccomp is. */
int bundle_load_seccomp(const char *path, const struct str_list *capabilities, struct arena *arena,
			struct spec_seccomp **ret_seccomp) MUST_CHECK;

/* bundle_resources.c: limits, rlimits, devices. */
int bundle_set_resources(struct bundle *b) MUST_CHECK;
