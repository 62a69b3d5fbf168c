/*
 * cli.c: the command line. One table says which options there are; parsing, help and the
 * suggestion for a mistyped one all read it. Read the table first, then cli_parse().
 */
#include "cli.h"
#include "caps.h"
#include "husk.h"
#include "user.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };
enum { MAX_CPUS = 1024, MAX_PIDS = 4194304, MIN_MEMORY = 1 << 20, MAX_HOSTNAME = 64 };

static int parse_digits(const char *text, char **ret_end, long long *ret)
{
	if (*text < '0' || *text > '9') /* strtoll(3) would take blanks and signs */
		return -1;
	errno = 0;
	*ret = strtoll(text, ret_end, 10);
	return errno ? -1 : 0;
}

/* A number with at most three decimals, then `suffix` and nothing else. */
static int parse_thousandths(const char *text, const char *suffix, long long *ret)
{
	long long whole, decimals = 0;
	char *end;

	if (parse_digits(text, &end, &whole) < 0 || whole > INT_MAX)
		return -1;
	if (*end == '.') {
		text = end + 1;
		if (parse_digits(text, &end, &decimals) < 0 || end - text > 3)
			return -1;
		for (long places = end - text; places < 3; places++)
			decimals *= 10;
	}
	if (strcmp(end, suffix) != 0)
		return -1;
	*ret = whole * 1000 + decimals;
	return 0;
}

static int is_max(const char *text, long long *ret)
{
	if (strcmp(text, "max") != 0)
		return 0;
	*ret = NO_LIMIT;
	return 1;
}

int cli_parse_size(const char *text, long long *ret)
{
	const char *const units = "KMGT", *unit;
	long long value, factor = 1;
	char *end;

	if (is_max(text, ret))
		return 0;
	if (parse_digits(text, &end, &value) < 0)
		return -1;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return -1;
		factor = 1024LL << 10 * (unit - units);
	}
	if (value > LLONG_MAX / factor || value * factor < MIN_MEMORY)
		return -1;
	*ret = value * factor;
	return 0;
}

/* `us` microseconds per period for each unit; 1 % is the least the kernel takes. */
static int parse_cpu(const char *text, const char *suffix, long long us, long long *ret)
{
	long long thousandths;

	if (is_max(text, ret))
		return 0;
	if (parse_thousandths(text, suffix, &thousandths) < 0)
		return -1;
	us = thousandths * us / 1000;
	if (us < CPU_PERIOD_US / 100 || us > (long long)MAX_CPUS * CPU_PERIOD_US)
		return -1;
	*ret = us;
	return 0;
}

int cli_parse_percent(const char *text, long long *ret)
{
	return parse_cpu(text, "%", CPU_PERIOD_US / 100, ret);
}

int cli_parse_cpus(const char *text, long long *ret)
{
	return parse_cpu(text, "", CPU_PERIOD_US, ret);
}

int cli_parse_count(const char *text, long long *ret)
{
	long long value;
	char *end;

	if (is_max(text, ret))
		return 0;
	if (parse_digits(text, &end, &value) < 0 || *end || value < 1 || value > MAX_PIDS)
		return -1;
	*ret = value;
	return 0;
}

/*
 * What the options that are no limit do with their value: they return NULL, or the words that end
 * the sentence "husk: --option=value: expected ...".
 */

/* Whether text is 1 to `max` letters, digits and `others`, beginning with a letter or digit. */
static int is_word(const char *text, size_t max, const char *others)
{
	if (!isalnum((unsigned char)*text) || strlen(text) > max)
		return 0;
	while (isalnum((unsigned char)*text) || (*text && strchr(others, *text)))
		text++;
	return *text == '\0';
}

static const char *set_hostname(struct config *cfg, const char *value)
{
	cfg->hostname = value;
	return is_word(value, MAX_HOSTNAME, ".-") ? NULL
						  : "1 to 64 letters, digits, dots and hyphens";
}

static const char *set_name(struct config *cfg, const char *value)
{
	cfg->name = value; /* becomes a directory name: no slash, and no leading dot */
	return is_word(value, MAX_HOSTNAME, "_.-") ? NULL : "1 to 64 letters, digits, and _ . -";
}

static const char *set_rootfs(struct config *cfg, const char *value)
{
	struct stat st;

	cfg->rootfs = value;
	return stat(value, &st) == 0 && S_ISDIR(st.st_mode)
		       ? NULL
		       : "an existing directory (rootfs-builder/build makes one)";
}

static const char *set_workdir(struct config *cfg, const char *value)
{
	cfg->workdir = value;
	return *value == '/' ? NULL : "an absolute path inside the container";
}

static const char *add_env(struct config *cfg, const char *value)
{
	cfg->env[cfg->env_count++] = (char *)value; /* for putenv(3), which keeps the pointer */
	return strchr(value, '=') > value ? NULL : "NAME=VALUE";
}

static const char *add_volume(struct config *cfg, const char *value)
{
	const char *const expected = "EXISTING_PATH:/PATH_INSIDE, or with :ro at the end";
	struct volume *volume = &cfg->volumes[cfg->volume_count++];
	char *source = strdupa(value), *target = strchr(source, ':'), *mode;

	if (!target)
		return expected;
	*target++ = '\0';
	mode = strchr(target, ':');
	if (mode)
		*mode++ = '\0';
	if (target[0] != '/' || !target[1] || strstr(target, "..") ||
	    (mode && strcmp(mode, "ro") != 0))
		return expected;
	volume->source = realpath(source, NULL); /* the child will be somewhere else by then */
	volume->target = strdup(target + 1);
	volume->read_only = mode != NULL;
	return volume->source && volume->target ? NULL : expected;
}

static const char *set_read_only(struct config *cfg, const char *value)
{
	(void)value;
	cfg->read_only = 1;
	return NULL;
}

static const char *add_caps(struct config *cfg, const char *value)
{
	uint64_t set;

	if (caps_parse(value, &set) < 0)
		return "names such as NET_RAW,SYS_TIME, or ALL";
	cfg->caps_add |= set;
	return NULL;
}

static const char *drop_caps(struct config *cfg, const char *value)
{
	uint64_t set;

	if (caps_parse(value, &set) < 0)
		return "names such as CHOWN,SETUID, or ALL";
	cfg->caps_drop |= set;
	return NULL;
}

/* Whether value is "off", or "default"; -1 for anything else. */
static int is_off(const char *value)
{
	if (strcmp(value, "off") == 0)
		return 1;
	return strcmp(value, "default") == 0 ? 0 : -1;
}

static const char *set_seccomp(struct config *cfg, const char *value)
{
	cfg->no_seccomp = is_off(value);
	return cfg->no_seccomp < 0 ? "default or off" : NULL;
}

static const char *set_security(struct config *cfg, const char *value)
{
	cfg->no_security = is_off(value);
	return cfg->no_security < 0 ? "default or off" : NULL;
}

static const char *set_user(struct config *cfg, const char *value)
{
	cfg->user = value;
	return user_is_valid(value) ? NULL : "a name or number, or two as in www-data:1000";
}

static const char *set_userns(struct config *cfg, const char *value)
{
	const char *const expected = "FIRST:COUNT, such as 1000000:65536";
	long long first = 1000000, count = 65536;
	char *end;

	if (value && (parse_digits(value, &end, &first) < 0 || *end != ':' ||
		      parse_digits(end + 1, &end, &count) < 0 || *end))
		return expected;
	/* The first IDs must be nobody's outside: not root's, and no user's who logs in. */
	if (first < 65536 || count < 2 || first > UINT32_MAX || count > UINT32_MAX - first)
		return "65536 or more, a count of 2 or more, and no ID above 4294967294";
	cfg->range = (struct id_range){.uid = first, .gid = first, .count = count};
	return NULL;
}

/* Text is a port, 1 to 65535, up to `stop`. */
static int parse_port(const char *text, char stop, char **ret_end, int *ret)
{
	long long value;

	if (parse_digits(text, ret_end, &value) < 0 || **ret_end != stop)
		return -1;
	if (value < 1 || value > 65535)
		return -1;
	*ret = value;
	return 0;
}

static const char *set_net(struct config *cfg, const char *value)
{
	const char *const modes[] = {[NET_BRIDGE] = "bridge", "none", "host"};

	cfg->net.mode_asked = 1;
	for (enum net_mode mode = NET_BRIDGE; mode <= NET_HOST; mode++) {
		cfg->net.mode = mode;
		if (strcmp(value, modes[mode]) == 0)
			return NULL;
	}
	return "bridge, none or host";
}

static const char *add_port(struct config *cfg, const char *value)
{
	const char *const expected = "HOST_PORT:PORT_INSIDE, each 1 to 65535, or with /udp behind";
	struct port *port = &cfg->net.ports[cfg->net.port_count++];
	char *text = strdupa(value), *protocol = strchr(text, '/'), *end;

	port->protocol = "tcp";
	if (protocol) {
		*protocol++ = '\0';
		if (strcmp(protocol, "udp") == 0)
			port->protocol = "udp";
		else if (strcmp(protocol, "tcp") != 0)
			return expected;
	}
	if (parse_port(text, ':', &end, &port->host) < 0 ||
	    parse_port(end + 1, '\0', &end, &port->inside) < 0)
		return expected;
	return NULL;
}

static const char *add_dns(struct config *cfg, const char *value)
{
	struct net *net = &cfg->net;

	if (net->nameserver_count == MAX_NAMESERVERS)
		return "at most three of these";
	return net_parse_address(value, &net->nameservers[net->nameserver_count++]) < 0
		       ? "an IPv4 address, such as 9.9.9.9"
		       : NULL;
}

static const char *set_subnet(struct config *cfg, const char *value)
{
	return net_parse_subnet(value, &cfg->net.subnet, &cfg->net.prefix) < 0
		       ? "a network of 8 to 30 bits, such as 10.87.0.0/24"
		       : NULL;
}

static const char *set_init(struct config *cfg, const char *value)
{
	(void)value;
	cfg->init = 1;
	return NULL;
}

static const char *set_log(struct config *cfg, const char *value)
{
	(void)value;
	cfg->log = LOG_ALL;
	return NULL;
}

static const char *set_no_log(struct config *cfg, const char *value)
{
	(void)value;
	cfg->log = LOG_NONE;
	return NULL;
}

static const struct option_row {
	const char *name;
	const char *value; /* how the help names it; NULL: it takes none; in brackets: it need not
			      have one */
	const char *help;
	const char *(*set)(struct config *cfg, const char *value); /* NULL: a limit, then */
	int (*parse)(const char *text, long long *ret);
	enum controller controller;
	const char *expected;
} rows[] = {
	{"mem", "SIZE", "memory, without swap; default 100M", NULL, cli_parse_size, MEMORY,
	 "a size of 1M or more, such as 64M or 1G, or max"},
	{"memory", "SIZE", "the same", NULL, cli_parse_size, MEMORY,
	 "a size of 1M or more, such as 64M or 1G, or max"},
	{"cpu", "PERCENT", "of one CPU: 25%, 150%; default 50%", NULL, cli_parse_percent, CPU,
	 "1% or more of one CPU, such as 25% or 150%, or max"},
	{"cpus", "N", "the same in CPUs: 0.25, 1.5", NULL, cli_parse_cpus, CPU,
	 "0.01 or more CPUs, such as 0.25 or 1.5, or max"},
	{"pids", "N", "processes and threads; default 50", NULL, cli_parse_count, PIDS,
	 "a count from 1 to 4194304, or max"},
	{"hostname", "NAME", "default husk", set_hostname},
	{"name", "NAME", "of record and cgroup; default a free one", set_name},
	{"rootfs", "DIR", "default $HUSK_ROOTFS, or rootfs-builder's", set_rootfs},
	{"env", "NAME=VALUE", "may be given more than once", add_env},
	{"workdir", "DIR", "where CMD starts; default /", set_workdir},
	{"volume", "SRC:DST[:ro]", "bind mount, -v for short; DST must exist", add_volume},
	{"read-only", NULL, "no writing to the root file system", set_read_only},
	{"cap-add", "NAME,...", "capabilities on top of the default ones, or ALL", add_caps},
	{"cap-drop", "NAME,...", "and those to take away, or ALL", drop_caps},
	{"seccomp", "default|off", "the list of allowed system calls", set_seccomp},
	{"user", "USER[:GROUP]", "by name or number; default root", set_user},
	{"userns", "[=FIRST:COUNT]", "user namespace, default of 65536 IDs from 1000000",
	 set_userns},
	{"security", "default|off", "off: phase 06, for demonstrations", set_security},
	{"net", "MODE", "bridge (default), none: loopback only, or host", set_net},
	{"publish", "HOST:CONT[/udp]", "a port of the host leads inside, -p for short", add_port},
	{"dns", "ADDRESS", "nameserver; default the host's", add_dns},
	{"subnet", "CIDR", "of the bridge; default 10.87.0.0/24", set_subnet},
	{"init", NULL, "a process 1 that reaps orphans and forwards signals", set_init},
	{"log", NULL, "keep in the log what goes to a terminal, too", set_log},
	{"no-log", NULL, "keep nothing", set_no_log},
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

static int needs_value(const struct option_row *row)
{
	return row->value && row->value[0] != '[';
}

static const char *separator(const struct option_row *row)
{
	if (!row->value)
		return " ";
	return needs_value(row) ? "=" : "";
}

static void print_help(void)
{
	printf("husk: runs a command in a container\n\n"
	       "usage: husk run [OPTION]... [--] CMD [ARG]...\n"
	       "       husk ps [--json]                     containers, and what a killed husk "
	       "left\n"
	       "       husk logs [--timestamps] NAME        what one has printed\n"
	       "       husk gc                              removes what a killed husk left\n"
	       "       husk help | husk --version\n\n");
	for (int i = 0; i < ROWS; i++)
		printf("  --%s%s%-*s %s\n", rows[i].name, separator(&rows[i]),
		       23 - (int)(strlen(rows[i].name) + strlen(separator(&rows[i]))),
		       rows[i].value ? rows[i].value : "", rows[i].help);
	printf("\nexample: husk run --mem=64M --cpu=25%% --pids=50 -- sh -c 'hostname; ps'\n");
}

/* Whether at most `edits` letters to drop, add or change make one word the other. */
static int is_near(const char *a, const char *b, int edits)
{
	while (*a && *a == *b)
		a++, b++;
	if (!*a && !*b)
		return 1;
	if (edits == 0)
		return 0;
	return (*a && is_near(a + 1, b, edits - 1)) || (*b && is_near(a, b + 1, edits - 1)) ||
	       (*a && *b && is_near(a + 1, b + 1, edits - 1));
}

/* Prints one line whatever the user wrote: a newline in it would forge a second one. */
static int refuse(const char *argument, const char *complaint, const char *detail)
{
	char shown[100];

	snprintf(shown, sizeof(shown), "%s", argument);
	for (char *c = shown; *c; c++)
		*c = iscntrl((unsigned char)*c) ? '?' : *c;
	fprintf(stderr, "husk: %s: %s%s\n", shown, complaint, detail);
	return -1;
}

static int refuse_unknown(const char *argument)
{
	char name[40];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="), argument);
	for (int edits = 1; edits <= 2; edits++)
		for (int i = 0; i < ROWS; i++)
			if (strncmp(name, "--", 2) == 0 && is_near(name + 2, rows[i].name, edits))
				return refuse(name, "no such option; try --", rows[i].name);
	return refuse(name, "no such option; `husk help` lists them", "");
}

static int refuse_value(const struct option_row *row, const char *value, const char *expected)
{
	char argument[100];

	snprintf(argument, sizeof(argument), "--%s=%s", row->name, value);
	return refuse(argument, "expected ", expected);
}

/* The row of --NAME, --NAME=VALUE or -v, spelled out: getopt_long(3) would take --me, too. */
static const struct option_row *find_row(const char *argument)
{
	size_t length;

	if (strcmp(argument, "-v") == 0)
		argument = "--volume";
	if (strcmp(argument, "-p") == 0)
		argument = "--publish";
	length = strcspn(argument, "=") - 2;
	for (int i = 0; i < ROWS; i++)
		if (strncmp(argument, "--", 2) == 0 && strlen(rows[i].name) == length &&
		    strncmp(argument + 2, rows[i].name, length) == 0)
			return &rows[i];
	return NULL;
}

/* Returns NULL, or what was expected instead of the value. */
static const char *apply_option(struct config *cfg, const struct option_row *row, const char *value)
{
	if (row->set)
		return row->set(cfg, value);
	cfg->limits_asked = 1;
	return row->parse(value, &cfg->limits[row->controller]) < 0 ? row->expected : NULL;
}

/* Takes the options from argv[i] on. Returns where the command begins, or -1. */
static int parse_options(struct config *cfg, char **argv, int i)
{
	for (; argv[i] && argv[i][0] == '-'; i++) {
		const struct option_row *row = find_row(argv[i]);
		const char *value = strchr(argv[i], '=');
		const char *expected;

		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (!row)
			return refuse_unknown(argv[i]);
		if (!row->value && value)
			return refuse(argv[i], "this option takes no value", "");
		if (!value && needs_value(row) && !argv[i + 1])
			return refuse(argv[i], "needs a value: ", row->value);
		if (value)
			value++;
		else if (needs_value(row))
			value = argv[++i];
		expected = apply_option(cfg, row, value);
		if (expected)
			return refuse_value(row, value, expected);
	}
	return i;
}

/* `husk run`: argv[0] is the first word behind it. Returns CLI_RUN or CLI_BAD. */
static int parse_run(struct config *cfg, int argc, char **argv)
{
	int command;

	cfg->env = calloc(argc + 1, sizeof(*cfg->env));
	cfg->volumes = calloc(argc + 1, sizeof(*cfg->volumes));
	cfg->net.ports = calloc(argc + 1, sizeof(*cfg->net.ports));
	if (!cfg->env || !cfg->volumes || !cfg->net.ports) {
		fail("allocate", "options");
		return CLI_BAD;
	}
	command = parse_options(cfg, argv, 0);
	if (command < 0)
		return CLI_BAD;
	if (!argv[command] || !*argv[command]) {
		refuse("run", "no command; an example: husk run -- sh", "");
		return CLI_BAD;
	}
	cfg->argv = argv + command;
	return CLI_RUN;
}

static int is_help(const char *word)
{
	return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

/* `husk logs`: an option and a name. */
static int parse_logs(struct config *cfg, int argc, char **argv)
{
	cfg->timestamps = argc > 0 && strcmp(argv[0], "--timestamps") == 0;
	argc -= cfg->timestamps;
	argv += cfg->timestamps;
	if (argc == 1 && !set_name(cfg, argv[0]))
		return CLI_LOGS;
	refuse(argc > 0 ? argv[argc - 1] : "logs", "expected `husk logs [--timestamps] NAME`", "");
	return CLI_BAD;
}

static int parse_ps(struct config *cfg, int argc, char **argv)
{
	cfg->as_json = argc == 1 && strcmp(argv[0], "--json") == 0;
	if (argc == cfg->as_json)
		return CLI_PS;
	refuse(argv[0], "expected `husk ps [--json]`", "");
	return CLI_BAD;
}

static int parse_gc(struct config *cfg, int argc, char **argv)
{
	(void)cfg;
	if (argc == 0)
		return CLI_GC;
	refuse(argv[0], "expected `husk gc`, and nothing behind it", "");
	return CLI_BAD;
}

static const struct verb {
	const char *name;
	int (*parse)(struct config *cfg, int argc, char **argv);
} verbs[] = {{"run", parse_run}, {"ps", parse_ps}, {"logs", parse_logs}, {"gc", parse_gc}};

int cli_parse(struct config *cfg, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (strcmp(word, "help") == 0 || is_help(word) || (argc > 2 && is_help(argv[2]))) {
		print_help();
		return CLI_DONE;
	}
	if (strcmp(word, "--version") == 0) {
		printf("husk %s\n", HUSK_VERSION);
		return CLI_DONE;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(word, verbs[i].name) == 0)
			return verbs[i].parse(cfg, argc - 2, argv + 2);
	refuse(*word ? word : "no command", "`husk help` shows what there is", "");
	return CLI_BAD;
}

/* The caller's environment stays outside: it may hold secrets, and paths that lead nowhere. */
static int set_environment(const struct config *cfg)
{
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *term = getenv("TERM");

	clearenv();
	if (setenv("PATH", path, 1) < 0 || setenv("HOME", cfg->home ? cfg->home : "/root", 1) < 0 ||
	    setenv("HOSTNAME", cfg->hostname, 1) < 0 || setenv("TERM", term ? term : "dumb", 1) < 0)
		return fail("set", "environment");
	for (int i = 0; i < cfg->env_count; i++)
		if (putenv(cfg->env[i]) != 0)
			return fail("set", cfg->env[i]);
	return 0;
}

/* execve(2) answers ENOENT, too, when it is what a script's first line names that is missing. */
static void explain_missing(const char *command)
{
	char line[100] = "";
	FILE *script = fopen(command, "re");

	if (script && fscanf(script, "#!%99[^\n]", line) == 1)
		refuse(line,
		       strchr(line, '\r') ? "ends in a carriage return in the first line of "
					  : "no such interpreter, named by the first line of ",
		       command);
	else
		fail(script ? "find loader of" : "find command", command);
}

int cli_exec(const struct config *cfg)
{
	const char *command = cfg->argv[0];
	char path[PATH_MAX];

	if (set_environment(cfg) < 0)
		return EXIT_HUSK;
	if (chdir(cfg->workdir) < 0) {
		fail("change directory to", cfg->workdir);
		return EXIT_HUSK;
	}
	/* Out of the root file system there is no path: getcwd(2), "(unreachable)". CVE-2024-21626
	 */
	if (!getcwd(path, sizeof(path)) || path[0] != '/') {
		errno = EACCES;
		fail("start outside the root file system in", cfg->workdir);
		return EXIT_HUSK;
	}
	execvp(command, cfg->argv);
	if (errno != ENOENT) {
		fail("exec", command);
		return EXIT_NOT_EXECUTABLE;
	}
	explain_missing(command);
	return EXIT_NOT_FOUND;
}
