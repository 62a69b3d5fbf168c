/*
 * tables.h: the tables that say what of config.json Husk knows: a row is a property, and no other
 * place knows its name. Who reads them top to bottom has read what a container can be told.
 *
 *	load.c		the top, process, root, mounts, hooks
 *	linux.c		linux.*
 *	resources.c	linux.resources.*
 *	names.c		words that stand for numbers of the kernel
 *
 * Rows are in the order in which runc and crun print them. BOTH: constant.
 */
#pragma once

#include "../base/bind.h"
#include "spec.h"

#define AT(type, member) BIND_AT(struct spec_##type, member)

extern const struct bind_table spec_top_table, spec_process_table, spec_linux_table,
	spec_resources_table, spec_id_map_table, spec_seccomp_table, spec_seccomp_rule_table;

extern const struct bind_name spec_namespace_names[], spec_rlimit_names[],
	spec_scheduler_policies[], spec_scheduler_flags[], spec_io_classes[], spec_device_types[],
	spec_device_rule_types[], spec_seccomp_actions[], spec_seccomp_ops[], spec_seccomp_flags[],
	spec_memory_policy_modes[], spec_memory_policy_flags[], spec_personalities[];
