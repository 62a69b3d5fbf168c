/*
 * confirm.h: a question before many things are removed at once.
 *
 *	confirm(force, "This removes all volumes without a name that no container uses.")
 *
 * Without a terminal nobody can answer: --force is needed then. Next file: cmd_image.c
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>

/* 1: yes, 0: no. EINVAL: there is nobody to ask. */
int confirm(bool force, const char *what) MUST_CHECK;
