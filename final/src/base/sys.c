/* sys.c: system calls without a wrapper in glibc 2.35. See sys.h; next file: path.h */
#include "sys.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int sys_openat2(int dir_fd, const char *path, const struct open_how *how)
{
	return syscall(SYS_openat2, dir_fd, path, how, sizeof(*how));
}

pid_t sys_clone3(const struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

int sys_pidfd_getfd(int pidfd, int fd, unsigned int flags)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}

int sys_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const void *data)
{
	return syscall(SYS_mount, source, target, type, flags, data);
}

int sys_umount2(const char *target, int flags)
{
	return syscall(SYS_umount2, target, flags);
}

int sys_open_tree(int dir_fd, const char *path, unsigned int flags)
{
	return syscall(SYS_open_tree, dir_fd, path, flags);
}

int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	return syscall(SYS_move_mount, from_fd, from, to_fd, to, flags);
}

int sys_fsopen(const char *type, unsigned int flags)
{
	return syscall(SYS_fsopen, type, flags);
}

int sys_fsconfig(int fd, unsigned int command, const char *key, const void *value, int aux)
{
	return syscall(SYS_fsconfig, fd, command, key, value, aux);
}

int sys_fspick(int dir_fd, const char *path, unsigned int flags)
{
	return syscall(SYS_fspick, dir_fd, path, flags);
}

int sys_fsmount(int fd, unsigned int flags, unsigned int attributes)
{
	return syscall(SYS_fsmount, fd, flags, attributes);
}

int sys_mount_setattr(int dir_fd, const char *path, unsigned int flags,
		      const struct mount_attr *attributes)
{
	return syscall(SYS_mount_setattr, dir_fd, path, flags, attributes, sizeof(*attributes));
}

long sys_keyctl_join(const char *name)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0);
}

int sys_capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data)
{
	return syscall(SYS_capget, header, data);
}

int sys_capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data)
{
	return syscall(SYS_capset, header, data);
}

int sys_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return syscall(SYS_execveat, fd, path, argv, envp, flags);
}

int sys_seccomp(unsigned int operation, unsigned int flags, const void *arguments)
{
	return syscall(SYS_seccomp, operation, flags, arguments);
}

int sys_sched_setattr(pid_t pid, const void *attributes, unsigned int flags)
{
	return syscall(SYS_sched_setattr, pid, attributes, flags);
}

int sys_ioprio_set(int which, int who, int priority)
{
	return syscall(SYS_ioprio_set, which, who, priority);
}

int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max_node)
{
	return syscall(SYS_set_mempolicy, mode, nodes, max_node);
}

int sys_bpf(int command, union bpf_attr *attributes, unsigned int size)
{
	return (int)syscall(SYS_bpf, command, attributes, size);
}
