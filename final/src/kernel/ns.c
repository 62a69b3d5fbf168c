/*
 * ns.c: namespaces: one clone3(2) for the new ones, setns(2) for those that exist. See ns.h for
 * who calls what; next file: idmap.h
 */
#include "ns.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"
#include "idmap.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static const struct kind {
	int flag;
	const char *name; /* config-linux.md "Namespaces" */
	const char *own;  /* where the caller's one is; where children are born, if that differs */
} kinds[NS_KINDS] = {
	/* The order of joining: the user namespace is what gives the right to the others. */
	{CLONE_NEWUSER, "user", "/proc/self/ns/user"},
	{CLONE_NEWPID, "pid", "/proc/self/ns/pid_for_children"},
	{CLONE_NEWTIME, "time", "/proc/self/ns/time_for_children"},
	{CLONE_NEWIPC, "ipc", "/proc/self/ns/ipc"},
	{CLONE_NEWUTS, "uts", "/proc/self/ns/uts"},
	{CLONE_NEWNET, "network", "/proc/self/ns/net"},
	{CLONE_NEWCGROUP, "cgroup", "/proc/self/ns/cgroup"},
	{CLONE_NEWNS, "mount", "/proc/self/ns/mnt"},
};

/* They change only what children are born in: the parent has to enter them. */
enum { FOR_CHILDREN = CLONE_NEWPID | CLONE_NEWTIME };

const char *ns_name(int flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].flag == flag)
			return kinds[i].name;
	return "unknown";
}

/* setns(2) into the user namespace one is in already is EINVAL. */
static bool is_own(int fd, const char *own)
{
	struct stat theirs, ours;

	return fstat(fd, &theirs) == 0 && stat(own, &ours) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

static int open_namespace(const struct spec_namespace *wanted, const struct kind *kind,
			  struct ns_plan *plan)
{
	int fd = open(wanted->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct statfs fs;

	if (fd < 0)
		return err_sys("open %s namespace %s", kind->name, wanted->path);
	/* Asked first: to a device the same ioctl(2) may mean something else. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC ||
	    ioctl(fd, NS_GET_NSTYPE) != kind->flag) {
		close(fd);
		return err_set(EINVAL, "%s: is no %s namespace", wanted->path, kind->name);
	}
	if (is_own(fd, kind->own)) {
		close(fd);
		return 0;
	}
	plan->join_flags |= kind->flag;
	plan->join[plan->join_count].flag = kind->flag;
	plan->join[plan->join_count++].fd = fd;
	return 0;
}

int ns_plan(const struct spec *spec, struct ns_plan *ret_plan)
{
	struct ns_plan plan = {.spec = spec};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct spec_namespace *wanted = spec_find_namespace(spec, kinds[i].flag);

		if (wanted && !wanted->path) {
			plan.new_flags |= kinds[i].flag;
		} else if (wanted && open_namespace(wanted, &kinds[i], &plan) < 0) {
			ns_plan_close(&plan);
			return -1;
		}
	}
	if (!((plan.new_flags | plan.join_flags) & CLONE_NEWNS)) {
		ns_plan_close(&plan);
		return err_set(EINVAL, "linux.namespaces: there is no mount namespace, or it is "
				       "the caller's: every mount would be made on the machine; "
				       "add {\"type\": \"mount\"} without a path");
	}
	*ret_plan = plan;
	return 0;
}

int ns_plan_of_process(const struct spec *spec, int pidfd, pid_t pid, struct ns_plan *ret_plan)
{
	static const char *const files[NS_KINDS] = {"user", "pid", "time",   "ipc",
						    "uts",  "net", "cgroup", "mnt"};
	struct ns_plan plan = {.spec = spec};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];
		struct spec_namespace wanted = {.flag = kinds[i].flag, .path = path};

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, files[i]);
		if (!spec_find_namespace(spec, kinds[i].flag))
			continue;
		if (open_namespace(&wanted, &kinds[i], &plan) < 0) {
			ns_plan_close(&plan);
			return -1;
		}
	}
	/* Opened by pid, so asked again: is it still the process of the pidfd? */
	if (sys_pidfd_send_signal(pidfd, 0, NULL, 0) < 0) {
		ns_plan_close(&plan);
		return err_sys("the container's process %d", pid);
	}
	*ret_plan = plan;
	return 0;
}

void ns_plan_close(struct ns_plan *plan)
{
	for (int i = 0; i < plan->join_count; i++)
		close(plan->join[i].fd);
	plan->join_count = 0;
}

/*
 * What is entered before the clone. In a new user namespace the child would have no right to join
 * those of the machine, so then it is all but the mount namespace. The cgroup namespace comes last:
 * in it one cannot be born in a cgroup that one did not come from, cgroups(7) "nsdelegate".
 */
static uint64_t joined_before_birth(const struct ns_plan *plan)
{
	uint64_t flags = FOR_CHILDREN;

	if (plan->prepare)
		flags = ~(uint64_t)CLONE_NEWCGROUP;
	else if (plan->new_flags & CLONE_NEWUSER)
		flags |= CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP;
	return flags & plan->join_flags;
}

static int forbid_tracing(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? err_sys("forbid to trace this process") : 0;
}

/*
 * Before the first setns(2): who joins a user namespace is within reach of whoever has
 * CAP_SYS_PTRACE there, while its root is still the machine's: CVE-2016-9962. The child inherits it.
 * (The child of a new user namespace must stay dumpable until its maps are written, else its files
 * in /proc are root's; it is alone there, unless its PID namespace is another's.)
 */
static int forbid_tracing_if_joining(const struct ns_plan *plan)
{
	return plan->join_flags & (CLONE_NEWPID | CLONE_NEWUSER) ? forbid_tracing() : 0;
}

static int join_some(const struct ns_plan *plan, uint64_t flags)
{
	for (int i = 0; i < plan->join_count; i++) {
		int flag = plan->join[i].flag;

		if (!(flags & flag))
			continue;
		if (setns(plan->join[i].fd, flag) < 0)
			return err_sys("join %s namespace", ns_name(flag));
		/* New rights can set it to the sysctl fs.suid_dumpable, which may be 1. */
		if (flag == CLONE_NEWUSER && forbid_tracing() < 0)
			return -1;
	}
	return 0;
}

static int write_time_offsets(const struct spec *spec)
{
	const struct {
		const char *clock;
		const struct spec_time_offset *offset;
	} clocks[] = {{"monotonic", spec->linux.time_offsets.monotonic},
		      {"boottime", spec->linux.time_offsets.boottime}};

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		char text[80];

		if (!clocks[i].offset)
			continue;
		snprintf(text, sizeof(text), "%s %lld %u", clocks[i].clock,
			 (long long)clocks[i].offset->secs, clocks[i].offset->nanosecs);
		if (fd_write_file(AT_FDCWD, "/proc/self/timens_offsets", text) < 0)
			return err_wrap("offset of the %s clock", clocks[i].clock);
	}
	return 0;
}

/* Of a new time namespace the offsets must be written before anybody is in it: no CLONE_NEWTIME. */
static int make_time_namespace(const struct ns_plan *plan)
{
	if (!(plan->new_flags & CLONE_NEWTIME))
		return 0;
	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys("create time namespace");
	return write_time_offsets(plan->spec);
}

/* Where the parent was before: descriptors of its own namespaces, in the order of kinds[]. */
struct own_namespaces {
	int fds[NS_KINDS];
};

static int remember_own(uint64_t flags, struct own_namespaces *ret_own)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		ret_own->fds[i] = -1;
		if (!(flags & kinds[i].flag))
			continue;
		ret_own->fds[i] = open(kinds[i].own, O_RDONLY | O_CLOEXEC);
		if (ret_own->fds[i] < 0)
			return err_sys("open %s", kinds[i].own);
	}
	return 0;
}

static void close_own(const struct own_namespaces *own)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (own->fds[i] >= 0)
			close(own->fds[i]);
}

static int return_to_own(const struct own_namespaces *own)
{
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (own->fds[i] < 0)
			continue;
		if (setns(own->fds[i], kinds[i].flag) < 0)
			result = err_sys("return to the own %s namespace", kinds[i].name);
	}
	close_own(own);
	return result;
}

/* There is no instruction outside of the limits. */
static void set_cgroup(struct clone_args *args, int cgroup_fd)
{
	if (cgroup_fd < 0)
		return;
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = cgroup_fd;
}

static pid_t clone_child(const struct ns_plan *plan, int cgroup_fd, uint64_t extra, int *ret_pidfd)
{
	/*
	 * CLONE_NEWCGROUP at this point would take the parent's cgroup for the root of the new
	 * namespace: ns_new_cgroup() comes when the child has been moved.
	 */
	const uint64_t later = CLONE_NEWCGROUP | CLONE_NEWTIME;
	struct clone_args args = {
		.flags = (plan->new_flags & ~later) | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | extra,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = (extra & CLONE_PARENT) ? 0 : SIGCHLD,
	};

	set_cgroup(&args, cgroup_fd);
	return sys_clone3(&args);
}

static int explain_clone(const struct ns_plan *plan)
{
	if (errno == EPERM && (plan->new_flags & CLONE_NEWUSER))
		return err_sys("create user namespace: this machine forbids it (sysctl "
			       "user.max_user_namespaces, kernel.unprivileged_userns_clone or "
			       "kernel.apparmor_restrict_unprivileged_userns)");
	if (errno == EPERM)
		return err_sys("create namespaces: needs root, or a user namespace");
	if (errno == EAGAIN)
		return err_sys("create the container's process: a limit of processes is reached "
			       "(linux.resources.pids.limit, RLIMIT_NPROC)%s",
			       plan->prepare ? "; exec needs room for two" : "");
	if (errno == ENOSPC)
		return err_sys("create namespaces: a limit in /proc/sys/user/max_*_namespaces is "
			       "reached");
	return err_sys("create the container's process");
}

static int spawn(struct ns_plan *plan, int cgroup_fd, struct ns_child *ret_child)
{
	uint64_t entered = joined_before_birth(plan);
	struct own_namespaces own;
	int result, pidfd = -1;
	pid_t pid = -1;

	if (remember_own(entered | (plan->new_flags & CLONE_NEWTIME), &own) < 0)
		return -1;
	result = forbid_tracing_if_joining(plan);
	if (result == 0)
		result = join_some(plan, entered);
	if (result == 0)
		result = make_time_namespace(plan);
	if (result == 0) {
		pid = clone_child(plan, cgroup_fd, 0, &pidfd);
		result = pid < 0 ? explain_clone(plan) : 0;
	}
	if (pid == 0) {
		close_own(&own);
		return 0;
	}
	if (return_to_own(&own) < 0)
		result = -1;
	if (result < 0) {
		if (pid > 0)
			kill(pid, SIGKILL);
		return -1;
	}
	*ret_child = (struct ns_child){.pid = pid, .pidfd = pidfd};
	return 1;
}

/* What the launcher tells the parent. */
struct launched {
	pid_t pid;
	struct err err;
};

/*
 * In the launcher: joins the user namespace first, which gives the right to join or make the rest;
 * then bears the child for its own parent. Returns 0 in that child, else does not return.
 */
static int launch(struct ns_plan *plan, int cgroup_fd, int socket)
{
	struct launched message = {0};
	int pidfd = -1, result;

	/* First, since it opens files below /proc/self: without root they can be closed to it later. */
	result = plan->prepare ? plan->prepare(plan->data) : 0;
	if (result == 0)
		result = forbid_tracing_if_joining(plan);
	if (result == 0)
		result = join_some(plan, CLONE_NEWUSER | joined_before_birth(plan));
	if (result == 0)
		result = make_time_namespace(plan);
	if (result == 0) {
		message.pid = clone_child(plan, cgroup_fd, CLONE_PARENT, &pidfd);
		if (message.pid == 0) {
			close(socket);
			return 0;
		}
		result = message.pid < 0 ? explain_clone(plan) : 0;
	}
	if (result < 0) {
		message.err = *err_last();
		pidfd = -1; /* clone3(2) may have set it, and failed after that */
	}
	if (fd_send(socket, pidfd, &message, sizeof(message)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* For `exec` it is in the cgroup itself, and its child inherits that, but not the descriptor. */
static int start_launcher(struct ns_plan *plan, int cgroup_fd, const int sockets[2],
			  pid_t *ret_launcher)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	if (plan->prepare)
		set_cgroup(&args, cgroup_fd);
	*ret_launcher = sys_clone3(&args);
	if (*ret_launcher != 0)
		return 1;
	close(sockets[0]);
	if (plan->prepare && cgroup_fd >= 0) {
		close(cgroup_fd);
		cgroup_fd = -1;
	}
	return launch(plan, cgroup_fd, sockets[1]);
}

/*
 * The one process in between: to be in a user namespace that exists and in new ones owned by it,
 * one has to join first and create then (clone3(2) first, setns(2) after: EPERM on proc and
 * sethostname). The parent cannot: there is no way back from a user namespace, nor a sure one from
 * a mount namespace. So a child does it, and its child is, by CLONE_PARENT, the parent's own.
 */
static int spawn_by_launcher(struct ns_plan *plan, int cgroup_fd, struct ns_child *ret_child)
{
	struct launched message = {0};
	int sockets[2], pidfd = -1;
	ssize_t length;
	pid_t launcher;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_sys("create socket pair");
	if (start_launcher(plan, cgroup_fd, sockets, &launcher) == 0)
		return 0;
	close(sockets[1]);
	if (launcher < 0) {
		close(sockets[0]);
		return explain_clone(plan);
	}
	length = fd_receive(sockets[0], &pidfd, &message, sizeof(message));
	close(sockets[0]);
	while (waitpid(launcher, NULL, 0) < 0 && errno == EINTR)
		;
	if (length == sizeof(message) && message.pid > 0 && pidfd >= 0) {
		*ret_child = (struct ns_child){.pid = message.pid, .pidfd = pidfd};
		return 1;
	}
	if (length == sizeof(message) && message.err.code) {
		err_adopt(&message.err);
		return -1;
	}
	return err_set(EPIPE, "the process that joins the namespaces died");
}

int ns_spawn(struct ns_plan *plan, int cgroup_fd, struct ns_child *ret_child)
{
	return plan->prepare || (plan->join_flags & CLONE_NEWUSER)
		       ? spawn_by_launcher(plan, cgroup_fd, ret_child)
		       : spawn(plan, cgroup_fd, ret_child);
}

int ns_map_ids(const struct ns_child *child, const struct spec *spec)
{
	const struct spec_namespace *user = spec_find_namespace(spec, CLONE_NEWUSER);

	if (!user || user->path)
		return 0;
	return idmap_write(child->pid, &spec->linux.uid_mappings, &spec->linux.gid_mappings);
}

int ns_enter(const struct ns_plan *plan)
{
	return join_some(plan, plan->join_flags & ~(CLONE_NEWUSER | joined_before_birth(plan)));
}

int ns_become_root(void)
{
	bool is_traceable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;

	/* Until the maps were written we were the overflow user: take the root of the namespace. */
	if (setgroups(0, NULL) < 0 && errno != EPERM) /* EPERM: setgroups is denied there */
		return err_sys("drop supplementary groups");
	if (setresgid(0, 0, 0) < 0)
		return err_sys("become group 0 of the user namespace: is it mapped?");
	if (setresuid(0, 0, 0) < 0)
		return err_sys("become user 0 of the user namespace: is it mapped?");
	return is_traceable ? 0 : forbid_tracing(); /* see join_some() */
}

int ns_new_cgroup(const struct ns_plan *plan)
{
	if ((plan->new_flags & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys("create cgroup namespace");
	return 0;
}

int ns_set_names(const struct spec *spec)
{
	if (spec->hostname && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return err_sys("set hostname %s", spec->hostname);
	if (spec->domainname && setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
		return err_sys("set domainname %s", spec->domainname);
	return 0;
}
