/*
 * dev.h: /dev of the container: default nodes and links (config-linux.md "Default Devices"), and
 * linux.devices. INIT, before rootfs_enter(), on descriptors: a link /dev -> /somewhere of the
 * image leads nowhere outside of the rootfs (CVE-2026-41579).
 *
 *	dev_populate(root_fd, spec, bind)
 *
 * bind: mknod(2) is not allowed (user namespace): the machine's node is bound over an empty file.
 * A node that is there already is left as it is if it is the right device, and an error if it is
 * anything else: what the container takes for /dev/null must be it. Only nodes made here get an
 * owner. Does nothing where the configuration binds a directory to /dev: that is the machine's.
 * Next file: tty.h
 */
#pragma once

#include "../spec/spec.h"

int dev_populate(int root_fd, const struct spec *spec, bool bind) MUST_CHECK;
