/*
 * bundle_user.c: names of users and groups, by the container's own /etc/passwd and /etc/group,
 * opened below its root: getpwnam(3) would ask the machine's. passwd(5), group(5). See bundle.h;
 * next file: bundle_mounts.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "bundle.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX_SIZE = 4 << 20, FIELDS = 7 };

#define MAX_ID (UINT32_MAX - 1)

/* NULL: there is none. What is no plain file is none: opening a FIFO would wait for ever. */
static int read_file(int root_fd, const char *path, struct arena *arena, char **ret_text)
{
	auto_close int fd = -1;
	struct stat st;

	*ret_text = NULL;
	if (path_open(root_fd, path, O_RDONLY | O_NONBLOCK, &fd) < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (fd_read_text(fd, FILE_MAX_SIZE, arena, ret_text, NULL) < 0)
		return err_wrap("%s of the container", path);
	return 0;
}

static bool is_number(const char *text, uint32_t *ret_id)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long value;

	if (digits == 0 || text[digits] || digits > 10)
		return false;
	value = strtoull(text, NULL, 10);
	*ret_id = value;
	return value <= MAX_ID;
}

/* The next line with at least `least` fields, split at ':'. */
static bool next_entry(char **text, char *fields[FIELDS], size_t least)
{
	char *line;

	while (*text && (line = strsep(text, "\n"))) {
		size_t count = 0;

		memset(fields, 0, FIELDS * sizeof(*fields));
		while (line && count < FIELDS)
			fields[count++] = strsep(&line, ":");
		if (count >= least && *fields[0])
			return true;
	}
	return false;
}

/* By name first, as docker does: a user may be called "1000". */
static bool find_passwd(char *text, const char *user, char *ret_fields[FIELDS])
{
	char *fields[FIELDS];
	uint32_t wanted, uid;
	bool number = is_number(user, &wanted), found = false;

	while (next_entry(&text, fields, 4)) {
		bool by_name = strcmp(fields[0], user) == 0;

		if (!by_name && (found || !number || !is_number(fields[2], &uid) || uid != wanted))
			continue;
		memcpy(ret_fields, fields, sizeof(fields));
		found = true;
		if (by_name)
			break;
	}
	return found;
}

static int add_gid(struct bundle_user *user, struct arena *arena, uint32_t gid)
{
	uint32_t *more;

	for (size_t i = 0; i < user->gids.count; i++)
		if (user->gids.items[i] == gid)
			return 0;
	more = arena_alloc(arena, (user->gids.count + 1) * sizeof(*more));
	if (!more)
		return -1;
	if (user->gids.count)
		memcpy(more, user->gids.items, user->gids.count * sizeof(*more));
	more[user->gids.count++] = gid;
	user->gids.items = more;
	return 0;
}

static int find_group(const char *text, const char *name, struct arena *arena, uint32_t *ret_gid)
{
	char *copy = arena_format(arena, "%s", text ? text : ""), *fields[FIELDS];

	if (!copy)
		return -1;
	while (next_entry(&copy, fields, 3))
		if (strcmp(fields[0], name) == 0 && is_number(fields[2], ret_gid))
			return 0;
	if (is_number(name, ret_gid))
		return 0;
	return err_set(ENOENT, "group '%s': there is none in /etc/group of the container", name);
}

static bool is_member(const char *members, const char *name)
{
	size_t length = strlen(name);

	while (members && *members) {
		const char *end = strchrnul(members, ',');

		if (end - members == (ptrdiff_t)length && strncmp(members, name, length) == 0)
			return true;
		members = *end ? end + 1 : end;
	}
	return false;
}

static int add_memberships(struct bundle_user *user, const char *text, const char *name,
			   struct arena *arena)
{
	char *copy = arena_format(arena, "%s", text ? text : ""), *fields[FIELDS];
	uint32_t gid;

	if (!copy)
		return -1;
	while (next_entry(&copy, fields, 4))
		if (is_member(fields[3], name) && is_number(fields[2], &gid) &&
		    add_gid(user, arena, gid) < 0)
			return -1;
	return 0;
}

/* The user's own line, or the number alone. */
static int find_user(char *passwd, const char *name, struct arena *arena, struct bundle_user *user,
		     char **ret_login)
{
	char *fields[FIELDS] = {NULL};

	*ret_login = NULL;
	if (passwd && find_passwd(passwd, name, fields)) {
		if (!is_number(fields[2], &user->uid) || !is_number(fields[3], &user->gid))
			return err_set(EINVAL,
				       "user '%s': its line in /etc/passwd of the container has no "
				       "numbers",
				       name);
		*ret_login = fields[0];
		if (fields[5] && *fields[5])
			user->home = arena_format(arena, "%s", fields[5]);
		if (fields[6] && *fields[6])
			user->shell = arena_format(arena, "%s", fields[6]);
		return 0;
	}
	if (is_number(name, &user->uid))
		return 0;
	if (strspn(name, "0123456789") == strlen(name))
		return err_set(EINVAL, "user '%s': expected a number up to %u", name, MAX_ID);
	return err_set(ENOENT, "user '%s': there is none in /etc/passwd of the container", name);
}

int bundle_find_user(int root_fd, const char *text, const struct str_list *groups,
		     struct arena *arena, struct bundle_user *ret_user)
{
	char *name = arena_format(arena, "%s", text ? text : ""), *group_name = name;
	struct bundle_user user = {0};
	char *passwd, *group, *login;
	uint32_t gid;

	if (!name || read_file(root_fd, "/etc/passwd", arena, &passwd) < 0 ||
	    read_file(root_fd, "/etc/group", arena, &group) < 0)
		return -1;
	strsep(&group_name, ":");
	if (find_user(passwd, *name ? name : "0", arena, &user, &login) < 0)
		return -1;
	if (group_name && *group_name) {
		if (find_group(group, group_name, arena, &user.gid) < 0)
			return -1;
	} else if (login && add_memberships(&user, group, login, arena) < 0) {
		return -1;
	}
	for (size_t i = 0; i < groups->count; i++)
		if (find_group(group, groups->items[i], arena, &gid) < 0 ||
		    add_gid(&user, arena, gid) < 0)
			return -1;
	*ret_user = user;
	return 0;
}
