/*
 * create.h: the life of a container as a table: what is done when it is made, and undone when it
 * fails or is deleted. PARENT.
 *
 *	create_container()     walks down the column `run`; at a failure, back up the column `undo`
 *	create_undo(&c)        delete.c: the whole column `undo`, from the last row to the first
 *
 * One table, so that the two cannot drift apart. Every undo is idempotent, and finds what it
 * removes by what state.json said before the thing was made. Next file: create.c
 */
#pragma once

#include "container.h"

/* Keeps going after a failure, and reports the first one; then the directory is kept. */
int create_undo(struct container *c) MUST_CHECK;
