/*
 * sysctl.h: kernel parameters of the container's namespaces, sysctl(8).
 *
 *	PARENT  sysctl_check(spec)              namespaced ones only, and only if that namespace is
 *	                                        a new one or another one than the caller's
 *	INIT    sysctl_open_proc(&proc_fd)      in the new namespaces, before rootfs_enter()
 *	INIT    sysctl_apply(proc_fd, spec)     without following links
 *
 * kernel.core_pattern and its like belong to the machine: CVE-2022-0811. Next file: sysctl.c
 */
#pragma once

#include "../spec/spec.h"

int sysctl_check(const struct spec *spec) MUST_CHECK;
int sysctl_apply(int proc_fd, const struct spec *spec) MUST_CHECK;

/*
 * A procfs that nobody can mount over or redirect: fsopen(2), fsmount(2), not attached; for
 * sysctl_apply(), lsm_open() and whoever else writes below /proc. Where the kernel does not allow
 * a new one (a user namespace that sees only a masked /proc), the /proc there is, if it is one.
 */
int sysctl_open_proc(int *ret_proc_fd) MUST_CHECK;

/* Opens a file of it: neither through a magic link nor into something mounted over it. */
int sysctl_open_file(int proc_fd, const char *path, int flags, int *ret_fd) MUST_CHECK;
