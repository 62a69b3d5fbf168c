/*
 * image_changes.h: `--change`, a line of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER,
 * VOLUME, WORKDIR, STOPSIGNAL; and what import and commit write an image with.
 *
 *	image_changes_apply(&changes, &config, &arena)
 *	image_new_write(&new, &config, layers, count, reference, &id)
 *
 * Lists are JSON, ["sh", "-c", "..."], or the words of a shell, which then runs them. Next file:
 * image_load.c
 */
#pragma once

#include "image_new.h"

int image_changes_apply(const struct str_list *changes, struct image_config *config,
			struct arena *arena) MUST_CHECK;

/* Configuration, manifest and its name; layers are in the scratch directory, or in the store. */
int image_new_write(struct image_new *new, const struct image_config *config,
		    struct descriptor *layers, size_t count, const char *reference,
		    char **ret_id) MUST_CHECK;
