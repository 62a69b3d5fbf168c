/*
 * confine.h: everything that the command does not need is taken from it, in the one order in which
 * each step is still allowed and nothing can be won back:
 *
 *	session keyring          keys are in no namespace, keyrings(7)
 *	capabilities, caps.h     the bounding set first, while we may
 *	user and groups, user.h  while we have the capabilities to change them
 *	open files               a directory of the host leads out of any root file system
 *	no_new_privs             no execve(2) gives back what has been taken, prctl(2)
 *	seccomp, seccomp.h       last: the steps before it need calls that it refuses
 */
#ifndef CONFINE_H
#define CONFINE_H

struct config;

/*
 * CHILD, right before init_run() or cli_exec(): all of that, or with --security=off only the user.
 * Sets cfg->home. Returns 0, or -1 after it has printed why.
 */
int confine(struct config *cfg);

#endif
