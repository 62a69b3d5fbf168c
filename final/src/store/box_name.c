/*
 * box_name.c: names of boxes. DATA/names/NAME is a symbolic link to the ID: symlink(2) lets one
 * caller have it. A name, an ID, or any beginning of an ID finds a box. See box.h; next file:
 * box_state.c
 */
#include "../base/err.h"
#include "box.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { NAME_LENGTH = 128, ID_LENGTH = 64, SHORT_ID = 12, TRIES = 100 };

static const char *const manners[] = {
	"agile",  "amber",  "ample",   "bold",	"brave",  "brisk", "calm",   "clear",  "cosy",
	"crisp",  "deft",   "eager",   "early", "fair",	  "fleet", "fond",   "frank",  "fresh",
	"gentle", "glad",   "golden",  "grand", "happy",  "hardy", "humble", "jolly",  "keen",
	"kind",	  "lively", "loyal",   "lucid", "mellow", "merry", "mild",   "modest", "neat",
	"nimble", "noble",  "patient", "plain", "proud",  "quick", "quiet",  "ready",  "sober",
	"solid",  "steady", "sunny",   "swift", "tidy",	  "vivid", "warm",   "wise",   "witty",
};

static const char *const people[] = {
	"abel",	   "babbage",	   "bell",    "bohr",	  "boole",   "bose",	 "cantor",
	"church",  "curie",	   "darwin",  "dijkstra", "dirac",   "euclid",	 "euler",
	"faraday", "fermi",	   "fourier", "galileo",  "galois",  "gauss",	 "germain",
	"hamming", "hertz",	   "hilbert", "hopper",	  "huygens", "joule",	 "kelvin",
	"kepler",  "kovalevskaya", "lamarr",  "laplace",  "leibniz", "liskov",	 "lovelace",
	"maxwell", "meitner",	   "mendel",  "minsky",	  "newton",  "noether",	 "ohm",
	"pascal",  "pasteur",	   "planck",  "ritchie",  "shannon", "thompson", "turing",
	"volta",   "watt",	   "wilkes",  "wirth",	  "yonath",  "zuse",
};

int box_check_name(const char *name)
{
	size_t length = strlen(name);
	bool good = isalnum((unsigned char)*name) && length <= NAME_LENGTH;

	for (const char *c = name; *c && good; c++)
		good = isalnum((unsigned char)*c) || strchr("_.-", *c);
	if (good)
		return 0;
	return err_set(EINVAL,
		       "name '%.140s': expected letters, digits, '_', '.' and '-', at most %d, "
		       "the first one a letter or digit",
		       name, NAME_LENGTH);
}

int box_make_name(const struct place *place, struct arena *arena, char **ret_name)
{
	auto_close int names_fd =
		openat(place->data_fd, "names", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < TRIES; i++) {
		uint32_t dice[3];
		struct stat st;
		char *name;

		if (getrandom(dice, sizeof(dice), 0) != sizeof(dice))
			return err_sys("make a name");
		name = arena_format(arena, "%s_%s", manners[dice[0] % ARRAY_SIZE(manners)],
				    people[dice[1] % ARRAY_SIZE(people)]);
		if (name && i > 2)
			name = arena_format(arena, "%s%u", name, dice[2] % 1000);
		if (!name)
			return -1;
		if (fstatat(names_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		*ret_name = name;
		return 0;
	}
	return err_set(EEXIST, "no free name was found: give one by --name");
}

/* "" if nobody has it. */
static void read_name(int names_fd, const char *name, char id[ID_LENGTH + 1])
{
	ssize_t length = readlinkat(names_fd, name, id, ID_LENGTH);

	id[length < 0 ? 0 : length] = '\0';
}

static bool box_exists(const struct place *place, const char *id)
{
	char path[ID_LENGTH + 8];
	struct stat st;

	snprintf(path, sizeof(path), "boxes/%s", id);
	return *id && fstatat(place->data_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_names(const struct place *place, int *ret_fd)
{
	*ret_fd = openat(place->data_fd, "names", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys("open %s/names", place->data) : 0;
}

int box_claim_name(const struct place *place, const char *name, const char *id)
{
	auto_close int names_fd = -1;
	char owner[ID_LENGTH + 1];

	if (open_names(place, &names_fd) < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (symlinkat(id, names_fd, name) == 0)
			return 0;
		if (errno != EEXIST)
			return err_sys("make %s/names/%s", place->data, name);
		read_name(names_fd, name, owner);
		if (strcmp(owner, id) == 0)
			return 0;
		if (box_exists(place, owner))
			return err_set(
				EEXIST,
				"the name '%s' is in use by container %.*s: remove or rename "
				"that one, or choose another name",
				name, SHORT_ID, owner);
		/* Its box is gone: a command was killed half way. */
		unlinkat(names_fd, name, 0);
	}
	return err_set(EBUSY, "the name '%s' could not be had", name);
}

/* Only if it still leads to this box. */
void box_drop_name(const struct place *place, const char *name, const char *id)
{
	auto_close int names_fd =
		openat(place->data_fd, "names", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char owner[ID_LENGTH + 1];

	if (names_fd < 0)
		return;
	read_name(names_fd, name, owner);
	if (strcmp(owner, id) == 0)
		unlinkat(names_fd, name, 0);
}

static bool is_hexadecimal(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= ID_LENGTH && strspn(text, "0123456789abcdef") == length;
}

/* All IDs that begin so, whole ones too. */
static int find_beginnings(const struct place *place, const char *text, struct arena *arena,
			   struct str_list *ret_ids)
{
	char *path = place_data(place, arena, "boxes");
	auto_dir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	struct str_list ids = {0};

	if (!dir)
		return path ? err_sys("list %s", path) : -1;
	while ((entry = readdir(dir))) {
		char *id;

		if (!str_has_prefix(entry->d_name, text) || !is_hexadecimal(entry->d_name))
			continue;
		id = arena_format(arena, "%s", entry->d_name);
		if (!id || str_list_add(&ids, arena, id) < 0)
			return -1;
	}
	*ret_ids = ids;
	return 0;
}

/* docker's order: a name is taken before the beginning of an ID, a whole ID before a name. */
int box_find_ids(const struct place *place, const char *name, struct arena *arena,
		 struct str_list *ret_ids)
{
	struct str_list ids = {0};
	auto_close int names_fd = -1;
	char owner[ID_LENGTH + 1], *id;

	if (strlen(name) == ID_LENGTH && is_hexadecimal(name))
		return find_beginnings(place, name, arena, ret_ids);
	*ret_ids = ids;
	if (!*name || strchr(name, '/') || *name == '.')
		return 0;
	if (open_names(place, &names_fd) < 0)
		return -1;
	read_name(names_fd, name, owner);
	if (!box_exists(place, owner))
		return is_hexadecimal(name) ? find_beginnings(place, name, arena, ret_ids) : 0;
	id = arena_format(arena, "%s", owner);
	return id ? str_list_add(ret_ids, arena, id) : -1;
}
