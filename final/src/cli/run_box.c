/*
 * run_box.c: a box from the options of `run`: each value taken apart, checked, and put in its place.
 * What is wrong is said before anything is made. See run_options.h; next file: run_mounts.c
 */
#include "../base/err.h"
#include "../base/log.h"
#include "../engine/bundle.h"
#include "../engine/oci.h"
#include "../network/network.h"
#include "../network/ports.h"
#include "../store/signals.h"
#include "command.h"
#include "run_options.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { STOP_TIMEOUT = 10, LOG_FILES = 3, LOG_SIZE = 64 << 20 };

static char *copy(struct box *box, const char *text)
{
	return text ? arena_format(&box->arena, "%s", text) : NULL;
}

/* --- limits --- */

static int parse_ulimit(struct box *box, const char *text, struct box_ulimit *ret_ulimit)
{
	char *rest = copy(box, text), *name = rest ? strsep(&rest, "=") : NULL;
	char *soft = rest ? strsep(&rest, ":") : NULL;
	struct box_ulimit ulimit = {.name = name};

	if (!name || !soft)
		return err_set(EINVAL, "expected NAME=SOFT[:HARD], as nofile=1024:4096");
	if (strcmp(soft, "unlimited") == 0)
		ulimit.soft = -1;
	else if (str_to_i64(soft, -1, INT64_MAX, &ulimit.soft) < 0)
		return -1;
	ulimit.hard = ulimit.soft;
	if (rest && strcmp(rest, "unlimited") == 0)
		ulimit.hard = -1;
	else if (rest && str_to_i64(rest, -1, INT64_MAX, &ulimit.hard) < 0)
		return -1;
	if (ulimit.hard != -1 && (ulimit.soft == -1 || ulimit.soft > ulimit.hard))
		return err_set(EINVAL, "the soft limit is above the hard one");
	*ret_ulimit = ulimit;
	return 0;
}

static int set_ulimits(const struct run_options *options, struct box *box)
{
	size_t count = options->ulimits.count;
	struct box_ulimit *items = arena_alloc(&box->arena, (count + 1) * sizeof(*items));

	if (!items)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (parse_ulimit(box, options->ulimits.items[i], &items[i]) < 0)
			return err_wrap("--ulimit %s", options->ulimits.items[i]);
	box->resources.ulimits.items = items;
	box->resources.ulimits.count = count;
	return 0;
}

/* --- restart and log --- */

int run_set_restart(const char *text, struct box *box)
{
	char *policy = copy(box, text), *count = policy;
	uint32_t maximum = 0;

	if (!policy)
		return -1;
	strsep(&count, ":");
	if (str_find_word("no|on-failure|always|unless-stopped", policy) < 0 ||
	    (count && strcmp(policy, "on-failure") != 0))
		return err_set(
			EINVAL,
			"--restart %s: expected no, on-failure[:N], always or unless-stopped",
			text);
	if (count && str_to_u32(count, INT32_MAX, &maximum) < 0)
		return err_wrap("--restart %s", text);
	box->restart = (struct box_restart){.policy = policy, .maximum = maximum};
	return 0;
}

static int set_restart(const struct run_options *options, struct box *box)
{
	if (run_set_restart(options->restart ? options->restart : "no", box) < 0)
		return -1;
	if (options->remove && strcmp(box->restart.policy, "no") != 0)
		return err_set(EINVAL, "--rm and --restart contradict each other: choose one");
	return 0;
}

static int set_max_size(struct box *box, const char *text)
{
	int64_t bytes;

	if (opts_parse_bytes(text, &bytes) < 0)
		return -1;
	box->log.max_size = bytes < 0 ? 0 : bytes;
	return 0;
}

static int set_log_option(struct box *box, const char *text)
{
	char *value = copy(box, text), *key = value ? strsep(&value, "=") : NULL;

	if (!key || !value)
		return err_set(EINVAL, "expected NAME=VALUE");
	if (strcmp(key, "max-size") == 0)
		return set_max_size(box, value);
	if (strcmp(key, "max-file") == 0) {
		if (str_to_u32(value, 1000, &box->log.max_files) < 0)
			return -1;
		return box->log.max_files ? 0 : err_set(EINVAL, "expected at least 1");
	}
	if (strcmp(key, "tag") == 0) {
		box->log.tag = value;
		return 0;
	}
	return err_set(EINVAL, "unknown: max-size, max-file and tag are there");
}

static int set_log(const struct run_options *options, struct box *box)
{
	static const char *const drivers[] = {"json-file", "none", "syslog"};

	box->log.driver = (char *)drivers[options->log_driver];
	box->log.max_size = LOG_SIZE;
	box->log.max_files = LOG_FILES;
	for (size_t i = 0; i < options->log_options.count; i++)
		if (set_log_option(box, options->log_options.items[i]) < 0)
			return err_wrap("--log-opt %s", options->log_options.items[i]);
	return 0;
}

/* --- network --- */

static int find_other(const struct place *place, struct box *box, const char *name)
{
	struct box other;

	if (box_find(place, name, &other) < 0)
		return err_wrap("--net");
	box->network_mode = arena_format(&box->arena, "container:%s", other.id);
	box_close(&other);
	return box->network_mode ? 0 : -1;
}

static int check_network(const struct place *place, const char *mode)
{
	struct network network;

	if (strcmp(mode, "none") == 0 || strcmp(mode, "host") == 0 || strcmp(mode, "bridge") == 0)
		return 0;
	if (network_find(place, mode, &network) < 0)
		return err_wrap("--net");
	network_free(&network);
	return 0;
}

/* -p; and with -P what --expose names: what the image names is there already. */
static int set_ports(const struct run_options *options, struct box *box)
{
	struct ports_list ports = {box->ports.items, box->ports.count};
	const struct str_list *exposed = &options->exposed;

	for (size_t i = 0; i < options->ports.count; i++)
		if (ports_add(options->ports.items[i], &box->arena, &ports) < 0)
			return -1;
	for (size_t i = 0; i < exposed->count; i++) {
		struct ports_list unused = {0};

		if (strchr(exposed->items[i], ':'))
			return err_set(EINVAL,
				       "--expose %s: expected a port of the container, as 80/udp",
				       exposed->items[i]);
		if (ports_add(exposed->items[i], &box->arena,
			      options->publish_all ? &ports : &unused) < 0)
			return err_wrap("--expose");
	}
	box->ports.items = ports.items;
	box->ports.count = ports.count;
	return 0;
}

static int set_network(const struct place *place, const struct run_options *options,
		       struct box *box)
{
	char *const *given = options->networks.items;

	if (options->networks.count > 1)
		return err_set(EINVAL,
			       "--net %s, %s: it begins in one of them: husk network connect %s "
			       "brings it into the other one",
			       given[0], given[1], given[1]);
	box->network_mode = copy(box, options->networks.count ? given[0] : "bridge");
	if (!box->network_mode)
		return -1;
	if (strcmp(box->network_mode, "default") == 0)
		box->network_mode = (char *)"bridge";
	if (str_has_prefix(box->network_mode, "container:")) {
		if (find_other(place, box, strchr(box->network_mode, ':') + 1) < 0)
			return -1;
	} else if (check_network(place, box->network_mode) < 0) {
		return -1;
	}
	if (set_ports(options, box) < 0)
		return -1;
	for (size_t i = 0; i < options->aliases.count; i++)
		if (box_check_name(options->aliases.items[i]) < 0)
			return err_wrap("--network-alias");
	box->dns = options->dns;
	box->extra_hosts = options->extra_hosts;
	box->network_aliases = options->aliases;
	return 0;
}

/* With the host's network it has the host's name, as docker has it. */
static int set_hostname(const struct run_options *options, struct box *box)
{
	const char *given = options->hostname && *options->hostname ? options->hostname : NULL;
	char name[HOST_NAME_MAX + 1] = "";

	if (given && strlen(given) > HOST_NAME_MAX)
		return err_set(EINVAL, "--hostname: at most %d characters", HOST_NAME_MAX);
	if (given && box_check_name(given) < 0)
		return err_wrap("--hostname");
	if (!given && strcmp(box->network_mode, "host") == 0 &&
	    gethostname(name, sizeof(name) - 1) == 0)
		given = name;
	box->hostname = copy(box, given);
	return 0;
}

/* --- the whole --- */

static int refuse(const struct run_options *options)
{
	if (options->userns && *options->userns && strcmp(options->userns, "host") != 0)
		return err_set(EOPNOTSUPP, "--userns %s: only host is there", options->userns);
	if (options->detach && options->detach_keys)
		return err_set(EINVAL, "--detach-keys: with --detach nobody is attached");
	return 0;
}

static int set_environment(const struct run_options *options, struct box *box)
{
	for (size_t i = 0; i < options->env_files.count; i++)
		if (run_read_env_file(options->env_files.items[i], &box->arena, &box->env) < 0)
			return -1;
	for (size_t i = 0; i < options->env.count; i++)
		if (run_set_env(&box->env, &box->arena, options->env.items[i]) < 0)
			return err_wrap("--env");
	return 0;
}

static int set_pairs(const struct str_list *texts, const char *option, struct box *box,
		     struct str_map *map)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (!strchr(texts->items[i], '='))
			return err_set(EINVAL, "%s %s: expected NAME=VALUE", option,
				       texts->items[i]);
		if (str_map_set(map, &box->arena, texts->items[i]) < 0)
			return err_wrap("%s", option);
	}
	return 0;
}

static int set_process(const struct run_options *options, struct box *box)
{
	int signal;

	if (options->entrypoint && *options->entrypoint &&
	    str_list_add(&box->entrypoint, &box->arena, (char *)options->entrypoint) < 0)
		return -1;
	if (options->workdir)
		box->workdir = (char *)options->workdir;
	if (options->user)
		box->user = (char *)options->user;
	if (options->stop_signal) {
		if (signals_parse(options->stop_signal, &signal) < 0)
			return err_wrap("--stop-signal");
		box->stop_signal = (char *)options->stop_signal;
	}
	box->stop_timeout = options->stop_timeout.set ? options->stop_timeout.value : STOP_TIMEOUT;
	box->group_add = options->group_add;
	box->devices = options->devices;
	if (box->entrypoint.count + box->args.count == 0)
		return err_set(EINVAL, "no command is given%s",
			       box->image ? ", and the image has none" : "");
	return set_environment(options, box);
}

static int set_rootfs(const struct run_options *options, struct box *box)
{
	auto_free char *real = realpath(options->rootfs, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0)
		return err_sys("--rootfs %s", options->rootfs);
	if (!S_ISDIR(st.st_mode))
		return err_set(ENOTDIR, "--rootfs %s: it is no directory", options->rootfs);
	box->rootfs = copy(box, real);
	return box->rootfs ? 0 : -1;
}

/* What it begins with: a directory, or an image; what is left are the arguments. */
static int set_source(const struct place *place, const struct run_options *options,
		      const struct str_list *operands, struct box *box)
{
	size_t first = options->rootfs ? 0 : 1;

	if (operands->count < first)
		return err_set(EINVAL, "expected an image, as: husk run busybox; or --rootfs DIR");
	for (size_t i = first; i < operands->count; i++)
		if (str_list_add(&box->args, &box->arena, operands->items[i]) < 0)
			return -1;
	if (options->rootfs)
		return set_rootfs(options, box);
	if (options->pull == 2)
		return err_set(EOPNOTSUPP, "--pull always: there is no registry client: husk load "
					   "and husk import bring images");
	return run_use_image(place, options, operands->items[0], box);
}

static int set_flags(const struct run_options *options, struct box *box)
{
	box->name = copy(box, options->name);
	box->terminal = options->terminal;
	box->stdin_open = options->interactive;
	box->remove = options->remove;
	box->init = options->init;
	box->read_only = options->read_only;
	box->detached = options->detach;
	box->security = (struct box_security){
		.cap_add = options->cap_add,
		.cap_drop = options->cap_drop,
		.options = options->security,
		.privileged = options->privileged,
		.userns = copy(box, options->userns),
	};
	if (bundle_check_security(&box->security) < 0)
		return -1;
	return oci_find_runtime(options->runtime ? options->runtime : getenv("HUSK_RUNTIME"),
				&box->arena, &box->runtime);
}

int run_make_box(const struct place *place, const struct run_options *options,
		 const struct str_list *operands, struct box *box)
{
	if (refuse(options) < 0 || set_flags(options, box) < 0)
		return -1;
	if (resources_merge(&options->resources, &box->resources) < 0 ||
	    set_ulimits(options, box) < 0 || set_restart(options, box) < 0 ||
	    set_log(options, box) < 0)
		return -1;
	if (set_source(place, options, operands, box) < 0 || set_process(options, box) < 0)
		return -1;
	if (run_add_mounts(options, box) < 0 || set_network(place, options, box) < 0 ||
	    set_hostname(options, box) < 0)
		return -1;
	if (command_labels(&options->labels, &box->arena, &box->labels) < 0 ||
	    set_pairs(&options->annotations, "--annotation", box, &box->annotations) < 0)
		return -1;
	return set_pairs(&options->sysctls, "--sysctl", box, &box->sysctls);
}
