/* netns.c: a child that enters a namespace, and what it hands back. See netns.h; next file:
 * firewall.h */
#include "netns.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char own_namespace[] = "/proc/self/ns/net";

static bool is_mount(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/*
 * Where / is shared, as systemd makes it, each mount below it appears in the mount namespaces of
 * services and of boxes with such a volume. So ours is the mount that it is on, and private. Who
 * copies it (CLONE_NEWNS) keeps no namespace alive: unlink(2) of the file detaches every copy.
 */
int netns_prepare(const struct place *place)
{
	auto_arena struct arena scratch = {0};
	char *path = place_run(place, &scratch, "netns");
	auto_close int fd = -1;

	if (!path || place_open_dir(place->run_fd, "netns", &fd) < 0)
		return -1;
	if (!is_mount(path) && (sys_mount(path, path, NULL, MS_BIND, NULL) < 0 ||
				sys_mount(NULL, path, NULL, MS_PRIVATE, NULL) < 0))
		return err_sys("make %s a mount", path);
	return 0;
}

/* For interfaces to come. A kernel without IPv6 has no such files. */
static int set_defaults(void)
{
	static const char *const files[] = {"/proc/sys/net/ipv6/conf/default/accept_ra",
					    "/proc/sys/net/ipv6/conf/default/accept_dad"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (access(files[i], F_OK) == 0 && fd_write_file(AT_FDCWD, files[i], "0") < 0)
			return -1;
	return 0;
}

static int set_loopback_up(void)
{
	auto_rtnl struct rtnl rtnl = {0};

	/* The kernel adds 127.0.0.1 and ::1. */
	return rtnl_open(&rtnl) < 0 ? -1 : rtnl_set_up(&rtnl, "lo");
}

static int enter_new(const char *path)
{
	if (unshare(CLONE_NEWNET) < 0)
		return err_sys("make a network namespace");
	if (set_defaults() < 0 || set_loopback_up() < 0)
		return err_wrap("new network namespace");
	if (sys_mount(own_namespace, path, NULL, MS_BIND, NULL) < 0)
		return err_sys("bind mount %s", path);
	return 0;
}

static int enter(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return err_sys("enter network namespace %s", path);
	return 0;
}

/*
 * The child: sends a netlink socket, or the error record. Never returns. It dies with its parent: it
 * must not mount what nobody waits for.
 */
static void report(int channel, pid_t parent, const char *path, int (*go)(const char *path))
{
	int fd = -1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (go(path) == 0) {
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
		if (fd < 0)
			err_sys("open rtnetlink(7)");
	}
	_exit(fd_send(channel, fd, err_last(), sizeof(struct err)) < 0);
}

static int receive(int channel, pid_t child, int *ret_socket)
{
	struct err err = {0};
	int status = 0, fd = -1;
	ssize_t length = fd_receive(channel, &fd, &err, sizeof(err));

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (length != sizeof(err))
		return err_set(ECHILD, "network namespace: the child that makes it was killed");
	if (fd < 0) {
		err_adopt(&err);
		return -1;
	}
	*ret_socket = fd;
	return 0;
}

/* Runs `go` in a child and returns a netlink socket of the namespace it went to. */
static int make_socket(const char *path, int (*go)(const char *path), int *ret_socket)
{
	int pair[2];
	auto_close int parent = -1, child = -1;
	pid_t pid, self = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys("make a socket pair");
	parent = pair[0];
	child = pair[1];
	pid = fork();
	if (pid == 0)
		report(child, self, path, go);
	if (pid < 0)
		return err_sys("fork");
	close(TAKE_FD(child));
	return receive(parent, pid, ret_socket);
}

static int open_path(const char *path, int (*go)(const char *path), struct netns *ret_netns)
{
	auto_netns struct netns netns = {.fd = -1};
	int fd;

	if (make_socket(path, go, &fd) < 0 || rtnl_adopt(fd, &netns.inside) < 0)
		return -1;
	netns.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (netns.fd < 0)
		return err_sys("open %s", path);
	*ret_netns = netns;
	netns = (struct netns){.fd = -1};
	return 0;
}

int netns_create(const struct place *place, const char *id, struct netns *ret_netns)
{
	auto_arena struct arena scratch = {0};
	auto_close int fd = -1;
	char *path = place_run(place, &scratch, "netns/%s", id);

	if (!path || netns_remove(place, id) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys("make %s", path) : open_path(path, enter_new, ret_netns);
}

int netns_open(const struct place *place, const char *id, struct netns *ret_netns)
{
	auto_arena struct arena scratch = {0};
	char *path = place_run(place, &scratch, "netns/%s", id);

	return path ? open_path(path, enter, ret_netns) : -1;
}

void netns_close(struct netns *netns)
{
	scope_close(&netns->fd);
	rtnl_close(&netns->inside);
	netns->fd = -1;
}

int netns_remove(const struct place *place, const char *id)
{
	auto_arena struct arena scratch = {0};
	char *path = place_run(place, &scratch, "netns/%s", id);

	if (!path)
		return -1;
	/* EINVAL: it is no mount, at least not one that is seen from here. */
	while (sys_umount2(path, SYS_MNT_DETACH) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return err_sys("unmount %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys("remove %s", path);
	return 0;
}

int netns_list(const struct place *place, struct arena *arena, struct str_list *ret_ids)
{
	int fd = openat(place->run_fd, "netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct str_list ids = {0};
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *id =
			entry->d_name[0] == '.' ? NULL : arena_format(arena, "%s", entry->d_name);

		if (entry->d_name[0] != '.' && (!id || str_list_add(&ids, arena, id) < 0))
			return -1;
	}
	*ret_ids = ids;
	return 0;
}

void netns_forget(const struct place *place)
{
	auto_arena struct arena scratch = {0};
	struct str_list ids = {0};
	char *path = place_run(place, &scratch, "netns");

	if (path && netns_list(place, &scratch, &ids) == 0 && ids.count == 0 && is_mount(path))
		sys_umount2(path, SYS_MNT_DETACH);
}
