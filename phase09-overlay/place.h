/*
 * place.h: where husk keeps what it must remember.
 *
 *	state    what a run needs until it has ended: records, leases. Gone after a reboot.
 *	data     what outlives a run: logs, images, the upper layers that were kept
 *
 * Both belong to the user who calls husk, and nobody else can look into them.
 */
#ifndef PLACE_H
#define PLACE_H

/*
 * BOTH: $HUSK_STATE if set; else /run/husk-course for root, $XDG_RUNTIME_DIR/husk-course or
 * /tmp/husk-course-UID for another user. Never NULL; whether it exists is not checked.
 */
const char *place_state(void);

/* BOTH: $HUSK_DATA; else /var/lib/husk-course, $XDG_DATA_HOME or ~/.local/share. As above. */
const char *place_data(void);

/*
 * PARENT: makes the directory BASE/NAME, 0700, and above it what is missing, 0755; NAME may be ""
 * for BASE alone. That it exists is fine, unless it belongs to somebody else, or is no directory.
 * Returns 0, or -1 after it has printed why.
 */
int place_make(const char *base, const char *name);

#endif
