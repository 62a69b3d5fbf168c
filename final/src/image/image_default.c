/*
 * image_default.c: the image that is there without a registry: BusyBox, made by rootfs-builder the
 * first time somebody asks for it. See image.h; next file: ../engine/volume.h
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../store/scratch.h"
#include "image.h"
#include "reference.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#define DEFAULT_IMAGE "docker.io/library/busybox:latest"

/* Where it can be, from the program's own directory on: a checkout, or PREFIX/bin. */
static const char *const places[] = {"../rootfs-builder/build",
				     "../share/husk/rootfs-builder/build",
				     "../../rootfs-builder/build"};

static char *own_directory(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	return arena_format(arena, "%s", path);
}

/* HUSK_ROOTFS_BUILDER names the program, or the directory it is in. */
static char *find_builder(struct arena *arena)
{
	const char *named = getenv("HUSK_ROOTFS_BUILDER");
	char *path, *directory = own_directory(arena);

	if (named && *named) {
		path = arena_format(arena, "%s/build", named);
		if (path && access(path, X_OK) == 0)
			return path;
		path = arena_format(arena, "%s", named);
		return path && access(path, X_OK) == 0 ? path : NULL;
	}
	for (size_t i = 0; directory && i < ARRAY_SIZE(places); i++) {
		path = arena_format(arena, "%s/%s", directory, places[i]);
		if (path && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* What it prints goes to a file: a failure's last line is what people get to see. */
static int run_builder(const char *builder, const char *root, const char *tar, int log_fd)
{
	char *const argv[] = {(char *)builder, "busybox", (char *)root, "--tar", (char *)tar, NULL};
	posix_spawn_file_actions_t actions;
	int result, status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, log_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, log_fd, STDERR_FILENO);
	result = posix_spawn(&pid, builder, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (result != 0) {
		errno = result;
		return err_sys("run %s", builder);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : err_set(EIO, "%s failed", builder);
}

static int explain(int log_fd)
{
	char text[4096] = "", *line;
	ssize_t length = pread(log_fd, text, sizeof(text) - 1, 0);

	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return *line ? err_wrap("%.300s", str_printable(line)) : -1;
}

static int build(const struct place *place, const char *builder, struct arena *arena)
{
	char command[] = "CMD [\"sh\"]";
	char *commands[] = {command, NULL};
	struct str_list changes = {commands, 1};
	auto_scratch struct scratch scratch = SCRATCH_NONE;
	auto_close int log_fd = -1;
	char *root, *tar, *id;

	if (scratch_open(place, &scratch) < 0)
		return -1;
	root = place_data(place, arena, "tmp/%s/root", scratch.name);
	tar = place_data(place, arena, "tmp/%s/root.tar", scratch.name);
	log_fd = openat(scratch.fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (!root || !tar || log_fd < 0)
		return err_sys("make a file in %s/tmp", place->data);
	if (run_builder(builder, root, tar, log_fd) < 0)
		return explain(log_fd);
	return image_import(place,
			    &(struct image_import){.path = tar,
						   .reference = DEFAULT_IMAGE,
						   .changes = &changes,
						   .comment = "made by rootfs-builder"},
			    arena, &id);
}

static bool is_there(const struct place *place, const char *reference)
{
	struct image image;

	if (image_find(place, reference, &image) < 0)
		return false;
	image_free(&image);
	return true;
}

static int ensure(const struct place *place, const char *reference, struct arena *arena)
{
	const char *builder;
	char *full;

	if (reference_normalize(reference, arena, &full) < 0 || strcmp(full, DEFAULT_IMAGE) != 0 ||
	    is_there(place, reference))
		return 0;
	builder = find_builder(arena);
	if (!builder)
		return err_set(
			ENOENT,
			"no image '%s', and no rootfs-builder that makes it: HUSK_ROOTFS_BUILDER "
			"can name its folder",
			reference);
	log_write(LOG_INFO, "image %s: made by %s", reference, builder);
	return build(place, builder, arena) < 0 ? err_wrap("image %s", reference) : 0;
}

int image_ensure_default(const struct place *place, const char *reference)
{
	struct arena arena = {0};
	struct err saved = *err_last();
	int result = ensure(place, reference, &arena);

	arena_free(&arena);
	if (result == 0)
		err_adopt(&saved);
	return result;
}
