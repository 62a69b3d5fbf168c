/*
 * inspect.h: a box as docker's inspect shows it, from what box.json and the kernel say.
 *
 *	inspect_box(box, &arena)       a JSON object; NULL: no memory
 *
 * Names and nesting are docker's, so that templates like {{.State.Pid}} work. Next file: inspect.c
 */
#pragma once

#include "../store/box.h"

struct json_object *inspect_box(const struct box *box, struct arena *arena) MUST_CHECK;

/* Its parts: inspect_host.c, inspect_network.c */
struct json_object *inspect_host_config(const struct box *box, struct arena *arena) MUST_CHECK;
struct json_object *inspect_network_settings(const struct box *box, struct arena *arena) MUST_CHECK;
struct json_object *inspect_port_map(const struct box *box, struct arena *arena) MUST_CHECK;

/* Values as Go writes them: NULL is "", an empty list null or []. NULL: no memory. */
struct json_object *inspect_text(const char *text) MUST_CHECK;
struct json_object *inspect_list(const struct str_list *list) MUST_CHECK;
struct json_object *inspect_map(const struct str_map *map) MUST_CHECK;
