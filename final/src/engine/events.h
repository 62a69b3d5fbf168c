/*
 * events.h: what happened, one JSON line each, in DATA/events; bounded by rotation.
 *
 *	events_add(box, "start", attributes), events_add_other(place, "image", "tag", id, name)
 *	(read by cli/events_show.h)
 *
 * A line is what docker's API has: Type, Action, Actor.ID, Actor.Attributes, time, timeNano. What
 * cannot be written is not worth a failure: a warning. Next file: events.c
 */
#pragma once

#include "../store/box.h"

void events_add(const struct box *box, const char *action, const struct str_map *attributes);
void events_add_other(const struct place *place, const char *type, const char *action,
		      const char *id, const char *name);
