/*
 * sec-keyring with NAME SECRET CMD...; sec-keyring find NAME: keys that a caller keeps in its
 * session keyring, keyrings(7). No namespace hides them: whoever inherits the keyring reads them.
 * `with` starts CMD with a new session keyring that has such a key in it, until CMD ends.
 */
#define _GNU_SOURCE
#include "attack.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>

static int start_with_key(char **argv)
{
	int status = 0;
	long key;
	pid_t pid;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return blocked("join session keyring");
	key = syscall(SYS_add_key, "user", argv[0], argv[1], strlen(argv[1]),
		      KEY_SPEC_SESSION_KEYRING);
	if (key < 0)
		return blocked("add_key");
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(blocked(argv[2]));
	}
	waitpid(pid, &status, 0);
	syscall(SYS_keyctl, KEYCTL_INVALIDATE, key); /* else it stays until the kernel looks */
	return WEXITSTATUS(status);
}

static int find_key(const char *name)
{
	char secret[128] = "";
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);

	if (key < 0)
		return blocked("search");
	if (syscall(SYS_keyctl, KEYCTL_READ, key, secret, sizeof(secret) - 1) < 0)
		return blocked("read");
	printf("ESCAPED %s\n", secret);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && strcmp(argv[1], "with") == 0)
		return start_with_key(argv + 2);
	started();
	return argc == 3 ? find_key(argv[2]) : 2;
}
