/*
 * commands_spec.h: the parts of `spec` that have a file of their own. PARENT.
 */
#pragma once

#include "../base/scope.h"

struct json_object;

/* linux.seccomp of --hardened; NULL: no memory. */
struct json_object *spec_seccomp_default(void) MUST_CHECK;

/* "a b c" as an array of strings; NULL: no memory. */
struct json_object *spec_words(const char *text) MUST_CHECK;

/* The same, appended to an array. */
int spec_add_words(struct json_object *array, const char *text) MUST_CHECK;
