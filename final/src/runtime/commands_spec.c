/*
 * commands_spec.c: spec, a config.json to begin with: the one that runc and crun print, because
 * tools edit it; with --hardened the defaults of the husk engine. What is in it: ../spec/profile.c.
 * Last of the commands' files.
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../spec/profile.h"
#include "../spec/tables.h"
#include "commands.h"

#include <fcntl.h>
#include <string.h>

struct spec_options {
	const char *bundle;
	bool rootless, hardened;
};

static const struct opt spec_options[] = {
	{"bundle", 'b', OPT_TEXT, offsetof(struct spec_options, bundle), "DIR",
	 "where to write it (default the working directory)"},
	{"rootless", 0, OPT_FLAG, offsetof(struct spec_options, rootless), NULL,
	 "with a user namespace: the caller is root inside"},
	{"hardened", 0, OPT_FLAG, offsetof(struct spec_options, hardened), NULL,
	 "with the defaults of husk: seccomp, more masked paths, limits"},
	{0}};

static int fill(const struct spec_options *options, struct spec *spec)
{
	unsigned int kind = (options->hardened ? PROFILE_HARDENED : PROFILE_PLAIN) |
			    (options->rootless ? PROFILE_ROOTLESS : PROFILE_ROOTFUL);

	if (profile_fill(kind, spec) < 0)
		return -1;
	spec->root.path = (char *)"rootfs";
	spec->root.readonly = true;
	spec->hostname = (char *)"husk";
	spec->process->terminal = true;
	if (profile_add_words("sh", &spec->arena, &spec->process->args) < 0)
		return -1;
	return profile_add_words(
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
		"TERM=xterm",
		&spec->arena, &spec->process->env);
}

/* In the arena of the command's line. */
static int config(const struct spec_options *options, struct arena *arena, char **ret_text)
{
	struct spec spec = {0};
	int result = fill(options, &spec);

	if (result == 0)
		result = bind_write(&spec_top_table, &spec, JSON_PRETTY, arena, ret_text);
	spec_free(&spec);
	return result;
}

static int run_spec(const struct command_line *line)
{
	const struct spec_options *options = line->values;
	char *path = arena_format(line->arena, "%s/config.json",
				  options->bundle ? options->bundle : ".");
	auto_close int fd = -1;
	char *text;

	if (!path || config(options, line->arena, &text) < 0)
		return err_wrap("spec");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno == EEXIST ? err_set(EEXIST, "spec: %s exists: remove it first", path)
				       : err_sys("spec: make %s", path);
	if (fd_write(fd, text, strlen(text)) < 0 || fd_write(fd, "\n", 1) < 0)
		return err_wrap("spec: write %s", path);
	return 0;
}

const struct command commands_spec[] = {
	{"spec", "", "Write a config.json to begin with", "husk-runtime spec --bundle /srv/web",
	 spec_options, sizeof(struct spec_options), OPTS_ANYWHERE, 0, 0, .run = run_spec},
	{0}};
