/* tty.c: the container's terminal. See tty.h; next file: cap.c */
#include "tty.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>

/* Paths may be longer than an address holds (107 bytes, unix(7)): then by a descriptor of the
 * directory. */
static int fill_address(const char *path, struct sockaddr_un *address, int *ret_directory)
{
	const char *name = strrchr(path, '/');
	auto_free char *above = NULL;
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) < sizeof(address->sun_path) || !name) {
		length = snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	} else {
		above = strndup(path, name - path + 1);
		*ret_directory = above ? open(above, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		if (*ret_directory < 0)
			return err_sys("open directory of %s", path);
		length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s",
				  path_of_fd(*ret_directory).text, name + 1);
	}
	if (length >= (int)sizeof(address->sun_path))
		return err_set(ENAMETOOLONG, "%s: the name is too long for a socket", path);
	return 0;
}

int tty_connect(const char *path, int *ret_socket)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_close int directory = -1;
	struct sockaddr_un address;

	if (fd < 0)
		return err_sys("console socket");
	if (fill_address(path, &address, &directory) < 0)
		return err_wrap("console socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys("connect to console socket %s", path);
	*ret_socket = TAKE_FD(fd);
	return 0;
}

/* A ptmx of anything but a devpts could hand out a terminal of the machine. */
static int open_master(int root_fd, int *ret_fd)
{
	auto_close int fd = -1;
	struct statfs fs;
	struct stat st;

	if (path_open(root_fd, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, &fd) < 0)
		return err_wrap("a terminal needs a mount of type devpts at /dev/pts");
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return err_sys("/dev/pts/ptmx");
	if (fs.f_type != DEVPTS_SUPER_MAGIC || st.st_rdev != makedev(5, 2))
		return err_set(EPERM, "/dev/pts/ptmx is not that of a devpts file system");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int set_size(int fd, const struct spec_process *process)
{
	struct winsize size = {.ws_row = process->console_size.height,
			       .ws_col = process->console_size.width};

	if (!size.ws_row && !size.ws_col)
		return 0;
	if (ioctl(fd, TIOCSWINSZ, &size) < 0)
		return err_sys("set size of the terminal");
	return 0;
}

int tty_open(int root_fd, const struct spec_process *process, struct tty *ret_tty)
{
	auto_close int master = -1, peer = -1;
	unsigned int number;
	int unlocked = 0;

	if (open_master(root_fd, &master) < 0)
		return -1;
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return err_sys("new terminal");
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		return err_sys("open terminal %u", number);
	if (set_size(peer, process) < 0)
		return -1;
	snprintf(ret_tty->name, sizeof(ret_tty->name), "/dev/pts/%u", number);
	ret_tty->master = TAKE_FD(master);
	ret_tty->peer = TAKE_FD(peer);
	return 0;
}

static int open_console(int root_fd, int *ret_fd)
{
	auto_close int dev = -1, fd = -1;
	struct stat st;

	if (path_make_dir(root_fd, "/dev", 0755, &dev) < 0)
		return -1;
	fd = openat(dev, "console", O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0620);
	if (fd < 0 && errno == EEXIST)
		fd = openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("make /dev/console");
	if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		return err_set(EEXIST, "/dev/console in the rootfs is neither a file nor a device");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int tty_mount_console(int root_fd, const struct tty *tty)
{
	auto_close int console = -1, clone = -1;

	if (open_console(root_fd, &console) < 0)
		return -1;
	clone = sys_open_tree(tty->peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0)
		return err_sys("clone the mount of %s", tty->name);
	if (sys_move_mount(clone, "", console, "",
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys("mount %s on /dev/console", tty->name);
	return 0;
}

int tty_send(int socket, const struct tty *tty)
{
	if (fd_send(socket, tty->master, tty->name, strlen(tty->name)) < 0)
		return err_wrap("console socket");
	return 0;
}

int tty_take(struct tty *tty, uid_t uid)
{
	if (setsid() < 0 && errno != EPERM) /* EPERM: it leads one already */
		return err_sys("create session");
	if (ioctl(tty->peer, TIOCSCTTY, 0) < 0)
		return err_sys("take %s as controlling terminal", tty->name);
	if (uid && fchown(tty->peer, uid, (gid_t)-1) < 0)
		return err_sys("change owner of %s", tty->name);
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(tty->peer, fd) < 0)
			return err_sys("take %s as standard stream", tty->name);
	if (tty->peer > 2)
		close(tty->peer);
	close(tty->master);
	tty->peer = tty->master = -1;
	return 0;
}

int tty_make_raw(int fd, struct termios *ret_old)
{
	struct termios old, raw;

	if (tcgetattr(fd, &old) < 0)
		return err_sys("read terminal settings");
	raw = old;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return err_sys("make terminal raw");
	*ret_old = old;
	return 0;
}

void tty_restore(int fd, const struct termios *old)
{
	tcsetattr(fd, TCSANOW, old);
}

int tty_copy_size(int from_fd, int to_fd)
{
	struct winsize size;

	if (ioctl(from_fd, TIOCGWINSZ, &size) < 0)
		return err_sys("read size of the terminal");
	if (ioctl(to_fd, TIOCSWINSZ, &size) < 0)
		return err_sys("set size of the terminal");
	return 0;
}
