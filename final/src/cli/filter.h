/*
 * filter.h: --filter KEY=VALUE of listings: a row for each key.
 *
 *	static const struct filter filters[] = {
 *		{"name", is_name},
 *		{"label", is_label, .every = true},
 *		{"status", is_status, .values = "created|running"},
 *		{0}};
 *	filter_check(filters, &options->filters)              once: EINVAL names the keys there are
 *	filter_holds(filters, &options->filters, thing)       for each thing
 *
 * As docker has it: keys must all hold; of one key it is enough if one value holds, but for those
 * that say `every`. Next file: filter.c
 */
#pragma once

#include "../base/str.h"

struct filter {
	const char *key;
	bool (*holds)(const void *thing, const char *value);
	bool every;
	const char *values; /* NULL: any; "true|false" */
};

int filter_check(const struct filter *table, const struct str_list *given) MUST_CHECK;
bool filter_holds(const struct filter *table, const struct str_list *given, const void *thing);
