/*
 * hooks.h: programs of the configuration that run at fixed moments of a container's life, OCI
 * config.md "POSIX-platform Hooks".
 *
 *	hooks_open_state(&state, &state_fd)             with the status and pid of that moment
 *	hooks_run(spec, HOOK_PRESTART, state_fd)
 *	hooks_run_after(spec, HOOK_POSTSTOP, &state)    all of it, alone
 *
 * Each gets the state (runtime.md "State") on standard input, the environment of its entry and
 * nothing else, and a process group of its own, so that a time-out ends it with all its children.
 * The first one that fails stops the list, but for poststart and poststop: there it is a warning,
 * and the others are run. PARENT, or INIT for createContainer and startContainer: whoever runs it
 * decides in which namespaces, and the pid in the state is the one that is seen there.
 * Next file: create.c
 */
#pragma once

#include "../spec/spec.h"
#include "../spec/state.h"

/* A file in memory, without a name, that nobody can change. */
int hooks_open_state(const struct state *state, int *ret_fd) MUST_CHECK;
int hooks_run(const struct spec *spec, enum spec_hook_kind kind, int state_fd) MUST_CHECK;
void hooks_run_after(const struct spec *spec, enum spec_hook_kind kind, const struct state *state);
