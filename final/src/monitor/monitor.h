/*
 * monitor.h: one container's monitor: what it holds, and what it does from its start to its end.
 *
 *	monitor_open(dir, &monitor)     reads monitor.json, takes the lock, opens log and socket
 *	monitor_run(&monitor)           create, start, wait, restart ...; returns when it is over
 *	monitor_close(&monitor)
 *
 * monitor.c is the story, one step after the other. Whenever it waits for something, loop.c serves
 * everybody meanwhile: streams, clients, children that have ended. PARENT. Next file: monitor.c
 */
#pragma once

#include "../base/err.h"
#include "../base/stamp.h"
#include "clients.h"
#include "logger.h"
#include "oom.h"
#include "protocol.h"
#include "restart.h"
#include "streams.h"

struct monitor {
	struct monitor_config config;
	struct arena arena; /* of config */
	char *dir;	    /* RUN/box/ID, absolute */
	int dir_fd, lock_fd;
	int report;  /* descriptor 3; -1: the report is made */
	int signals; /* signalfd(2): SIGCHLD */
	struct logger logger;
	struct streams streams;
	struct clients clients;
	struct restart restart;
	struct oom oom;
	/* A program of ours: the runtime. */
	pid_t program; /* 0: none */
	int program_status;
	/* The container's init. Our child, so that its PID is its own until we reap it. */
	pid_t pid; /* 0: none */
	int status;
	bool has_ended;
	bool had_client;
	bool is_stopped; /* by the user: it is not started again */
	bool is_orphan;	 /* nobody waits for the report any more */
	int64_t began;	 /* stamp_milliseconds() */
	struct monitor_exit exit;
	struct stamp started, finished; /* exit's texts */
	struct err failure;
};

int monitor_open(const char *dir, struct monitor *monitor) MUST_CHECK;

/* -1: it was never started, or cannot be watched any more. */
int monitor_run(struct monitor *monitor) MUST_CHECK;

/* Whoever waits for the report gets the error record. */
void monitor_fail(struct monitor *monitor);
void monitor_close(struct monitor *monitor);
