/* inspect.c: Id, State, Config, Mounts. See inspect.h; next file: inspect_host.c */
#include "inspect.h"
#include "../engine/life.h"

#include <string.h>

static const char never[] = "0001-01-01T00:00:00Z"; /* Go's zero of time */

struct json_object *inspect_text(const char *text)
{
	return json_new_string(text ? text : "");
}

struct json_object *inspect_list(const struct str_list *list)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < list->count; i++)
		failed |= json_append(array, json_new_string(list->items[i]));
	return failed ? NULL : array;
}

struct json_object *inspect_map(const struct str_map *map)
{
	struct json_object *object = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < map->count; i++)
		failed |= json_add(object, map->items[i].key, json_new_string(map->items[i].value));
	return failed ? NULL : object;
}

static struct json_object *state_of(const struct box *box)
{
	const struct box_state *state = &box->state;
	struct json_object *o = json_new_object();
	bool running = state->status == BOX_RUNNING || state->status == BOX_PAUSED;
	int failed = 0;

	failed |=
		json_add(o, "Status", inspect_text(bind_name_of(box_status_names, state->status)));
	failed |= json_add(o, "Running", json_new_bool(running));
	failed |= json_add(o, "Paused", json_new_bool(state->status == BOX_PAUSED));
	failed |= json_add(o, "Restarting", json_new_bool(state->status == BOX_RESTARTING));
	failed |= json_add(o, "OOMKilled", json_new_bool(state->oom_killed));
	failed |= json_add(o, "Dead", json_new_bool(state->status == BOX_REMOVING));
	failed |= json_add(o, "Pid", json_new_int(running ? state->pid : 0));
	failed |= json_add(o, "ExitCode", json_new_int(running ? 0 : state->exit_code));
	failed |= json_add(o, "Error", inspect_text(state->error));
	failed |= json_add(o, "StartedAt", inspect_text(state->started ? state->started : never));
	failed |=
		json_add(o, "FinishedAt", inspect_text(state->finished ? state->finished : never));
	failed |= json_add(o, "MonitorPid",
			   json_new_int(life_is_active(box) ? state->monitor_pid : 0));
	return failed ? NULL : o;
}

/* {"80/tcp": {}} */
static struct json_object *exposed_ports(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	for (size_t i = 0; i < box->ports.count; i++) {
		char *key = arena_format(arena, "%u/%s", box->ports.items[i].container,
					 box->ports.items[i].protocol);

		failed |= key ? json_add(o, key, json_new_object()) : -1;
	}
	return failed ? NULL : o;
}

static struct json_object *config_of(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	int failed = 0;

	failed |= json_add(o, "Hostname", inspect_text(box->hostname));
	failed |= json_add(o, "User", inspect_text(box->user));
	failed |= json_add(o, "AttachStdin", json_new_bool(box->stdin_open && !box->detached));
	failed |= json_add(o, "AttachStdout", json_new_bool(!box->detached));
	failed |= json_add(o, "AttachStderr", json_new_bool(!box->detached));
	failed |= json_add(o, "ExposedPorts", exposed_ports(box, arena));
	failed |= json_add(o, "Tty", json_new_bool(box->terminal));
	failed |= json_add(o, "OpenStdin", json_new_bool(box->stdin_open));
	failed |= json_add(o, "StdinOnce", json_new_bool(box->stdin_open && !box->detached));
	failed |= json_add(o, "Env", inspect_list(&box->env));
	failed |= json_add(o, "Cmd", inspect_list(&box->args));
	failed |= json_add(o, "Image", inspect_text(box->image ? box->image : box->rootfs));
	failed |= json_add(o, "WorkingDir", inspect_text(box->workdir));
	failed |= json_add(o, "Entrypoint", inspect_list(&box->entrypoint));
	failed |= json_add(o, "Labels", inspect_map(&box->labels));
	failed |= json_add(o, "Annotations", inspect_map(&box->annotations));
	failed |= json_add(o, "StopSignal",
			   inspect_text(box->stop_signal ? box->stop_signal : "SIGTERM"));
	failed |= json_add(o, "StopTimeout", json_new_uint(box->stop_timeout));
	return failed ? NULL : o;
}

static bool is_read_only(const struct box_mount *m)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (strcmp(m->options.items[i], "ro") == 0 ||
		    strcmp(m->options.items[i], "rro") == 0)
			return true;
	return false;
}

static char *joined(const struct str_list *list, struct arena *arena)
{
	char *text = arena_format(arena, "%s", "");

	for (size_t i = 0; i < list->count && text; i++)
		text = arena_format(arena, "%s%s%s", text, i ? "," : "", list->items[i]);
	return text;
}

static struct json_object *mount_of(const struct box *box, const struct box_mount *m,
				    struct arena *arena)
{
	bool volume = strcmp(m->type, "volume") == 0;
	struct json_object *o = json_new_object();
	const char *source = m->source;
	int failed = 0;

	if (volume)
		source = place_data(box->place, arena, "volumes/%s/_data", m->source);
	failed |= json_add(o, "Type", inspect_text(m->type));
	if (volume)
		failed |= json_add(o, "Name", inspect_text(m->source));
	failed |= json_add(o, "Source", inspect_text(source));
	failed |= json_add(o, "Destination", inspect_text(m->target));
	if (volume)
		failed |= json_add(o, "Driver", inspect_text("local"));
	failed |= json_add(o, "Mode", inspect_text(joined(&m->options, arena)));
	failed |= json_add(o, "RW", json_new_bool(!is_read_only(m)));
	failed |= json_add(o, "Propagation", inspect_text(volume ? "" : "rprivate"));
	return failed ? NULL : o;
}

static struct json_object *mounts_of(const struct box *box, struct arena *arena)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++)
		failed |= json_append(array, mount_of(box, &box->mounts.items[i], arena));
	return failed ? NULL : array;
}

static struct json_object *driver_of(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object(), *data = json_new_object();
	struct str_list lower = {0};
	int failed = 0;

	for (size_t i = box->layers.count; i-- > 0;)
		failed |= str_list_add(&lower, arena, box->layers.items[i]);
	if (box->rootfs)
		failed |= str_list_add(&lower, arena, box->rootfs);
	failed |= json_add(data, "Lower", inspect_list(&lower));
	failed |= json_add(data, "MergedDir",
			   inspect_text(place_data(box->place, arena, "boxes/%s/merged", box->id)));
	failed |= json_add(data, "UpperDir",
			   inspect_text(place_data(box->place, arena, "boxes/%s/upper", box->id)));
	failed |= json_add(data, "WorkDir",
			   inspect_text(place_data(box->place, arena, "boxes/%s/work", box->id)));
	failed |= json_add(o, "Data", data);
	failed |= json_add(o, "Name", inspect_text("overlay"));
	return failed ? NULL : o;
}

/* The command as execve(2) gets it: Path, then Args. */
static int add_command(struct json_object *o, const struct box *box, struct arena *arena)
{
	struct str_list all = {0}, rest;
	int failed = 0;

	for (size_t i = 0; i < box->entrypoint.count; i++)
		failed |= str_list_add(&all, arena, box->entrypoint.items[i]);
	for (size_t i = 0; i < box->args.count; i++)
		failed |= str_list_add(&all, arena, box->args.items[i]);
	if (failed || all.count == 0)
		return -1;
	rest = (struct str_list){.items = all.items + 1, .count = all.count - 1};
	failed |= json_add(o, "Path", inspect_text(all.items[0]));
	return failed | json_add(o, "Args", inspect_list(&rest));
}

static int add_paths(struct json_object *o, const struct box *box, struct arena *arena)
{
	static const struct {
		const char *key, *file;
	} paths[] = {{"ResolvConfPath", "resolv.conf"},
		     {"HostnamePath", "hostname"},
		     {"HostsPath", "hosts"},
		     {"LogPath", "log/log.json"},
		     {"OCIConfigPath", "config.json"}};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *path = place_data(box->place, arena, "boxes/%s/%s", box->id, paths[i].file);

		failed |= json_add(o, paths[i].key, inspect_text(path));
	}
	return failed;
}

struct json_object *inspect_box(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_object();
	char *name = arena_format(arena, "/%s", box->name);
	int failed = 0;

	failed |= json_add(o, "Id", inspect_text(box->id));
	failed |= json_add(o, "Created", inspect_text(box->created));
	failed |= add_command(o, box, arena);
	failed |= json_add(o, "State", state_of(box));
	failed |= json_add(o, "Image", inspect_text(box->image_id));
	failed |= add_paths(o, box, arena);
	failed |= json_add(o, "Name", inspect_text(name));
	failed |= json_add(o, "RestartCount", json_new_uint(box->state.restarts));
	failed |= json_add(o, "Driver", inspect_text("overlay"));
	failed |= json_add(o, "Platform", inspect_text("linux"));
	failed |= json_add(o, "HostConfig", inspect_host_config(box, arena));
	failed |= json_add(o, "GraphDriver", driver_of(box, arena));
	failed |= json_add(o, "Mounts", mounts_of(box, arena));
	failed |= json_add(o, "Config", config_of(box, arena));
	failed |= json_add(o, "NetworkSettings", inspect_network_settings(box, arena));
	if (!failed)
		return o;
	json_free(o);
	return NULL;
}
