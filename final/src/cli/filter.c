/* filter.c: see filter.h. Next file: list.h */
#include "filter.h"
#include "../base/err.h"

#include <string.h>

/* What is behind "KEY=", or NULL: it is of another key. */
static const char *value_of(const struct filter *filter, const char *text)
{
	size_t length = strlen(filter->key);

	return strncmp(text, filter->key, length) == 0 && text[length] == '=' ? text + length + 1
									      : NULL;
}

static int refuse_key(const struct filter *table, const char *text)
{
	char keys[200] = "";

	for (; table->key; table++) {
		size_t used = strlen(keys);

		snprintf(keys + used, sizeof(keys) - used, "%s%s=", used ? ", " : "", table->key);
	}
	return err_set(EINVAL, "--filter %s: expected one of %s", text, keys);
}

int filter_check(const struct filter *table, const struct str_list *given)
{
	for (size_t i = 0; i < given->count; i++) {
		const struct filter *filter = table;
		const char *value = NULL;

		while (filter->key && !(value = value_of(filter, given->items[i])))
			filter++;
		if (!value)
			return refuse_key(table, given->items[i]);
		if (filter->values && str_find_word(filter->values, value) < 0)
			return err_set(EINVAL, "--filter %s: expected one of %s", given->items[i],
				       filter->values);
	}
	return 0;
}

static bool key_holds(const struct filter *filter, const struct str_list *given, const void *thing)
{
	bool asked = false, any = false, all = true;

	for (size_t i = 0; i < given->count; i++) {
		const char *value = value_of(filter, given->items[i]);
		bool holds = value && filter->holds(thing, value);

		asked |= value != NULL;
		any |= holds;
		all &= holds || !value;
	}
	return !asked || (filter->every ? all : any);
}

bool filter_holds(const struct filter *table, const struct str_list *given, const void *thing)
{
	for (; table->key; table++)
		if (!key_holds(table, given, thing))
			return false;
	return true;
}
