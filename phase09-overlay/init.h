/*
 * init.h: what being PID 1 of a PID namespace means. The kernel gives it every orphan to reap, and
 * drops signals that it has no handler for; a program that does not know that it is PID 1 does
 * neither duty. `--init` puts one in front that does.
 *
 *	CHILD                                     COMMAND
 *	init_die_with_husk(cfg)   first of all
 *	...
 *	init_run(cfg)             stays PID 1     PID 2: cli_exec(cfg)
 */
#ifndef INIT_H
#define INIT_H

#include <signal.h>

struct config;
struct ns_child;

/*
 * CHILD: from now on the kernel kills us when husk ends, prctl(2); with PID 1 it
 * kills the rest. Returns 0, or -1 if husk is dead already. A command that changes its user or is
 * set-user-ID loses this, so it is not enough: `husk gc` does the rest.
 */
int init_die_with_husk(const struct config *cfg);

/*
 * CHILD, as PID 1: runs the command as its child, reaps every orphan, forwards every signal that
 * can be caught. Returns the command's exit status, or 128 + the signal that killed it; the kernel
 * then kills what is left in the namespace.
 */
int init_run(const struct config *cfg);

/*
 * PARENT, for ns_wait(): hands a signal that husk got to PID 1 of the container. If that has no
 * handler for it the kernel would drop it, and a husk that was asked to stop would not stop: then
 * the container is killed.
 */
void init_forward_signal(struct ns_child *child, const siginfo_t *info);

#endif
