/*
 * protocol.c: the files that the engine and the monitor write for each other, by tables; frames. See
 * protocol.h; next file: main.c
 */
#include "protocol.h"

#include <errno.h>
#include <sys/socket.h>

#define AT(member) BIND_AT(struct monitor_config, member)

static const struct bind_field log_rows[] = {
	{"driver", BIND_STRING, AT(log.driver), .required = true},
	{"path", BIND_STRING, AT(log.path)},
	{"maxSize", BIND_UINT, AT(log.max_size)},
	{"maxFiles", BIND_UINT, AT(log.max_files), .max = MONITOR_LOG_FILES_MAX},
	{"tag", BIND_STRING, AT(log.tag)},
};
static const struct bind_table log_table = BIND_TABLE(struct monitor_config, log_rows);

static const struct bind_field restart_rows[] = {
	{"policy", BIND_STRING, AT(restart.policy)},
	{"maximum", BIND_UINT, AT(restart.maximum)},
};
static const struct bind_table restart_table = BIND_TABLE(struct monitor_config, restart_rows);

static const struct bind_field config_rows[] = {
	{"id", BIND_STRING, AT(id), .required = true},
	{"runtime", BIND_STRING, AT(runtime), .required = true},
	{"runtimeArgs", BIND_STRINGS, AT(runtime_args)},
	{"bundle", BIND_STRING, AT(bundle), .required = true},
	{"terminal", BIND_BOOL, AT(terminal)},
	{"stdinOpen", BIND_BOOL, AT(stdin_open)},
	{"stdinOnce", BIND_BOOL, AT(stdin_once)},
	{"waitForClient", BIND_BOOL, AT(wait_for_client)},
	{"clientCleans", BIND_BOOL, AT(client_cleans)},
	{"log", BIND_INSIDE, BIND_NOWHERE, .table = &log_table, .required = true},
	{"restart", BIND_INSIDE, BIND_NOWHERE, .table = &restart_table},
	{"exitCommand", BIND_STRINGS, AT(exit_command)},
};
const struct bind_table monitor_config_table = BIND_TABLE(struct monitor_config, config_rows);
#undef AT

#define AT(member) BIND_AT(struct monitor_exit, member)

static const struct bind_field exit_rows[] = {
	{"code", BIND_INT, AT(code), .always = true},
	{"oomKilled", BIND_BOOL, AT(oom_killed), .always = true},
	{"restarting", BIND_BOOL, AT(restarting), .always = true},
	{"restarts", BIND_UINT, AT(restarts), .always = true},
	{"started", BIND_STRING, AT(started)},
	{"finished", BIND_STRING, AT(finished)},
	{"error", BIND_STRING, AT(error)},
};
const struct bind_table monitor_exit_table = BIND_TABLE(struct monitor_exit, exit_rows);
#undef AT

#define AT(member) BIND_AT(struct monitor_report, member)

static const struct bind_field report_rows[] = {
	{"pid", BIND_INT, AT(pid), .max = INT32_MAX},
	{"error", BIND_STRING, AT(error)},
};
const struct bind_table monitor_report_table = BIND_TABLE(struct monitor_report, report_rows);

ssize_t frame_receive(int fd, void *ret_data, size_t size, int flags)
{
	ssize_t length = recv(fd, ret_data, size, flags | MSG_DONTWAIT);

	if (length < 0 && errno == ECONNRESET)
		length = recv(fd, ret_data, size, flags | MSG_DONTWAIT);
	return length;
}
