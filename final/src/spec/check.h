/*
 * check.h: the parts of spec_check(), in three files. PARENT.
 *
 *	check.c		the top, process, hooks
 *	check_mounts.c	mounts: above all, what may be mounted on /proc
 *	check_linux.c	linux.*
 */
#pragma once

#include "spec.h"

int check_mounts(const struct spec *spec) MUST_CHECK;
int check_linux(const struct spec *spec) MUST_CHECK;

/* `where` is the path of the list: "linux.uidMappings". */
int check_id_maps(const struct spec_id_maps *maps, const char *where) MUST_CHECK;

/* Whether a part of the path is "..". */
bool check_has_dotdot(const char *path);
