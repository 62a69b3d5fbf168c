/*
 * bundle_mounts.c: what is mounted: the profile's own, the three files of the network, then what
 * was asked for, outer ones before inner ones. Volumes are made and filled from the image here. See
 * bundle_internal.h; next file: bundle_security.c
 */
#include "../base/err.h"
#include "../base/path.h"
#include "bundle_internal.h"
#include "oci.h"
#include "volume.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const inits[] = {"husk-init", "catatonit", "tini", "docker-init"};

/* Room for all that can come on top of the profile's. */
static int make_room(struct bundle *b)
{
	size_t old = b->spec.mounts.count, files = 4;
	struct spec_mount *items =
		arena_alloc(&b->spec.arena, (old + files + b->box->mounts.count) * sizeof(*items));

	if (!items)
		return -1;
	memcpy(items, b->spec.mounts.items, old * sizeof(*items));
	b->spec.mounts.items = items;
	return 0;
}

/* What is asked for takes the place of the profile's: --tmpfs /dev/shm:size=1g. */
static struct spec_mount *place_for(struct bundle *b, const char *target)
{
	for (size_t i = 0; i < b->spec.mounts.count; i++)
		if (strcmp(b->spec.mounts.items[i].destination, target) == 0)
			return &b->spec.mounts.items[i];
	return &b->spec.mounts.items[b->spec.mounts.count++];
}

static int add(struct bundle *b, const char *target, const char *type, const char *source,
	       const char *options)
{
	struct spec_mount *m = place_for(b, target);

	*m = (struct spec_mount){
		.destination = (char *)target, .type = (char *)type, .source = (char *)source};
	return str_split(options, ",", &b->spec.arena, &m->options);
}

static int add_options(struct bundle *b, struct spec_mount *m, const struct str_list *options)
{
	for (size_t i = 0; i < options->count; i++)
		if (str_list_add(&m->options, &b->spec.arena, options->items[i]) < 0)
			return -1;
	return 0;
}

static int add_files(struct bundle *b)
{
	static const char *const files[][2] = {{"hosts", "/etc/hosts"},
					       {"resolv.conf", "/etc/resolv.conf"},
					       {"hostname", "/etc/hostname"}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *source = place_data(b->box->place, &b->spec.arena, "boxes/%s/%s", b->box->id,
					  files[i][0]);

		if (!source || add(b, files[i][1], "bind", source,
				   b->box->read_only ? "bind,rprivate,ro" : "bind,rprivate") < 0)
			return -1;
	}
	return 0;
}

/* --init: ours, or whatever small init this machine has: they all take "-- COMMAND". */
static int add_init(struct bundle *b)
{
	char *path;

	for (size_t i = 0; i < ARRAY_SIZE(inits); i++)
		if (oci_find_program(inits[i], &b->spec.arena, &path) == 0)
			return add(b, "/dev/husk-init", "bind", path, "bind,rprivate,ro,nosuid");
	return err_set(ENOENT, "--init: no husk-init beside husk or on PATH: build it (it needs "
			       "libc.a), install catatonit or tini, or leave --init out");
}

/* --- what was asked for --- */

static int add_bind(struct bundle *b, const struct box_mount *asked)
{
	struct stat st;

	if (stat(asked->source, &st) < 0)
		return err_sys("mount %s", asked->source);
	return add(b, asked->target, "bind", asked->source, "rbind,rprivate");
}

static int add_volume(struct bundle *b, const struct box_mount *asked)
{
	bool made, copies = true;
	char *path;

	for (size_t i = 0; i < asked->options.count; i++)
		copies &= strcmp(asked->options.items[i], "nocopy") != 0;
	if (volume_use(b->box->place, asked->source, asked->anonymous, &b->spec.arena, &path,
		       &made) < 0)
		return -1;
	if (made && copies && volume_fill(path, b->context->rootfs, asked->target) < 0)
		return err_wrap("volume %s", asked->source);
	return add(b, asked->target, "bind", path, "rbind,rprivate");
}

static int add_tmpfs(struct bundle *b, const struct box_mount *asked)
{
	return add(b, asked->target, "tmpfs", "tmpfs", "nosuid,nodev,noexec,mode=1777");
}

/* clang-format off */
static const struct {
	const char *type;
	int (*add)(struct bundle *b, const struct box_mount *asked);
} kinds[] = {
	{"bind", add_bind},
	{"volume", add_volume},
	{"tmpfs", add_tmpfs},
};

/* clang-format on */

/* Words for the engine, not for the kernel; labels are SELinux's, which is not there. */
static bool is_ours(const char *option)
{
	return str_find_word("nocopy|z|Z|rw", option) >= 0;
}

static int add_asked(struct bundle *b, const struct box_mount *asked)
{
	struct str_list options = {0};

	for (size_t i = 0; i < asked->options.count; i++)
		if (!is_ours(asked->options.items[i]) &&
		    str_list_add(&options, &b->spec.arena, asked->options.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].type, asked->type) != 0)
			continue;
		if (kinds[i].add(b, asked) < 0)
			return -1;
		return add_options(b, place_for(b, asked->target), &options);
	}
	return err_set(EINVAL, "mount of type '%s': expected bind, volume or tmpfs", asked->type);
}

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/' && path[1];
	return depth;
}

/* Outer ones first, else they would hide the inner ones; equals stay in their order. */
static int add_all_asked(struct bundle *b)
{
	size_t count = b->box->mounts.count, done = 0;

	for (size_t depth = 0; done < count; depth++)
		for (size_t i = 0; i < count; i++) {
			const struct box_mount *asked = &b->box->mounts.items[i];

			if (depth_of(asked->target) != depth)
				continue;
			done++;
			if (add_asked(b, asked) < 0)
				return err_wrap("%s", asked->target);
		}
	return 0;
}

int bundle_add_mounts(struct bundle *b)
{
	if (make_room(b) < 0 || add_files(b) < 0)
		return -1;
	if (b->box->init && add_init(b) < 0)
		return -1;
	return add_all_asked(b);
}
