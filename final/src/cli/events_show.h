/*
 * events_show.h: what engine/events.h wrote down, for people and for programs.
 *
 *	events_show(place, &options)     --since, --until, --filter; follows by inotify(7)
 *
 * Next file: events_show.c
 */
#pragma once

#include "../store/box.h"

struct events_options {
	const char *since, *until; /* a point of time, or how long ago: clock.h */
	const char *format;	   /* NULL: a line of text; "json"; a template */
	struct str_list filters; /* "event=die", "type=container", "container=web", "label=a" ... */
	bool no_follow;
};
int events_show(const struct place *place, const struct events_options *options) MUST_CHECK;
