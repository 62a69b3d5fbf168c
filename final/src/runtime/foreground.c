/*
 * foreground.c: waiting for a process, with its terminal and signals. See foreground.h; next file:
 * run.c
 */
#include "foreground.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/sys.h"
#include "../kernel/tty.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* What is not for us: faults of our own, job control of the caller's shell. */
static void forwarded_signals(sigset_t *ret_set)
{
	const int ours[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,	SIGABRT, SIGTRAP, SIGSYS,
			    SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGPIPE, SIGURG};

	sigfillset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		sigdelset(ret_set, ours[i]);
}

int foreground_begin(void)
{
	sigset_t set;

	forwarded_signals(&set);
	/* A caller that ignores SIGCHLD would make the kernel reap, and us lose the status. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys("block signals");
	return 0;
}

int foreground_open_terminal(struct terminal *ret_terminal)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_sys("create socket pair");
	*ret_terminal = (struct terminal){.ours = sockets[0], .theirs = sockets[1], .master = -1};
	return 0;
}

int foreground_take_master(struct terminal *terminal)
{
	char name[128];

	if (terminal->ours < 0)
		return 0;
	close(terminal->theirs);
	terminal->theirs = -1;
	if (fd_receive(terminal->ours, &terminal->master, name, sizeof(name)) < 0)
		return -1;
	if (terminal->master < 0)
		return err_set(EPROTO, "the container sent no terminal");
	/* Now: a program may ask for it as the first thing it does. */
	return isatty(STDIN_FILENO) ? tty_copy_size(STDIN_FILENO, terminal->master) : 0;
}

/* --- the relay --- */

enum { INPUT, OUTPUT, SIGNALS, PROCESS, SOURCES };

struct relay {
	struct pollfd sources[SOURCES];
	int master; /* -1: none; never waits: a program that does not read must not stop us */
	pid_t pid;
	int pidfd;
	char input[4096]; /* typed, and not taken yet by the container's terminal */
	size_t input_length;
	bool has_input; /* it may go on: its end has not been seen */
	bool no_output; /* nobody takes it any more: it is read all the same, or the program waits */
	bool done;
};

static bool is_passing(void)
{
	return errno == EINTR || errno == EAGAIN;
}

/* False at the end. */
static bool take_input(struct relay *relay)
{
	ssize_t length = read(STDIN_FILENO, relay->input, sizeof(relay->input));

	if (length > 0)
		relay->input_length = length;
	return length > 0 || (length < 0 && is_passing());
}

/* False when the container's terminal takes nothing any more. */
static bool give_input(struct relay *relay)
{
	ssize_t length = write(relay->master, relay->input, relay->input_length);

	if (length < 0)
		return is_passing();
	relay->input_length -= length;
	memmove(relay->input, relay->input + length, relay->input_length);
	return true;
}

/* Our standard output may have been made non-blocking by whoever shares it. */
static bool print(const char *text, size_t length)
{
	while (length > 0) {
		struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
		ssize_t written = write(STDOUT_FILENO, text, length);

		if (written < 0 && !is_passing())
			return false;
		if (written < 0 && poll(&wait, 1, -1) < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			length -= written;
		}
	}
	return true;
}

/* False if there is nothing now; *ret_end: nor ever again, EIO: the last user has closed it. */
static bool copy_output(struct relay *relay, bool *ret_end)
{
	char buffer[16384];
	ssize_t length = read(relay->master, buffer, sizeof(buffer));

	*ret_end = length == 0 || (length < 0 && !is_passing());
	if (length > 0 && !relay->no_output)
		relay->no_output = !print(buffer, length);
	return length > 0;
}

static void pass_signal(struct relay *relay)
{
	struct signalfd_siginfo info;

	if (read(relay->sources[SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH && relay->master >= 0) {
		if (tty_copy_size(STDIN_FILENO, relay->master) < 0)
			return; /* the caller's terminal is gone: there is no size */
	} else if (info.ssi_signo != SIGCHLD) {
		sys_pidfd_send_signal(relay->pidfd, info.ssi_signo, NULL, 0);
	}
}

static void handle(struct relay *relay)
{
	struct pollfd *sources = relay->sources;
	const short readable = POLLIN | POLLHUP | POLLERR;
	bool is_end = false;

	if (sources[OUTPUT].revents & readable)
		copy_output(relay, &is_end);
	if (is_end) {
		sources[OUTPUT].fd = -1;
		relay->has_input = false;
	}
	if (sources[INPUT].revents & readable)
		relay->has_input = take_input(relay);
	if (relay->input_length > 0 && !give_input(relay))
		relay->input_length = 0;
	sources[INPUT].fd = relay->has_input && relay->input_length == 0 ? STDIN_FILENO : -1;
	sources[OUTPUT].events = relay->input_length ? POLLIN | POLLOUT : POLLIN;
	if (sources[SIGNALS].revents & POLLIN)
		pass_signal(relay);
	if (sources[PROCESS].revents & POLLIN)
		relay->done = true;
}

static int run_relay(struct relay *relay)
{
	bool is_end = false;

	while (!relay->done) {
		if (poll(relay->sources, SOURCES, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys("wait for the container");
		}
		handle(relay);
	}
	/* What is still in the terminal. Others may hold it open for ever: only what is there. */
	while (relay->sources[OUTPUT].fd >= 0 && copy_output(relay, &is_end))
		;
	return 0;
}

static int reap(pid_t pid, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys("wait for process %d", pid);
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int foreground_wait(const struct terminal *terminal, pid_t pid, int pidfd, int *ret_status)
{
	struct relay relay = {.master = terminal->master, .pid = pid, .pidfd = pidfd};
	auto_close int signals = -1;
	struct termios old;
	bool is_raw = false;
	sigset_t set;
	int result;

	forwarded_signals(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return err_sys("create signalfd");
	for (int i = 0; i < SOURCES; i++)
		relay.sources[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	relay.sources[SIGNALS].fd = signals;
	relay.sources[PROCESS].fd = pidfd;
	if (terminal->master >= 0) {
		relay.has_input = true;
		relay.sources[INPUT].fd = STDIN_FILENO;
		relay.sources[OUTPUT].fd = terminal->master;
		if (fcntl(terminal->master, F_SETFL, O_NONBLOCK) < 0)
			return err_sys("make the terminal non-blocking");
		if (isatty(STDIN_FILENO))
			is_raw = tty_make_raw(STDIN_FILENO, &old) == 0;
	}
	result = run_relay(&relay);
	if (is_raw)
		tty_restore(STDIN_FILENO, &old);
	return result < 0 ? -1 : reap(pid, ret_status);
}
