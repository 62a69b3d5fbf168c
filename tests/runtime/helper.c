/*
 * helper: what the tests of terminals, descriptors and namespaces need and no tool has. Static, so
 * that it also runs in a container.
 *
 *	helper receive SOCKET [IN]   takes one descriptor from SOCKET and says what it is: a terminal
 *	                             (then what IN holds is typed, and all output printed), or a
 *	                             pidfd (then it waits for the end of the process)
 *	helper pty ROWSxCOLS CMD...  runs CMD on a new terminal, driven by lines of standard input:
 *	                             "send TEXT", "byte N", "expect TEXT", "size ROWSxCOLS",
 *	                             "settings", "quiet"; then waits; the status is CMD's
 *	helper clocks                monotonic and boottime, seconds
 *	helper keyring               the serial number of the session keyring
 *	helper trace                 until SIGTERM: looks into every process that appears, by
 *	                             /proc/PID/{fd,root,cwd} and ptrace(2); prints what was seen
 *	helper flood BYTES           writes that many bytes, without reading
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* --- receive --- */

static int take_descriptor(const char *path, char *text, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = size - 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client, fd;
	ssize_t length;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 1) < 0)
		return -1;
	client = accept(server, NULL, NULL);
	length = recvmsg(client, &message, 0);
	header = CMSG_FIRSTHDR(&message);
	if (length < 0 || !header || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	text[length] = '\0';
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	close(server);
	return fd;
}

static int show_pidfd(int fd)
{
	char path[64], line[200];
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "r");
	while (info && fgets(line, sizeof(line), info))
		if (strncmp(line, "Pid:", 4) == 0)
			printf("pidfd %d\n", atoi(line + 4));
	printf("%s\n", poll(&wait, 1, 0) == 0 ? "alive" : "ended");
	fflush(stdout);
	poll(&wait, 1, -1);
	printf("ended\n");
	return 0;
}

static int show_terminal(int fd, const char *name, const char *input)
{
	struct winsize size = {0};
	char buffer[65536];
	ssize_t length;

	ioctl(fd, TIOCGWINSZ, &size);
	printf("terminal %s %dx%d\n", name, size.ws_row, size.ws_col);
	fflush(stdout);
	if (input && write(fd, input, strlen(input)) < 0)
		return fail("type");
	while ((length = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(1, buffer, length) < 0)
			return fail("print");
	return 0;
}

static int receive(const char *path, const char *input)
{
	char name[200];
	int fd = take_descriptor(path, name, sizeof(name));

	if (fd < 0)
		return fail("receive");
	return isatty(fd) || ioctl(fd, TIOCGPTN, &(int){0}) == 0 ? show_terminal(fd, name, input)
								 : show_pidfd(fd);
}

/* --- pty --- */

static char seen[1 << 21];
static size_t seen_length, expected_from;

/* Reads what is there, or waits up to a time; false at the end. */
static int pump(int master, int milliseconds)
{
	struct pollfd wait = {.fd = master, .events = POLLIN};
	ssize_t length;

	if (poll(&wait, 1, milliseconds) <= 0)
		return 1;
	if (sizeof(seen) - seen_length < 2) {
		fprintf(stderr, "helper: too much output\n");
		exit(3);
	}
	length = read(master, seen + seen_length, sizeof(seen) - seen_length - 1);
	if (length <= 0)
		return 0;
	seen_length += length;
	return 1;
}

static void expect(int master, const char *text)
{
	for (int i = 0; i < 1000; i++) {
		char *found = memmem(seen + expected_from, seen_length - expected_from, text,
				     strlen(text));

		if (found) {
			expected_from = found - seen + strlen(text);
			return;
		}
		if (!pump(master, 10))
			break;
	}
	fprintf(stderr, "helper: in vain: expect %s\nseen: %.*s\n", text, (int)seen_length, seen);
	exit(4);
}

static void set_size(int master, const char *text)
{
	struct winsize size = {0};

	if (sscanf(text, "%hux%hu", &size.ws_row, &size.ws_col) != 2 ||
	    ioctl(master, TIOCSWINSZ, &size) < 0)
		exit(fail("size"));
}

static void show_settings(int peer)
{
	struct termios settings;

	tcgetattr(peer, &settings);
	printf("echo %s, lines %s\n", settings.c_lflag & ECHO ? "on" : "off",
	       settings.c_lflag & ICANON ? "on" : "off");
}

static void obey(int master, int peer, char *line)
{
	char byte;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "send ", 5) == 0) {
		if (write(master, line + 5, strlen(line + 5)) < 0 || write(master, "\r", 1) < 0)
			exit(fail("send"));
	} else if (strncmp(line, "byte ", 5) == 0) {
		byte = atoi(line + 5);
		if (write(master, &byte, 1) < 0)
			exit(fail("byte"));
	} else if (strncmp(line, "expect ", 7) == 0) {
		expect(master, line + 7);
	} else if (strncmp(line, "size ", 5) == 0) {
		set_size(master, line + 5);
	} else if (strcmp(line, "settings") == 0) {
		show_settings(peer);
	}
}

static int drive(const char *size, char **command)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), peer, status;
	char line[4096];
	pid_t pid;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return fail("terminal");
	peer = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	set_size(master, size);
	pid = fork();
	if (pid == 0) {
		setsid();
		ioctl(peer, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(peer, fd);
		execvp(command[0], command);
		_exit(127);
	}
	while (fgets(line, sizeof(line), stdin))
		obey(master, peer, line);
	while (waitpid(pid, &status, WNOHANG) == 0)
		pump(master, 10);
	show_settings(peer);
	close(peer);
	while (pump(master, 10) && poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 0) > 0)
		;
	fwrite(seen, 1, seen_length, stdout);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- trace --- */

static int own_pid;

/* What the kernel lets us see of another's files; 1 if anything. */
static int look_into(int pid)
{
	static const char *const links[] = {"root", "cwd", "exe"};
	char path[300], target[300];
	int found = 0;
	struct dirent *entry;
	ssize_t length;
	DIR *dir;

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s/secret", pid, links[i]);
		if (i < 2 && access(path, F_OK) == 0)
			found |= printf("saw %s\n", path) > 0;
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0 || atoi(entry->d_name) < 3)
			continue;
		target[length] = '\0';
		/* The answer of the one that prints is its own pipe. */
		found |= printf("saw fd %s -> %s\n", entry->d_name, target) > 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int is_runtime(int pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strncmp(name, "husk-runtime", 12) == 0;
}

static void attack(int pid, int *caught)
{
	if (!is_runtime(pid))
		return;
	if (look_into(pid))
		++*caught;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
		if (is_runtime(pid)) {
			printf("traced %d\n", pid);
			++*caught;
		}
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	stop = signal;
}

static int trace(void)
{
	int caught = 0, rounds = 0;

	own_pid = getpid();
	signal(SIGTERM, on_term);
	printf("tracing\n");
	fflush(stdout);
	while (!stop) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		rounds++;
		while ((entry = readdir(proc)))
			if (atoi(entry->d_name) > 1 && atoi(entry->d_name) != own_pid)
				attack(atoi(entry->d_name), &caught);
		closedir(proc);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	printf("caught %d in %s rounds\n", caught, rounds > 100 ? "many" : "few");
	return 0;
}

/* --- the small ones --- */

static int show_clocks(void)
{
	struct timespec monotonic, boottime;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	printf("%ld %ld\n", (long)monotonic.tv_sec, (long)boottime.tv_sec);
	return 0;
}

static int show_keyring(void)
{
	printf("%ld\n", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
	return 0;
}

static int flood(long bytes)
{
	static char line[64];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (; bytes > 0; bytes -= sizeof(line))
		if (write(1, line, sizeof(line)) < 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "receive") == 0 && argc > 2)
		return receive(argv[2], argv[3]);
	if (strcmp(what, "pty") == 0 && argc > 3)
		return drive(argv[2], argv + 3);
	if (strcmp(what, "trace") == 0)
		return trace();
	if (strcmp(what, "clocks") == 0)
		return show_clocks();
	if (strcmp(what, "keyring") == 0)
		return show_keyring();
	if (strcmp(what, "flood") == 0 && argc > 2)
		return flood(atol(argv[2]));
	fprintf(stderr, "helper: see the comment at its top\n");
	return 2;
}
