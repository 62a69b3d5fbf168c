/*
 * lsm.h: labels of Linux security modules, AppArmor and SELinux. INIT.
 *
 *	PARENT  lsm_check(spec)                   a label without its module is refused, before
 *anything is made INIT    lsm_open(&lsm, process)           /proc/self/attr/..., while there is a
 * /proc to trust INIT    lsm_apply(&lsm, process)          for the next execve(2)
 *
 * Written through a private procfs (proc_fd: a detached mount the container cannot reach),
 *CVE-2019-19921 and CVE-2025-52881: a /proc of the container's own could send the write elsewhere.
 */
#pragma once

#include "../spec/spec.h"

bool lsm_has_apparmor(void);
bool lsm_has_selinux(void);
int lsm_check(const struct spec *spec) MUST_CHECK;
int lsm_check_process(const struct spec_process *process) MUST_CHECK;

/* The descriptor to write the label to, or -1 if the process has none. */
int lsm_open(int proc_fd, const struct spec_process *process, int *ret_fd) MUST_CHECK;
int lsm_apply(int fd, const struct spec_process *process) MUST_CHECK;
