/*
 * network_switch.c: files of /proc/sys that hold a number, sysctl(8): what has to be set for packets
 * to pass, and is put back when the last box has left. A switch's name is its path below /proc/sys;
 * its note has colons for slashes, since an interface's name can have a dot, but no colon. See
 * network_internal.h; next file: network_rules.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "network_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

static int switch_path(const char *name, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "/proc/sys/%s", name);
	return access(ret_path, F_OK); /* a kernel without IPv6 has none of its files */
}

static int read_switch(const char *path, char *ret_value, size_t size)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : fd_read(fd, ret_value, size - 1);

	if (length < 0)
		return err_sys("read %s", path);
	ret_value[length] = '\0';
	ret_value[strcspn(ret_value, "\n")] = '\0';
	return 0;
}

/* What is as it should be is not written: /proc/sys can be read-only, and still all is well. */
int network_set_switch(const char *name, const char *value)
{
	char path[PATH_MAX], now[16];

	if (switch_path(name, path, sizeof(path)) < 0)
		return 0;
	if (read_switch(path, now, sizeof(now)) < 0)
		return -1;
	return strcmp(now, value) == 0 ? 0 : fd_write_file(AT_FDCWD, path, value);
}

static void exchange(char *text, char from, char to)
{
	for (; (text = strchr(text, from)); text++)
		*text = to;
}

/*
 * Sets a switch of the whole host. Its old value is noted first: whoever finds the note knows what
 * it was, whatever it is now.
 */
static int set_noted(int leases, const char *name, const char *value)
{
	char path[PATH_MAX], now[16], note[NAME_MAX];

	if (switch_path(name, path, sizeof(path)) < 0)
		return 0;
	if (read_switch(path, now, sizeof(now)) < 0)
		return -1;
	if (strcmp(now, value) == 0)
		return 0;
	snprintf(note, sizeof(note), ".switches/%s", name);
	exchange(note + sizeof(".switches"), '/', ':');
	if (lease_note_first(leases, note, now) < 0 && err_last()->code != EEXIST)
		return -1;
	return fd_write_file(AT_FDCWD, path, value);
}

static int restore_one(int leases, const char *note, struct arena *arena)
{
	char *path = arena_format(arena, ".switches/%s", note), *value;
	char *name = arena_format(arena, "%s", note);

	if (!path || !name || lease_find_note(leases, path, arena, &value) < 0)
		return -1;
	exchange(name, ':', '/');
	if (value && network_set_switch(name, value) < 0)
		log_warn("%s", err_last()->text); /* an interface may have gone meanwhile */
	return lease_drop_note(leases, path);
}

int network_restore_switches(int leases)
{
	auto_arena struct arena scratch = {0};
	struct str_list notes = {0};

	if (lease_list_notes(leases, ".switches", &scratch, &notes) < 0)
		return -1;
	for (size_t i = 0; i < notes.count; i++)
		if (restore_one(leases, notes.items[i], &scratch) < 0)
			return -1;
	return 0;
}

/*
 * A host that forwards IPv6 stops listening to routers, and would lose its own default route: value
 * 2 of accept_ra means "listen even so" (the kernel's ip-sysctl.rst).
 */
static int keep_listening(int leases)
{
	auto_dir DIR *dir = opendir("/proc/sys/net/ipv6/conf");
	struct dirent *entry;
	char name[NAME_MAX + 40], path[PATH_MAX], value[16];

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "net/ipv6/conf/%s/accept_ra", entry->d_name);
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0 ||
		    strcmp(entry->d_name, "default") == 0 || strcmp(entry->d_name, "lo") == 0)
			continue;
		if (switch_path(name, path, sizeof(path)) < 0 ||
		    read_switch(path, value, sizeof(value)) < 0 || strcmp(value, "1") != 0)
			continue;
		if (set_noted(leases, name, "2") < 0)
			return -1;
	}
	return 0;
}

/* Between its interfaces the host passes nothing on unless it is told to. */
int network_set_forwarding(int leases, const struct network *network)
{
	char now[16];

	if (network->internal)
		return 0;
	if (set_noted(leases, "net/ipv4/ip_forward", "1") < 0)
		return -1;
	if (!network->subnet6 ||
	    read_switch("/proc/sys/net/ipv6/conf/all/forwarding", now, sizeof(now)) < 0 ||
	    strcmp(now, "0") != 0)
		return 0;
	if (keep_listening(leases) < 0)
		return -1;
	return set_noted(leases, "net/ipv6/conf/all/forwarding", "1");
}
