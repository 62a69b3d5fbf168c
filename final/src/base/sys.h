/*
 * sys.h: system calls that the C library has no wrapper for, or only newer versions of it have
 * (the baseline is glibc 2.35). Thin: arguments, result and errno are the kernel's own; the man
 * page is section 2 of the name behind "sys_".
 *
 * The only file that includes <linux/mount.h>; nobody includes <sys/mount.h>, since the two
 * declare the same names differently. So mount(2) and umount2(2) are here as well. BOTH processes.
 * Next file: path.h
 */
#pragma once

#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* umount2(2) */
#define SYS_MNT_DETACH 2

int sys_openat2(int dir_fd, const char *path, const struct open_how *how);
pid_t sys_clone3(const struct clone_args *args);
int sys_pidfd_open(pid_t pid, unsigned int flags);
int sys_pidfd_getfd(int pidfd, int fd, unsigned int flags);
int sys_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags);
int sys_pivot_root(const char *new_root, const char *put_old);

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const void *data);
int sys_umount2(const char *target, int flags);
int sys_open_tree(int dir_fd, const char *path, unsigned int flags);
int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int sys_fsopen(const char *type, unsigned int flags);
int sys_fsconfig(int fd, unsigned int command, const char *key, const void *value, int aux);
int sys_fspick(int dir_fd, const char *path, unsigned int flags);
int sys_fsmount(int fd, unsigned int flags, unsigned int attributes);
int sys_mount_setattr(int dir_fd, const char *path, unsigned int flags,
		      const struct mount_attr *attributes);
long sys_keyctl_join(const char *name);

struct __user_cap_header_struct; /* <linux/capability.h> */
struct __user_cap_data_struct;
int sys_capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
int sys_capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);
int sys_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);
int sys_seccomp(unsigned int operation, unsigned int flags, const void *arguments);
int sys_sched_setattr(pid_t pid, const void *attributes, unsigned int flags);
int sys_ioprio_set(int which, int who, int priority);
int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max_node);

union bpf_attr; /* <linux/bpf.h> */
int sys_bpf(int command, union bpf_attr *attributes, unsigned int size);
