/* bundle.c: what the caller hands over. See bundle.h; next file: init.c */
#include "bundle.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/store.h"
#include "../kernel/tty.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	CONFIG_MAX = 16 << 20,
	PRESERVE_MAX = 1 << 20, /* no process has more descriptors, fs.nr_open */
};

static int absolute(const char *path, struct arena *arena, char **ret_path)
{
	char resolved[PATH_MAX];

	if (!realpath(path, resolved))
		return -1;
	*ret_path = arena_copy(arena, resolved, strlen(resolved));
	return *ret_path ? 0 : -1;
}

static int find_rootfs(struct bundle *bundle)
{
	struct spec *spec = &bundle->spec;
	const char *wanted = spec->root.path;
	struct stat st;

	if (*wanted != '/')
		wanted = arena_format(&spec->arena, "%s/%s", bundle->path, wanted);
	if (!wanted)
		return -1;
	if (absolute(wanted, &spec->arena, &bundle->rootfs) < 0)
		return err_sys("config.json: root.path: %s", wanted);
	if (stat(bundle->rootfs, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(ENOTDIR, "config.json: root.path: %s is not a directory", wanted);
	return 0;
}

static int add_environment(struct spec *spec, char *entry)
{
	return entry ? str_list_add(&spec->process->env, &spec->arena, entry) : -1;
}

/* sd_listen_fds(3): sockets of a unit, from descriptor 3 on. In the container it is PID 1. */
static int pass_listen_fds(struct bundle *bundle)
{
	const char *count = secure_getenv("LISTEN_FDS"), *pid = secure_getenv("LISTEN_PID");
	struct spec *spec = &bundle->spec;
	int64_t for_pid = 0;
	uint32_t fds;

	if (!count || !spec->process || bundle->preserve_fds)
		return 0;
	if (pid && (str_to_i64(pid, 1, INT_MAX, &for_pid) < 0 || for_pid != getpid()))
		return 0; /* meant for somebody else: we have only inherited the variables */
	if (str_to_u32(count, 1024, &fds) < 0)
		return err_wrap("LISTEN_FDS");
	bundle->preserve_fds = fds;
	if (add_environment(spec, arena_format(&spec->arena, "LISTEN_FDS=%u", fds)) < 0)
		return -1;
	return add_environment(spec, arena_format(&spec->arena, "LISTEN_PID=1"));
}

/* sd_notify(3): the socket of the service manager, bound to a fixed place inside. */
static int pass_notify_socket(struct bundle *bundle)
{
	static const char place[] = "/run/notify/notify.sock";
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct spec *spec = &bundle->spec;
	struct spec_mount *mounts, *mount;

	if (!path || !*path || !spec->process)
		return 0;
	if (*path != '/') {
		log_warn("NOTIFY_SOCKET=%s is an abstract socket: it cannot be passed on", path);
		return 0;
	}
	mounts = arena_alloc(&spec->arena, (spec->mounts.count + 1) * sizeof(*mounts));
	if (!mounts)
		return -1;
	if (spec->mounts.count)
		memcpy(mounts, spec->mounts.items, spec->mounts.count * sizeof(*mounts));
	mount = &mounts[spec->mounts.count++];
	spec->mounts.items = mounts;
	mount->destination = (char *)place;
	mount->source = arena_copy(&spec->arena, path, strlen(path));
	mount->type = (char *)"bind";
	if (!mount->source || str_list_add(&mount->options, &spec->arena, (char *)"bind") < 0)
		return -1;
	return add_environment(spec, arena_format(&spec->arena, "NOTIFY_SOCKET=%s", place));
}

/* A descriptor that is not there would be filled by the next one we open: a leak into the
 * container. */
int bundle_check_preserved(uint32_t count)
{
	if (count > PRESERVE_MAX)
		return err_set(EINVAL, "--preserve-fds %u: at most %d", count, PRESERVE_MAX);
	for (uint32_t fd = 3; fd < 3 + count; fd++)
		if (fcntl(fd, F_GETFD) != 0) /* close-on-exec: it did not come by execve(2) */
			return err_set(EBADF, "--preserve-fds %u: descriptor %u is not open", count,
				       fd);
	return 0;
}

static int read_config(const struct create_options *options, struct bundle *bundle)
{
	const char *name = options->config ? options->config : "config.json";
	auto_close int fd = -1;

	/* O_NONBLOCK: a FIFO in its place shall not make us wait. */
	fd = openat(options->config ? AT_FDCWD : bundle->fd, name,
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return options->config ? err_sys("--config %s", name)
				       : err_sys("open %s/%s", bundle->path, name);
	if (spec_load(fd, name, &bundle->spec) < 0)
		return -1;
	return fd_read_text(fd, CONFIG_MAX, &bundle->spec.arena, &bundle->config,
			    &bundle->config_length);
}

static int open_bundle(const struct create_options *options, struct bundle *bundle)
{
	const char *where = options->bundle ? options->bundle : ".";

	if (absolute(where, &bundle->arena, &bundle->path) < 0)
		return err_sys("bundle %s", where);
	bundle->fd = open(bundle->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return bundle->fd < 0 ? err_sys("bundle %s", where) : 0;
}

int bundle_load(const struct create_options *options, struct bundle *bundle)
{
	bundle->preserve_fds = options->preserve_fds;
	if (bundle_check_preserved(options->preserve_fds) < 0 || open_bundle(options, bundle) < 0)
		return -1;
	if (read_config(options, bundle) < 0 || find_rootfs(bundle) < 0)
		return -1;
	if (pass_listen_fds(bundle) < 0 || bundle_check_preserved(bundle->preserve_fds) < 0)
		return -1;
	return pass_notify_socket(bundle);
}

void bundle_free(struct bundle *bundle)
{
	scope_close(&bundle->fd);
	spec_free(&bundle->spec);
	arena_free(&bundle->arena);
}

int bundle_connect_console(const struct spec_process *process, const struct create_options *options,
			   int *ret_socket)
{
	bool has_place = options->console_socket || options->console_fd;

	*ret_socket = -1;
	if (!process || !process->terminal)
		return options->console_socket
			       ? err_set(EINVAL,
					 "--console-socket %s: process.terminal is false, "
					 "there is no terminal to send",
					 options->console_socket)
			       : 0;
	if (!has_place)
		return err_set(EINVAL,
			       "process.terminal is true: --console-socket has to say where "
			       "the terminal goes (`run` in the foreground needs none)");
	if (options->console_fd) {
		*ret_socket = options->console_fd;
		return 0;
	}
	return tty_connect(options->console_socket, ret_socket);
}

static int send_pidfd(const char *path, int pidfd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys("create socket");
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(ENAMETOOLONG, "--pidfd-socket %s: longer than %zu bytes", path,
			       sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys("--pidfd-socket %s", path);
	return fd_send(fd, pidfd, "pidfd", strlen("pidfd"));
}

/* Whole at once: whoever waits for the file reads a whole number. */
static int write_pid_file(const char *path, pid_t pid)
{
	const char *slash = strrchr(path, '/');
	auto_free char *directory = slash ? strndup(path, slash - path + 1) : strdup(".");
	auto_close int dir_fd = -1;
	char text[16];

	if (!directory)
		return err_set(ENOMEM, "out of memory");
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_sys("--pid-file %s", path);
	if (store_write(dir_fd, slash ? slash + 1 : path, text,
			snprintf(text, sizeof(text), "%d", pid)) < 0)
		return err_wrap("--pid-file %s", path);
	return 0;
}

int bundle_write_pid(const char *pid_file, const char *pidfd_socket, pid_t pid, int pidfd)
{
	if (pid_file && write_pid_file(pid_file, pid) < 0)
		return -1;
	return pidfd_socket ? send_pidfd(pidfd_socket, pidfd) : 0;
}
