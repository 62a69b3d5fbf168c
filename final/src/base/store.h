/*
 * store.h: files that are either the old ones or the new ones, never half of each.
 *
 *	store_open(path, 0700, &root_fd)              made if missing; ours, nobody else may write
 *	store_find(path, &root_fd)                    the same, but not made
 *	store_reserve(root_fd, name, &dir_fd)         mkdir(2): one winner; EEXIST for the others
 *	store_lock(dir_fd)                            flock(2) until dir_fd is closed
 *	store_write(dir_fd, "state.json", text, n)    a new file, renamed over the old one
 *
 * No fsync(2): below /run a crash of the machine takes everything along, and a crash of a process
 * leaves the page cache. Names are checked by the caller. PARENT. Next file: tree.h
 */
#pragma once

#include "scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* EACCES if the directory belongs to another user or others may write to it. */
int store_open(const char *path, mode_t mode, int *ret_fd) MUST_CHECK;

/* ENOENT if there is none. */
int store_find(const char *path, int *ret_fd) MUST_CHECK;

/* Makes and opens the directory; mode 0700. EEXIST if the name is taken. */
int store_reserve(int root_fd, const char *name, int *ret_fd) MUST_CHECK;

/* The same, and locked: a collector that takes it for a leftover before that is outrun. */
int store_reserve_locked(int root_fd, const char *name, int *ret_fd) MUST_CHECK;

/* Waits for the lock. ENOENT if the directory was removed meanwhile: its name is free again. */
int store_lock(int dir_fd) MUST_CHECK;

/* Mode 0600. */
int store_write(int dir_fd, const char *name, const void *data, size_t length) MUST_CHECK;

/*
 * JSON text, for which a full disk is no reason: what says that something is stopped, or goes, must
 * get there, or nothing could be removed to make room. It takes the place of the old text then.
 */
int store_write_json(int dir_fd, const char *name, const char *text) MUST_CHECK;

/*
 * The text, and line ends over what is left of the old one, in one write(2) to a block that the file
 * has already: who is killed in it leaves the old or the new one. False: there is no such file, or
 * one of them is longer than STORE_OVERWRITE_MAX.
 */
enum { STORE_OVERWRITE_MAX = 4096 };
bool store_overwrite(int dir_fd, const char *name, const char *text) MUST_CHECK;

/* The same as store_write(), but EEXIST if there is one: whose first record it is owns the directory. */
int store_write_first(int dir_fd, const char *name, const void *data, size_t length) MUST_CHECK;
