/*
 * hooks.h: programs of the configuration that run at fixed moments of a container's life, OCI
 * config.md "POSIX-platform Hooks".
 *
 *	hooks_run(&spec->hooks[HOOK_PRESTART], "prestart", state_json)
 *
 * Each gets the state (runtime.md "State") on standard input, the environment of its entry and
 * nothing else, and a process group of its own, so that a time-out ends it with all its children.
 * The first one that fails stops the list. PARENT, or INIT for createContainer and startContainer:
 * whoever runs it decides in which namespaces. Next file: create.c
 */
#pragma once

#include "../spec/spec.h"

int hooks_run(const struct spec_hook_list *hooks, const char *kind,
	      const char *state_json) MUST_CHECK;

extern const char *const hook_kind_names[HOOK_KINDS];
