/* attach.c: our streams and a box's. See attach.h; next file: attach_keys.c */
#include "attach.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/path.h"
#include "oci.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

/* --- the connection --- */

static int open_run_dir(const struct box *box, int *ret_fd)
{
	struct arena arena = {0};
	const char *path = place_run(box->place, &arena, "box/%s", box->id);
	int fd = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (path && fd < 0)
		err_sys("open %s", path);
	arena_free(&arena);
	*ret_fd = fd;
	return fd < 0 ? -1 : 0;
}

int attach_connect(const struct box *box, int *ret_fd)
{
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), dir_fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return err_sys("make a socket");
	if (open_run_dir(box, &dir_fd) < 0)
		return -1;
	/* By descriptor: the path may be longer than an address holds, unix(7). */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/attach", path_of_fd(dir_fd).text);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys("connect to the monitor of container %s", box->name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static bool terminal_size(struct frame_size *ret_size)
{
	struct winsize size;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			*ret_size = (struct frame_size){size.ws_row, size.ws_col};
			return true;
		}
	return false;
}

void attach_send_size(int fd)
{
	struct frame frame = {.type = FRAME_RESIZE, .length = sizeof(struct frame_size)};
	struct frame_size size;

	if (!terminal_size(&size))
		return;
	memcpy(frame.data, &size, sizeof(size));
	if (send(fd, &frame, FRAME_HEADER + sizeof(size), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("the terminal's size: %s", strerror(errno));
}

/* --- the relay --- */

enum { SIGNALS, SOCKET, INPUT, OUTPUT, SOURCES };

/* What a pipe takes without waiting once poll(2) says that it takes something: PIPE_BUF. */
enum { PIECE = 4096 };

struct relay {
	int socket, signals;
	struct box *box;
	const struct attach_options *options;
	struct attach_keys keys;
	bool input_open;
	bool is_closed[STDERR_FILENO + 1]; /* nobody takes this stream of ours any more */
	bool is_lost;			   /* something could not be written, and it was said */
	unsigned int wanted; /* bits of frame types to send that are made of nothing */
	struct frame out;    /* to the monitor */
	size_t out_size;     /* 0: none waits */
	struct frame in;     /* from the monitor, being printed */
	size_t printed;
	int to; /* 1 or 2; 0: none is being printed */
	bool has_exit, is_over, is_detached;
	int ended_by; /* a signal that is not for the box: is_detached, too; 0: none */
	struct monitor_exit exit;
};

static void want(struct relay *relay, enum frame_type type)
{
	relay->wanted |= 1U << type;
}

/* The next frame that was asked for; data is made when it is sent: a size is the newest one. */
static void make_wanted(struct relay *relay)
{
	struct frame_size size;
	enum frame_type type;

	if (!relay->wanted || relay->out_size)
		return;
	type = __builtin_ctz(relay->wanted);
	relay->wanted &= relay->wanted - 1;
	relay->out.type = type;
	relay->out.length = 0;
	if (type == FRAME_RESIZE && terminal_size(&size)) {
		memcpy(relay->out.data, &size, sizeof(size));
		relay->out.length = sizeof(size);
	}
	relay->out_size = FRAME_HEADER + relay->out.length;
}

static void send_out(struct relay *relay)
{
	ssize_t sent;

	for (make_wanted(relay); relay->out_size; make_wanted(relay)) {
		sent = send(relay->socket, &relay->out, relay->out_size,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		relay->out_size = 0; /* its end is seen when we read */
	}
}

static void end_input(struct relay *relay)
{
	relay->input_open = false;
	want(relay, FRAME_STDIN);
}

static void take_input(struct relay *relay)
{
	char typed[FRAME_DATA - ATTACH_KEYS_MAX];
	ssize_t length = read(STDIN_FILENO, typed, sizeof(typed));
	size_t passed;

	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (length <= 0) {
		end_input(relay);
		return;
	}
	relay->is_detached =
		attach_keys_filter(&relay->keys, typed, length, relay->out.data, &passed);
	relay->out.type = FRAME_STDIN;
	relay->out.length = passed;
	relay->out_size = passed ? FRAME_HEADER + passed : 0;
}

static int take_exit(struct relay *relay)
{
	auto_json struct json_object *json = NULL;

	if (json_parse(relay->in.data, relay->in.length, "the monitor's message", &json) < 0 ||
	    bind_read(&monitor_exit_table, json, "the monitor's message", &relay->box->arena,
		      &relay->exit) < 0)
		return -1;
	relay->has_exit = relay->is_over = true;
	return 0;
}

static int receive(struct relay *relay)
{
	struct frame *in = &relay->in;
	ssize_t length = frame_receive(relay->socket, in, sizeof(*in), 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length < FRAME_HEADER || in->length != length - FRAME_HEADER) {
		relay->is_over = true;
		return 0;
	}
	if (in->type == FRAME_EXIT)
		return take_exit(relay);
	relay->to = in->type == FRAME_STDERR ? STDERR_FILENO : STDOUT_FILENO;
	relay->printed = 0;
	if (relay->is_closed[relay->to])
		relay->to = 0;
	return 0;
}

/*
 * A reader that is gone is no fault, and the container shall know. Of a full disk it knows nothing:
 * it goes on, what it writes is thrown away, and our exit status tells.
 */
static void end_output(struct relay *relay)
{
	bool is_error = relay->to == STDERR_FILENO;

	relay->is_closed[relay->to] = true;
	if (errno == EPIPE) {
		want(relay, is_error ? FRAME_STDERR : FRAME_STDOUT);
		return;
	}
	if (!relay->is_lost)
		log_write(LOG_ERROR, "write to standard %s: %s", is_error ? "error" : "output",
			  strerror(errno));
	relay->is_lost = true;
}

/* A piece of the frame, so that signals and input are served while our reader takes its time. */
static void print(struct relay *relay)
{
	size_t left = relay->in.length - relay->printed;
	ssize_t length =
		write(relay->to, relay->in.data + relay->printed, left < PIECE ? left : PIECE);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length < 0) {
		end_output(relay);
		relay->printed = relay->in.length;
	} else {
		relay->printed += length;
	}
	if (relay->printed == relay->in.length)
		relay->to = 0;
}

static void take_signal(struct relay *relay)
{
	struct signalfd_siginfo info;

	if (fd_read(relay->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH) {
		if (relay->options->terminal)
			want(relay, FRAME_RESIZE);
	} else if (!relay->options->forward_signals) {
		relay->ended_by = (int)info.ssi_signo;
		relay->is_detached = true;
	} else if (oci_kill(relay->box, info.ssi_signo, false) < 0) {
		log_debug("signal %u: %s", info.ssi_signo, err_last()->text);
	}
}

static void fill(const struct relay *relay, struct pollfd sources[SOURCES])
{
	bool waits_out = relay->out_size > 0;

	sources[SIGNALS] = (struct pollfd){.fd = relay->signals, .events = POLLIN};
	/* While a frame is being printed, nothing is wanted of the socket but room for our own. */
	sources[SOCKET] =
		(struct pollfd){.fd = relay->to && !waits_out ? -1 : relay->socket,
				.events = (relay->to ? 0 : POLLIN) | (waits_out ? POLLOUT : 0)};
	sources[INPUT] = (struct pollfd){.fd = relay->input_open && !waits_out ? STDIN_FILENO : -1,
					 .events = POLLIN};
	sources[OUTPUT] = (struct pollfd){.fd = relay->to ? relay->to : -1, .events = POLLOUT};
}

static int run_relay(struct relay *relay)
{
	struct pollfd sources[SOURCES];

	while (!relay->is_over && !relay->is_detached) {
		send_out(relay);
		fill(relay, sources);
		if (poll(sources, SOURCES, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys("wait for the container");
		}
		if (sources[SIGNALS].revents)
			take_signal(relay);
		if (sources[OUTPUT].revents)
			print(relay);
		else if (!relay->to && (sources[SOCKET].revents & ~POLLOUT) && receive(relay) < 0)
			return -1;
		if (sources[INPUT].revents && !relay->out_size)
			take_input(relay);
	}
	send_out(relay); /* what was typed before the keys */
	return 0;
}

/* --- our own terminal and signals --- */

/* What is not for the box: faults of our own, job control of our shell, our children. */
static void relayed_signals(bool forward, sigset_t *ret_set)
{
	static const int ours[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT, SIGTRAP, SIGSYS,
				   SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGPIPE, SIGURG,	 SIGCHLD};
	static const int detaching[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};

	if (forward) {
		sigfillset(ret_set);
		for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
			sigdelset(ret_set, ours[i]);
		return;
	}
	sigemptyset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(detaching); i++)
		sigaddset(ret_set, detaching[i]);
}

/* So that our parent sees what ended us: a shell makes 128 + the number of it. */
static void die_by(int signal_number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal_number);
	signal(signal_number, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signal_number);
}

static bool make_raw(struct termios *ret_old)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, ret_old) < 0)
		return false;
	raw = *ret_old;
	cfmakeraw(&raw);
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static int relay_with_signals(struct relay *relay)
{
	sigset_t set, old;
	int result;

	relayed_signals(relay->options->forward_signals, &set);
	if (sigprocmask(SIG_BLOCK, &set, &old) < 0)
		return err_sys("block signals");
	relay->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	result = relay->signals < 0 ? err_sys("make a signalfd") : run_relay(relay);
	if (relay->signals >= 0)
		close(relay->signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return result;
}

int attach_relay(int fd, struct box *box, const struct attach_options *options,
		 struct monitor_exit *ret_exit, bool *ret_detached)
{
	struct relay relay = {
		.socket = fd, .box = box, .options = options, .input_open = options->input};
	struct termios old;
	bool is_raw;
	int result;

	if (options->terminal && options->input &&
	    attach_keys_parse(options->detach_keys ? options->detach_keys : ATTACH_KEYS,
			      &relay.keys) < 0)
		return -1;
	if (options->cleans)
		want(&relay, FRAME_CLEAN);
	if (options->terminal)
		want(&relay, FRAME_RESIZE);
	is_raw = options->terminal && options->input && make_raw(&old);
	result = relay_with_signals(&relay);
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	if (relay.ended_by)
		die_by(relay.ended_by);
	if (result < 0)
		return -1;
	if (!relay.has_exit && !relay.is_detached)
		return err_set(
			EPIPE,
			"container %s: its monitor was killed, or too many are attached: husk "
			"ps tells whether it runs",
			box->name);
	*ret_detached = !relay.has_exit;
	if (relay.has_exit)
		*ret_exit = relay.exit;
	if (relay.has_exit && relay.is_lost && relay.exit.code == 0)
		ret_exit->code = ATTACH_LOST;
	return 0;
}
