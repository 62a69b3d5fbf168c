/*
 * seccomp.h: which system calls the container may make, seccomp(2). What a program cannot call it
 * cannot exploit: most holes in kernels are in calls that hardly any program needs.
 *
 * CHILD, the very last step before the command: everything that the set-up itself needs to call
 * must have been called, and without no_new_privs only root may load a filter.
 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <stdint.h>

/*
 * CHILD: from now on, and for every child, a call that the profile does not list fails with EPERM,
 * one that is newer than the profile with ENOSYS, and one of another architecture kills the
 * process. `caps`: capabilities of caps.h; some calls are allowed only with one of them.
 * Returns 0, or -1 after it has printed why.
 */
int seccomp_apply(uint64_t caps);

#endif
