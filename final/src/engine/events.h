/*
 * events.h: what happened, one JSON line each, in DATA/events; bounded by rotation.
 *
 *	events_add(box, "start", attributes), events_add_other(place, "image", "tag", id, name)
 *	events_print(place, &options)     --since, --until, --filter, follows by inotify(7)
 *
 * A line is what docker's API has: Type, Action, Actor.ID, Actor.Attributes, time, timeNano. What
 * cannot be written is not worth a failure: a warning. Next file: events.c
 */
#pragma once

#include "box.h"

void events_add(const struct box *box, const char *action, const struct str_map *attributes);
void events_add_other(const struct place *place, const char *type, const char *action,
		      const char *id, const char *name);

struct events_options {
	const char *since, *until; /* a point of time, or how long ago: clock.h */
	const char *format;	   /* NULL: a line of text; "json"; a template */
	struct str_list filters; /* "event=die", "type=container", "container=web", "label=a" ... */
	bool no_follow;
};
int events_print(const struct place *place, const struct events_options *options) MUST_CHECK;
