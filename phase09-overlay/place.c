/*
 * place.c: the directories for state and data. See place.h for what goes where.
 */
#include "place.h"
#include "husk.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

int place_make(const char *base, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", base, *name ? "/" : "", name);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return fail("create", path);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail("create", path);
	/* In /tmp anybody could have been here before us, with a directory or a link. */
	if (lstat(path, &st) < 0)
		return fail("look at", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		errno = EPERM;
		return fail("use (it is not a directory of ours)", path);
	}
	return 0;
}
