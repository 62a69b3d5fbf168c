/* prune.c: see prune.h. Next file: cmd_disk.c */
#include "prune.h"
#include "../base/err.h"
#include "../base/log.h"

int prune_confirm(const struct command_line *line, const char *what)
{
	const struct prune_options *options = line->values;
	char answer[16] = "";

	if (options->force)
		return 1;
	if (!isatty(STDIN_FILENO))
		return err_set(EINVAL, "%s Add --force if you want that", what);
	fprintf(stderr, "%s Go on? [y/N] ", what);
	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	return *answer == 'y' || *answer == 'Y';
}

int prune_each(const struct command_line *line, const struct str_list *names,
	       int (*remove)(const struct command_line *line, const char *name))
{
	int status = 0;

	for (size_t i = 0; i < names->count; i++) {
		int result = remove(line, names->items[i]);

		if (result < 0 && (err_last()->code == EBUSY || err_last()->code == ENOENT))
			continue;
		if (result < 0 || command_print(names->items[i]) < 0) {
			log_failure();
			status = EXIT_HUSK;
		}
	}
	return status;
}
