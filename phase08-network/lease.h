/*
 * lease.h: who has which address, and which port of the host. A lease is a symbolic link in the
 * directory net of place_state():
 *
 *	10.87.0.2 -> web                  an address, and with it the name of a veth
 *	tcp-8080 -> web 10.87.0.2:80      a published port
 *	subnet -> 10.87.0.0/24            notes: what the bridge was made with,
 *	ip_forward -> 0                   and what was set before that
 *
 * symlink(2) is atomic: of two that want the same one gets EEXIST, and a link that a killed husk
 * left is never half a link.
 *
 *	directory = lease_lock()
 *	lease_read(directory, &leases), lease_take(directory, ...), lease_drop(directory, ...)
 *	close(directory)
 *
 * PARENT. Functions that return int return -1 after they have printed why, or where it says so,
 * with errno set.
 */
#ifndef LEASE_H
#define LEASE_H

struct lease {
	char name[32];	  /* of the link */
	char owner[256];  /* name of the container */
	char address[16]; /* "10.87.0.2" */
	char protocol[4]; /* of a port: "tcp" or "udp" */
	int port, inside; /* of the host, and of the container; 0: this is an address */
};

/*
 * The directory, made if it is not there, and locked until it is closed: nobody else changes
 * leases, bridge and rules meanwhile. The kernel closes it if husk is killed.
 */
int lease_lock(void);

/* Whether there is such a directory: without, nobody has anything. */
int lease_exists(void);

/* Leases without the notes, in an array for free(3). Returns how many. */
int lease_read(int directory, struct lease **ret_leases);

/* Without a message: errno is EEXIST if somebody has it. */
int lease_take(int directory, const char *name, const char *value);

/* That there is none is no error. */
int lease_drop(int directory, const char *name);

/* The value of a lease or a note, cut at `size`; 0, or -1 without a message if there is none. */
int lease_find(int directory, const char *name, char *ret_value, int size);

/* Removes the directory if it is empty. */
void lease_leave(void);

#endif
