/*
 * oci.h: driving an OCI runtime by its command line: husk-runtime, crun, runc. Nothing else of the
 * engine executes one (the monitor does `create` and `start`).
 *
 *	oci_run(box, argv, &result)      RUNTIME --root RUN/runtime ARGS..., its output in memory
 *	oci_kill(box, signal, all), oci_pause(box, pause), oci_delete(box), oci_state(box, &status)
 *	oci_exec(box, args)              replaces this process: `husk exec` is the runtime's exec
 *
 * A failure is the runtime's own last line, unwrapped: people search for these words.
 */
#pragma once

#include "box.h"

struct oci_result {
	int status;	      /* exit status, 128 + n for a signal */
	char *output, *error; /* in the arena, at most OCI_OUTPUT_MAX bytes each */
};

enum { OCI_OUTPUT_MAX = 4 << 20 };

int oci_run(const struct box *box, char *const args[], struct arena *arena,
	    struct oci_result *ret_result) MUST_CHECK;
int oci_kill(const struct box *box, int signal, bool all) MUST_CHECK;
int oci_pause(const struct box *box, bool pause) MUST_CHECK;
int oci_delete(const struct box *box) MUST_CHECK;

/* The global options for this box's runtime: --root ..., in the arena. */
int oci_globals(const struct box *box, struct arena *arena, struct str_list *ret_args) MUST_CHECK;

/* --runtime NAME|PATH: husk-runtime beside our own program by default; PATH is searched for a name. */
int oci_find_runtime(const char *name, struct arena *arena, char **ret_path) MUST_CHECK;
