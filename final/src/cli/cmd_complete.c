/*
 * cmd_complete.c: __complete, which completion files call and nobody types: names that begin with
 * "__" are in no list. Next file: complete.h
 */
#include "command.h"
#include "complete.h"

static int run_complete(const struct command_line *line)
{
	/* An error would be written into the line that somebody is typing. */
	int result = complete_print(line->place, line->operands[0][0], line->arena);

	return result < 0 || fflush(stdout) != 0;
}

const struct command cmd_complete[] = {{"__complete", NULL, "c|r|i|n|v", NULL, NULL, NULL, 0,
					OPTS_ANYWHERE, 1, 1, .run = run_complete},
				       {0}};
