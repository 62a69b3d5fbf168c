/*
 * copy_tree.h: copies what is in a directory: for tmpcopyup. INIT.
 *
 *	copy_tree(from_fd, to_fd)     both directories; from_fd may be O_PATH
 *
 * By descriptors, following no link: the tree is an image's. Owner, mode and time of change are
 * kept, and kinds of files; hard links become files of their own. Extended attributes are left.
 */
#pragma once

#include "../base/scope.h"

int copy_tree(int from_fd, int to_fd) MUST_CHECK;
