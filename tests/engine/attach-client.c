/*
 * attach-client SOCKET [WORD...]: speaks to a container's monitor (final/src/monitor/protocol.h),
 * word by word:
 *
 *	stdin TEXT    end        resize ROWS COLUMNS      stop      clean
 *	await FILE               nothing is read until FILE is there
 *	see TEXT                 prints output until TEXT was in it
 *	closed        nobody reads standard output any more
 *	wait          prints output until the container has ended, its FRAME_EXIT on descriptor 3
 *	pour          sends standard input, and reads nothing
 *
 * The status is 0, or 3 if `wait` saw the socket's end without FRAME_EXIT.
 */
#define _GNU_SOURCE
#include "../../final/src/monitor/protocol.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int send_frame(int fd, uint32_t type, const void *data, uint32_t length)
{
	struct frame frame = {.type = type, .length = length};

	memcpy(frame.data, data, length);
	return send(fd, &frame, FRAME_HEADER + length, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Until the end, or until this text was in a frame. */
static int print_output(int fd, const char *text)
{
	struct frame frame;
	ssize_t length;

	while ((length = recv(fd, &frame, sizeof(frame), 0)) > 0) {
		int to = frame.type == FRAME_STDERR ? 2 : frame.type == FRAME_EXIT ? 3 : 1;

		if (length != FRAME_HEADER + (ssize_t)frame.length)
			return 4;
		if (write(to, frame.data, frame.length) < 0 && to != 3)
			return 1;
		if (frame.type == FRAME_EXIT)
			return 0;
		if (text && memmem(frame.data, frame.length, text, strlen(text)))
			return 0;
	}
	return 3;
}

static int pour(int fd)
{
	char data[FRAME_DATA];
	ssize_t length;

	while ((length = read(0, data, sizeof(data))) > 0)
		if (send_frame(fd, FRAME_STDIN, data, length) < 0)
			return 1;
	return 0;
}

static int run(int fd, char **words)
{
	for (; *words; words++) {
		int result = 0;

		if (strcmp(*words, "stdin") == 0 && words[1]) {
			words++;
			result = send_frame(fd, FRAME_STDIN, *words, strlen(*words));
		} else if (strcmp(*words, "end") == 0) {
			result = send_frame(fd, FRAME_STDIN, "", 0);
		} else if (strcmp(*words, "resize") == 0 && words[1] && words[2]) {
			struct frame_size size = {atoi(words[1]), atoi(words[2])};

			words += 2;
			result = send_frame(fd, FRAME_RESIZE, &size, sizeof(size));
		} else if (strcmp(*words, "stop") == 0) {
			result = send_frame(fd, FRAME_STOP, "", 0);
		} else if (strcmp(*words, "clean") == 0) {
			result = send_frame(fd, FRAME_CLEAN, "", 0);
		} else if (strcmp(*words, "closed") == 0) {
			result = send_frame(fd, FRAME_STDOUT, "", 0);
		} else if (strcmp(*words, "await") == 0 && words[1]) {
			for (words++; access(*words, F_OK) < 0;)
				usleep(10000);
		} else if (strcmp(*words, "see") == 0 && words[1]) {
			result = print_output(fd, *++words);
		} else if (strcmp(*words, "pour") == 0) {
			result = pour(fd);
		} else if (strcmp(*words, "wait") == 0) {
			return print_output(fd, NULL);
		} else {
			fprintf(stderr, "attach-client: %s: no such word\n", *words);
			return 2;
		}
		if (result)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (argc < 2 || fd < 0)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	for (int tries = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
	     tries++) {
		if (tries == 500) {
			perror("attach-client: connect");
			return 5;
		}
		usleep(10000);
	}
	return run(fd, argv + 2);
}
