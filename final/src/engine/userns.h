/*
 * userns.h: an ordinary user's containers: root of a user namespace, in which only he is somebody,
 * with mounts of its own. All commands and monitors of one user share it, as long as one of them
 * lives; RUN/userns has a file PID-TIME for each.
 *
 *	userns_enter()                      before a command does anything; nothing if we are root
 *	userns_note(place, pid, time)       a monitor that was started in it
 *
 * Next file: userns.c
 */
#pragma once

#include "../store/place.h"

#include <sys/types.h>

/* Before place_open(): what was opened outside is not of these mounts. */
int userns_enter(void) MUST_CHECK;
int userns_note(const struct place *place, pid_t pid, uint64_t start_time) MUST_CHECK;
