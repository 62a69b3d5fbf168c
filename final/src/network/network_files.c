/* network_files.c: the texts of hosts and resolv.conf, and which namespace it is. See network.h; next
 * file: ports.h */
#include "../base/err.h"
#include "../base/fd.h"
#include "network_internal.h"

#include <fcntl.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, NAMESERVERS_MAX = 3 }; /* resolv.conf(5) */

static const char container_mode[] = "container:";

static bool is_host(const struct box *box)
{
	return strcmp(box->network_mode, "host") == 0;
}

/* --- another box's network --- */

/* The box that --net container:ID names. */
static int find_other(const struct box *box, struct box *ret_other)
{
	const char *name = box->network_mode + sizeof(container_mode) - 1;
	int result = box_find(box->place, name, ret_other);

	if (result == 0 && strcmp(ret_other->id, box->id) == 0) {
		box_close(ret_other);
		return err_set(ELOOP, "a container cannot share its own network");
	}
	return result;
}

/* Runs `get` on the other box, and so on if that one has the network of a third. */
static int ask_other(const struct box *box, struct arena *arena,
		     int (*get)(const struct box *, struct arena *, char **), char **ret_text)
{
	struct box other;
	int result;

	if (find_other(box, &other) < 0)
		return err_wrap("--net %s", box->network_mode);
	if (other.state.status != BOX_RUNNING && other.state.status != BOX_PAUSED)
		result = err_set(ESRCH, "--net %s: container %s does not run: husk start %s",
				 box->network_mode, other.name, other.name);
	else
		result = get(&other, arena, ret_text);
	box_close(&other);
	return result;
}

static bool is_others(const struct box *box)
{
	return str_has_prefix(box->network_mode, container_mode);
}

/* A box that runs has a namespace by its process, whoever made it; one that starts has the file. */
int network_namespace(const struct box *box, struct arena *arena, char **ret_path)
{
	char *path = NULL;

	if (is_others(box))
		return ask_other(box, arena, network_namespace, ret_path);
	if (network_is_own(box))
		path = place_run(box->place, arena, "netns/%s", box->id);
	else if (strcmp(box->network_mode, "none") == 0 && box->state.pid > 0)
		path = arena_format(arena, "/proc/%lld/ns/net", (long long)box->state.pid);
	if (!path && network_is_own(box))
		return -1;
	*ret_path = path;
	return 0;
}

/* --- hosts --- */

/* "db:10.0.0.9", "db=10.0.0.9", "db:host-gateway": docker's --add-host. */
static int print_extra(const struct box *box, const char *entry, FILE *stream)
{
	const char *sign = strpbrk(entry, ":="), *address = sign ? sign + 1 : "";
	struct ip ip;

	if (sign && strcmp(address, "host-gateway") == 0)
		address = box->endpoints.count && box->endpoints.items[0].gateway
				  ? box->endpoints.items[0].gateway
				  : "127.0.0.1";
	if (!sign || sign == entry || ip_parse(address, &ip) < 0)
		return err_set(EINVAL, "--add-host %s: expected NAME:ADDRESS", entry);
	fprintf(stream, "%s\t%.*s\n", ip_text(&ip).text, (int)(sign - entry), entry);
	return 0;
}

static int print_hosts(const struct box *box, struct arena *arena, FILE *stream)
{
	char *own = NULL;

	if (is_host(box) && fd_read_file(AT_FDCWD, "/etc/hosts", FILE_MAX, arena, &own, NULL) == 0)
		fputs(own, stream);
	else
		fputs("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", stream);
	for (size_t i = 0; i < box->extra_hosts.count; i++)
		if (print_extra(box, box->extra_hosts.items[i], stream) < 0)
			return -1;
	return is_host(box) ? 0 : network_print_sections(box, stream);
}

/* What `print` writes, as a text in the arena. */
static int print_to_text(const struct box *box,
			 int (*print)(const struct box *, struct arena *, FILE *),
			 struct arena *arena, char **ret_text)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int result;

	if (!stream)
		return err_sys("container %s", box->name);
	result = print(box, arena, stream);
	if (fclose(stream) != 0)
		return err_sys("container %s", box->name);
	if (result < 0)
		return -1;
	*ret_text = arena_format(arena, "%s", text);
	return *ret_text ? 0 : -1;
}

int network_hosts(const struct box *box, struct arena *arena, char **ret_text)
{
	if (is_others(box))
		return ask_other(box, arena, network_hosts, ret_text);
	return print_to_text(box, print_hosts, arena, ret_text);
}

/* --- resolv.conf --- */

struct resolver {
	const struct box *box;
	FILE *stream;
	bool ipv4, ipv6; /* nameservers of that kind can be reached */
	int nameservers;
};

/* A nameserver of the host's loopback, 127.0.0.53 for one, is another machine inside. */
static void take_nameserver(struct resolver *resolver, const char *text)
{
	struct ip ip;

	if (resolver->nameservers == NAMESERVERS_MAX || ip_parse(text, &ip) < 0)
		return;
	if (!is_host(resolver->box) &&
	    (ip_is_loopback(&ip) || (ip.family == AF_INET6 ? !resolver->ipv6 : !resolver->ipv4)))
		return;
	fprintf(resolver->stream, "nameserver %s\n", text);
	resolver->nameservers++;
}

static void read_nameservers(struct resolver *resolver, const char *path)
{
	auto_file FILE *file = fopen(path, "re");
	char line[1024], text[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "nameserver %63s", text) == 1)
			take_nameserver(resolver, text);
}

/* search, domain and options of the host are good inside as well. */
static void copy_others(struct resolver *resolver)
{
	static const char *const words[] = {"search", "domain", "options"};
	auto_file FILE *file = fopen("/etc/resolv.conf", "re");
	char line[1024], word[16];

	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (sscanf(line, "%15s", word) == 1 && strcmp(word, words[i]) == 0)
				fprintf(resolver->stream, "%.*s\n", (int)strcspn(line, "\n"), line);
}

static int look_at_networks(struct resolver *resolver)
{
	const struct box *box = resolver->box;

	for (size_t i = 0; i < box->endpoints.count; i++) {
		auto_network struct network network = {0};

		if (network_find(box->place, box->endpoints.items[i].network, &network) < 0)
			return -1;
		resolver->ipv4 |= !network.internal;
		resolver->ipv6 |= !network.internal && network.subnet6;
	}
	return 0;
}

static int print_given(const struct box *box, FILE *stream)
{
	for (size_t i = 0; i < box->dns.count; i++) {
		struct ip ip;

		if (ip_parse(box->dns.items[i], &ip) < 0)
			return err_wrap("--dns");
		fprintf(stream, "nameserver %s\n", box->dns.items[i]);
	}
	return 0;
}

static int print_resolv(const struct box *box, struct arena *arena, FILE *stream)
{
	struct resolver resolver = {.box = box, .stream = stream};

	(void)arena;
	if (look_at_networks(&resolver) < 0)
		return -1;
	copy_others(&resolver);
	if (box->dns.count)
		return print_given(box, stream);
	read_nameservers(&resolver, "/etc/resolv.conf");
	if (!resolver.nameservers) /* systemd-resolved keeps the real ones here */
		read_nameservers(&resolver, "/run/systemd/resolve/resolv.conf");
	if (!resolver.nameservers)
		fputs("# no nameserver can be reached from here: husk run --dns ADDRESS\n", stream);
	return 0;
}

int network_resolv(const struct box *box, struct arena *arena, char **ret_text)
{
	if (is_others(box))
		return ask_other(box, arena, network_resolv, ret_text);
	return print_to_text(box, print_resolv, arena, ret_text);
}
