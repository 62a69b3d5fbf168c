/*
 * dev.h: /dev of the container: default nodes and links (config-linux.md "Default Devices"), and
 * linux.devices. INIT, before rootfs_enter(), on descriptors: a link /dev -> /somewhere of the
 *image leads nowhere outside the rootfs (CVE-2026-41579).
 *
 *	dev_populate(root_fd, spec, bind)    bind: mknod(2) is not allowed (user namespace): the
 *	                                     machine's node is bound over an empty file
 *
 * Does nothing about /dev itself where the configuration bind-mounts it: then it is the machine's.
 */
#pragma once

#include "../spec/spec.h"

int dev_populate(int root_fd, const struct spec *spec, bool bind) MUST_CHECK;
