/* state.c: state.json and the answer to `state`. See state.h; next file: ../base/store.h */
#include "state.h"
#include "../base/bind.h"
#include "../base/err.h"
#include "spec.h"

#include <string.h>

static const struct bind_name status_names[] = {
	{"creating", STATE_CREATING}, {"created", STATE_CREATED}, {"running", STATE_RUNNING},
	{"paused", STATE_PAUSED},     {"stopped", STATE_STOPPED}, {NULL},
};

struct file {
	int version;
	struct state state;
};

#define AT(member) BIND_AT(struct file, state.member)

/* Without an id, a status or a version it is somebody else's file. */
static const struct bind_field file_rows[] = {
	{"version", BIND_INT, BIND_AT(struct file, version), .required = true},
	{"id", BIND_STRING, AT(id), .required = true},
	{"status", BIND_ENUM, AT(status), .names = status_names, .required = true},
	{"pid", BIND_INT, AT(pid), .max = INT32_MAX},
	{"startTime", BIND_UINT, AT(start_time)},
	{"bundle", BIND_STRING, AT(bundle)},
	{"rootfs", BIND_STRING, AT(rootfs)},
	{"created", BIND_STRING, AT(created)},
	{"owner", BIND_UINT, AT(owner)},
	{"cgroup", BIND_STRING, AT(cgroup)},
	{"creatorPid", BIND_INT, AT(creator_pid), .max = INT32_MAX},
	{"creatorStartTime", BIND_UINT, AT(creator_start_time)},
	{"systemdCgroup", BIND_BOOL, AT(systemd_cgroup)},
	{"cgroupV2Only", BIND_BOOL, AT(cgroup_v2_only)},
	{"terminal", BIND_BOOL, AT(terminal)},
	{"ownPidNamespace", BIND_BOOL, AT(own_pid_namespace)},
	{"hasPoststart", BIND_BOOL, AT(has_poststart)},
	{"hasPoststop", BIND_BOOL, AT(has_poststop)},
	{"annotations", BIND_MAP, AT(annotations)},
};
static const struct bind_table file_table = BIND_TABLE(struct file, file_rows);
#undef AT

struct answer {
	const char *oci_version;
	struct state state;
};

#define AT(member) BIND_AT(struct answer, state.member)

/* runtime.md, "State"; rootfs and created as runc and crun add them. */
static const struct bind_field answer_rows[] = {
	{"ociVersion", BIND_STRING, BIND_AT(struct answer, oci_version), .required = true},
	{"id", BIND_STRING, AT(id), .required = true},
	{"pid", BIND_INT, AT(pid), .always = true},
	{"status", BIND_ENUM, AT(status), .names = status_names, .required = true},
	{"bundle", BIND_STRING, AT(bundle), .always = true},
	{"rootfs", BIND_STRING, AT(rootfs)},
	{"created", BIND_STRING, AT(created)},
	{"annotations", BIND_MAP, AT(annotations)},
};
static const struct bind_table answer_table = BIND_TABLE(struct answer, answer_rows);

const char *state_status_name(enum state_status status)
{
	return bind_name_of(status_names, status);
}

static int parse(int fd, struct file *file)
{
	auto_json struct json_object *json = NULL;

	if (json_read(fd, "state.json", &json) < 0 ||
	    bind_read(&file_table, json, "state.json", &file->state.arena, file) < 0)
		return -1;
	if (file->version != STATE_VERSION)
		return err_set(EINVAL, "state.json: version %d: this husk-runtime writes %d",
			       file->version, STATE_VERSION);
	return 0;
}

int state_parse(int fd, struct state *ret_state)
{
	struct file file = {0};

	if (parse(fd, &file) < 0) {
		state_free(&file.state);
		return -1;
	}
	*ret_state = file.state;
	return 0;
}

int state_format(const struct state *state, struct arena *arena, char **ret_text)
{
	struct file file = {.version = STATE_VERSION, .state = *state};

	return bind_write(&file_table, &file, JSON_ONE_LINE, arena, ret_text);
}

int state_format_oci(const struct state *state, struct arena *arena, char **ret_text)
{
	struct answer answer = {.oci_version = SPEC_OCI_VERSION, .state = *state};

	if (state->status == STATE_STOPPED)
		answer.state.pid = 0;
	return bind_write(&answer_table, &answer, JSON_PRETTY, arena, ret_text);
}

void state_free(struct state *state)
{
	arena_free(&state->arena);
}
