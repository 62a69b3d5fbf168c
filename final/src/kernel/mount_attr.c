/* mount_attr.c: attributes, propagation, attaching. See mount_attr.h; next file: mount_fs.c */
#include "mount_attr.h"
#include "../base/err.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <string.h>

uint64_t mount_attr_isolation(const struct spec *spec)
{
	unsigned long root = mount_opts_propagation(spec->linux.rootfs_propagation);

	if (root & MS_SHARED)
		return 0;
	return root & MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
}

static int change(int fd, unsigned int recursive, struct mount_attr attr)
{
	if (!attr.attr_set && !attr.attr_clr && !attr.propagation)
		return 0;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | recursive, &attr) == 0)
		return 0;
	/* Locked access time is kept: unlike the other options nobody relies on it. */
	if (errno == EPERM && (attr.attr_clr & MOUNT_ATTR__ATIME)) {
		attr.attr_clr &= ~(uint64_t)MOUNT_ATTR__ATIME;
		attr.attr_set &= ~(uint64_t)MOUNT_ATTR__ATIME;
		return change(fd, recursive, attr);
	}
	if (errno == EPERM && attr.attr_clr)
		return err_set(EPERM,
			       "the source is mounted with a restriction (ro, nosuid, nodev, "
			       "noexec) that a user namespace cannot take away: leave out "
			       "the option that does");
	return err_sys("set mount attributes");
}

/* Whether `own` propagation makes a step with `isolation` before it needless. */
static bool isolates(uint64_t own, uint64_t isolation)
{
	return own == isolation || own == MS_PRIVATE || own == MS_UNBINDABLE;
}

int mount_attr_set(int fd, const struct mount_opts *opts, uint64_t isolation)
{
	unsigned int recursive = opts->recursive ? AT_RECURSIVE : 0;
	bool own_of_tree = !opts->recursive || opts->propagation_recursive;
	struct mount_attr tree = {
		.attr_set = opts->rec_set, .attr_clr = opts->rec_clear, .propagation = isolation};
	struct mount_attr own = {.propagation = opts->propagation};
	struct mount_attr top = {.attr_set = opts->attr_set, .attr_clr = opts->attr_clear};

	/* As few calls as possible: mostly it is one. */
	if (own_of_tree && own.propagation &&
	    (!isolation || isolates(own.propagation, isolation))) {
		tree.propagation = own.propagation;
		own.propagation = 0;
	}
	if (!opts->recursive) {
		tree.attr_set = (tree.attr_set & ~top.attr_clr) | top.attr_set;
		tree.attr_clr |= top.attr_clr;
		top = (struct mount_attr){0};
	}
	if (change(fd, recursive, tree) < 0 || change(fd, 0, top) < 0)
		return -1;
	return change(fd, own_of_tree ? recursive : 0, own);
}

int mount_attr_attach(int fd, int target_fd)
{
	if (sys_move_mount(fd, "", target_fd, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys("attach");
	return 0;
}
