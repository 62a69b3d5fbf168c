/*
 * log_file.h: the json-file driver: an entry a line, files that are rotated, docker's format:
 *
 *	{"log":"text\n","stream":"stdout","time":"2024-05-01T10:20:30.123456789Z"}
 *
 *	log_file_open("/.../log.json", max_size, max_files, &log)
 *	log_file_add(&log, "stdout", time, text, length, true)      into memory
 *	log_file_flush(&log)                                        into the file
 *	log_file_close(&log)
 *
 * log.json is renamed log.json.1 when it is full, log.json.1 becomes log.json.2, and so on. The one
 * that is one too many is removed when no reader is left in it: a reader (the engine's logs.c)
 * holds flock(2) on the file that it reads, and does not let go before it has the next one. So a
 * reader that keeps up with the container never loses a line, and one that has stopped is waited
 * for once, LOG_FILE_PATIENCE milliseconds: log_file_is_held().
 *
 * A reader must not see half an entry for good: what a full disk cut is truncated to whole ones.
 * PARENT. Next file: log_syslog.h
 */
#pragma once

#include "../base/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOG_FILE_PATIENCE = 2000,
	LOG_FILE_TEXT = 16384, /* bytes of an entry's text at most; each may become six */
	LOG_FILE_BUFFER = 131072,
};

struct log_file {
	int dir_fd, fd;
	char name[64];
	uint64_t max_size; /* bytes; 0: never rotated */
	uint32_t max_files;
	uint64_t size;
	size_t used; /* of buffer: whole entries */
	uint64_t dropped;
	int dropped_because; /* errno of the first one */
	bool is_doomed;	     /* name.max_files is there */
	int64_t patient_until;
	char buffer[LOG_FILE_BUFFER];
};

/* Appends to what is there. Mode 0600; a link in its place is refused, ELOOP. */
int log_file_open(const char *path, uint64_t max_size, uint32_t max_files,
		  struct log_file *ret_log) MUST_CHECK;

/* `ended`: the text ends with a line end, which is not in it. At most LOG_FILE_TEXT bytes. */
void log_file_add(struct log_file *log, const char *stream, const char *time, const char *text,
		  size_t length, bool ended);
void log_file_flush(struct log_file *log);
bool log_file_is_held(struct log_file *log);
void log_file_close(struct log_file *log);

/*
 * JSON's spelling of text (RFC 8259 section 7), at most six times its length, without a NUL. What
 * is not UTF-8 becomes U+FFFD. Returns the length.
 */
size_t log_file_escape(char *ret, const char *text, size_t length);
