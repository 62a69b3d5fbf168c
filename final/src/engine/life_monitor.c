/*
 * life_monitor.c: the small process that stays with a box: what it is told, how it is started, how
 * one waits for it. See life.h and ../monitor/protocol.h; next file: life_end.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"
#include "../base/store.h"
#include "../monitor/protocol.h"
#include "attach.h"
#include "life.h"
#include "oci.h"
#include "userns.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum { REPORT_MAX = 8192, POLL_MS = 1 };

/* `husk internal-exit ID`, by the very program that we are. */
static int exit_command(const struct box *box, struct arena *arena, struct str_list *ret_command)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path;

	if (length < 0)
		return err_sys("find our own program");
	self[length] = '\0';
	path = arena_format(arena, "%s", self);
	if (!path || str_list_add(ret_command, arena, path) < 0 ||
	    str_list_add(ret_command, arena, (char *)"internal-exit") < 0)
		return -1;
	return str_list_add(ret_command, arena, box->id);
}

static int describe(const struct box *box, const struct life_attach *attach, struct arena *arena,
		    struct monitor_config *config)
{
	config->id = box->id;
	config->runtime = box->runtime;
	config->bundle = place_data(box->place, arena, "boxes/%s", box->id);
	config->terminal = box->terminal;
	config->stdin_open = box->stdin_open;
	config->stdin_once = attach && attach->once;
	config->wait_for_client = attach && attach->wanted;
	config->client_cleans = config->wait_for_client;
	config->log.driver = box->log.driver;
	config->log.path = place_data(box->place, arena, "boxes/%s/log/log.json", box->id);
	config->log.max_size = box->log.max_size;
	config->log.max_files = box->log.max_files;
	config->log.tag = box->log.tag;
	config->restart.policy = box->restart.policy;
	config->restart.maximum = box->restart.maximum;
	if (!config->bundle || !config->log.path ||
	    oci_globals(box, arena, &config->runtime_args) < 0)
		return -1;
	return exit_command(box, arena, &config->exit_command);
}

static int write_config(const struct box *box, const struct life_attach *attach,
			struct arena *arena)
{
	struct monitor_config config = {0};
	auto_close int dir_fd = -1;
	char path[80], *text;

	snprintf(path, sizeof(path), "box/%s", box->id);
	if (describe(box, attach, arena, &config) < 0 ||
	    bind_write(&monitor_config_table, &config, JSON_PRETTY, arena, &text) < 0 ||
	    place_open_dir(box->place->run_fd, path, &dir_fd) < 0)
		return -1;
	return store_write(dir_fd, "monitor.json", text, strlen(text));
}

static int find_monitor(struct arena *arena, char **ret_path)
{
	const char *given = getenv("HUSK_MONITOR");

	if (!given || !*given)
		return oci_find_program("husk-monitor", arena, ret_path);
	*ret_path = arena_format(arena, "%s", given);
	return *ret_path ? 0 : -1;
}

/* {"pid":N} or {"error":"..."}; its end without a line: the monitor died. */
static int read_report(int fd, struct arena *arena, int64_t *ret_pid)
{
	auto_json struct json_object *json = NULL;
	struct monitor_report report = {0};
	size_t length;
	char *text;

	if (fd_read_text(fd, REPORT_MAX, arena, &text, &length) < 0)
		return err_wrap("the monitor's report");
	if (length == 0)
		return err_set(EPIPE, "the monitor ended before the container was made");
	if (json_parse(text, length, "the monitor's report", &json) < 0 ||
	    bind_read(&monitor_report_table, json, "the monitor's report", arena, &report) < 0)
		return -1;
	if (report.error)
		return err_set(ECHILD, "%s", report.error); /* the runtime's own words */
	*ret_pid = report.pid;
	return 0;
}

/* The socket is there a moment after the monitor's start; its report, if it fails before that. */
static void connect_client(const struct box *box, int report_fd, int *ret_fd)
{
	struct pollfd report = {.fd = report_fd, .events = POLLIN};

	*ret_fd = -1;
	while (attach_connect(box, ret_fd) < 0)
		if (poll(&report, 1, POLL_MS) > 0) {
			if (attach_connect(box, ret_fd) < 0)
				*ret_fd = -1;
			return;
		}
}

/*
 * The lock is the monitor's from here on: if we are killed, there is no moment without one. Above the
 * numbers that it has in the monitor: dup2(2) of the report must not close it.
 */
static int take_lock(const struct box *box, int *ret_fd)
{
	auto_close int fd = -1;
	char path[100];

	snprintf(path, sizeof(path), "box/%s/lock", box->id);
	fd = openat(box->place->run_fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || (*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, MONITOR_LOCK_FD + 1)) < 0)
		return err_sys("open %s", path);
	return store_lock(*ret_fd);
}

/*
 * In a session of its own, without our streams: it outlives us and our terminal. *ret_reader: where
 * its report comes. Its end of the pipe and the lock are closed here again. */
static int launch(struct box *box, struct arena *arena, int *ret_reader)
{
	char *directory = place_run(box->place, arena, "box/%s", box->id), *program;
	auto_close int reader = -1, writer = -1, lock = -1;
	struct proc_stat stat;
	int report[2];
	pid_t pid;

	if (!directory || find_monitor(arena, &program) < 0 || take_lock(box, &lock) < 0)
		return -1;
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys("make a pipe");
	reader = report[0];
	writer = report[1];
	if (proc_spawn(program, (char *[]){program, directory, NULL},
		       (int[]){-1, -1, -1, writer, lock}, MONITOR_LOCK_FD + 1, true, &pid) < 0)
		return -1;
	box->state.monitor_pid = pid;
	if (proc_stat(pid, &stat) == 0)
		box->state.monitor_start_time = stat.start_time;
	*ret_reader = TAKE_FD(reader);
	return userns_note(box->place, pid, box->state.monitor_start_time);
}

int life_start_monitor(struct box *box, struct life_attach *attach, int64_t *ret_pid)
{
	auto_arena struct arena scratch = {0};
	auto_close int reader = -1;

	if (write_config(box, attach, &scratch) < 0 || launch(box, &scratch, &reader) < 0)
		return -1;
	if (attach && attach->wanted)
		connect_client(box, reader, &attach->fd);
	if (attach && attach->wanted && attach->fd >= 0 && box->terminal)
		attach_send_size(attach->fd); /* before `start`: the program finds it */
	if (read_report(reader, &scratch, ret_pid) < 0)
		return -1;
	return attach && attach->wanted && attach->fd < 0 ? err_wrap("attach") : 0;
}

bool life_wait_monitor(const struct box *box, int milliseconds)
{
	struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	for (; box_has_monitor(box); milliseconds -= POLL_MS) {
		if (milliseconds <= 0)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
