/* lsm.c: AppArmor and SELinux. See lsm.h; next file: tty.h */
#include "lsm.h"
#include "../base/err.h"
#include "sysctl.h"

#include <fcntl.h>
#include <string.h>

/* "unconfined" asks for nothing, so it is right on a machine without AppArmor as well. */
static bool has_profile(const struct spec_process *process)
{
	return process->apparmor_profile && *process->apparmor_profile &&
	       (strcmp(process->apparmor_profile, "unconfined") != 0 || lsm_has_apparmor());
}

static bool has_label(const struct spec_process *process)
{
	return process->selinux_label && *process->selinux_label;
}

bool lsm_has_apparmor(void)
{
	auto_close int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char enabled = 'N';

	return fd >= 0 && read(fd, &enabled, 1) == 1 && enabled == 'Y';
}

bool lsm_has_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

bool lsm_is_needed(const struct spec_process *process)
{
	return has_profile(process) || has_label(process);
}

int lsm_check_process(const struct spec_process *process)
{
	if (has_profile(process) && has_label(process))
		return err_set(EINVAL, "process.apparmorProfile and process.selinuxLabel: only one "
				       "of them can be used");
	if (has_profile(process) && !lsm_has_apparmor())
		return err_set(EINVAL,
			       "process.apparmorProfile '%s': AppArmor is not enabled on this "
			       "machine; leave the profile out",
			       process->apparmor_profile);
	if (has_label(process) && !lsm_has_selinux())
		return err_set(EINVAL,
			       "process.selinuxLabel '%s': SELinux is not enabled on this machine; "
			       "leave the label out",
			       process->selinux_label);
	return 0;
}

int lsm_check(const struct spec *spec)
{
	const char *label = spec->linux.mount_label;

	if (label && *label && !lsm_has_selinux())
		return err_set(
			EINVAL,
			"linux.mountLabel '%s': SELinux is not enabled on this machine; leave "
			"the label out",
			label);
	return spec->process ? lsm_check_process(spec->process) : 0;
}

int lsm_open(int proc_fd, const struct spec_process *process, int *ret_fd)
{
	int fd = -1;

	*ret_fd = -1;
	if (!lsm_is_needed(process))
		return 0;
	/* AppArmor's own file is there since Linux 5.1; the common one is the first module's. */
	if (!has_profile(process) ||
	    sysctl_open_file(proc_fd, "self/attr/apparmor/exec", O_WRONLY, &fd) < 0)
		if (sysctl_open_file(proc_fd, "self/attr/exec", O_WRONLY, &fd) < 0)
			return err_wrap("security label");
	*ret_fd = fd;
	return 0;
}

static int write_label(int fd, const char *label)
{
	return write(fd, label, strlen(label)) < 0 ? -1 : 0;
}

int lsm_apply(int fd, const struct spec_process *process)
{
	char command[512];

	if (fd < 0)
		return 0;
	if (!has_profile(process))
		return write_label(fd, process->selinux_label) < 0
			       ? err_sys("set process.selinuxLabel '%s'", process->selinux_label)
			       : 0;
	if (snprintf(command, sizeof(command), "exec %s", process->apparmor_profile) >=
	    (int)sizeof(command))
		return err_set(ENAMETOOLONG, "process.apparmorProfile: the name is too long");
	if (write_label(fd, command) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(ENOENT,
			       "process.apparmorProfile '%s' is not loaded; load it with "
			       "apparmor_parser(8)",
			       process->apparmor_profile);
	return err_sys("set process.apparmorProfile '%s'", process->apparmor_profile);
}
