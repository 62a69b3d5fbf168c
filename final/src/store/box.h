/*
 * box.h: a container, as the engine sees it: a folder with box.json, a name, and a state.
 *
 *	box_find(place, "web", &box)        by name, ID, or any unique beginning of an ID; ambiguous:
 *	                                    an error that lists the candidates
 *	box_create(place, &box)             claims ID and name, writes box.json: status created
 *	box_lock(&box), box_save(&box)      for a change; lock reads it again
 *	box_each(place, each, data)         all of them, newest last; torn ones are skipped with a warning
 *	box_delete(&box)                    folder and name; whoever calls it has stopped and released it
 *	box_close(&box)
 *
 * box_find() and box_each() ask the kernel: a box whose monitor and process are gone is exited,
 * whatever its file says. Files: box.c, box_name.c, box_state.c, box_table.c. Next file: ../engine/life.h
 */
#pragma once

#include "../base/bind.h"
#include "place.h"

enum box_status {
	BOX_CREATED,
	BOX_RUNNING,
	BOX_PAUSED,
	BOX_RESTARTING,
	BOX_EXITED,
	BOX_REMOVING,
};

/* -v, --mount, --tmpfs; also volumes of the image */
struct box_mount {
	char *type;		 /* "bind", "volume", "tmpfs" */
	char *source;		 /* absolute path; name of a volume; NULL for tmpfs */
	char *target;		 /* absolute, inside */
	struct str_list options; /* "ro", "rprivate", "size=64m" ... */
	bool anonymous;		 /* a volume without a name: removed with the box by rm -v, --rm */
};

/* -p [IP:]HOST:CONTAINER[/udp] */
struct box_port {
	char *host_ip; /* NULL: all */
	uint32_t host, container;
	char *protocol; /* "tcp", "udp" */
};

/* A network the box is in, with what it leased there. */
struct box_endpoint {
	char *network, *bridge, *interface; /* interface: the host's end */
	char *address, *address6, *gateway, *gateway6, *mac;
	uint32_t prefix, prefix6;
	struct str_list aliases;
};

struct box_ulimit {
	char *name;	    /* "nofile" */
	int64_t soft, hard; /* -1: none */
};

struct box_resources {
	struct opt_i64 memory, memory_swap, memory_reservation; /* bytes, -1: no limit */
	struct opt_i64 cpu_quota; /* microseconds per 100 ms; -1: no limit */
	struct opt_u64 cpu_shares;
	char *cpuset_cpus, *cpuset_mems;
	struct opt_i64 pids_limit; /* -1: no limit */
	struct opt_u32 blkio_weight;
	LIST_OF(struct box_ulimit) ulimits;
};

struct box_security {
	struct str_list cap_add, cap_drop, options; /* options: --security-opt as given */
	bool privileged;
	char *userns; /* NULL: none */
};

struct box_restart {
	char *policy;	  /* "no", "on-failure", "always", "unless-stopped" */
	uint32_t maximum; /* of on-failure; 0: any number */
};

struct box_log {
	char *driver;	   /* "json-file", "none", "syslog" */
	uint64_t max_size; /* bytes; 0: no limit */
	uint32_t max_files;
	char *tag; /* of syslog */
};

struct box_state {
	int status; /* enum box_status */
	int64_t pid;
	uint64_t start_time; /* of pid: clock ticks since boot */
	int64_t monitor_pid;
	uint64_t monitor_start_time;
	int64_t exit_code;
	bool oom_killed;
	bool stopped;  /* by the user: unless-stopped does not start it again */
	bool starting; /* mounts, network, a monitor may exist: written before the first of them */
	uint32_t restarts;
	char *error, *started, *finished; /* RFC 3339 */
};

struct box {
	/* box.json */
	char *id; /* 64 hexadecimal digits */
	char *name;
	char *created;		/* RFC 3339 */
	char *image, *image_id; /* as asked for; sha256:... of its configuration. NULL: --rootfs */
	struct str_list layers; /* diff IDs, lowest first */
	char *rootfs;		/* --rootfs DIR: the lower directory instead of layers */
	struct str_list entrypoint, args, env; /* what is executed: entrypoint, then args */
	char *workdir, *user, *hostname;
	bool terminal, stdin_open, remove, init, read_only, detached;
	struct str_map labels, annotations, sysctls;
	struct str_list devices, group_add;
	LIST_OF(struct box_mount) mounts;
	char *network_mode; /* "bridge", "none", "host", "container:ID", or a network's name */
	LIST_OF(struct box_port) ports;
	LIST_OF(struct box_endpoint) endpoints;
	struct str_list dns, extra_hosts, network_aliases;
	struct box_resources resources;
	struct box_security security;
	struct box_restart restart;
	struct box_log log;
	char *stop_signal;     /* NULL: the image's, SIGTERM */
	uint32_t stop_timeout; /* seconds */
	char *runtime;	       /* absolute path of the OCI runtime */
	struct box_state state;
	/* not in the file */
	const struct place *place;
	int dir_fd;    /* DATA/boxes/ID */
	bool held;     /* by its file: mounts, a network, a record of the runtime's may be there */
	bool leftover; /* it is over, and nobody has released what it held: life_release() */
	struct arena arena;
};

extern const struct bind_table box_table;
extern const struct bind_name box_status_names[]; /* "created", "running", ... as docker says */

int box_create(const struct place *place, struct box *box) MUST_CHECK;
int box_find(const struct place *place, const char *name, struct box *ret_box) MUST_CHECK;

/* Once more. ENOENT: it was removed meanwhile. */
int box_read(struct box *box) MUST_CHECK;
int box_lock(struct box *box) MUST_CHECK;
void box_unlock(struct box *box);
int box_save(struct box *box) MUST_CHECK;
int box_delete(struct box *box) MUST_CHECK;
int box_rename(struct box *box, const char *name) MUST_CHECK;
void box_close(struct box *box);

/*
 * What the kernel and the monitor's files say, over what box.json says; box_state.c. locked: we hold
 * its lock.
 */
void box_observe(struct box *box, bool locked);
bool box_has_monitor(const struct box *box);

/* Its root as its processes see it, with volumes. ESRCH: it has ended. */
int box_open_root(const struct box *box, int *ret_fd) MUST_CHECK;

/* The IDs that a name, an ID or its beginning can mean: none, one, or candidates; box_name.c. */
int box_find_ids(const struct place *place, const char *name, struct arena *arena,
		 struct str_list *ret_ids) MUST_CHECK;
int box_claim_name(const struct place *place, const char *name, const char *id) MUST_CHECK;
void box_drop_name(const struct place *place, const char *name, const char *id);
int box_each(const struct place *place, int (*each)(struct box *box, void *data),
	     void *data) MUST_CHECK;

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 128: docker's rule. */
int box_check_name(const char *name) MUST_CHECK;

/* 64 random hexadecimal digits: of a box, or the name of a volume that has none. */
int box_make_id(struct arena *arena, char **ret_id) MUST_CHECK;

/* "cosy_turing": two words, free at the moment. */
int box_make_name(const struct place *place, struct arena *arena, char **ret_name) MUST_CHECK;

/* Twelve digits. */
struct box_short_id {
	char text[13];
};
struct box_short_id box_short_id(const struct box *box);
