/*
 * place.c: the directories for state and data. See place.h for what goes where.
 */
#include "place.h"
#include "husk.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RETRIES = 100 };

const char *place_state(void)
{
	static char path[PATH_MAX];
	const char *chosen = getenv("HUSK_STATE"), *runtime = getenv("XDG_RUNTIME_DIR");

	if (chosen && *chosen == '/')
		return chosen;
	if (geteuid() == 0)
		return "/run/husk-course";
	if (runtime && *runtime == '/')
		snprintf(path, sizeof(path), "%s/husk-course", runtime);
	else
		snprintf(path, sizeof(path), "/tmp/husk-course-%u", geteuid());
	return path;
}

const char *place_data(void)
{
	static char path[PATH_MAX];
	const char *chosen = getenv("HUSK_DATA"), *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (chosen && *chosen == '/')
		return chosen;
	if (geteuid() == 0)
		return "/var/lib/husk-course";
	if (data && *data == '/')
		snprintf(path, sizeof(path), "%s/husk-course", data);
	else
		snprintf(path, sizeof(path), "%s/.local/share/husk-course", home ? home : "");
	return path;
}

/* All of PATH, and what is there then; -1 with errno ENOENT if another husk removed it meanwhile.
 */
static int make_path(char *path, struct stat *ret)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	return lstat(path, ret);
}

int place_make(const char *base, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int result = -1;

	errno = ENOENT;
	for (int i = 0; i < RETRIES && result < 0 && errno == ENOENT; i++) {
		snprintf(path, sizeof(path), "%s%s%s", base, *name ? "/" : "", name);
		result = make_path(path, &st);
	}
	if (result < 0)
		return fail("create", path);
	/* In /tmp anybody could have been here before us, with a directory or a link. */
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		errno = EPERM;
		return fail("use (it is not a directory of ours)", path);
	}
	return 0;
}
