/*
 * cgroup_devices.c: which device nodes may be opened or made: linux.resources.devices, rules in
 * order, of which the last one that matches counts. Version 1 takes them by files; version 2 as a
 * program, see cgroup_bpf.c, which is the next file.
 *
 * Without any rule nothing is changed: create.c gives one that denies everything. After such a
 * rule, which engines give first, the devices that config-linux.md ("Default Devices") promises are
 * allowed, and to make any node (not to open it): packages and archives do. runc and crun do both.
 * Later rules win.
 */
#include "cgroup_internal.h"

#include "../base/err.h"

#include <fcntl.h>
#include <string.h>

enum { EVERY = -1 };

static const struct cgroup_device defaults[] = {
	{true, 'c', DEVICE_MKNOD, EVERY, EVERY}, {true, 'b', DEVICE_MKNOD, EVERY, EVERY},
	{true, 'c', DEVICE_ALL, 1, 3},	     /* null */
	{true, 'c', DEVICE_ALL, 1, 5},	     /* zero */
	{true, 'c', DEVICE_ALL, 1, 7},	     /* full */
	{true, 'c', DEVICE_ALL, 1, 8},	     /* random */
	{true, 'c', DEVICE_ALL, 1, 9},	     /* urandom */
	{true, 'c', DEVICE_ALL, 5, 0},	     /* tty */
	{true, 'c', DEVICE_ALL, 5, 1},	     /* console */
	{true, 'c', DEVICE_ALL, 5, 2},	     /* ptmx */
	{true, 'c', DEVICE_ALL, 136, EVERY}, /* pts */
};

static unsigned int access_bits(const char *text)
{
	unsigned int bits = 0;

	if (!text)
		return DEVICE_ALL;
	for (; *text; text++)
		bits |= *text == 'r'   ? DEVICE_READ
			: *text == 'w' ? DEVICE_WRITE
			: *text == 'm' ? DEVICE_MKNOD
				       : 0;
	return bits;
}

static bool is_everything(const struct cgroup_device *rule)
{
	return rule->type == 'a' && rule->access == DEVICE_ALL;
}

int cgroup_devices_expand(const struct spec_resources *resources, struct arena *arena,
			  struct cgroup_devices *ret_rules)
{
	size_t most = resources->devices.count * (1 + ARRAY_SIZE(defaults));
	struct cgroup_devices rules = {.items = arena_alloc(arena, most * sizeof(*rules.items))};

	if (!rules.items)
		return -1;
	for (size_t i = 0; i < resources->devices.count; i++) {
		const struct spec_device_rule *from = &resources->devices.items[i];
		struct cgroup_device *to = &rules.items[rules.count];
		bool all = !from->type || from->type == 'a';

		*to = (struct cgroup_device){
			.allow = from->allow,
			.type = all ? 'a' : from->type,
			.access = access_bits(from->access),
			/* With type a the numbers are not looked at, as on version 1. */
			.major = all || !from->major.set ? EVERY : from->major.value,
			.minor = all || !from->minor.set ? EVERY : from->minor.value,
		};
		rules.count++;
		if (is_everything(to))
			rules.count = 1, rules.items[0] = *to; /* nothing before it counts */
		if (is_everything(to) && !to->allow)
			for (size_t j = 0; j < ARRAY_SIZE(defaults); j++)
				rules.items[rules.count++] = defaults[j];
	}
	*ret_rules = rules;
	return 0;
}

/* --- version 1 --- */

/* Where the rules go; open while they are written, since they are many. */
struct sink {
	const char *mount, *path;
	int deny, allow; /* devices.deny, devices.allow */
};

static int open_sink(const struct sink *sink, const char *file, int *ret_fd)
{
	char place[PATH_MAX];
	int fd;

	snprintf(place, sizeof(place), "%s%s/%s", sink->mount, sink->path, file);
	fd = open(place, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys("linux.resources.devices: open %s", place);
	*ret_fd = fd;
	return 0;
}

static int explain(const struct sink *sink, const char *file, const char *text)
{
	if (errno == EPERM)
		return err_set(EPERM,
			       "linux.resources.devices: '%s' is refused for %s%s/%s: the parent "
			       "cgroup must allow it first",
			       text, sink->mount, sink->path, file);
	if (errno == EINVAL)
		return err_set(EINVAL,
			       "linux.resources.devices: the kernel refuses '%s' for %s%s/%s while "
			       "there are cgroups below it",
			       text, sink->mount, sink->path, file);
	return err_sys("linux.resources.devices: write '%s' to %s%s/%s", text, sink->mount,
		       sink->path, file);
}

static int write_rule(const struct sink *sink, const struct cgroup_device *rule, bool allow)
{
	char major[24] = "*", minor[24] = "*", text[64];

	if (rule->major >= 0)
		snprintf(major, sizeof(major), "%lld", (long long)rule->major);
	if (rule->minor >= 0)
		snprintf(minor, sizeof(minor), "%lld", (long long)rule->minor);
	snprintf(text, sizeof(text), "%c %s:%s %s%s%s", rule->type, major, minor,
		 rule->access & DEVICE_READ ? "r" : "", rule->access & DEVICE_WRITE ? "w" : "",
		 rule->access & DEVICE_MKNOD ? "m" : "");
	if (write(allow ? sink->allow : sink->deny, text, strlen(text)) < 0)
		return explain(sink, allow ? "devices.allow" : "devices.deny", text);
	return 0;
}

/* Whether outer has every device that inner has. */
static bool covers(const struct cgroup_device *outer, const struct cgroup_device *inner)
{
	return (outer->type == 'a' || outer->type == inner->type) &&
	       (outer->major == EVERY || outer->major == inner->major) &&
	       (outer->minor == EVERY || outer->minor == inner->minor);
}

static bool overlaps(const struct cgroup_device *a, const struct cgroup_device *b)
{
	return (a->type == 'a' || b->type == 'a' || a->type == b->type) &&
	       (a->major == EVERY || b->major == EVERY || a->major == b->major) &&
	       (a->minor == EVERY || b->minor == EVERY || a->minor == b->minor);
}

/* The right to make any node of a type, which opens none. */
static bool makes_any_node(const struct cgroup_device *rule)
{
	return rule->access == DEVICE_MKNOD && rule->major == EVERY && rule->minor == EVERY;
}

/*
 * Version 1 has one answer for everything and a list of exceptions from it. A rule that gives that
 * answer takes exceptions back, those that are written exactly as it is: one that it covers is
 * named again, and one that it would only cut a piece out of cannot be had. But dockerd denies
 * /dev/fuse, out of the default to make any node: the node may be made then, and not opened.
 */
static int take_back(const struct sink *sink, const struct cgroup_devices *rules, size_t index)
{
	const struct cgroup_device *rule = &rules->items[index];

	for (size_t i = 0; i < index; i++) {
		struct cgroup_device exception = rules->items[i];

		if (exception.allow == rule->allow || !(exception.access & rule->access) ||
		    !overlaps(rule, &exception))
			continue;
		if (!covers(rule, &exception) && makes_any_node(&exception))
			continue;
		if (!covers(rule, &exception))
			return err_set(ENOTSUP,
				       "linux.resources.devices: rule %zu cuts a piece out of rule "
				       "%zu: cgroup version 1 cannot do that; list what is left",
				       index + 1, i + 1);
		exception.access &= rule->access;
		if (write_rule(sink, &exception, rule->allow) < 0)
			return -1;
	}
	return 0;
}

/* Type a with fewer than all rights is none of version 1's: it would ignore the rights. */
static int write_both_types(const struct sink *sink, struct cgroup_device rule)
{
	rule.type = 'c';
	if (write_rule(sink, &rule, rule.allow) < 0)
		return -1;
	rule.type = 'b';
	return write_rule(sink, &rule, rule.allow);
}

static int write_all(const struct sink *sink, const struct cgroup_devices *rules)
{
	bool answer = true; /* of a new cgroup, below one that allows everything */

	for (size_t i = 0; i < rules->count; i++) {
		const struct cgroup_device *rule = &rules->items[i];
		int result;

		if (is_everything(rule)) {
			answer = rule->allow;
			result = write_rule(sink, rule, rule->allow);
		} else if (rule->allow == answer) {
			result = take_back(sink, rules, i);
		} else if (rule->type == 'a') {
			result = write_both_types(sink, *rule);
		} else {
			result = write_rule(sink, rule, rule->allow);
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

int cgroup_devices_write(const char *mount, const char *path, const struct cgroup_devices *rules)
{
	struct sink sink = {.mount = mount, .path = path};
	auto_close int allow = -1, deny = -1;

	if (open_sink(&sink, "devices.allow", &allow) < 0 ||
	    open_sink(&sink, "devices.deny", &deny) < 0)
		return -1;
	sink.allow = allow;
	sink.deny = deny;
	return write_all(&sink, rules);
}
