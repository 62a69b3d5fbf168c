/*
 * commands_info.c: what the runtime says about itself and about files: features, check, gc, help,
 * and the text of --version. Next file: commands_spec.c
 */
#include "../base/err.h"
#include "../base/json.h"
#include "../kernel/cap.h"
#include "../kernel/lsm.h"
#include "../kernel/mount_opts.h"
#include "../kernel/seccomp.h"
#include "../kernel/sysctl.h"
#include "commands.h"

#include <fcntl.h>
#include <string.h>

/* containerd and podman read these lines: "NAME version X" first, then "spec: " and others. */
void commands_print_version(void)
{
	struct arena arena = {0};
	const char *library = seccomp_library(&arena);

	printf("husk-runtime version %s\nspec: %s\n", HUSK_VERSION, OCI_VERSION);
	if (library)
		printf("libseccomp: %s\n", library);
	arena_free(&arena);
}

/* What a module lists of itself; NULL, which json_add() refuses, if it cannot. */
static struct json_object *listed(int (*list)(struct arena *arena, struct str_list *ret_names),
				  struct arena *arena)
{
	struct json_object *array = json_new_array();
	struct str_list names;

	if (list(arena, &names) < 0)
		return NULL;
	for (size_t i = 0; i < names.count; i++)
		if (json_append(array, json_new_string(names.items[i])) < 0)
			return NULL;
	return array;
}

static struct json_object *enabled(bool value)
{
	struct json_object *object = json_new_object();

	return json_add(object, "enabled", json_new_bool(value)) < 0 ? NULL : object;
}

static struct json_object *cgroup_features(void)
{
	static const struct {
		const char *name;
		bool value;
	} rows[] = {{"v1", true},
		    {"v2", true},
		    {"systemd", false},
		    {"systemdUser", false},
		    {"rdma", true}};
	struct json_object *cgroup = json_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (json_add(cgroup, rows[i].name, json_new_bool(rows[i].value)) < 0)
			return NULL;
	return cgroup;
}

/* "a b c" as an array of strings; NULL: no memory. */
static struct json_object *words(const char *text)
{
	struct json_object *array = json_new_array();
	char *copy = strdupa(text);
	int failed = 0;

	for (char *rest, *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		failed |= json_append(array, json_new_string(word));
	return failed ? NULL : array;
}

static struct json_object *seccomp_features(struct arena *arena)
{
	static const char operators[] =
		"SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE "
		"SCMP_CMP_GT SCMP_CMP_MASKED_EQ";
	static const char flags[] =
		"SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW "
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";
	struct json_object *seccomp = enabled(true);
	int failed = 0;

	failed |= json_add(seccomp, "actions", listed(seccomp_list_actions, arena));
	failed |= json_add(seccomp, "operators", words(operators));
	failed |= json_add(seccomp, "archs", listed(seccomp_list_architectures, arena));
	failed |= json_add(seccomp, "knownFlags", words(flags));
	failed |= json_add(seccomp, "supportedFlags", words(flags));
	return failed ? NULL : seccomp;
}

/* features-linux.md; Intel RDT is not planned. */
static struct json_object *linux_features(struct arena *arena)
{
	struct json_object *features = json_new_object(), *extensions = json_new_object();
	int failed = 0;

	failed |= json_add(features, "namespaces",
			   words("cgroup ipc mount network pid time user uts"));
	failed |= json_add(features, "capabilities", listed(cap_list, arena));
	failed |= json_add(features, "cgroup", cgroup_features());
	failed |= json_add(features, "seccomp", seccomp_features(arena));
	failed |= json_add(features, "apparmor", enabled(true));
	failed |= json_add(features, "selinux", enabled(true));
	failed |= json_add(features, "intelRdt", enabled(false));
	failed |= json_add(extensions, "idmap", enabled(true));
	failed |= json_add(features, "mountExtensions", extensions);
	failed |= json_add(features, "netDevices", enabled(true));
	return failed ? NULL : features;
}

static struct json_object *annotations(struct arena *arena)
{
	struct json_object *object = json_new_object();
	const char *library = seccomp_library(arena);
	int failed = !library;

	if (library)
		failed |= json_add(object, "io.github.seccomp.libseccomp.version",
				   json_new_string(library));
	failed |= json_add(object, "husk.runtime.version", json_new_string(HUSK_VERSION));
	return failed ? NULL : object;
}

/* features.md: the same on every machine, whatever its kernel has. */
static int run_features(const struct command_line *line)
{
	auto_json struct json_object *features = json_new_object();
	char *text;
	int failed = 0;

	failed |= json_add(features, "ociVersionMin", json_new_string("1.0.0"));
	failed |= json_add(features, "ociVersionMax", json_new_string(OCI_VERSION));
	failed |= json_add(features, "hooks",
			   words("prestart createRuntime createContainer startContainer poststart "
				 "poststop"));
	failed |= json_add(features, "mountOptions", listed(mount_opts_list, line->arena));
	failed |= json_add(features, "linux", linux_features(line->arena));
	failed |= json_add(features, "annotations", annotations(line->arena));
	if (failed || json_text(features, JSON_PRETTY, line->arena, &text) < 0)
		return err_wrap("features");
	return commands_print(text);
}

/* All that can be known without making anything. */
static int check(int fd, const char *name)
{
	struct spec spec;
	int result;

	if (spec_load(fd, name, &spec) < 0)
		return -1;
	result = lsm_check(&spec);
	if (result == 0)
		result = sysctl_check(&spec);
	spec_free(&spec);
	return result < 0 ? err_wrap("%s", name) : 0;
}

static int run_check(const struct command_line *line)
{
	const char *name = line->operands[0];
	auto_close int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_sys("check: open %s", name);
	if (check(fd, name) < 0)
		return -1;
	return commands_print("ok");
}

struct gc_options {
	bool dry_run;
};

static const struct opt gc_options[] = {{"dry-run", 'n', OPT_FLAG,
					 offsetof(struct gc_options, dry_run), NULL,
					 "say what would be removed"},
					{0}};

static int run_gc(const struct command_line *line)
{
	const struct gc_options *options = line->values;
	size_t count = 0;
	char *text;

	if (collect_garbage(line->rt, options->dry_run, &count) < 0)
		return -1;
	text = arena_format(line->arena, "%zu %s", count,
			    options->dry_run ? "would be removed" : "removed");
	return text ? commands_print(text) : -1;
}

struct help_options {
	bool table;
};

/* --table is for tools/command-docs. */
static const struct opt help_options[] = {{"table", 0, OPT_FLAG,
					   offsetof(struct help_options, table), NULL,
					   "every command and option, with tabs between"},
					  {0}};

static int run_help(const struct command_line *line)
{
	const struct help_options *options = line->values;

	if (options->table) {
		commands_print_table();
		return 0;
	}
	return commands_print_help(line->count ? line->operands[0] : NULL);
}

const struct command commands_info[] = {
	{"features", "", "Print what this runtime knows, as JSON", "husk-runtime features", NULL, 0,
	 OPTS_ANYWHERE, 0, 0, .run = run_features},
	{"check", "CONFIG", "Say whether a config.json is valid, and make nothing",
	 "husk-runtime check /srv/web/config.json", NULL, 0, OPTS_ANYWHERE, 1, 1, .run = run_check},
	{"gc", "", "Remove what killed commands left behind", "husk-runtime gc --dry-run",
	 gc_options, sizeof(struct gc_options), OPTS_ANYWHERE, 0, 0, .run = run_gc},
	{"help", "[COMMAND]", "Show the commands, or the options of one", "husk-runtime help run",
	 help_options, sizeof(struct help_options), OPTS_ANYWHERE, 0, 1, .run = run_help},
	{0}};
