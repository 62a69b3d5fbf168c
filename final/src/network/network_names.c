/*
 * network_names.c: what boxes of a named network are called, in the hosts file of each, between two
 * lines of ours; what people write around them stays:
 *
 *	# husk container
 *	10.90.0.2	HOSTNAME web
 *	# husk end
 *	# husk network NAME
 *	10.90.0.2	web db 1f0a...
 *	10.90.0.3	...
 *	# husk end
 *
 * See network_internal.h; next file: network_files.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "network_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { HOSTS_MAX = 4 << 20 };

static const char own_title[] = "# husk container\n", network_title[] = "# husk network ",
		  section_end[] = "# husk end\n";

/* "web db 1f0a...": what others may call it. */
int network_note_names(int leases, const struct box *box, const struct box_endpoint *endpoint)
{
	const struct str_list *aliases = &endpoint->aliases;
	char path[PATH_MAX], names[PATH_MAX];
	int length = snprintf(names, sizeof(names), "%s", box->name);

	for (size_t i = 0; i < aliases->count && length < (int)sizeof(names); i++)
		length += snprintf(names + length, sizeof(names) - (size_t)length, " %s",
				   aliases->items[i]);
	if (length < (int)sizeof(names))
		length += snprintf(names + length, sizeof(names) - (size_t)length, " %s",
				   box_short_id(box).text);
	if (length >= (int)sizeof(names))
		return err_set(ENAMETOOLONG,
			       "container %s: its aliases have more than %d characters", box->name,
			       PATH_MAX);
	snprintf(path, sizeof(path), "%s/.%s", endpoint->network, endpoint->address);
	return lease_note(leases, path, names);
}

/* --- sections: the boxes of a network --- */

static void print_lease(FILE *stream, const struct lease *lease, const struct network_range *range)
{
	struct ip ip, six;

	if (!lease->names || ip_parse(lease->address, &ip) < 0)
		return;
	fprintf(stream, "%s\t%s\n", lease->address, lease->names);
	if (!range->subnet6.base.family)
		return;
	six = ip_nth(&range->subnet6, ip_number(&range->subnet, &ip));
	fprintf(stream, "%s\t%s\n", ip_text(&six).text, lease->names);
}

/* In the order of addresses, so that an unchanged network gives an unchanged text. */
static int compare(const void *a, const void *b)
{
	return strverscmp(((const struct lease *)a)->address, ((const struct lease *)b)->address);
}

/* The members of a network; *ret_text is the section. */
static int make_section(const struct place *place, int leases, const char *name,
			struct arena *arena, struct lease_list *ret_members, char **ret_text)
{
	auto_network struct network network = {0};
	auto_free char *text = NULL;
	struct network_range range;
	struct lease_list all, members = {0};
	size_t size;
	FILE *stream;

	if (network_find(place, name, &network) < 0 || network_read_range(&network, &range) < 0 ||
	    lease_read(leases, arena, &all) < 0)
		return -1;
	members.items = all.items;
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i].network, network.name) == 0)
			members.items[members.count++] = all.items[i];
	if (members.count)
		qsort(members.items, members.count, sizeof(*members.items), compare);
	stream = open_memstream(&text, &size);
	if (!stream)
		return err_sys("hosts");
	fprintf(stream, "%s%s\n", network_title, network.name);
	for (size_t i = 0; i < members.count; i++)
		print_lease(stream, &members.items[i], &range);
	fputs(section_end, stream);
	if (fclose(stream) != 0)
		return err_sys("hosts");
	*ret_text = arena_format(arena, "%s", text);
	*ret_members = members;
	return *ret_text ? 0 : -1;
}

/* Who the box itself is, in its first network. */
static void print_own(const struct box *box, FILE *stream)
{
	const struct box_endpoint none = {0}, *endpoint = &none;

	if (box->endpoints.count)
		endpoint = box->endpoints.items;
	fputs(own_title, stream);
	fprintf(stream, "%s\t%s %s\n", endpoint->address ? endpoint->address : "127.0.1.1",
		box->hostname, box->name);
	if (endpoint->address6)
		fprintf(stream, "%s\t%s %s\n", endpoint->address6, box->hostname, box->name);
	fputs(section_end, stream);
}

/* Where the section with this title begins in text, or text's end; *ret_rest is what follows it. */
static const char *find_section(const char *text, const char *title, const char **ret_rest)
{
	const char *at = strstr(text, title), *end;

	if (!at) {
		*ret_rest = text + strlen(text);
		return *ret_rest;
	}
	end = strstr(at, section_end);
	*ret_rest = end ? end + sizeof(section_end) - 1 : at + strlen(title);
	return at;
}

/* --- files that are mounted: changed in place --- */

/* In one write(2), and cut after it: whoever reads meanwhile sees old or new lines, no gap. */
static int write_in_place(int fd, const char *text)
{
	size_t length = strlen(text);

	if (pwrite(fd, text, length, 0) != (ssize_t)length || ftruncate(fd, (off_t)length) < 0)
		return err_sys("write hosts");
	return 0;
}

/* `section` "": it goes. A box that has no such file is about to get one. */
static int update_file(const struct place *place, const char *id, const char *title,
		       const char *section, struct arena *arena)
{
	char *path = place_data(place, arena, "boxes/%s/hosts", id), *text, *changed;
	auto_close int fd = path ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
	const char *begin, *rest;

	if (!path)
		return -1;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys("open %s", path);
	if (fd_read_text(fd, HOSTS_MAX, arena, &text, NULL) < 0)
		return err_wrap("%s", path);
	begin = find_section(text, title, &rest);
	changed = arena_format(arena, "%.*s%s%s", (int)(begin - text), text, section, rest);
	if (!changed)
		return -1;
	return strcmp(changed, text) == 0 ? 0 : write_in_place(fd, changed);
}

int network_refresh_all(const struct place *place, int leases, const char *name)
{
	auto_arena struct arena scratch = {0};
	char *section, *title = arena_format(&scratch, "%s%s\n", network_title, name);
	struct lease_list members;

	if (!title || make_section(place, leases, name, &scratch, &members, &section) < 0)
		return -1;
	for (size_t i = 0; i < members.count; i++)
		/* It is theirs to spoil, but not for others. */
		if (update_file(place, members.items[i].id, title, section, &scratch) < 0)
			log_warn("hosts of container %.12s: %s", members.items[i].id,
				 err_last()->text);
	return 0;
}

static int update_own(const struct box *box, struct arena *arena)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return err_sys("hosts");
	print_own(box, stream);
	if (fclose(stream) != 0)
		return err_sys("hosts");
	return update_file(box->place, box->id, own_title, text, arena);
}

int network_drop_section(const struct box *box, const char *name)
{
	auto_arena struct arena scratch = {0};
	auto_lease int leases = -1;
	char *title = arena_format(&scratch, "%s%s\n", network_title, name);

	if (!title || lease_lock(box->place, &leases) < 0 ||
	    update_file(box->place, box->id, title, "", &scratch) < 0)
		return -1;
	return update_own(box, &scratch);
}

int network_print_sections(const struct box *box, FILE *stream)
{
	auto_arena struct arena scratch = {0};
	auto_lease int leases = -1;

	if (lease_lock(box->place, &leases) < 0)
		return -1;
	print_own(box, stream);
	for (size_t i = 0; i < box->endpoints.count; i++) {
		const struct box_endpoint *endpoint = &box->endpoints.items[i];
		struct lease_list members;
		char *section;

		if (!endpoint->address || !network_has_names(endpoint->network))
			continue;
		if (make_section(box->place, leases, endpoint->network, &scratch, &members,
				 &section) < 0)
			return -1;
		fputs(section, stream);
	}
	return 0;
}

int network_refresh(const struct box *box)
{
	auto_arena struct arena scratch = {0};
	auto_lease int leases = -1;

	if (!network_is_own(box))
		return 0;
	if (lease_lock(box->place, &leases) < 0)
		return -1;
	for (size_t i = 0; i < box->endpoints.count; i++) {
		const struct box_endpoint *endpoint = &box->endpoints.items[i];

		if (!endpoint->address || !network_has_names(endpoint->network))
			continue;
		if (network_note_names(leases, box, endpoint) < 0 ||
		    network_refresh_all(box->place, leases, endpoint->network) < 0)
			return err_wrap("hosts of network '%s'", endpoint->network);
	}
	return update_own(box, &scratch);
}
