/*
 * events.h: what happened, one JSON line each, in DATA/events; bounded by rotation.
 *
 *	events_add(place, "container", "start", id, name, attributes)
 *	events_print(place, &options)     --since, --until, --filter, follows by inotify(7)
 */
#pragma once

#include "box.h"

void events_add(const struct box *box, const char *action, const struct str_map *attributes);
void events_add_other(const struct place *place, const char *type, const char *action,
		      const char *id, const char *name);

struct events_options {
	const char *since, *until;
	struct str_list filters;
	bool json, no_follow;
};
int events_print(const struct place *place, const struct events_options *options) MUST_CHECK;
