/* cap.c: capabilities: the only file that knows libcap. See cap.h; next file: limits.h */
#include "cap.h"
#include "../base/err.h"
#include "../base/log.h"

#include <ctype.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#define BIT(capability) (UINT64_C(1) << (capability))

enum { CAPABILITIES = 64, TEXT = 800 };

/* A list of names for one warning: the same name stands in up to five sets. */
struct names {
	char text[TEXT];
};

static void add_name(struct names *names, const char *name)
{
	size_t used = strlen(names->text);

	if (!strstr(names->text, name))
		snprintf(names->text + used, sizeof(names->text) - used, "%s%s", used ? ", " : "",
			 name);
}

/* "CAP_CHOWN" for 0. Caller frees. */
static char *format_name(int capability)
{
	char *name = cap_to_name(capability), *copy = name ? strdup(name) : NULL;

	cap_free(name);
	for (char *c = copy; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return copy;
}

/* libcap asked the kernel for the number of its last capability when the program was loaded. */
static bool find_number(const char *name, int *ret_number)
{
	cap_value_t number;

	/* libcap would take numbers and lower case as well; the specification has neither. */
	if (!str_has_prefix(name, "CAP_") || cap_from_name(name, &number) < 0)
		return false;
	if (number >= cap_max_bits() || number >= CAPABILITIES)
		return false;
	*ret_number = number;
	return true;
}

static uint64_t resolve_set(const struct str_list *list, struct names *unknown)
{
	uint64_t set = 0;
	int number;

	for (size_t i = 0; i < list->count; i++) {
		if (find_number(list->items[i], &number))
			set |= BIT(number);
		else
			add_name(unknown, list->items[i]);
	}
	return set;
}

int cap_resolve(const struct spec_capabilities *capabilities, struct cap_sets *ret_sets)
{
	struct names unknown = {0};
	struct cap_sets sets = {0};

	if (capabilities) {
		sets.bounding = resolve_set(&capabilities->bounding, &unknown);
		sets.effective = resolve_set(&capabilities->effective, &unknown);
		sets.permitted = resolve_set(&capabilities->permitted, &unknown);
		sets.inheritable = resolve_set(&capabilities->inheritable, &unknown);
		sets.ambient = resolve_set(&capabilities->ambient, &unknown);
	}
	if (*unknown.text)
		log_warn("capabilities that are not known on this machine are left out: %s",
			 str_printable(unknown.text));
	*ret_sets = sets;
	return 0;
}

int cap_drop_bounding(const struct cap_sets *sets)
{
	/* cap_max_bits() is one more than the last one the kernel has. */
	for (int i = 0; i < cap_max_bits() && i < CAPABILITIES; i++) {
		if (sets->bounding & BIT(i) || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		return err_sys("take capability %d out of the bounding set (needs CAP_SETPCAP)", i);
	}
	return 0;
}

int cap_keep_over_setuid(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys("keep the capabilities over setuid(2)");
	return 0;
}

static int read_own(struct cap_sets *ret_own)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (capget(&header, data) < 0)
		return err_sys("capget");
	*ret_own = (struct cap_sets){
		.permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted,
		.inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable};
	return 0;
}

static int write_own(const struct cap_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(sets->effective >> 32 * i),
			.permitted = (uint32_t)(sets->permitted >> 32 * i),
			.inheritable = (uint32_t)(sets->inheritable >> 32 * i)};
	if (capset(&header, data) < 0)
		return err_sys("set capabilities");
	return 0;
}

static uint64_t in_bounding_set(uint64_t wanted)
{
	for (int i = 0; i < CAPABILITIES; i++)
		if (wanted & BIT(i) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 1)
			wanted &= ~BIT(i);
	return wanted;
}

/* Only what the kernel's rules allow, capset(2): everything else would be EPERM for the whole. */
static int restrict_sets(const struct cap_sets *sets, struct cap_sets *ret_possible)
{
	struct cap_sets own = {0}, possible;

	if (read_own(&own) < 0)
		return -1;
	possible.bounding = sets->bounding;
	possible.permitted = sets->permitted & own.permitted;
	possible.effective = sets->effective & possible.permitted;
	possible.inheritable =
		in_bounding_set(sets->inheritable & (own.inheritable | own.permitted));
	possible.ambient = sets->ambient & possible.permitted & possible.inheritable;
	*ret_possible = possible;
	return 0;
}

static void warn_of_missing(uint64_t missing)
{
	struct names names = {0};

	for (int i = 0; i < CAPABILITIES; i++) {
		auto_free char *name = missing & BIT(i) ? format_name(i) : NULL;

		if (name)
			add_name(&names, name);
	}
	if (missing)
		log_warn("capabilities that this process does not have itself are left out: %s",
			 names.text);
}

int cap_restrict(struct cap_sets *sets)
{
	struct cap_sets possible = {0};

	if (restrict_sets(sets, &possible) < 0)
		return -1;
	/*
	 * Not of those that are not effective or ambient because the configuration does not permit
	 * or inherit them: the conventional default of `spec` is of that kind.
	 */
	warn_of_missing((sets->permitted & ~possible.permitted) |
			(sets->inheritable & ~possible.inheritable));
	/* The caller's own ambient set would come along otherwise. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys("clear the ambient capabilities");
	*sets = possible;
	return 0;
}

int cap_apply(const struct cap_sets *sets)
{
	if (write_own(sets) < 0)
		return -1;
	for (int i = 0; i < CAPABILITIES; i++)
		if (sets->ambient & BIT(i) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return err_sys("make capability %d ambient", i);
	return 0;
}

int cap_regain(void)
{
	struct cap_sets own;

	if (read_own(&own) < 0)
		return -1;
	own.effective = own.permitted;
	return write_own(&own);
}

int cap_list(struct arena *arena, struct str_list *ret_names)
{
	struct str_list names = {0};

	for (int i = 0; i < cap_max_bits(); i++) {
		auto_free char *name = format_name(i);
		char *copy = name ? arena_copy(arena, name, strlen(name)) : NULL;

		/* One that libcap has no name for comes back as its number. */
		if (name && !str_has_prefix(name, "CAP_"))
			continue;
		if (!copy || str_list_add(&names, arena, copy) < 0)
			return -1;
	}
	*ret_names = names;
	return 0;
}
