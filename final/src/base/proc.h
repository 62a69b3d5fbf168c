/*
 * proc.h: processes by /proc and pidfd: who still lives, and is it the same one?
 *
 *	proc_start_time(pid, &time)          when it started: with the pid, its identity
 *	proc_open(pid, time, &pidfd)         ESRCH if that very process is gone
 *
 * A pid alone is reused; pid + start time, checked on a pidfd, is not. BOTH processes.
 * Next file: store.h
 */
#pragma once

#include "scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	char state;	     /* R S D Z T ..., proc_pid_stat(5) field 3 */
	pid_t parent;	     /* field 4 */
	unsigned int flags;  /* PF_*, field 9 */
	uint64_t start_time; /* clock ticks since boot, field 22 */
};

/*
 * The kernel's PF_EXITING and PF_FORKNOEXEC (linux/sched.h): it is ending, and may have left its
 * namespaces; forked, and has not executed a program since.
 */
enum { PROC_EXITING = 0x4, PROC_FORKED_NO_EXEC = 0x40 };

/* ESRCH if there is no such process. */
int proc_stat(pid_t pid, struct proc_stat *ret_stat) MUST_CHECK;

/* A pidfd of the process that has this pid and start time; ESRCH if it is gone or a zombie. */
int proc_open(pid_t pid, uint64_t start_time, int *ret_pidfd) MUST_CHECK;

/* Waits until the process of a pidfd has ended; milliseconds < 0: for ever. False: still alive. */
bool proc_wait(int pidfd, int milliseconds);

/* Root whose user namespace is the machine's: uid_map has every ID, user_namespaces(7). */
bool proc_is_real_root(void);

/*
 * Executes a program beside us, without a copy of our memory (posix_spawn(3)): when it returns, the
 * program has been executed. fds[i] is its descriptor i, -1: /dev/null; none of them may have a
 * number that another one gets. No signal is blocked, SIGPIPE is as usual. is_apart: a session of
 * its own, in the directory /. Errors name argv[0].
 */
int proc_spawn(const char *program, char *const argv[], const int fds[], int count, bool is_apart,
	       pid_t *ret_pid) MUST_CHECK;

/*
 * A program file that nobody can write by way of those who execute it: a read-only mount of that
 * one file that is attached nowhere (open_tree(2), mount_setattr(2)), to be executed by descriptor.
 * Nothing is copied and nothing is left. What executes it holds it; when the descriptor is closed
 * it belongs to no mount namespace, and nobody can find, remount or change it. Closing it waits for
 * an RCU grace period, on a busy machine for milliseconds. -1 with errno: not permitted, or the
 * file is on a mount of another mount namespace.
 */
int proc_open_sealed(const char *path, int *ret_fd) MUST_CHECK;

/* A status of wait(2) as a shell has it: 128 + n for signal n. */
int proc_exit_code(int status) MUST_CHECK;

/*
 * No signal blocked or ignored, as a program expects to find them: what is ignored survives
 * execve(2), and nohup(1) or a service manager may have started us so.
 */
void proc_reset_signals(void);
