/*
 * program.h: finding the program, and saying why it cannot be executed. INIT and the process of
 * `exec`, as the user of the container, inside.
 *
 *	program_find(args[0], env, &path)      PATH of the container's environment; done at create:
 *	                                       engines rely on it
 *	execve(path, ...)
 *	program_explain(path, errno)           sets the error record, returns -1
 *
 * execve(2) says ENOENT for five different things. We look: no such file, no execute bit, a
 * directory, a script whose "#!" interpreter is missing (or ends in a carriage return), an ELF
 * file whose loader is missing or whose machine is not ours. Engines take exit status 126 and 127
 * from words in the text (podman: "permission denied", "executable file not found in $PATH", "no
 * such file or directory"): our lines hold exactly these where they are true.
 */
#pragma once

#include "../base/str.h"

/*
 * As execvp(3), without executing: relative parts begin at the working directory, so chdir(2) comes
 * first. Without a PATH that of paths.h is taken. The error record says the same as an execve(2)
 * that fails would.
 */
int program_find(const char *name, const struct str_list *env, struct arena *arena,
		 char **ret_path) MUST_CHECK;

/* error: the errno of execve(2). The file is looked at again, now. Always returns -1. */
int program_explain(const char *path, int error);
