/*
 * seal.h: the runtime runs from a copy of itself that no container can write. PARENT, first thing
 * of create, run and exec: CVE-2019-5736.
 *
 *	seal_self(argv)      returns 0 if it runs sealed already; does not return if it had to
 *execute itself again; -1: cannot
 *
 * The copy is a detached read-only mount of the executable's file (open_tree(2), mount_setattr(2)),
 * executed by descriptor: nothing is copied and nothing is left. Where that is not possible
 * (no CAP_SYS_ADMIN), a sealed memfd_create(2) holds the bytes.
 */
#pragma once

#include "../base/scope.h"

int seal_self(char *const argv[]) MUST_CHECK;
