/*
 * lease.h: who has which address, and which port of the host. Each claim is a symbolic link in
 * RUN/leases:
 *
 *	NETWORK/10.89.0.2 -> ID               an address, and with it everything the box has there
 *	NETWORK/.10.89.0.2 -> web db          a note: its names, for the hosts files of others
 *	NETWORK/.bridge -> husk0              a note: this bridge is ours, made or about to be
 *	NETWORK/.up -> husk0                  a note: and all is set up, rules too
 *	.ports/tcp-8080 -> ID 80 10.89.0.2 [fd00::2]
 *	.switches/net:ipv4:ip_forward -> 0    a note: what it was before us
 *
 * symlink(2) claims and names the owner in one call: of two that want the same one gets EEXIST, and
 * a SIGKILL leaves no claim without an owner. What a box has in the kernel follows from its leases,
 * so whoever finds them can take it away.
 *
 *	auto_lease int fd = -1;
 *	lease_lock(place, &fd)                until the end of the block, nobody else changes leases,
 *	                                      bridges or rules; the kernel unlocks what a killed
 *	                                      process had
 *	lease_read(fd, &arena, &list)
 *	lease_claim(fd, network, address, id), lease_drop(fd, &lease)
 *	lease_note(fd, path, text), lease_find_note(fd, path, &arena, &text), lease_drop_note(fd, path)
 *
 * Next file: rtnl.h
 */
#pragma once

#include "../store/place.h"

struct lease {
	char *network, *address, *id;
	char *names; /* "web db"; NULL: none are known */
};

struct lease_list {
	struct lease *items;
	size_t count;
};

int lease_lock(const struct place *place, int *ret_fd) MUST_CHECK;

/* Not close(2) alone: a child that is about to end has the same lock. */
void lease_unlock(int *fd);
#define auto_lease __attribute__((cleanup(lease_unlock)))

/* In no order. */
int lease_read(int fd, struct arena *arena, struct lease_list *ret_list) MUST_CHECK;

/* EEXIST: somebody has it. */
int lease_claim(int fd, const char *network, const char *address, const char *id) MUST_CHECK;

/* With its note, and the network's directory if that was all. Gone already is success. */
int lease_drop(int fd, const struct lease *lease) MUST_CHECK;

/* Replaces what was noted. Directories of path are made. */
int lease_note(int fd, const char *path, const char *text) MUST_CHECK;

/* EEXIST: there is one already; it stays. A port is claimed by this as well. */
int lease_note_first(int fd, const char *path, const char *text) MUST_CHECK;

/* *ret_text is NULL if there is no such note. */
int lease_find_note(int fd, const char *path, struct arena *arena, char **ret_text) MUST_CHECK;
int lease_drop_note(int fd, const char *path) MUST_CHECK;

/* The networks that have leases or notes. */
int lease_list_networks(int fd, struct arena *arena, struct str_list *ret_names) MUST_CHECK;

/* The names of the notes in a directory (".ports"); none if it is not there. */
int lease_list_notes(int fd, const char *directory, struct arena *arena,
		     struct str_list *ret_names) MUST_CHECK;

/* Directories of notes that a SIGKILL left empty. */
void lease_sweep(int fd);
