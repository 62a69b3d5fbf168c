/*
 * bundle_seccomp.c: a seccomp profile from a file. Docker's and podman's form is linux.seccomp with
 * conditions: a rule counts if the container has a capability, on some machines, from some kernel
 * on. A rule whose condition was overlooked would allow too much. See bundle_internal.h; next file:
 * bundle_resources.c
 */
#include "../base/err.h"
#include "../spec/tables.h"
#include "bundle_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

struct conditions {
	struct str_list caps, arches;
	char *min_kernel;
};

struct conditional {
	struct conditions includes, excludes;
};

static const struct bind_field conditions_rows[] = {
	{"caps", BIND_STRINGS, BIND_AT(struct conditions, caps)},
	{"arches", BIND_STRINGS, BIND_AT(struct conditions, arches)},
	{"minKernel", BIND_STRING, BIND_AT(struct conditions, min_kernel)},
};
static const struct bind_table conditions = BIND_TABLE(struct conditions, conditions_rows);

static const struct bind_field conditional_rows[] = {
	{"includes", BIND_EMBEDDED, BIND_AT(struct conditional, includes), .table = &conditions},
	{"excludes", BIND_EMBEDDED, BIND_AT(struct conditional, excludes), .table = &conditions},
};
static const struct bind_table conditional = BIND_TABLE(struct conditional, conditional_rows);

struct reading {
	const char *path;
	const struct str_list *capabilities;
	struct utsname machine;
	struct arena *arena;
};

static bool holds(const struct str_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

/* What Go calls the machine. */
static const char *go_machine(const char *machine)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"},	{"aarch64", "arm64"},	    {"armv7l", "arm"},
		{"i686", "386"},	{"riscv64", "riscv64"},	    {"s390x", "s390x"},
		{"ppc64le", "ppc64le"}, {"loongarch64", "loong64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i][0], machine) == 0)
			return names[i][1];
	return machine;
}

static bool is_kernel_from(const char *release, const char *wanted)
{
	unsigned int have[2] = {0}, want[2] = {0};

	if (sscanf(release, "%u.%u", &have[0], &have[1]) != 2 ||
	    sscanf(wanted, "%u.%u", &want[0], &want[1]) != 2)
		return false;
	return have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1];
}

static bool counts(const struct reading *r, const struct conditional *rule)
{
	const char *machine = go_machine(r->machine.machine);
	const struct conditions *in = &rule->includes, *out = &rule->excludes;

	for (size_t i = 0; i < in->caps.count; i++)
		if (!holds(r->capabilities, in->caps.items[i]))
			return false;
	for (size_t i = 0; i < out->caps.count; i++)
		if (holds(r->capabilities, out->caps.items[i]))
			return false;
	if (in->arches.count && !holds(&in->arches, machine))
		return false;
	if (holds(&out->arches, machine))
		return false;
	if (in->min_kernel && !is_kernel_from(r->machine.release, in->min_kernel))
		return false;
	return !out->min_kernel || !is_kernel_from(r->machine.release, out->min_kernel);
}

static int read_rules(const struct reading *r, const struct json_object *list,
		      struct spec_seccomp *seccomp)
{
	size_t count = json_count(list), kept = 0;
	struct spec_seccomp_rule *rules = arena_alloc(r->arena, (count + 1) * sizeof(*rules));

	if (!rules)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct conditional rule = {0};

		if (bind_read(&conditional, json_item(list, i), r->path, r->arena, &rule) < 0)
			return -1;
		if (!counts(r, &rule))
			continue;
		if (bind_read(&spec_seccomp_rule_table, json_item(list, i), r->path, r->arena,
			      &rules[kept]) < 0)
			return -1;
		kept++;
	}
	seccomp->syscalls.items = rules;
	seccomp->syscalls.count = kept;
	return 0;
}

static int read_profile(struct reading *r, const struct json_object *json,
			struct spec_seccomp *seccomp)
{
	if (uname(&r->machine) < 0)
		return err_sys("uname");
	if (bind_read(&spec_seccomp_table, json, r->path, r->arena, seccomp) < 0)
		return -1;
	for (struct json_cursor c = json_first(json); json_next(&c);)
		if (strcmp(c.key, "syscalls") == 0 && json_kind(c.value) == JSON_ARRAY)
			return read_rules(r, c.value, seccomp);
	return 0;
}

int bundle_load_seccomp(const char *path, const struct str_list *capabilities, struct arena *arena,
			struct spec_seccomp **ret_seccomp)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_json struct json_object *json = NULL;
	struct reading r = {.path = path, .capabilities = capabilities, .arena = arena};
	struct spec_seccomp *seccomp = arena_alloc(arena, sizeof(*seccomp));

	if (!seccomp)
		return -1;
	if (fd < 0)
		return err_sys("open %s", path);
	if (json_read(fd, path, &json) < 0 || read_profile(&r, json, seccomp) < 0)
		return -1;
	*ret_seccomp = seccomp;
	return 0;
}
