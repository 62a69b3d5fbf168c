/*
 * attack.h: how an attack speaks: STARTED once, then ESCAPED with the token it got hold of, or
 * BLOCKED with the reason. The test believes the token, or what it sees from outside; not the word.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void started(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	puts("STARTED");
}

static inline int blocked(const char *step)
{
	printf("BLOCKED %s: %s\n", step, strerror(errno));
	return 1;
}

/* Prints what the file holds that must not be readable from a container. */
static inline int read_token(const char *path)
{
	char token[128] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, token, sizeof(token) - 1) < 0)
		return blocked(path);
	printf("ESCAPED %s\n", token);
	return 0;
}

/* Waits until the test, which counts from outside, closes our standard input. */
static inline void hold(const char *what, long count)
{
	char byte;

	printf("HOLDING %ld %s\n", count, what);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

#endif
