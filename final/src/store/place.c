/* place.c: the engine's directories, found and made. See place.h; next file: scratch.h */
#include "place.h"
#include "../base/err.h"
#include "../base/proc.h"
#include "../base/store.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

static const char *const data_dirs[] = {"layers", "boxes", "names", "networks", "volumes", "tmp"};
static const char *const run_dirs[] = {"runtime", "box", "netns", "leases"};

/* The value of a variable that has to be an absolute path; NULL: unset, or not one. */
static const char *directory_of(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value == '/' ? value : NULL;
}

static char *find_data(bool real_root, struct arena *arena)
{
	const char *data = directory_of("HUSK_DATA"), *shared = directory_of("XDG_DATA_HOME");
	const char *home = directory_of("HOME");

	if (data)
		return arena_format(arena, "%s", data);
	if (!real_root && shared)
		return arena_format(arena, "%s/husk", shared);
	if (!real_root && home)
		return arena_format(arena, "%s/.local/share/husk", home);
	return arena_format(arena, "/var/lib/husk");
}

static char *find_run(bool real_root, struct arena *arena)
{
	const char *run = directory_of("HUSK_STATE"), *shared = directory_of("XDG_RUNTIME_DIR");

	if (run)
		return arena_format(arena, "%s", run);
	if (!real_root && shared)
		return arena_format(arena, "%s/husk", shared);
	if (geteuid() != 0)
		return arena_format(arena, "/run/user/%u/husk", geteuid());
	return arena_format(arena, "/run/husk");
}

static int refuse_relative(const char *variable)
{
	const char *value = getenv(variable);

	if (value && *value && *value != '/')
		return err_set(EINVAL, "%s=%s: expected an absolute path", variable, value);
	return 0;
}

static int make_dirs(int parent_fd, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mkdirat(parent_fd, names[i], 0700) < 0 && errno != EEXIST)
			return err_sys("make directory %s", names[i]);
	return 0;
}

static int open_dirs(struct place *place)
{
	if (store_open(place->data, 0700, &place->data_fd) < 0)
		return err_wrap("data directory (HUSK_DATA=DIR is another)");
	if (store_open(place->run, 0700, &place->run_fd) < 0)
		return err_wrap("state directory (HUSK_STATE=DIR is another)");
	if (make_dirs(place->data_fd, data_dirs, ARRAY_SIZE(data_dirs)) < 0)
		return err_wrap("%s", place->data);
	if (make_dirs(place->run_fd, run_dirs, ARRAY_SIZE(run_dirs)) < 0)
		return err_wrap("%s", place->run);
	return 0;
}

int place_open(struct place *ret_place)
{
	struct place place = {.data_fd = -1, .run_fd = -1};
	bool real_root = proc_is_real_root();

	if (refuse_relative("HUSK_DATA") < 0 || refuse_relative("HUSK_STATE") < 0)
		return -1;
	place.data = find_data(real_root, &place.arena);
	place.run = find_run(real_root, &place.arena);
	if (!place.data || !place.run || open_dirs(&place) < 0) {
		place_close(&place);
		return -1;
	}
	*ret_place = place;
	return 0;
}

void place_close(struct place *place)
{
	scope_close(&place->data_fd);
	scope_close(&place->run_fd);
	arena_free(&place->arena);
	*place = (struct place){.data_fd = -1, .run_fd = -1};
}

static char *join(const char *directory, struct arena *arena, const char *format, va_list args)
{
	char rest[PATH_MAX];

	if (vsnprintf(rest, sizeof(rest), format, args) >= (int)sizeof(rest)) {
		err_set(ENAMETOOLONG, "a path of more than %d bytes below %s", PATH_MAX, directory);
		return NULL;
	}
	return arena_format(arena, "%s/%s", directory, rest);
}

char *place_data(const struct place *place, struct arena *arena, const char *format, ...)
{
	va_list args;
	char *path;

	va_start(args, format);
	path = join(place->data, arena, format, args);
	va_end(args);
	return path;
}

char *place_run(const struct place *place, struct arena *arena, const char *format, ...)
{
	va_list args;
	char *path;

	va_start(args, format);
	path = join(place->run, arena, format, args);
	va_end(args);
	return path;
}

int place_open_dir(int parent_fd, const char *path, int *ret_fd)
{
	char *part = strdupa(path);
	int fd;

	for (char *slash = part; (slash = strchr(slash + 1, '/')); *slash = '/') {
		*slash = '\0';
		if (mkdirat(parent_fd, part, 0700) < 0 && errno != EEXIST)
			return err_sys("make directory %s", part);
	}
	if (mkdirat(parent_fd, path, 0700) < 0 && errno != EEXIST)
		return err_sys("make directory %s", path);
	fd = openat(parent_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys("open directory %s", path);
	*ret_fd = fd;
	return 0;
}
