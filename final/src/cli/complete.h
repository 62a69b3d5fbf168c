/*
 * complete.h: what a shell offers for a word: names of what exists now, one a line.
 *
 *	complete_print(place, 'c', &arena)      husk __complete c: completion files call it
 *
 * 'c' names of boxes, 'r' of those that run, 'i' images, 'n' networks, 'v' volumes. What a shell asks
 * while somebody types gets an answer or none: never an error. Next file: complete.c
 */
#pragma once

#include "../store/place.h"

int complete_print(const struct place *place, char kind, struct arena *arena) MUST_CHECK;
