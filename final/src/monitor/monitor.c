/* monitor.c: a container's life, as its monitor sees it. See monitor.h; next file: loop.c */
#include "monitor.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/runtime_error.h"
#include "../base/store.h"
#include "execute.h"
#include "loop.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum { PID_MAX_TEXT = 32 };

/* --- opening --- */

/* The engine has locked it for us already, so that there is no moment in which nobody has. */
static int take_lock(struct monitor *m)
{
	m->lock_fd = MONITOR_LOCK_FD;
	if (flock(m->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys("lock %s/lock", m->dir);
	return err_set(EBUSY, "%s has a monitor already", m->dir);
}

static void remove_leftovers(const struct monitor *m)
{
	static const char *const names[] = {"attach", "pid", "exit", "stopped", "console"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(m->dir_fd, names[i], 0);
}

static int read_config(struct monitor *m)
{
	auto_close int fd = openat(m->dir_fd, "monitor.json", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_json struct json_object *json = NULL;

	if (fd < 0)
		return err_sys("open %s/monitor.json", m->dir);
	if (json_read(fd, "monitor.json", &json) < 0 ||
	    bind_read(&monitor_config_table, json, "monitor.json", &m->arena, &m->config) < 0)
		return -1;
	return restart_parse(m->config.restart.policy, m->config.restart.maximum, &m->restart);
}

/*
 * All signals are blocked. SIGCHLD is read; TERM, HUP and INT are meant for whoever started us: a
 * monitor outlives sessions. What cannot be blocked ends us, and the container lives on.
 */
static int open_signals(struct monitor *m)
{
	sigset_t all, child;

	sigfillset(&all);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	/* A caller that ignores SIGCHLD would make the kernel reap, and us lose the status. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return err_sys("block signals");
	m->signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	return m->signals < 0 ? err_sys("make a signalfd") : 0;
}

int monitor_open(const char *dir, struct monitor *m)
{
	char path[4096];

	m->dir = arena_format(&m->arena, "%s", dir);
	if (!m->dir)
		return -1;
	if (*dir != '/')
		return err_set(EINVAL, "%s: expected an absolute path", dir);
	m->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir_fd < 0)
		return err_sys("open %s", dir);
	snprintf(path, sizeof(path), "%s/monitor.log", dir);
	if (take_lock(m) < 0 || log_open(&(struct log_options){path, LOG_TEXT, LOG_WARNING}) < 0)
		return -1;
	remove_leftovers(m);
	if (read_config(m) < 0 || open_signals(m) < 0 || logger_open(&m->config, &m->logger) < 0 ||
	    clients_open(m->dir_fd, &m->clients) < 0)
		return -1;
	malloc_trim(0); /* what JSON took */
	return 0;
}

void monitor_close(struct monitor *m)
{
	const int fds[] = {m->dir_fd, m->lock_fd, m->signals, m->report};

	logger_close(&m->logger);
	streams_close(&m->streams);
	clients_close(&m->clients);
	oom_close(&m->oom);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	arena_free(&m->arena);
}

/* --- the runtime --- */

static bool has_program_ended(struct monitor *m)
{
	return m->program == 0;
}

static int add_words(struct str_list *list, struct arena *arena, const char *const words[])
{
	for (; *words; words++)
		if (str_list_add(list, arena, (char *)*words) < 0)
			return -1;
	return 0;
}

/* RUNTIME [GLOBAL-OPTION...] --log ... WORD... */
static int make_command(const struct monitor *m, const char *const words[], struct arena *arena,
			struct str_list *ret_command)
{
	const struct str_list *globals = &m->config.runtime_args;
	const char *log = arena_format(arena, "%s/%s", m->dir, EXECUTE_LOG);
	const char *const options[] = {"--log", log, "--log-format", "json", NULL};
	struct str_list command = {0};

	if (!log || str_list_add(&command, arena, m->config.runtime) < 0)
		return -1;
	for (size_t i = 0; i < globals->count; i++)
		if (str_list_add(&command, arena, globals->items[i]) < 0)
			return -1;
	if (add_words(&command, arena, options) < 0 || add_words(&command, arena, words) < 0)
		return -1;
	*ret_command = command;
	return 0;
}

/* Runs it, while everybody is served. Its failure is the error record. */
static int run_runtime(struct monitor *m, const char *const words[], const int streams[3])
{
	auto_arena struct arena arena = {0};
	struct str_list command;
	int result;

	unlinkat(m->dir_fd, EXECUTE_LOG, 0);
	result = make_command(m, words, &arena, &command);
	if (result == 0)
		result = execute_start(command.items, streams, &m->program);
	if (result < 0 || loop_until(m, has_program_ended, -1) < 0)
		return -1;
	if (m->program_status == 0)
		return 0;
	return execute_error(m->dir_fd, m->config.runtime, m->program_status,
			     streams ? m->streams.output[LOGGER_STDERR].fd : -1);
}

static int read_pid(struct monitor *m)
{
	auto_arena struct arena arena = {0};
	int64_t pid;
	char *text;

	if (fd_read_file(m->dir_fd, "pid", PID_MAX_TEXT, &arena, &text, NULL) < 0)
		return err_wrap("the runtime's --pid-file");
	text[strcspn(text, "\n")] = '\0';
	if (str_to_i64(text, 1, INT32_MAX, &pid) < 0)
		return err_wrap("the runtime's --pid-file");
	m->pid = pid;
	return 0;
}

static int run_create(struct monitor *m, const int theirs[3])
{
	const struct monitor_config *config = &m->config;
	struct console_path console = streams_console_path(m->dir_fd);
	char pid_file[4096];
	/* Without a terminal the list ends before its option. */
	const char *const words[] = {"create",
				     "--bundle",
				     config->bundle,
				     "--pid-file",
				     pid_file,
				     config->terminal ? "--console-socket" : config->id,
				     config->terminal ? console.text : NULL,
				     config->id,
				     NULL};

	snprintf(pid_file, sizeof(pid_file), "%s/pid", m->dir);
	return run_runtime(m, words, theirs);
}

static int create(struct monitor *m)
{
	int theirs[] = {-1, -1, -1};
	int result = streams_open(&m->config, m->dir_fd, &m->streams, theirs);

	if (result == 0)
		result = run_create(m, theirs);
	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	if (result < 0 || read_pid(m) < 0)
		return -1;
	oom_open(m->pid, &m->oom);
	return m->config.terminal ? streams_take_terminal(&m->streams, m->dir_fd) : 0;
}

static int start(struct monitor *m)
{
	const char *const words[] = {"start", m->config.id, NULL};

	m->started = stamp_now();
	return run_runtime(m, words, NULL);
}

/* The container's record and cgroup, after its end. */
static void delete (struct monitor *m)
{
	const char *const words[] = {"delete", "--force", m->config.id, NULL};

	if (run_runtime(m, words, NULL) < 0)
		log_warn("delete: %s", err_last()->text);
}

/* --- what others are told --- */

static void report(struct monitor *m, const struct monitor_report *report)
{
	auto_arena struct arena arena = {0};
	char *text;

	/* Nobody may be there to read it. */
	if (m->report >= 0 &&
	    bind_write(&monitor_report_table, report, JSON_ONE_LINE, &arena, &text) == 0 &&
	    dprintf(m->report, "%s\n", text) < 0)
		log_warn("the report was not read: %s", strerror(errno));
	if (m->report >= 0)
		close(m->report);
	m->report = -1;
}

void monitor_fail(struct monitor *m)
{
	struct err failure = *err_last();

	report(m, &(struct monitor_report){.error = json_make_utf8(failure.text)});
	err_adopt(&failure);
}

/* The file `exit`; *ret_text is in the arena, NULL if there is no memory. */
static void write_exit(struct monitor *m, struct arena *arena, char **ret_text)
{
	char *text = NULL;

	if (bind_write(&monitor_exit_table, &m->exit, JSON_ONE_LINE, arena, &text) < 0 ||
	    store_write(m->dir_fd, "exit", text, strlen(text)) < 0)
		log_failure();
	*ret_text = text;
}

static void write_exit_alone(struct monitor *m)
{
	struct arena arena = {0};
	char *text;

	write_exit(m, &arena, &text);
	arena_free(&arena);
	malloc_trim(0);
}

/* --- its end --- */

static bool has_ended(struct monitor *m)
{
	return m->has_ended;
}

static bool is_stopped(struct monitor *m)
{
	return m->is_stopped || faccessat(m->dir_fd, "stopped", F_OK, 0) == 0;
}

/* Whoever is still there of it is not the container any more. */
static void forget(struct monitor *m)
{
	m->pid = 0;
	m->has_ended = false;
	oom_close(&m->oom);
	unlinkat(m->dir_fd, "pid", 0);
}

static int finish(struct monitor *m)
{
	if (loop_drain(m) < 0)
		return -1;
	m->finished = stamp_now();
	m->exit = (struct monitor_exit){
		.code = proc_exit_code(m->status),
		.oom_killed = oom_has_killed(&m->oom),
		.started = m->started.text,
		.finished = m->finished.text,
	};
	forget(m);
	return 0;
}

/* It was not started: what is left of it goes, the error record stays. */
static void give_up(struct monitor *m)
{
	m->failure = *err_last();
	m->finished = stamp_now();
	m->exit = (struct monitor_exit){.code = runtime_error_status(m->failure.text),
					.finished = m->finished.text,
					.error = json_make_utf8(m->failure.text)};
	streams_close(&m->streams);
	if (m->pid)
		delete (m);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	forget(m);
	err_adopt(&m->failure);
}

static bool is_log_free(struct monitor *m)
{
	return !logger_is_held(&m->logger);
}

static bool is_unblocked(struct monitor *m)
{
	return !m->clients.is_blocked;
}

/* The last word: the file first, then whoever is attached. */
static int end(struct monitor *m)
{
	auto_arena struct arena arena = {0};
	int result;
	char *text;

	write_exit(m, &arena, &text);
	result = loop_until(m, NULL, 0); /* FRAME_CLEAN may be among what clients have sent */
	while (result == 0 && text && !clients_send(&m->clients, FRAME_EXIT, text, strlen(text)))
		result = loop_until(m, is_unblocked, -1);
	return result;
}

static int leave(struct monitor *m)
{
	bool is_cleaned = clients_any_cleans(&m->clients);

	clients_close(&m->clients);
	unlinkat(m->dir_fd, "attach", 0);
	if (loop_until(m, is_log_free, LOG_FILE_PATIENCE) < 0)
		return -1;
	if (is_cleaned || m->config.exit_command.count == 0)
		return 0;
	return execute_at_end(m->config.exit_command.items);
}

/* --- the story --- */

static bool may_start(struct monitor *m)
{
	return m->had_client || m->is_orphan;
}

static int begin(struct monitor *m)
{
	m->began = stamp_milliseconds();
	if (create(m) < 0)
		return -1;
	if (m->config.wait_for_client && m->report >= 0) {
		if (loop_until(m, may_start, -1) < 0)
			return -1;
		if (!m->had_client)
			return err_set(ECANCELED, "nobody attached: the engine has ended");
	}
	return start(m);
}

/* Whether it runs once more. */
static bool begin_again(struct monitor *m)
{
	int delay;

	while (!is_stopped(m) &&
	       restart_decide(&m->restart, m->exit.code, stamp_milliseconds() - m->began, &delay)) {
		m->exit.restarting = true;
		m->exit.restarts = m->restart.count;
		write_exit_alone(m);
		if (loop_until(m, is_stopped, delay) < 0 || is_stopped(m))
			break;
		delete (m);
		if (begin(m) == 0)
			return true;
		log_failure();
		give_up(m);
	}
	m->exit.restarting = false;
	m->exit.restarts = m->restart.count;
	return false;
}

int monitor_run(struct monitor *m)
{
	if (begin(m) < 0) {
		give_up(m);
		if (end(m) < 0)
			log_failure();
		err_adopt(&m->failure);
		return -1;
	}
	report(m, &(struct monitor_report){.pid = m->pid});
	do {
		if (loop_until(m, has_ended, -1) < 0 || finish(m) < 0)
			return -1;
	} while (begin_again(m));
	return end(m) < 0 ? -1 : leave(m);
}
