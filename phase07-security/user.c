/*
 * user.c: from "www-data:adm" to numbers, and to be them. See user.h. Next file: caps.h
 */
#include "user.h"
#include "husk.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAME = 32 };
static const unsigned long long MAX_ID = 4294967294; /* 2^32 - 1 means "no change" to setuid(2) */

static int is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static int is_name_or_number(const char *text)
{
	if (is_number(text))
		return strlen(text) <= 10 && strtoull(text, NULL, 10) <= MAX_ID;
	if (strlen(text) > MAX_NAME || (!isalpha((unsigned char)*text) && *text != '_'))
		return 0;
	while (isalnum((unsigned char)*text) || (*text && strchr("_.-", *text)))
		text++;
	return *text == '\0';
}

int user_is_valid(const char *text)
{
	char *user = strdupa(text), *group = strchr(user, ':');

	if (strlen(text) > 2 * MAX_NAME + 1)
		return 0;
	if (group)
		*group++ = '\0';
	return is_name_or_number(user) && (!group || is_name_or_number(group));
}

/* An image can put a FIFO there, or a device that never ends: then there is no list. */
static FILE *open_list(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
}

/* The entry of a name, or else of a number; 1 if there is one. fgetpwent(3) asks no name server. */
static int find_passwd(const char *text, struct user *user, char *ret_name)
{
	FILE *file = open_list("/etc/passwd");
	struct passwd *entry;
	int found = 0;

	while (!found && file && (entry = fgetpwent(file))) {
		if (!entry->pw_dir) /* "+", which stands for those of a name server */
			continue;
		found = is_number(text) ? entry->pw_uid == user->uid
					: strcmp(entry->pw_name, text) == 0;
		if (found) {
			user->uid = entry->pw_uid;
			user->gid = entry->pw_gid;
			snprintf(user->home, sizeof(user->home), "%s", entry->pw_dir);
			snprintf(ret_name, MAX_NAME + 1, "%s", entry->pw_name);
		}
	}
	if (file)
		fclose(file);
	return found;
}

/* Sets user->gid to that of the group `wanted`, if not NULL, and adds those that list `member`. */
static int find_groups(const char *wanted, const char *member, struct user *user)
{
	FILE *file = open_list("/etc/group");
	struct group *entry;
	int found = !wanted || is_number(wanted);

	while (file && (entry = fgetgrent(file))) {
		if (wanted && !found && strcmp(entry->gr_name, wanted) == 0) {
			user->gid = entry->gr_gid;
			found = 1;
		}
		for (char **name = entry->gr_mem; *member && *name; name++)
			if (strcmp(*name, member) == 0 && user->group_count < MAX_GROUPS)
				user->groups[user->group_count++] = entry->gr_gid;
	}
	if (file)
		fclose(file);
	return found;
}

static int refuse(const char *text, const char *kind, const char *file)
{
	fprintf(stderr, "husk: --user=%s: no such %s in the container's /etc/%s\n", text, kind,
		file);
	return -1;
}

int user_find(struct user *ret_user, const struct config *cfg)
{
	char *name, *group, member[MAX_NAME + 1] = "";
	struct user user = {.home = "/"};

	*ret_user = user;
	if (!cfg->user)
		return 0;
	name = strdupa(cfg->user);
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	if (is_number(name))
		user.uid = strtoul(name, NULL, 10);
	if (!find_passwd(name, &user, member) && !is_number(name))
		return refuse(cfg->user, "user", "passwd");
	if (group && is_number(group))
		user.gid = strtoul(group, NULL, 10);
	/* As docker does it: with a group of its own choice it gets no others. */
	if (!find_groups(group, group ? "" : member, &user))
		return refuse(cfg->user, "group", "group");
	*ret_user = user;
	return 0;
}

int user_become(const struct user *user, const struct config *cfg)
{
	uid_t uids[3];
	gid_t gids[3];

	/* A user who is alone in his user namespace cannot: ns_map_user() had to shut that. */
	if (cfg->range.count != 1 && setgroups(user->group_count, user->groups) < 0)
		return fail("set", "additional groups");
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return fail("become (is it in the range of the user namespace?)", "that group");
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return fail("become (is it in the range of the user namespace?)", "that user");
	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return fail("check", "user and group");
	for (int i = 0; i < 3; i++)
		if (uids[i] != user->uid || gids[i] != user->gid) {
			errno = EPERM;
			return fail("become", "that user");
		}
	return 0;
}

int user_enter(const struct config *cfg)
{
	const struct user root = {0};

	return cfg->range.count > 1 ? user_become(&root, cfg) : 0;
}

int user_adapt(struct config *cfg)
{
	if (cfg->no_security)
		fprintf(stderr, "husk: WARNING: --security=off: root inside is root outside\n");
	if (geteuid() != 0 && cfg->range.count > 0) {
		errno = EPERM;
		return fail("map a range of IDs (needs root)", "--userns");
	}
	if (geteuid() != 0) {
		fprintf(stderr, "husk: not root: uid %u becomes root in a user namespace%s\n",
			geteuid(), cfg->limits_asked ? "" : ", without limits");
		cfg->range = (struct id_range){geteuid(), getegid(), 1};
		for (int i = 0; i < CONTROLLERS && !cfg->limits_asked; i++)
			cfg->limits[i] = NO_LIMIT;
	}
	if (cfg->range.count > 0)
		cfg->namespaces |= CLONE_NEWUSER;
	return 0;
}
