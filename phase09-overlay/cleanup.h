/*
 * cleanup.h: nothing is left. One function removes what a container has outside itself, by its
 * name alone, newest first. The ordinary end calls it, every failure does, and so does `husk gc`
 * for a husk that could not: what is only needed rarely would otherwise be tested rarely.
 */
#ifndef CLEANUP_H
#define CLEANUP_H

/*
 * PARENT, after the container's last process: undoes what was set up, in reverse order. What was
 * not set up is no error. Returns 0, or -1 after it has printed why; then the record stays, so
 * that `husk gc` can try again.
 */
int cleanup_container(const char *name);

/*
 * `husk gc`: ends and removes every container whose husk is dead, and prints one line for each.
 * Returns an exit status: not 0 if something of them is still there.
 */
int cleanup_collect(void);

#endif
