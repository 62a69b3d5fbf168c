/* attach_keys.c: the keys that detach. See attach.h; next file: logs.h */
#include "../base/err.h"
#include "attach.h"

#include <string.h>

/* The code of one key, 0: there is none of that name. ctrl- takes the upper bits away, ASCII. */
static unsigned char code_of(const char *name, size_t length)
{
	static const char control[] = "ctrl-";
	size_t prefix = sizeof(control) - 1;

	if (length == 1)
		return *name;
	if (length != prefix + 1 || strncmp(name, control, prefix) != 0)
		return 0;
	if ((name[prefix] >= 'a' && name[prefix] <= 'z') || strchr("@[\\]^_", name[prefix]))
		return name[prefix] & 0x1f;
	return 0;
}

int attach_keys_parse(const char *text, struct attach_keys *ret_keys)
{
	struct attach_keys keys = {0};

	for (const char *name = text; *name;) {
		size_t length = strcspn(name, ",");
		unsigned char code = code_of(name, length);
		bool is_nul = length > 1 && name[length - 1] == '@';

		if ((!code && !is_nul) || keys.count == ATTACH_KEYS_MAX)
			return err_set(
				EINVAL,
				"detach keys '%s': expected up to %d letters or ctrl-LETTER, "
				"separated by commas, such as " ATTACH_KEYS,
				text, ATTACH_KEYS_MAX);
		keys.codes[keys.count++] = code;
		name += length + (name[length] == ',');
	}
	*ret_keys = keys;
	return 0;
}

/* What was kept back and is no beginning after all goes out; what still is one stays. */
static size_t release(struct attach_keys *keys, unsigned char next, char *ret_passed)
{
	size_t passed = 0;

	while (keys->matched > 0 && keys->codes[keys->matched] != next) {
		size_t shorter = keys->matched - 1;

		/* The longest end of what is kept back that is a beginning as well. */
		while (shorter > 0 &&
		       memcmp(keys->codes, keys->codes + keys->matched - shorter, shorter) != 0)
			shorter--;
		memcpy(ret_passed + passed, keys->codes, keys->matched - shorter);
		passed += keys->matched - shorter;
		keys->matched = shorter;
	}
	return passed;
}

bool attach_keys_filter(struct attach_keys *keys, const char *typed, size_t length,
			char *ret_passed, size_t *ret_length)
{
	size_t passed = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char next = typed[i];

		passed += release(keys, next, ret_passed + passed);
		if (keys->count == 0 || keys->codes[keys->matched] != next) {
			ret_passed[passed++] = next;
		} else if (++keys->matched == keys->count) {
			keys->matched = 0;
			*ret_length = passed;
			return true;
		}
	}
	*ret_length = passed;
	return false;
}
