/*
 * list.h: which boxes a listing shows, and in what order.
 *
 *	list_open(place, &options, &arena, &list)     filters are checked; boxes are gathered, sorted
 *	for (size_t i = 0; i < list.count; i++) ... list.items[i] ...
 *	list_close(&list)
 *
 * Next file: list.c
 */
#pragma once

#include "../store/box.h"

struct list_options {
	bool all; /* those that have ended, too */
	const char *sort;
	struct str_list filters; /* "status=exited", "name=web" ... */
	struct opt_u32 last;	 /* the newest so many; then all */
};

struct list {
	struct box *items; /* open, unlocked */
	size_t count;
};

int list_open(const struct place *place, const struct list_options *options, struct arena *arena,
	      struct list *ret_list) MUST_CHECK;
void list_close(struct list *list);

/* "Up 5 minutes (Paused)", "Exited (0) 3 seconds ago": docker's words. */
char *list_status(const struct box *box, struct arena *arena);

/* The command as people read it: entrypoint and arguments. */
char *list_command(const struct box *box, struct arena *arena);

/* "0.0.0.0:8080->80/tcp, ..." */
char *list_ports(const struct box *box, struct arena *arena);
