/*
 * place.h: where the engine keeps what it knows. Every truth is a file; there is no daemon.
 *
 *	place_open(&place)                  makes what is missing; HUSK_DATA and HUSK_STATE move it
 *
 *	data  /var/lib/husk                 survives a reboot; without root $XDG_DATA_HOME/husk
 *	  oci/                              images: a valid OCI image layout         image.h
 *	  layers/DIFFID/                    unpacked layers                          layer.h
 *	  boxes/ID/box.json                 what was asked for, and the state        box.h
 *	           upper work merged        the writable layer, mounted while it runs
 *	           config.json hosts resolv.conf hostname
 *	           log/log.json             its output                               logs.h
 *	  names/NAME -> ID                  a symbolic link: one call claims a name
 *	  networks/NAME.json                named networks                           network.h
 *	  volumes/NAME/_data                named volumes                            volume.h
 *	  events                            one JSON line an event                   events.h
 *	  tmp/X/                            what a command is making                 scratch.h
 *	run   /run/husk                     gone with the kernel; without root $XDG_RUNTIME_DIR/husk
 *	  runtime/                          the OCI runtime's own
 *	  box/ID/                           monitor.json attach exit                 monitor/protocol.h
 *	  netns/ID                          network namespaces, bind mounts
 *	  leases/NETWORK/ADDRESS -> ID
 *
 * Lock order: store, box, lease; flock(2) on the directory. None is held across a download, a
 * hook, or a program of the user's. Next file: box.h
 */
#pragma once

#include "../base/str.h"

struct place {
	char *data, *run; /* absolute */
	int data_fd, run_fd;
	struct arena arena;
};

int place_open(struct place *ret_place) MUST_CHECK;
void place_close(struct place *place);

/* "DATA/boxes/ID/merged", in the arena; NULL: no memory. */
char *place_data(const struct place *place, struct arena *arena, const char *format, ...)
	PRINTF_LIKE(3, 4);
char *place_run(const struct place *place, struct arena *arena, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* A directory of the place, made if missing (0700). */
int place_open_dir(int parent_fd, const char *path, int *ret_fd) MUST_CHECK;
