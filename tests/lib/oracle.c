/*
 * oracle: prints what a container could have left behind, a line each. Take one before and one
 * after; the difference must be empty. Runs in the sandbox, on the sandbox's state; a program of
 * its own, and not a script, because it runs once for every cell of the matrix.
 *
 *	process  in another PID namespace, or of a program that only tests start
 *	netns    a network namespace that a process is in
 *	mount    in the order of mounting
 *	cgroup   below husk-course, husk, or a name that begins so, in any hierarchy
 *	file     of the root file system, the secrets, the programs, /dev/shm; beside them in tmp
 *	state    records, leases: all of it but the runtime's cache of compiled filters
 *	data     of that, not logs and images: they are what a run is for
 *	ipc, hostname, link, route, sysctl, nft, loop, key
 *
 * `oracle pids` prints the numbers of the processes, and nothing else: for who ends them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <limits.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines of one kind, printed together and in order: readdir(3) has none. */
struct lines {
	char **text;
	size_t count;
};

/* An oracle that cannot see must not say that nothing is there. */
static void give_up(const char *what)
{
	fprintf(stderr, "oracle: %s: %s\n", what, strerror(errno));
	exit(2);
}

__attribute__((format(printf, 2, 3))) static void add(struct lines *lines, const char *format, ...)
{
	va_list arguments;

	lines->text = realloc(lines->text, (lines->count + 1) * sizeof(*lines->text));
	va_start(arguments, format);
	if (!lines->text || vasprintf(&lines->text[lines->count++], format, arguments) < 0)
		give_up("remember a line");
	va_end(arguments);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Prints the lines in order, each one once if UNIQUE, and forgets them. */
static void flush_lines(struct lines *lines, int unique)
{
	if (lines->count > 0)
		qsort(lines->text, lines->count, sizeof(*lines->text), compare);
	for (size_t i = 0; i < lines->count; i++)
		if (!unique || i == 0 || strcmp(lines->text[i], lines->text[i - 1]) != 0)
			puts(lines->text[i]);
	for (size_t i = 0; i < lines->count; i++)
		free(lines->text[i]);
	free(lines->text);
	*lines = (struct lines){0};
}

/* Reads a file of /proc, or one line of it; returns its length, -1 if it cannot be read. */
static int read_file(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int length = fd < 0 ? -1 : (int)read(fd, ret, size - 1);

	if (fd >= 0)
		close(fd);
	ret[length > 0 ? length : 0] = '\0';
	return length;
}

static int read_link(const char *directory, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];
	int length;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	length = readlink(path, ret, size - 1);
	ret[length > 0 ? length : 0] = '\0';
	return length;
}

/* It has ended; when its parent gets round to asking, which may be process 1, is not its doing. */
static int is_zombie(const char *directory)
{
	char path[PATH_MAX], stat[512];
	const char *name_end;

	snprintf(path, sizeof(path), "%s/stat", directory);
	read_file(path, stat, sizeof(stat));
	name_end = strrchr(stat, ')');
	return name_end && strncmp(name_end, ") Z", 3) == 0;
}

static void see_process(const char *directory, const char *own, const char *site, int only_pids,
			struct lines *processes, struct lines *networks)
{
	char path[PATH_MAX], ns[64], exe[PATH_MAX], command[512];
	int length;

	if (is_zombie(directory) || read_link(directory, "ns/pid", ns, sizeof(ns)) < 0)
		return; /* it has ended, or has gone meanwhile */
	read_link(directory, "exe", exe, sizeof(exe));
	snprintf(path, sizeof(path), "%s/cmdline", directory);
	length = read_file(path, command, sizeof(command));
	for (int i = 0; i < length - 1; i++)
		if (command[i] == '\0' || command[i] == '\n')
			command[i] = ' ';
	if (strcmp(ns, own) != 0 || strncmp(exe, site, strlen(site)) == 0)
		add(processes, "%s%s", only_pids ? "" : "process ",
		    only_pids ? directory + strlen("/proc/") : command);
	if (read_link(directory, "ns/net", ns, sizeof(ns)) > 0)
		add(networks, "netns %s", ns);
}

static void see_processes(const char *site, int only_pids)
{
	struct lines processes = {0}, networks = {0};
	char own[64];
	glob_t found;

	if (read_link("/proc/self", "ns/pid", own, sizeof(own)) < 0)
		give_up("/proc/self/ns/pid");
	if (glob("/proc/[0-9]*", GLOB_NOSORT, NULL, &found) != 0)
		give_up("/proc");
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (atoi(found.gl_pathv[i] + strlen("/proc/")) != getpid())
			see_process(found.gl_pathv[i], own, site, only_pids, &processes, &networks);
	globfree(&found);
	flush_lines(&processes, 0);
	if (!only_pids)
		flush_lines(&networks, 1);
}

/* The rest of each line of a file, after SKIP words, behind KIND; FIRST lines are left out. */
static void see_table(const char *path, const char *kind, int first, int skip)
{
	FILE *stream = fopen(path, "re");
	char *line = NULL, *rest;
	size_t size = 0;

	if (!stream)
		give_up(path);
	while (getline(&line, &size, stream) > 0) {
		if (first-- > 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		for (int i = 0; i < skip && rest; i++)
			rest = strchr(rest + 1, ' ');
		if (rest)
			printf("%s %s\n", kind, rest + strspn(rest, " "));
	}
	free(line);
	fclose(stream);
}

/* Directories of containers, and those they were moved to: at most four levels deep. */
static void see_cgroups(void)
{
	char *const roots[] = {"/sys/fs/cgroup", NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct lines lines = {0};
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		if (entry->fts_info != FTS_D)
			continue;
		if (strstr(entry->fts_path, "/husk") && !strstr(entry->fts_path, "/husk-sandbox-"))
			add(&lines, "cgroup %s", entry->fts_path);
		/* Without root the cgroups are the machine's: other sandboxes have theirs there. */
		if (entry->fts_level >= 4 || strncmp(entry->fts_name, "husk-sandbox-", 13) == 0)
			fts_set(tree, entry, FTS_SKIP);
	}
	if (tree)
		fts_close(tree);
	flush_lines(&lines, 0);
}

static void add_file(struct lines *lines, const char *kind, const FTSENT *entry)
{
	const struct stat *st = entry->fts_statp;
	char target[PATH_MAX] = "";

	if (entry->fts_info == FTS_SL)
		read_link("", entry->fts_path, target, sizeof(target));
	add(lines, "%s %s %06o %u:%u %lld %lld.%09ld %s", kind, entry->fts_path, st->st_mode,
	    st->st_uid, st->st_gid, (long long)st->st_size,
	    S_ISREG(st->st_mode) ? (long long)st->st_mtim.tv_sec : 0,
	    S_ISREG(st->st_mode) ? st->st_mtim.tv_nsec : 0, target);
}

static void see_files(const char *site)
{
	char rootfs[64], secret[64], husk[64];
	char *const roots[] = {rootfs, secret, husk, "/dev/shm", "/dev/mqueue", NULL};
	struct lines lines = {0};
	FTSENT *entry;
	FTS *tree;

	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", site);
	snprintf(secret, sizeof(secret), "%s/secret", site);
	snprintf(husk, sizeof(husk), "%s/husk", site);
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		give_up(rootfs);
	while ((entry = fts_read(tree)))
		if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS) /* no mqueue here */
			add_file(&lines, "file", entry);
	fts_close(tree);
	flush_lines(&lines, 0);
}

/* What checks and the oracle itself keep in tmp; everything else there is left over. */
static int is_of_tests(const char *name)
{
	const char *const prefixes[] = {"bats-", "oracle-"};
	const char *const names[] = {".", "..", "out", "err", "explanation"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}

static void see_tmp(const char *site)
{
	struct lines lines = {0};
	struct dirent *entry;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "%s/tmp", site);
	directory = opendir(path);
	if (!directory)
		give_up(path);
	while ((entry = readdir(directory)))
		if (!is_of_tests(entry->d_name))
			add(&lines, "file %s/%s", path, entry->d_name);
	closedir(directory);
	flush_lines(&lines, 0);
}

/*
 * Below HUSK_STATE or HUSK_DATA, of root or of a user. The directory itself, and one right below it
 * that is empty, is a shelf, not a thing of a container, unless root's has become somebody else's;
 * finished logs and unpacked images are what a run is for.
 */
static void see_place(const char *kind, const char *pattern)
{
	char *const none[] = {NULL};
	struct lines lines = {0};
	FTS *tree = NULL;
	FTSENT *entry;
	glob_t found;

	if (glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &found) == 0)
		tree = fts_open(found.gl_pathc ? found.gl_pathv : none, FTS_PHYSICAL | FTS_NOCHDIR,
				NULL);
	while (tree && (entry = fts_read(tree))) {
		int is_shelf =
			entry->fts_info == FTS_D && entry->fts_level <= 1 &&
			(entry->fts_statp->st_uid == 0 || strstr(entry->fts_path, "/users/"));
		int is_product = strcmp(kind, "data") == 0 && entry->fts_level == 1 &&
				 (strcmp(entry->fts_name, "logs") == 0 ||
				  strcmp(entry->fts_name, "images") == 0);
		int is_cache = strcmp(kind, "state") == 0 && entry->fts_level == 2 &&
			       strcmp(entry->fts_name, ".seccomp") == 0;

		if (is_product || is_cache)
			fts_set(tree, entry, FTS_SKIP);
		else if (!is_shelf && entry->fts_info != FTS_DP)
			add_file(&lines, kind, entry);
	}
	if (tree)
		fts_close(tree);
	globfree(&found);
	flush_lines(&lines, 0);
}

static void see_places(const char *site)
{
	char pattern[128];

	snprintf(pattern, sizeof(pattern), "{%s/state,%s/users/*/state}", site, site);
	see_place("state", pattern);
	snprintf(pattern, sizeof(pattern), "{%s/data,%s/users/*/data}", site, site);
	see_place("data", pattern);
}

/* The content of one-line files, with their names; PREFIX is cut off a name. */
static void see_contents(const char *kind, const char *pattern, const char *prefix,
			 const char *if_starts)
{
	struct lines lines = {0};
	char text[PATH_MAX];
	glob_t found;

	if (glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (read_file(found.gl_pathv[i], text, sizeof(text)) >= 0 &&
			    strncmp(text, if_starts, strlen(if_starts)) == 0) {
				text[strcspn(text, "\n")] = '\0';
				add(&lines, "%s %s %s", kind, found.gl_pathv[i] + strlen(prefix),
				    text);
			}
	globfree(&found);
	flush_lines(&lines, 0);
}

static void see_links(void)
{
	FILE *stream = fopen("/proc/self/net/dev", "re");
	struct lines lines = {0};
	char line[512], *colon;

	if (!stream)
		give_up("/proc/self/net/dev");
	while (fgets(line, sizeof(line), stream)) {
		colon = strchr(line, ':'); /* the two lines of headings have none */
		if (!colon)
			continue;
		*colon = '\0';
		add(&lines, "link %s", line + strspn(line, " "));
	}
	fclose(stream);
	flush_lines(&lines, 0);
}

/* Whether this network namespace has a table: the kernel lists none by "done" at once. */
static int has_tables(void)
{
	const struct {
		struct nlmsghdr header;
		struct nfgenmsg message;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.message = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
	};
	char answer[8192] = "";
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	unsigned short type;

	if (fd < 0)
		return 0; /* a kernel without netfilter */
	if (send(fd, &request, sizeof(request), 0) < 0 || recv(fd, answer, sizeof(answer), 0) < 0)
		give_up("list the tables of nftables");
	close(fd);
	memcpy(&type, answer + offsetof(struct nlmsghdr, nlmsg_type), sizeof(type));
	return type != NLMSG_DONE && type != NLMSG_ERROR; /* an error: without nf_tables */
}

/* nft(8) takes longer than everything else here: it is asked only if there is something. */
static void see_rules(const char *site)
{
	char path[128], command[256];

	if (!has_tables())
		return;
	snprintf(path, sizeof(path), "%s/tmp/oracle-nft", site);
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin nft -s list ruleset >%s",
		 path);
	if (system(command) != 0)
		give_up("nft list ruleset");
	see_table(path, "nft", 0, 0);
}

/* Keys are the machine's, also in the sandbox: only those that a check gave the token to. */
static void see_keys(void)
{
	const char *token = getenv("TOKEN");
	FILE *stream = fopen("/proc/keys", "re");
	struct lines lines = {0};
	char line[512], *name;

	while (stream && token && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		name = strstr(line, token);
		while (name && name > line && name[-1] != ' ')
			name--;
		if (name)
			add(&lines, "key %.8s %s", line, name);
	}
	if (stream)
		fclose(stream);
	flush_lines(&lines, 0);
}

int main(int argc, char **argv)
{
	const char *site = getenv("SITE");
	char within[64];

	if (!site) {
		fprintf(stderr,
			"oracle: runs in the sandbox only: tests/lib/sandbox tests/lib/oracle\n");
		return 2;
	}
	snprintf(within, sizeof(within), "%s/", site);
	see_processes(within, argc > 1 && strcmp(argv[1], "pids") == 0);
	if (argc > 1)
		return 0;
	see_table("/proc/self/mountinfo", "mount", 0, 3);
	see_cgroups();
	see_files(site);
	see_tmp(site);
	see_places(site);
	see_table("/proc/sysvipc/msg", "ipc msg", 1, 0);
	see_table("/proc/sysvipc/sem", "ipc sem", 1, 0);
	see_table("/proc/sysvipc/shm", "ipc shm", 1, 0);
	see_contents("hostname", "/proc/sys/kernel/{host,domain}name", "/proc/sys/kernel/", "");
	see_links();
	see_table("/proc/self/net/route", "route", 1, 0);
	see_contents("sysctl",
		     "/proc/sys/net/{ipv4/ip_forward,ipv6/conf/all/forwarding,ipv4/conf/*/"
		     "route_localnet}",
		     "/proc/sys/net/", "");
	see_rules(site);
	/* The path of a file on somebody else's mount does not begin with ours. */
	see_contents("loop", "/sys/block/loop*/loop/backing_file", "/sys/block/", within);
	see_keys();
	return fflush(stdout) == EOF ? 2 : 0;
}
