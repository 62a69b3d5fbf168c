/*
 * oci.h: driving an OCI runtime by its command line: husk-runtime, crun, runc. Nothing else of the
 * engine executes one (the monitor does `create` and `start`).
 *
 *	oci_run(box, argv, &arena, &result)   RUNTIME --root RUN/runtime ARGS..., its output in memory
 *	oci_kill(box, signal, all), oci_pause(box, pause), oci_delete(box)
 *	oci_exec(box, args, streams, &status) the caller's streams; signals go on to it: `husk exec`
 *
 * A failure is the runtime's own last line, unwrapped: people search for these words. Next file:
 * oci.c
 */
#pragma once

#include "../store/box.h"

struct oci_result {
	int status;	      /* exit status, 128 + n for a signal */
	char *output, *error; /* in the arena, at most OCI_OUTPUT_MAX bytes each */
};

enum { OCI_OUTPUT_MAX = 4 << 20 };

int oci_run(const struct box *box, char *const args[], struct arena *arena,
	    struct oci_result *ret_result) MUST_CHECK;
int oci_kill(const struct box *box, int signal, bool all) MUST_CHECK;
int oci_pause(const struct box *box, bool pause) MUST_CHECK;

/* With force; nothing to delete is success. */
int oci_delete(const struct box *box) MUST_CHECK;

/*
 * Waits for the runtime with our streams, or with none of them. *ret_status: the exit status of
 * the process inside; 125 to 127 if it could not be executed, and then the reason has been said.
 */
int oci_exec(const struct box *box, char *const args[], bool streams, bool input,
	     int *ret_status) MUST_CHECK;

/* The error in what a runtime wrote to standard error: its last line, without time and name. */
char *oci_error_line(const char *text, struct arena *arena);

/* The whole command line: RUNTIME --root ... OPTIONS ARGS, both lists with a NULL at their end. */
int oci_command(const struct box *box, char *const options[], char *const args[],
		struct arena *arena, struct str_list *ret_argv) MUST_CHECK;

/* The global options for this box's runtime: --root ..., in the arena. */
int oci_globals(const struct box *box, struct arena *arena, struct str_list *ret_args) MUST_CHECK;

/* --runtime NAME|PATH: husk-runtime beside our own program by default; PATH is searched for a name. */
int oci_find_runtime(const char *name, struct arena *arena, char **ret_path) MUST_CHECK;

/* A program that is installed with ours: beside it, in ../libexec/husk, or on PATH. */
int oci_find_program(const char *name, struct arena *arena, char **ret_path) MUST_CHECK;
