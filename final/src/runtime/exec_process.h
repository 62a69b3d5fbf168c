/*
 * exec_process.h: which process `exec` starts: that of --process FILE, or the container's own,
 * changed by the options. PARENT.
 *
 *	exec_process_choose(options, &spec)    spec.process is the one to start
 */
#pragma once

#include "container.h"

int exec_process_choose(const struct exec_options *options, struct spec *spec) MUST_CHECK;
