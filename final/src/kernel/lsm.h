/*
 * lsm.h: labels of Linux security modules, AppArmor and SELinux, for the next execve(2).
 *
 *	PARENT  lsm_check(spec)                   a label without its module is refused, before
 *	                                          anything is made; `exec`: lsm_check_process()
 *	INIT    lsm_open(proc_fd, process, &fd)   below /proc/self/attr, while there is a procfs to
 *	                                          trust: sysctl_open_proc()
 *	INIT    lsm_apply(fd, process)            the last thing but seccomp
 *
 * Written through a private procfs, CVE-2019-19921 and CVE-2025-52881: a /proc of the container's
 * own could send the write elsewhere. Next file: lsm.c
 */
#pragma once

#include "../spec/spec.h"

bool lsm_has_apparmor(void);
bool lsm_has_selinux(void);
int lsm_check(const struct spec *spec) MUST_CHECK;
int lsm_check_process(const struct spec_process *process) MUST_CHECK;

/* Whether the process has a label to set: then a procfs is needed. */
bool lsm_is_needed(const struct spec_process *process);

/* The descriptor to write the label to, or -1 if the process has none. */
int lsm_open(int proc_fd, const struct spec_process *process, int *ret_fd) MUST_CHECK;

/* Does nothing for -1. Needs the process to be single-threaded, and not yet no_new_privs. */
int lsm_apply(int fd, const struct spec_process *process) MUST_CHECK;
