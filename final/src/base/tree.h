/*
 * tree.h: directory trees that a container or an image has filled: hostile names, any depth.
 *
 *	tree_remove(parent_fd, "upper")      whatever is in it; gone already is success
 *	tree_copy(from_fd, to_fd)            owners, modes, times, attributes, hard links
 *	tree_copy_content(from_fd, to_fd, 0) the same, but to_fd itself stays as it is
 *	tree_copy_as(from_fd, "a", to_fd, "b", TREE_REPLACE)   one file or directory
 *
 * Everything goes by descriptors of directories; no link is followed; what is removed is not
 * entered where another mount begins. BOTH. Next file: tree_copy.c
 */
#pragma once

#include "scope.h"

#include <stdbool.h>
#include <sys/stat.h>

int tree_remove(int parent_fd, const char *name) MUST_CHECK;

/*
 * from_fd may be O_PATH. What to_fd has of a name already stays. At most 200 levels deep. Sockets are
 * left out; of the attributes user.* and the capabilities of files are kept. Where /proc, /sys and their
 * like are mounted below from_fd, an empty directory is made.
 */
int tree_copy(int from_fd, int to_fd) MUST_CHECK;

enum {
	TREE_REPLACE = 1, /* files and links that to_fd has go; a directory for a file: EISDIR */
	TREE_PLAIN = 2,	  /* ours, without set-user-ID bits and attributes; no devices and FIFOs */
	TREE_WARN = 4,	  /* a warning for each file that is left out */
};
/* Whether a file of that type is not copied. */
bool tree_is_left_out(mode_t mode, int flags);
int tree_copy_content(int from_fd, int to_fd, int flags) MUST_CHECK;
int tree_copy_as(int from_fd, const char *name, int to_fd, const char *new_name,
		 int flags) MUST_CHECK;

/*
 * A file that has more than one name: *ret_path is the first path that this was called with for it, or
 * NULL: this is it, and it is noted in *twins, a tree of tsearch(3).
 */
int tree_find_twin(void **twins, const struct stat *st, const char *path,
		   const char **ret_path) MUST_CHECK;
