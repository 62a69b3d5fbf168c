/*
 * sysctl.h: kernel parameters of the container's namespaces, sysctl(8).
 *
 *	PARENT  sysctl_check(spec)            namespaced ones only, and only if that namespace is
 *new or joined INIT    sysctl_apply(proc_fd, spec)   through the private procfs, without following
 *links
 *
 * kernel.core_pattern and its like belong to the machine: CVE-2022-0811.
 */
#pragma once

#include "../spec/spec.h"

int sysctl_check(const struct spec *spec) MUST_CHECK;
int sysctl_apply(int proc_fd, const struct spec *spec) MUST_CHECK;

/* A procfs that nobody can mount over or redirect: fsopen(2), fsmount(2), not attached. INIT, in
 * its pid namespace. */
int sysctl_open_proc(int *ret_proc_fd) MUST_CHECK;
