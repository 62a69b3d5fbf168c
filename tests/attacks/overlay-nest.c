/*
 * overlay-nest DIR DEPTH: directories in each other, DEPTH of them, with names of 250 letters: no
 * path is as long as that, and no process may open as many files. Now and then a file; and the
 * last ones are closed even to their owner.
 */
#include "attack.h"

#include <sys/stat.h>

enum { NAME = 250, CLOSED = 3 };

int main(int argc, char **argv)
{
	int depth = argc > 2 ? atoi(argv[2]) : 0;
	char name[NAME + 1] = "";

	started();
	memset(name, 'n', NAME);
	if (argc < 3 || chdir(argv[1]) < 0)
		return blocked("chdir");
	for (int i = 0; i < depth; i++) {
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			return blocked("mkdir");
		if (i % 100 == 0)
			close(open("file", O_WRONLY | O_CREAT, 0400));
	}
	for (int i = 0; i < CLOSED; i++)
		if (chmod(".", 0) < 0 || chdir("..") < 0)
			return blocked("chmod");
	printf("NESTED %d\n", depth);
	return 0;
}
