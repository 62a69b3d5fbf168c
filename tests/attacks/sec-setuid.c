/*
 * sec-setuid COPY FILE: becomes an ordinary user, if it is not one, and executes COPY, which is
 * this program again, owned by root and with the set-user-ID bit. Without FILE: it is that COPY,
 * called with the name of the file to read as argv[0]. Who set no_new_privs stays who he is.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <grp.h>

enum { NOBODY = 65534 };

int main(int argc, char **argv)
{
	if (argc == 1) {
		setvbuf(stdout, NULL, _IONBF, 0);
		printf("uid %u, effective %u\n", getuid(), geteuid());
		return read_token(argv[0]);
	}
	started();
	if (argc != 3)
		return 2;
	if (getuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			      setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return blocked("setresuid");
	execl(argv[1], argv[2], NULL);
	return blocked(argv[1]);
}
