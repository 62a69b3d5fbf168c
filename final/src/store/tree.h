/*
 * tree.h: directory trees that a container or an image has filled: hostile names, any depth.
 *
 *	tree_remove(parent_fd, "upper")      whatever is in it; gone already is success
 *	tree_copy(from_fd, to_fd)            what volumes are filled with: owners, modes, times,
 *	                                     attributes, hard links; links are never followed
 *
 * Everything goes by descriptors of directories; no other mount is entered. Next file: tree_copy.c
 */
#pragma once

#include "../base/scope.h"

int tree_remove(int parent_fd, const char *name) MUST_CHECK;

/*
 * The content and the attributes of the directory from_fd. What to_fd has of that name already
 * stays. At most 200 levels deep. Sockets are left out.
 */
int tree_copy(int from_fd, int to_fd) MUST_CHECK;
