/* cmd_run.c: run and create. See run_options.h for what they take; next file: cmd_life.c */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../engine/attach.h"
#include "../engine/events.h"
#include "../engine/life.h"
#include "../engine/volume.h"
#include "command.h"
#include "run_options.h"

#include <fcntl.h>
#include <string.h>

/* A file that is there already belongs to another container. */
static int write_cidfile(const char *path, const struct box *box)
{
	auto_close int fd = -1;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno == EEXIST
			       ? err_set(EEXIST, "--cidfile %s: it exists: remove it first", path)
			       : err_sys("--cidfile %s", path);
	return fd_write(fd, box->id, strlen(box->id));
}

/* After a failure, which the error record keeps. */
static void remove_box(struct box *box)
{
	struct err cause = *err_last();

	if (life_remove(box, true, true) < 0)
		log_failure();
	err_adopt(&cause);
}

static int make(const struct command_line *line, struct box *box)
{
	const struct run_options *options = line->values;
	struct str_list operands = {.items = line->operands, .count = line->count};

	if (options->cidfile && access(options->cidfile, F_OK) == 0)
		return err_set(EEXIST, "--cidfile %s: it exists: remove it first",
			       options->cidfile);
	if (run_make_box(line->place, options, &operands, box) < 0 ||
	    box_create(line->place, box) < 0)
		return -1;
	events_add(box, "create", NULL);
	if (write_cidfile(options->cidfile, box) == 0)
		return 0;
	remove_box(box);
	return -1;
}

/* As docker has it, it stays if its program is at fault; what we refuse was never there. */
static int fail_start(struct box *box)
{
	int status = box->state.exit_code ? (int)box->state.exit_code : EXIT_HUSK;

	log_failure();
	if (box->remove || status == EXIT_HUSK)
		remove_box(box);
	return status;
}

static int create(const struct command_line *line, struct box *box)
{
	if (make(line, box) < 0)
		return -1;
	if (volume_use_all(box) == 0)
		return command_print(box->id);
	remove_box(box);
	return -1;
}

static int end(struct box *box, const struct monitor_exit *exit)
{
	if (exit->error)
		log_write(LOG_ERROR, "%s", exit->error);
	if (life_release(box) < 0 || (box->remove && life_remove(box, true, true) < 0)) {
		if (err_last()->code != ENOENT)
			log_failure();
	}
	return exit->code;
}

static int run_attached(const struct run_options *options, struct box *box)
{
	struct life_attach attach = {.wanted = true, .once = true, .fd = -1};
	struct attach_options how = {
		.terminal = box->terminal,
		.input = box->stdin_open,
		.forward_signals = !options->no_signals,
		.cleans = true,
		.detach_keys = options->detach_keys,
	};
	struct monitor_exit exit = {0};
	auto_close int fd = -1;
	bool detached;

	if (life_start(box, &attach) < 0)
		return fail_start(box);
	fd = attach.fd;
	if (attach_relay(fd, box, &how, &exit, &detached) < 0)
		return -1;
	return detached ? 0 : end(box, &exit);
}

static int run(const struct command_line *line, struct box *box)
{
	const struct run_options *options = line->values;

	if (make(line, box) < 0)
		return -1;
	if (!options->detach)
		return run_attached(options, box);
	if (life_start(box, NULL) < 0)
		return fail_start(box);
	return command_print(box->id);
}

static int with_box(const struct command_line *line,
		    int (*run_it)(const struct command_line *line, struct box *box))
{
	struct box box = {.dir_fd = -1};
	int status = run_it(line, &box);

	box_close(&box);
	return status;
}

static int run_run(const struct command_line *line)
{
	const struct run_options *options = line->values;

	if (options->terminal && options->interactive && !options->detach && !isatty(STDIN_FILENO))
		return err_set(ENOTTY, "-it: the input device is not a TTY, standard input is no "
				       "terminal: leave -t out");
	return with_box(line, run);
}

static int run_create(const struct command_line *line)
{
	return with_box(line, create);
}

const struct command cmd_run[] = {
	{"run", NULL, "IMAGE [COMMAND [ARGUMENT...]]", "Run a command in a new container",
	 "husk run --rm -it -m 64M --cpu 25% busybox sh", run_options, sizeof(struct run_options),
	 OPTS_FIRST, 0, COMMAND_MANY, 'i', .run = run_run},
	{"create", NULL, "IMAGE [COMMAND [ARGUMENT...]]", "Make a container; start runs it",
	 "husk create --name web -p 8080:80 busybox httpd -f", run_options + RUN_ONLY,
	 sizeof(struct run_options), OPTS_FIRST, 0, COMMAND_MANY, 'i', .run = run_create},
	{0}};
