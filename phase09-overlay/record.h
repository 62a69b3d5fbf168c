/*
 * record.h: the run record, a file that says that a container exists. It is made before anything
 * else and removed after everything else, so whatever husk leaves when it is killed, the record
 * is there to tell `husk gc` about it.
 *
 *	PARENT                                CHILD
 *	record_create(cfg)                    inherits the open file
 *	record_add_child(cfg, child.pid)
 *	ns_release(&child)                    record_is_held(cfg)
 *	...
 *	record_remove(cfg->name)              last of all
 *
 * Two locks answer two questions, and the kernel lets go of both for a process that was killed:
 *	fcntl(2)   belongs to one process, ours: held as long as this husk lives
 *	flock(2)   belongs to the open file, which children inherit until they call execve(2): held
 *	           as long as any process of ours is about that has not become the command
 */
#ifndef RECORD_H
#define RECORD_H

#include <sys/types.h>

struct config;

struct record {
	char name[256];
	char command[256];
	long long created; /* seconds since the Epoch */
	pid_t pid;	   /* of PID 1 of the container as seen from outside; 0: none yet */
	unsigned long long start_time; /* of that process, against reuse of its pid */
	int is_running;		       /* its husk lives */
};

/*
 * PARENT: makes the record and holds it; chooses cfg->name if it is NULL. Fails, after it has
 * printed why, if the name is in use.
 */
int record_create(struct config *cfg);

/* PARENT: adds who PID 1 is. 0, or -1 after it has printed why. */
int record_add_child(const struct config *cfg, pid_t pid);

/* CHILD: whether the husk that made us is still there. */
int record_is_held(const struct config *cfg);

/* PARENT: removes the record, and the directories that held records if it was the last. */
void record_remove(const char *name);

/* Any husk: calls visit for each record, in the order of names. Returns how many times it got -1.
 */
int record_each(int (*visit)(const struct record *record, int index));

/*
 * Any husk: takes over the record of a husk that is dead: no other will touch what belongs to it.
 * Returns its file, to be closed after record_remove(), or -1 if it is held, or gone meanwhile.
 */
int record_take(const char *name, struct record *ret_record);

/* When a process began, in clock ticks since boot, proc_pid_stat(5); 0 if there is none. */
unsigned long long record_start_time(pid_t pid);

/* Any husk: `husk ps`, as a table or as a JSON array. Returns an exit status. */
int record_print(int as_json);

#endif
