/*
 * caps.c: capabilities, by libcap(3). See caps.h for the order. Next file: seccomp.h
 */
#include "caps.h"
#include "husk.h"

#include <linux/capability.h>
#include <sys/capability.h>
#include <unistd.h>

/*
 * What programs need that are root only inside: to install software, to serve on port 80, to
 * change to another user. None of them reaches beyond the files and processes of the container.
 */
static const int by_default[] = {
	CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,  CAP_KILL,       CAP_NET_BIND_SERVICE,
	CAP_SETGID, CAP_SETFCAP,      CAP_SETUID, CAP_SETPCAP, CAP_SYS_CHROOT,
};

int caps_has(uint64_t set, int capability)
{
	return (set >> capability) & 1;
}

/* What husk itself has: on some machines root is not given all there is. */
static uint64_t own_set(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t is_set;
	uint64_t set = 0;

	for (cap_value_t cap = 0; caps && CAP_IS_SUPPORTED(cap); cap++)
		if (cap_get_flag(caps, cap, CAP_PERMITTED, &is_set) == 0 && is_set == CAP_SET)
			set |= (uint64_t)1 << cap;
	cap_free(caps);
	return set;
}

uint64_t caps_wanted(const struct config *cfg)
{
	uint64_t set = 0, add = cfg->caps_add == CAPS_ALL ? own_set() : cfg->caps_add;

	for (size_t i = 0; i < sizeof(by_default) / sizeof(*by_default); i++)
		set |= (uint64_t)1 << by_default[i];
	if (cfg->caps_drop == CAPS_ALL) /* then only what is added by name */
		return add;
	return (set | add) & ~cfg->caps_drop;
}

int caps_parse(const char *text, uint64_t *ret_set)
{
	const char *const letters = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char *words = strdupa(text), *rest = words, *word;
	uint64_t set = 0;
	cap_value_t value;

	while ((word = strsep(&rest, ","))) {
		char name[40] = "cap_";

		if (!*word ||
		    word[strspn(word, letters)]) /* cap_from_name(3) takes numbers, and more */
			return -1;
		if (strcasecmp(word, "ALL") == 0) {
			set = CAPS_ALL;
			continue;
		}
		snprintf(name, sizeof(name), "%s%s", strncasecmp(word, "cap_", 4) ? "cap_" : "",
			 word);
		if (cap_from_name(name, &value) < 0)
			return -1;
		set |= (uint64_t)1 << value;
	}
	*ret_set = set;
	return 0;
}

int caps_bound(uint64_t set)
{
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (!caps_has(set, cap) && cap_drop_bound(cap) < 0)
			return fail("drop from the bounding set", cap_to_name(cap));
	return 0;
}

int caps_keep(uint64_t set)
{
	cap_t caps = cap_init(); /* empty */
	int result = 0;

	if (!caps)
		return fail("allocate", "capabilities");
	/* An ambient capability would survive execve(2) of any program, CVE-2022-24769's cousin. */
	if (cap_reset_ambient() < 0 && errno != EINVAL)
		result = fail("empty", "ambient capabilities");
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (caps_has(set, cap) &&
		    (cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET) < 0 ||
		     cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0))
			result = fail("keep", cap_to_name(cap));
	if (result == 0 && cap_set_proc(caps) < 0)
		result = fail("set", "capabilities");
	cap_free(caps);
	return result;
}
