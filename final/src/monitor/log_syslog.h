/*
 * log_syslog.h: lines to the machine's syslog daemon, by datagrams to /dev/log, syslog(3)'s way.
 *
 *	log_syslog_open("web", &syslog)
 *	log_syslog_add(&syslog, is_error, text, length)
 *	log_syslog_close(&syslog)
 *
 * A daemon that is gone, or does not keep up, loses lines: they are counted, and the next one that
 * gets through is preceded by the number. It never holds the container up. PARENT.
 * Next file: streams.h
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <stdint.h>

struct log_syslog {
	int fd; /* -1: not connected, tried again at the next line */
	const char *tag;
	uint64_t dropped;
};

/* Fails if there is no daemon now: a wish that cannot be met is said at the start. */
int log_syslog_open(const char *tag, struct log_syslog *ret_syslog) MUST_CHECK;
void log_syslog_add(struct log_syslog *syslog, bool is_error, const char *text, size_t length);
void log_syslog_close(struct log_syslog *syslog);
