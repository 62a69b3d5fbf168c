/*
 * husk.h: the spine. What every part of this phase shares: the configuration of one container,
 * and the one way to report an error.
 *
 * Reading order: husk.h, main.c, rootfs.h, rootfs.c; ns.c is phase01's
 */
#ifndef HUSK_H
#define HUSK_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Exit status when husk itself failed. Any other status is the command's own. */
enum { EXIT_HUSK = 125 };

struct config {
	uint64_t namespaces;  /* CLONE_NEW* flags of clone(2) */
	const char *rootfs;   /* directory that becomes / inside */
	const char *hostname; /* what hostname(1) prints inside */
	char **argv;	      /* the command and its arguments, NULL at the end as for execve(2) */
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
