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

/* The last one counts, as with every name; an empty one is none, as for runc. */
static bool has_home(const struct str_list *env)
{
	for (size_t i = env->count; i-- > 0;)
		if (str_has_prefix(env->items[i], "HOME="))
			return env->items[i][strlen("HOME=")] != '\0';
	return false;
}

int home_complete(const struct spec_process *process, struct arena *arena, struct str_list *ret_env)
{
	const struct str_list *given = &process->env;
	struct str_list env = {0};
	char *passwd, *home = NULL;

	*ret_env = *given;
	if (has_home(given))
		return 0;
	passwd = read_passwd(arena);
	if (passwd)
		home = home_find(passwd, process->user.uid, arena);
	env.items = arena_alloc(arena, (given->count + 2) * sizeof(*env.items));
	if (!env.items)
		return -1;
	for (size_t i = 0; i < given->count; i++)
		if (!str_has_prefix(given->items[i], "HOME="))
			env.items[env.count++] = given->items[i];
	env.items[env.count] = arena_format(arena, "HOME=%s", home ? home : "/");
	if (!env.items[env.count++])
		return -1;
	*ret_env = env;
	return 0;
}
