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
	bool running = state->status == BOX_RUNNING || state->status == BOX_PAUSED;

	return json_new_members((struct json_member[]){
		{"Status", inspect_text(bind_name_of(box_status_names, state->status))},
		{"Running", json_new_bool(running)},
		{"Paused", json_new_bool(state->status == BOX_PAUSED)},
		{"Restarting", json_new_bool(state->status == BOX_RESTARTING)},
		{"OOMKilled", json_new_bool(state->oom_killed)},
		{"Dead", json_new_bool(state->status == BOX_REMOVING)},
		{"Pid", json_new_int(running ? state->pid : 0)},
		{"ExitCode", json_new_int(running ? 0 : state->exit_code)},
		{"Error", inspect_text(state->error)},
		{"StartedAt", inspect_text(state->started ? state->started : never)},
		{"FinishedAt", inspect_text(state->finished ? state->finished : never)},
		{"MonitorPid", json_new_int(life_is_active(box) ? state->monitor_pid : 0)},
		{0}});
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
	return json_new_members((struct json_member[]){
		{"Hostname", inspect_text(box->hostname)},
		{"User", inspect_text(box->user)},
		{"AttachStdin", json_new_bool(box->stdin_open && !box->detached)},
		{"AttachStdout", json_new_bool(!box->detached)},
		{"AttachStderr", json_new_bool(!box->detached)},
		{"ExposedPorts", exposed_ports(box, arena)},
		{"Tty", json_new_bool(box->terminal)},
		{"OpenStdin", json_new_bool(box->stdin_open)},
		{"StdinOnce", json_new_bool(box->stdin_open && !box->detached)},
		{"Env", inspect_list(&box->env)},
		{"Cmd", inspect_list(&box->args)},
		{"Image", inspect_text(box->image ? box->image : box->rootfs)},
		{"WorkingDir", inspect_text(box->workdir)},
		{"Entrypoint", inspect_list(&box->entrypoint)},
		{"Labels", inspect_map(&box->labels)},
		{"Annotations", inspect_map(&box->annotations)},
		{"StopSignal", inspect_text(box->stop_signal ? box->stop_signal : "SIGTERM")},
		{"StopTimeout", json_new_uint(box->stop_timeout)},
		{0}});
}

static bool is_read_only(const struct box_mount *m)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (strcmp(m->options.items[i], "ro") == 0 ||
		    strcmp(m->options.items[i], "rro") == 0)
			return true;
	return false;
}

static struct json_object *mount_of(const struct box *box, const struct box_mount *m,
				    struct arena *arena)
{
	bool volume = strcmp(m->type, "volume") == 0;
	const char *source = m->source;

	if (volume)
		source = place_data(box->place, arena, "volumes/%s/_data", m->source);
	/* Name and Driver are there for all of them: templates ask for them. */
	return json_new_members(
		(struct json_member[]){{"Type", inspect_text(m->type)},
				       {"Name", inspect_text(volume ? m->source : "")},
				       {"Source", inspect_text(source)},
				       {"Destination", inspect_text(m->target)},
				       {"Driver", inspect_text(volume ? "local" : "")},
				       {"Mode", inspect_text(str_join(&m->options, ",", arena))},
				       {"RW", json_new_bool(!is_read_only(m))},
				       {"Propagation", inspect_text(volume ? "" : "rprivate")},
				       {0}});
}

static struct json_object *mounts_of(const struct box *box, struct arena *arena)
{
	struct json_object *array = json_new_array();
	int failed = 0;

	for (size_t i = 0; i < box->mounts.count; i++)
		failed |= json_append(array, mount_of(box, &box->mounts.items[i], arena));
	return failed ? NULL : array;
}

static struct json_object *path_of(const struct box *box, const char *name, struct arena *arena)
{
	return inspect_text(place_data(box->place, arena, "boxes/%s/%s", box->id, name));
}

static struct json_object *driver_of(const struct box *box, struct arena *arena)
{
	struct str_list lower = {0};
	int failed = 0;

	for (size_t i = box->layers.count; i-- > 0;)
		failed |= str_list_add(&lower, arena, box->layers.items[i]);
	if (box->rootfs)
		failed |= str_list_add(&lower, arena, box->rootfs);
	if (failed)
		return NULL;
	return json_new_members((struct json_member[]){
		{"Name", inspect_text("overlay")},
		{"Data", json_new_members((struct json_member[]){
				 {"Lower", inspect_list(&lower)},
				 {"MergedDir", path_of(box, "merged", arena)},
				 {"UpperDir", path_of(box, "upper", arena)},
				 {"WorkDir", path_of(box, "work", arena)},
				 {0}})},
		{0}});
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
	return json_add(o, "Path", inspect_text(all.items[0])) |
	       json_add(o, "Args", inspect_list(&rest));
}

struct json_object *inspect_box(const struct box *box, struct arena *arena)
{
	struct json_object *o = json_new_members((struct json_member[]){
		{"Id", inspect_text(box->id)},
		{"Created", inspect_text(box->created)},
		{"State", state_of(box)},
		{"Image", inspect_text(box->image_id)},
		{"ResolvConfPath", path_of(box, "resolv.conf", arena)},
		{"HostnamePath", path_of(box, "hostname", arena)},
		{"HostsPath", path_of(box, "hosts", arena)},
		{"LogPath", path_of(box, "log/log.json", arena)},
		{"OCIConfigPath", path_of(box, "config.json", arena)},
		{"Name", inspect_text(arena_format(arena, "/%s", box->name))},
		{"RestartCount", json_new_uint(box->state.restarts)},
		{"Driver", inspect_text("overlay")},
		{"Platform", inspect_text("linux")},
		{"HostConfig", inspect_host_config(box, arena)},
		{"GraphDriver", driver_of(box, arena)},
		{"Mounts", mounts_of(box, arena)},
		{"Config", config_of(box, arena)},
		{"NetworkSettings", inspect_network_settings(box, arena)},
		{0}});

	if (o && add_command(o, box, arena) == 0)
		return o;
	json_free(o);
	return NULL;
}
