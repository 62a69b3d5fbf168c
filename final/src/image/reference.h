/*
 * reference.h: names of images as docker writes them: [DOMAIN/]PATH[:TAG][@DIGEST].
 *
 *	reference_parse("busybox", &arena, &ref)     docker.io, library/busybox, latest
 *	reference_full(&ref, &arena)                 "docker.io/library/busybox:latest": as stored
 *	reference_normalize("busybox", &arena, &full)   the same in one call
 *	reference_familiar(full, &arena, &name, &tag)  "busybox", "latest": as it is shown
 *
 * The first part is a domain if it has a dot or a colon, or is "localhost". Grammar: distribution
 * specification, "Pulling manifests". Next file: layout.h
 */
#pragma once

#include "../base/str.h"

struct reference {
	char *domain, *path;
	char *tag;    /* NULL: there is a digest and no tag */
	char *digest; /* NULL: none */
};

int reference_parse(const char *text, struct arena *arena, struct reference *ret) MUST_CHECK;
char *reference_full(const struct reference *reference, struct arena *arena);

/* Both at once; for a name that is to be given, which cannot have a digest: EINVAL. */
int reference_normalize(const char *text, struct arena *arena, char **ret_full) MUST_CHECK;
int reference_normalize_new(const char *text, struct arena *arena, char **ret_full) MUST_CHECK;

/* *ret_tag is NULL for one with a digest only, *ret_digest for one without. */
int reference_familiar(const char *full, struct arena *arena, char **ret_name, char **ret_tag,
		       char **ret_digest) MUST_CHECK;
