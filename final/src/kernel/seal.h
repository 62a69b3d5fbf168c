/*
 * seal.h: the runtime runs from a copy of itself that no container can write. PARENT, first thing
 * of create, run and exec: CVE-2019-5736.
 *
 *	seal_self(argv)      returns 0 if it runs sealed already; does not return if it had to
 *	                     execute itself again; -1: cannot
 *
 * The danger: a container that gets the runtime to execute "/proc/self/exe" of the container's
 * init, or looks at /proc/PID/exe of it in time, holds a path to the program file on the machine,
 * and root in the container writes to it.
 *
 * The copy is a detached read-only mount of the executable's file, proc_open_sealed(), executed by
 * descriptor. Where that is not possible (no CAP_SYS_ADMIN), a sealed memfd_create(2) holds the
 * bytes. Arguments and environment stay as they are. Next file: seal.c
 */
#pragma once

#include "../base/scope.h"

int seal_self(char *const argv[]) MUST_CHECK;
