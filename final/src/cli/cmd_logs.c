/* cmd_logs.c: logs. What they are and how they are read: logs.h. Next file: cmd_system.c */
#include "../base/err.h"
#include "../engine/logs.h"
#include "command.h"

#include <string.h>

struct options {
	struct logs_options logs;
	const char *tail;
};

#define AT(member) offsetof(struct options, member)

static const struct opt options_table[] = {
	{"follow", 'f', OPT_FLAG, AT(logs.follow), NULL, "go on until it ends"},
	{"timestamps", 't', OPT_FLAG, AT(logs.timestamps), NULL, "when each line was written"},
	{"tail", 'n', OPT_TEXT, AT(tail), "N", "the last lines only (default all)"},
	{"since", 0, OPT_TEXT, AT(logs.since), "TIME", "a point of time, or how long ago: 10m"},
	{"until", 0, OPT_TEXT, AT(logs.until), "TIME", "the same, where to end"},
	{"stdout", 0, OPT_FLAG, AT(logs.stdout_only), NULL, "standard output alone"},
	{"stderr", 0, OPT_FLAG, AT(logs.stderr_only), NULL, "standard error alone"},
	{0}};

static int print_logs(const struct command_line *line, struct box *box)
{
	const struct options *options = line->values;

	return logs_print(box, &options->logs) < 0 ? -1 : 1;
}

static int run_logs(const struct command_line *line)
{
	struct options *options = line->values;
	int64_t tail;

	if (options->tail && strcmp(options->tail, "all") != 0) {
		if (str_to_i64(options->tail, -1, INT64_MAX, &tail) < 0)
			return err_set(EINVAL, "--tail '%s': expected a number of lines, or all",
				       options->tail);
		options->logs.tail = (struct opt_u64){.set = tail >= 0, .value = tail};
	}
	if (options->logs.follow && line->count > 1)
		return err_set(EINVAL, "logs: --follow takes one container");
	return command_each(line, print_logs);
}

const struct command cmd_logs[] = {{"logs", NULL, "CONTAINER...", "What containers have written",
				    "husk logs -f --tail 20 web", options_table,
				    sizeof(struct options), OPTS_ANYWHERE, 1, COMMAND_MANY, 'c',
				    .run = run_logs},
				   {0}};
