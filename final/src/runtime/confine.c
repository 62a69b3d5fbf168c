/* confine.c: giving up rights, in the order that works. See confine.h; next file: program.c */
#include "confine.h"
#include "../base/err.h"
#include "../base/sys.h"
#include "../kernel/limits.h"
#include "../kernel/lsm.h"
#include "../kernel/rootfs.h"
#include "sync.h"

#include <sys/prctl.h>
#include <sys/stat.h>

bool confine_has_label(const struct spec_process *process)
{
	return process && ((process->apparmor_profile && *process->apparmor_profile) ||
			   (process->selinux_label && *process->selinux_label));
}

/*
 * Pipes and sockets that the caller made for this process get its user for owner: else a program
 * that opens /dev/stdout again may not. Never a device: that would be the machine's /dev/null.
 */
static int give_streams(const struct spec_process *process)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_uid == process->user.uid)
			continue;
		if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
			continue;
		/* Where the ID is not mapped, or the file system is read-only: then not. */
		if (fchown(fd, process->user.uid, -1) < 0 && errno != EINVAL && errno != EPERM &&
		    errno != EROFS)
			return err_sys("give standard stream %d to user %u", fd, process->user.uid);
	}
	return 0;
}

int confine_make_keyring(void)
{
	if (sys_keyctl_join(NULL) < 0 && errno != ENOSYS && errno != EPERM && errno != EDQUOT)
		return err_sys("create session keyring");
	return 0;
}

int confine_limit(const struct spec_process *process)
{
	if (limits_set_scheduler(process) < 0 || limits_set_io_priority(process) < 0)
		return -1;
	if (limits_set_rlimits(process) < 0)
		return -1;
	/* As root: the user may not be allowed to enter, and could not make it. */
	if (rootfs_change_dir(process) < 0)
		return -1;
	return give_streams(process);
}

static bool is_late(const struct spec_process *process, const struct spec_seccomp *seccomp)
{
	return process->no_new_privileges && !seccomp_has_listener(seccomp);
}

bool confine_is_late(const struct spec *spec)
{
	return is_late(spec->process, spec->linux.seccomp);
}

static int forbid_new_privileges(const struct spec_process *process)
{
	if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys("set no_new_privs");
	return 0;
}

int confine(const struct confinement *confinement, int *ret_listener)
{
	const struct spec_process *process = confinement->process;
	struct cap_sets caps = *confinement->caps;

	*ret_listener = -1;
	if (confinement->lsm_fd >= 0 && lsm_apply(confinement->lsm_fd, process) < 0)
		return -1;
	if (cap_drop_bounding(&caps) < 0 || cap_restrict(&caps) < 0 || cap_keep_over_setuid() < 0)
		return -1;
	if (limits_set_user(process) < 0 || forbid_new_privileges(process) < 0)
		return -1;
	if (confinement->filter && !is_late(process, confinement->seccomp)) {
		/* Another user than root has the capabilities still, but not in effect. */
		if (process->user.uid != 0 && cap_regain() < 0)
			return -1;
		if (seccomp_install(confinement->filter, confinement->seccomp, ret_listener) < 0)
			return -1;
	}
	return cap_apply(&caps);
}

int confine_pass_listener(const struct spec *spec, int sync, const struct ns_child *child,
			  const struct state *state)
{
	auto_close int listener = -1;
	struct arena arena = {0};
	uint32_t number;
	char *text;
	int result;

	if (!spec->linux.seccomp || !seccomp_has_listener(spec->linux.seccomp))
		return 0;
	if (sync_expect(sync, SYNC_LISTENER, &number) < 0)
		return -1;
	/* Not sent by the process: the filter that is in force now may forbid sendmsg(2). */
	listener = sys_pidfd_getfd(child->pidfd, number, 0);
	if (listener < 0)
		return err_sys("take the seccomp listener from the container's process");
	result = state_format_oci(state, &arena, &text);
	if (result == 0)
		result = seccomp_send_listener(spec->linux.seccomp, listener, child->pid, text);
	arena_free(&arena);
	return result;
}

int confine_late(const struct spec *spec, const struct seccomp_bpf *filter)
{
	int listener;

	if (!filter->length || !confine_is_late(spec))
		return 0;
	return seccomp_install(filter, spec->linux.seccomp, &listener);
}
