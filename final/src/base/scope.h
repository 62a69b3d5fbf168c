/*
 * scope.h: what C lacks: values that are released where their scope ends, results that must be
 * looked at.
 *
 *	auto_close int fd = open(...);      closed at the end of the block, whichever way out
 *	auto_free char *text = NULL;
 *	*ret_fd = TAKE_FD(fd);              success: the caller owns it from here on
 *
 * Every process may use it. There is no goto anywhere: a `return` cleans up.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, rest) __attribute__((format(printf, text, rest)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Clean-up keeps errno: the failure that led here is what has to be reported. */
static inline void scope_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void scope_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void scope_closedir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	errno = saved;
}

static inline void scope_fclose(FILE **stream)
{
	int saved = errno;

	if (*stream)
		fclose(*stream);
	errno = saved;
}

static inline int scope_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void *scope_take(void *pointer)
{
	void *taken = *(void **)pointer;

	*(void **)pointer = NULL;
	return taken;
}

#define auto_close __attribute__((cleanup(scope_close)))
#define auto_free __attribute__((cleanup(scope_free)))
#define auto_dir __attribute__((cleanup(scope_closedir)))
#define auto_file __attribute__((cleanup(scope_fclose)))

/* Moves a value out of a variable that would release it. */
#define TAKE_FD(fd) scope_take_fd(&(fd))
#define TAKE_PTR(pointer) ((__typeof__(pointer))scope_take(&(pointer)))
