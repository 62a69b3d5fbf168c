/* home.c: see home.h. Next file: program.h */
#include "home.h"
#include "../base/fd.h"
#include "../base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { PASSWD_MAX = 1 << 20, FIELDS = 7, UID_FIELD = 2, HOME_FIELD = 5 };

/* Cuts a line at its colons. False if it has not all fields. */
static bool split(char *line, char *fields[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			return false;
	}
	return true;
}

char *home_find(const char *passwd, uint32_t uid, struct arena *arena)
{
	auto_free char *text = strdup(passwd);
	char *rest = text, *line, *fields[FIELDS];
	uint32_t number;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (!split(line, fields) || str_to_u32(fields[UID_FIELD], UINT32_MAX, &number) < 0)
			continue;
		if (number != uid)
			continue;
		line = fields[HOME_FIELD];
		return *line == '/' ? arena_copy(arena, line, strlen(line)) : NULL;
	}
	return NULL;
}

/* NULL: there is none that could be read. */
static char *read_passwd(struct arena *arena)
{
	auto_close int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -1;
	struct stat st;
	char *text;

	/* Opening a FIFO must not wait, nor a terminal become ours. */
	if (root_fd < 0 ||
	    path_open(root_fd, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, &fd) < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	return fd_read_text(fd, PASSWD_MAX, arena, &text, NULL) < 0 ? NULL : text;
}

int home_complete(const struct spec_process *process, struct arena *arena, struct str_list *ret_env)
{
	struct str_list env = process->env;
	char *passwd, *home = NULL, *entry;

	*ret_env = env;
	for (size_t i = 0; i < env.count; i++)
		if (str_has_prefix(env.items[i], "HOME="))
			return 0;
	passwd = read_passwd(arena);
	if (passwd)
		home = home_find(passwd, process->user.uid, arena);
	entry = arena_format(arena, "HOME=%s", home ? home : "/");
	if (!entry || str_list_add(&env, arena, entry) < 0)
		return -1;
	*ret_env = env;
	return 0;
}
