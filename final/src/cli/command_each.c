/*
 * command_each.c: what a command does with each of its operands. See command.h; next file:
 * command_help.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../engine/life.h"
#include "../store/box.h"
#include "command.h"

#include <sys/wait.h>

/* As many as docker has under way. */
enum { AT_ONCE_MAX = 50 };

/* One of the two. */
struct each {
	const struct command_line *line;
	int (*by_name)(const struct command_line *line, const char *name);
	int (*by_box)(const struct command_line *line, struct box *box);
};

int command_find(const struct command_line *line, const char *name, struct box *ret_box)
{
	struct box box;

	if (box_find(line->place, name, &box) < 0)
		return -1;
	if (life_settle(&box) < 0) {
		box_close(&box);
		return -1;
	}
	*ret_box = box;
	return 0;
}

static int run_with(const struct each *each, const char *name)
{
	struct box box;
	int result;

	if (each->by_name)
		return each->by_name(each->line, name);
	if (command_find(each->line, name, &box) < 0)
		return -1;
	result = each->by_box(each->line, &box);
	box_close(&box);
	return result;
}

int command_with(const struct command_line *line,
		 int (*run)(const struct command_line *line, struct box *box))
{
	return run_with(&(struct each){line, .by_box = run}, line->operands[0]);
}

/* What became of one of several. */
static void tell(const char *name, int result, int *exit_status)
{
	if (result == 0)
		result = command_print(name);
	if (result >= 0)
		return;
	log_failure();
	*exit_status = EXIT_HUSK;
}

/* --- one after the other --- */

static int run_each(const struct each *each)
{
	const struct command_line *line = each->line;
	int exit_status = 0;

	for (size_t i = 0; i < line->count; i++)
		tell(line->operands[i], run_with(each, line->operands[i]), &exit_status);
	return exit_status;
}

int command_each_name(const struct command_line *line,
		      int (*run)(const struct command_line *line, const char *name))
{
	return run_each(&(struct each){line, .by_name = run});
}

int command_each(const struct command_line *line,
		 int (*run)(const struct command_line *line, struct box *box))
{
	return run_each(&(struct each){line, .by_box = run});
}

/* --- all at once --- */

/* In a process of its own, which says what fails. */
static pid_t begin(const struct each *each, const char *name)
{
	pid_t pid = fork();
	int result;

	if (pid != 0)
		return pid;
	result = run_with(each, name);
	if (result < 0)
		log_failure();
	_exit(result < 0 ? EXIT_HUSK : result);
}

static void end(const struct each *each, const char *name, pid_t pid, int *exit_status)
{
	int status;

	if (pid < 0) { /* there was no process to be had: then here */
		tell(name, run_with(each, name), exit_status);
		return;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			tell(name, err_sys("%s: wait for our process", name), exit_status);
			return;
		}
	if (!WIFEXITED(status))
		tell(name, err_set(EINTR, "%s: ended by signal %d", name, WTERMSIG(status)),
		     exit_status);
	else if (WEXITSTATUS(status) == EXIT_HUSK)
		*exit_status = EXIT_HUSK;
	else
		tell(name, WEXITSTATUS(status), exit_status);
}

/* The names are printed in their order, whoever is done first. */
static int run_at_once(const struct each *each)
{
	const struct command_line *line = each->line;
	int exit_status = 0;
	pid_t *pids;

	if (line->count <= 1)
		return run_each(each);
	pids = arena_alloc(line->arena, line->count * sizeof(*pids));
	if (!pids)
		return -1;
	for (size_t begun = 0, ended = 0; ended < line->count;)
		if (begun < line->count && begun - ended < AT_ONCE_MAX) {
			pids[begun] = begin(each, line->operands[begun]);
			begun++;
		} else {
			end(each, line->operands[ended], pids[ended], &exit_status);
			ended++;
		}
	return exit_status;
}

int command_at_once_name(const struct command_line *line,
			 int (*run)(const struct command_line *line, const char *name))
{
	return run_at_once(&(struct each){line, .by_name = run});
}

int command_at_once(const struct command_line *line,
		    int (*run)(const struct command_line *line, struct box *box))
{
	return run_at_once(&(struct each){line, .by_box = run});
}

/* --- which --- */

struct choice {
	bool (*is_meant)(const struct box *box);
	struct arena *arena;
	struct str_list names;
};

static int take_name(struct box *box, void *data)
{
	struct choice *choice = data;
	char *name = arena_format(choice->arena, "%s", box->name);

	if (!choice->is_meant(box))
		return 0;
	return name ? str_list_add(&choice->names, choice->arena, name) : -1;
}

int command_take_all(struct command_line *line, bool all, bool (*is_meant)(const struct box *box))
{
	struct choice choice = {.is_meant = is_meant, .arena = line->arena};

	if (all == (line->count > 0))
		return err_set(EINVAL, all ? "--all and the name of a container: give one of them"
					   : "expected a container, or --all");
	if (!all)
		return 0;
	if (box_each(line->place, take_name, &choice) < 0)
		return -1;
	line->operands = choice.names.items;
	line->count = choice.names.count;
	return 0;
}
