/* streams.c: pipes and terminals of the container. See streams.h; next file: clients.h */
#include "streams.h"
#include "../base/err.h"
#include "../base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* --- opening --- */

static int make_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return err_sys("make a stream non-blocking");
	return 0;
}

/* A pipe whose one end is ours and never waits; theirs does: it is the container's. */
static int open_pipe(bool is_input, int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	*ret_ours = ends[is_input ? 1 : 0];
	*ret_theirs = ends[is_input ? 0 : 1];
	return make_nonblocking(*ret_ours);
}

static int open_null(int *ret_fd)
{
	*ret_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys("open /dev/null") : 0;
}

static int open_pipes(const struct monitor_config *config, struct streams *streams,
		      int ret_theirs[3])
{
	if (config->stdin_open ? open_pipe(true, &streams->input, &ret_theirs[0]) < 0
			       : open_null(&ret_theirs[0]) < 0)
		return -1;
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++)
		if (open_pipe(false, &streams->output[i].fd, &ret_theirs[i + 1]) < 0)
			return -1;
	return 0;
}

/* Through /proc, as paths to DIR may be longer than a socket's address holds, unix(7). */
struct console_path streams_console_path(int dir_fd)
{
	struct console_path path;

	snprintf(path.text, sizeof(path.text), "/proc/%d/fd/%d/console", getpid(), dir_fd);
	return path;
}

static int listen_for_terminal(struct streams *streams, int dir_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 streams_console_path(dir_fd).text);
	unlinkat(dir_fd, "console", 0);
	streams->console = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (streams->console < 0 ||
	    bind(streams->console, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(streams->console, 1) < 0)
		return err_sys("listen for the container's terminal");
	return 0;
}

int streams_open(const struct monitor_config *config, int dir_fd, struct streams *streams,
		 int ret_theirs[3])
{
	streams_close(streams);
	streams->is_terminal = config->terminal;
	if (!config->terminal)
		return open_pipes(config, streams, ret_theirs);
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (open_null(&ret_theirs[i]) < 0)
			return -1;
	return listen_for_terminal(streams, dir_fd);
}

/* create has succeeded: the descriptor is in the socket already, or never will be. */
int streams_take_terminal(struct streams *streams, int dir_fd)
{
	auto_close int peer = accept4(streams->console, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char name[128];
	int master = -1;

	unlinkat(dir_fd, "console", 0);
	close(streams->console);
	streams->console = -1;
	if (peer < 0)
		return err_set(EPROTO, "the runtime sent no terminal");
	if (fd_receive(peer, &master, name, sizeof(name)) < 0 || master < 0)
		return err_set(EPROTO, "the runtime sent no terminal to its console socket");
	streams->output[LOGGER_STDOUT].fd = streams->input = master;
	streams_resize(streams, &streams->size);
	return make_nonblocking(master);
}

/* --- output --- */

bool streams_can_read(const struct stream *stream)
{
	return stream->fd >= 0 && stream->sent == stream->length && stream->length < STREAM_BUFFER;
}

void streams_close_output(struct streams *streams, enum logger_stream which)
{
	struct stream *stream = &streams->output[which];

	if (stream->fd < 0)
		return;
	if (streams->input == stream->fd)
		streams->input = -1;
	close(stream->fd);
	stream->fd = -1;
}

bool streams_read(struct streams *streams, enum logger_stream which)
{
	struct stream *stream = &streams->output[which];
	ssize_t length;

	if (!streams_can_read(stream))
		return false;
	length = fd_read(stream->fd, stream->data + stream->length, STREAM_BUFFER - stream->length);
	/*
	 * EIO: the last user of a terminal has closed it. To close our end would hang up on its
	 * session, and whoever is in there may open it again.
	 */
	streams->is_closed = streams->is_terminal && length < 0 && errno == EIO;
	if (length > 0) {
		stream->length += length;
		return true;
	}
	if (length == 0 || (errno != EAGAIN && !streams->is_closed))
		streams_close_output(streams, which);
	return false;
}

static void send_rest(struct stream *stream, struct clients *clients, enum frame_type type)
{
	while (stream->sent < stream->length) {
		size_t length = stream->length - stream->sent;

		length = length < FRAME_DATA ? length : FRAME_DATA;
		if (!clients_send(clients, type, stream->data + stream->sent, length))
			return;
		stream->sent += length;
	}
}

/* The log gets what clients have: then one number says how far the buffer is free. */
static void log_rest(struct stream *stream, struct logger *logger, enum logger_stream which)
{
	enum logger_rest rest = stream->sent < stream->length	  ? LOGGER_MORE
				: stream->fd < 0		  ? LOGGER_LAST
				: stream->length == STREAM_BUFFER ? LOGGER_FULL
								  : LOGGER_MORE;
	size_t taken = logger_take(logger, which, stream->data, stream->sent, rest);

	memmove(stream->data, stream->data + taken, stream->length - taken);
	stream->length -= taken;
	stream->sent -= taken;
}

void streams_pump(struct streams *streams, struct clients *clients, struct logger *logger)
{
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++) {
		struct stream *stream = &streams->output[i];

		if (stream->length == 0)
			continue;
		send_rest(stream, clients, i == LOGGER_STDERR ? FRAME_STDERR : FRAME_STDOUT);
		log_rest(stream, logger, i);
	}
}

bool streams_is_done(const struct streams *streams)
{
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++)
		if (streams->output[i].fd >= 0 || streams->output[i].length > 0)
			return false;
	return true;
}

/* --- input --- */

static void close_input(struct streams *streams)
{
	if (streams->input >= 0 && !streams->is_terminal)
		close(streams->input);
	streams->input = -1;
	streams->input_length = 0;
}

bool streams_has_room(const struct streams *streams)
{
	return streams->input_length == 0 && streams->console < 0;
}

void streams_give(struct streams *streams, const char *data, size_t length)
{
	if (streams->input < 0 || streams->input_ends)
		return;
	memcpy(streams->input_data, data, length);
	streams->input_length = length;
	streams_write(streams);
}

/* A terminal has no end of its own: programs see it when ^D is typed. */
void streams_end_input(struct streams *streams)
{
	if (streams->is_terminal)
		return;
	streams->input_ends = true;
	if (streams->input_length == 0)
		close_input(streams);
}

void streams_write(struct streams *streams)
{
	ssize_t length;

	if (streams->input < 0 || streams->input_length == 0)
		return;
	length = write(streams->input, streams->input_data, streams->input_length);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length < 0) { /* nobody reads it any more */
		close_input(streams);
		return;
	}
	streams->input_length -= length;
	memmove(streams->input_data, streams->input_data + length, streams->input_length);
	if (streams->input_length == 0 && streams->input_ends)
		close_input(streams);
}

void streams_resize(struct streams *streams, const struct frame_size *size)
{
	struct winsize wanted = {.ws_row = size->rows, .ws_col = size->columns};

	streams->size = *size;
	if (!streams->is_terminal || streams->input < 0 || !size->rows || !size->columns)
		return;
	if (ioctl(streams->input, TIOCSWINSZ, &wanted) < 0)
		return; /* it is being closed: there is no size any more */
}

void streams_close(struct streams *streams)
{
	close_input(streams);
	for (int i = LOGGER_STDOUT; i <= LOGGER_STDERR; i++) {
		streams_close_output(streams, i);
		streams->output[i].length = streams->output[i].sent = 0;
	}
	if (streams->console >= 0)
		close(streams->console);
	streams->console = -1;
	streams->input_ends = streams->is_closed = false;
}
