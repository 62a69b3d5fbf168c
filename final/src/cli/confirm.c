/* confirm.c: see confirm.h. Next file: cmd_image.c */
#include "confirm.h"
#include "../base/err.h"

int confirm(bool force, const char *what)
{
	char answer[16] = "";

	if (force)
		return 1;
	if (!isatty(STDIN_FILENO))
		return err_set(EINVAL, "%s Add --force if you want that", what);
	fprintf(stderr, "%s Go on? [y/N] ", what);
	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	return *answer == 'y' || *answer == 'Y';
}
