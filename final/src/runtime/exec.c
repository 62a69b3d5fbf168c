/*
 * exec.c: one more process in a container that exists. The parent stays outside; the child is
 * born in the container's cgroup and namespaces, holding nothing of the machine's, and gives up
 * the same rights as init did (confine.c). See container.h; next file: confine.c
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/path.h"
#include "../base/proc.h"
#include "../base/sys.h"
#include "../kernel/cap.h"
#include "../kernel/limits.h"
#include "../kernel/lsm.h"
#include "../kernel/ns.h"
#include "../kernel/seal.h"
#include "../kernel/sysctl.h"
#include "../kernel/tty.h"
#include "bundle.h"
#include "confine.h"
#include "exec_process.h"
#include "foreground.h"
#include "home.h"
#include "program.h"
#include "sync.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum {
	FILTER_MAX = 4096 * 8, /* BPF_MAXINSNS instructions */
	CGROUP_FILE_MAX = 1 << 16,
	END_WAIT_MS = 50,
};

/* What parent and child know of the process that enters. */
struct entry {
	const struct exec_options *options;
	struct container *c;
	struct spec spec; /* of the container; its process is the one to be started */
	struct ns_plan plan;
	struct cap_sets caps;
	struct cgroup cgroup;
	bool born_in_cgroup;
	struct seccomp_bpf filter;
	int console_socket;
	int sync; /* the end of whoever looks */
	struct ns_child child;
	struct str_list env; /* process.env, with HOME */
	struct arena arena;
};

/* --- inside --- */

static int log_socket = -1;

static void send_log(enum log_level level, const char *text)
{
	sync_send_log(log_socket, level, text);
}

static int enter(struct entry *e)
{
	if (ns_enter(&e->plan) < 0)
		return -1;
	if ((e->plan.join_flags & CLONE_NEWUSER) && ns_become_root() < 0)
		return -1;
	return setsid() < 0 ? err_sys("create session") : confine_make_keyring();
}

static int open_label(struct entry *e, int *ret_fd)
{
	auto_close int proc_fd = -1;

	*ret_fd = -1;
	if (!confine_has_label(e->spec.process))
		return 0;
	if (sysctl_open_proc(&proc_fd) < 0)
		return -1;
	return lsm_open(proc_fd, e->spec.process, ret_fd);
}

static int take_terminal(struct entry *e)
{
	struct tty tty;
	auto_close int root_fd = -1;

	if (!e->spec.process->terminal)
		return 0;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return err_sys("open the container's /");
	if (tty_open(root_fd, e->spec.process, &tty) < 0 || tty_send(e->console_socket, &tty) < 0)
		return -1;
	return tty_take(&tty, e->spec.process->user.uid);
}

static int become(struct entry *e, char **ret_program)
{
	struct confinement confinement = {.process = e->spec.process,
					  .caps = &e->caps,
					  .filter = e->filter.length ? &e->filter : NULL,
					  .seccomp = e->spec.linux.seccomp};
	const struct spec_process *process = e->spec.process;
	bool early = confinement.filter && !confine_is_late(&e->spec);
	int listener;

	if (open_label(e, &confinement.lsm_fd) < 0 || take_terminal(e) < 0)
		return -1;
	if (home_complete(process, &e->arena, &e->env) < 0 || confine_limit(process) < 0)
		return -1;
	if (fd_close_on_exec_from(3 + e->options->preserve_fds) < 0)
		return -1;
	if (early && program_find(process->args.items[0], &e->env, &e->arena, ret_program) < 0)
		return -1;
	if (confine(&confinement, &listener) < 0)
		return -1;
	if (listener >= 0 && sync_send(e->sync, SYNC_LISTENER, listener) < 0)
		return -1;
	return early ? 0 : program_find(process->args.items[0], &e->env, &e->arena, ret_program);
}

static void __attribute__((noreturn)) inside(struct entry *e)
{
	const struct spec_process *process = e->spec.process;
	char *program = NULL;

	proc_reset_signals();
	log_socket = e->sync;
	log_redirect(send_log);
	if (enter(e) == 0 && become(e, &program) == 0 && confine_late(&e->spec, &e->filter) == 0) {
		execve(program, process->args.items, e->env.items);
		program_explain(program, errno);
	}
	sync_send_failure(e->sync);
	_exit(EXIT_FAILURE);
}

/* --- outside --- */

/* In the process between us and the one that stays, ns_plan.prepare: needs the machine's files. */
static int settle(void *data)
{
	struct entry *e = data;
	const struct spec_cpu_affinity *affinity = e->spec.process->exec_cpu_affinity;

	if (e->cgroup.path && cgroup_enter(&e->cgroup, e->born_in_cgroup) < 0)
		return -1;
	if (affinity && affinity->final && limits_set_affinity(0, affinity->final) < 0)
		return -1;
	return limits_set_oom_score(e->spec.process);
}

static int load_filter(struct entry *e)
{
	char *code;

	if (!e->spec.linux.seccomp)
		return 0;
	if (fd_read_file(e->c->dir_fd, "seccomp.bpf", FILTER_MAX, &e->arena, &code,
			 &e->filter.length) < 0)
		return -1;
	e->filter.code = code;
	return 0;
}

/* The container's cgroup, or --cgroup, a path below it. */
static int choose_cgroup(struct entry *e)
{
	const char *below = e->options->cgroup;

	e->cgroup = e->c->cgroup;
	if (!below || strcmp(below, "/") == 0)
		return 0;
	if (!e->cgroup.path)
		return err_set(ENOTSUP, "--cgroup %s: the container has no cgroup", below);
	if (strchr(below, ':'))
		return err_set(ENOTSUP,
			       "--cgroup %s: controllers are not chosen one by one; give "
			       "a path below the container's cgroup",
			       below);
	e->cgroup.path =
		arena_format(&e->arena, "%s/%s", e->c->cgroup.path, below + (*below == '/'));
	if (!e->cgroup.path)
		return -1;
	return path_is_clean(e->cgroup.path)
		       ? 0
		       : err_set(EINVAL, "--cgroup %s: no '.', '..' or empty part may be in it",
				 below);
}

/*
 * Version 2 has no process in a cgroup that passes controllers on: an init that manages cgroups of
 * its own has gone down into one of them. Then so do we.
 */
static int open_cgroup(struct entry *e, int *ret_fd)
{
	struct cgroup cgroup = e->cgroup;
	char *text, *line, path[48];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", e->c->state.pid);
	if (!e->options->cgroup &&
	    fd_read_file(AT_FDCWD, path, CGROUP_FILE_MAX, &e->arena, &text, NULL) == 0) {
		size_t length = strlen(cgroup.path);

		line = str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
		line = line ? strchr(line, '/') : NULL;
		if (line && strncmp(line, cgroup.path, length) == 0 && line[length] == '/') {
			line[strcspn(line, "\n")] = '\0';
			cgroup.path = line;
		}
	}
	return cgroup_open(&cgroup, ret_fd);
}

/*
 * The terminal is born with the size of ours. Before `start` there is time to set it later; here
 * there is no gate, and the program may ask for it as the first thing it does.
 */
static void take_size(struct spec_process *process)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return; /* no terminal */
	process->console_size.height = size.ws_row;
	process->console_size.width = size.ws_col;
}

static int prepare(struct entry *e, struct terminal *terminal)
{
	const struct exec_options *options = e->options;
	struct create_options console = {.console_socket = options->console_socket};

	if (container_load_spec(e->c, &e->spec) < 0 || exec_process_choose(options, &e->spec) < 0)
		return -1;
	if (lsm_check_process(e->spec.process) < 0 || choose_cgroup(e) < 0)
		return -1;
	if (cap_resolve(e->spec.process->capabilities, &e->caps) < 0 || load_filter(e) < 0)
		return -1;
	if (e->spec.process->terminal && !options->detach && !options->console_socket) {
		if (foreground_open_terminal(terminal) < 0)
			return -1;
		console.console_fd = terminal->theirs;
		take_size(e->spec.process);
	}
	return bundle_connect_console(e->spec.process, &console, &e->console_socket);
}

/* The end of the socket alone does not say whether it was executed, or died. */
static int wait_for_execve(struct entry *e)
{
	struct proc_stat stat;

	if (sync_expect_end(e->sync) < 0)
		return -1;
	if (proc_stat(e->child.pid, &stat) == 0 && (stat.flags & PROC_FORKED_NO_EXEC))
		return err_set(EPROTO, "the process died before it had executed its program");
	return 0;
}

static int attend(struct entry *e)
{
	if (confine_pass_listener(&e->spec, e->sync, &e->child, &e->c->state) < 0 ||
	    wait_for_execve(e) < 0)
		return -1;
	return bundle_write_pid(e->options->pid_file, e->options->pidfd_socket, e->child.pid,
				e->child.pidfd);
}

/* Where the child is born, and which of our descriptors it does not get. */
static int plan_birth(struct entry *e, int *ret_cgroup_fd)
{
	const struct spec_cpu_affinity *affinity = e->spec.process->exec_cpu_affinity;
	auto_close int pidfd = -1;

	if (container_open_init(e->c, &pidfd) < 0 ||
	    ns_plan_of_process(&e->spec, pidfd, e->c->state.pid, &e->plan) < 0)
		return -1;
	e->plan.prepare = settle;
	e->plan.data = e;
	if (e->cgroup.path && open_cgroup(e, ret_cgroup_fd) < 0)
		return -1;
	/* All that was needed of it is in memory; from it ".." leads to the machine's files. */
	scope_close(&e->c->dir_fd);
	e->c->dir_fd = -1;
	/* "initial" is where the runtime runs itself, config.md "execCPUAffinity". */
	return affinity && affinity->initial ? limits_set_affinity(0, affinity->initial) : 0;
}

static int spawn(struct entry *e)
{
	auto_close int cgroup_fd = -1;
	int sync[2], who;

	if (plan_birth(e, &cgroup_fd) < 0 || sync_open(sync) < 0)
		return -1;
	e->sync = sync[1];
	e->born_in_cgroup = cgroup_fd >= 0;
	who = ns_spawn(&e->plan, cgroup_fd, &e->child);
	if (who == 0) {
		close(sync[0]);
		inside(e);
	}
	close(sync[1]);
	e->sync = sync[0];
	if (who < 0)
		return -1;
	if (attend(e) == 0)
		return 0;
	kill(e->child.pid, SIGKILL);
	waitpid(e->child.pid, NULL, 0);
	return -1;
}

/* A container that ends takes whoever is on the way in along, at any step. */
static int explain(const struct entry *e)
{
	const struct err failure = *err_last();
	const struct state *state = &e->c->state;
	auto_close int pidfd = -1;
	struct proc_stat stat;

	/* Our process died: whoever kills all of a cgroup may have come to it first. */
	if ((failure.code == EPROTO || failure.code == EPIPE) &&
	    container_open_init(e->c, &pidfd) == 0)
		proc_wait(pidfd, END_WAIT_MS);
	if (proc_stat(state->pid, &stat) == 0 && stat.start_time == state->start_time &&
	    !(stat.flags & PROC_EXITING)) {
		err_adopt(&failure);
		return -1;
	}
	return err_set(ESRCH, "container '%s' ended meanwhile: %s", state->id, failure.text);
}

static int exec(struct entry *e, int *ret_status)
{
	struct terminal terminal = {-1, -1, -1};
	unsigned int statuses = STATUS(STATE_CREATED) | STATUS(STATE_RUNNING);

	if (e->options->ignore_paused)
		statuses |= STATUS(STATE_PAUSED);
	if (container_expect(e->c, statuses, "exec in") < 0)
		return -1;
	if (prepare(e, &terminal) < 0)
		return explain(e);
	if (!e->options->detach && foreground_begin() < 0)
		return -1;
	if (spawn(e) < 0)
		return explain(e);
	if (e->options->detach)
		return 0;
	if (foreground_take_master(&terminal) < 0)
		return -1;
	return foreground_wait(&terminal, e->child.pid, e->child.pidfd, ret_status);
}

int exec_in_container(const struct runtime *rt, const struct exec_options *options, int *ret_status)
{
	struct container c;
	struct entry e = {.options = options,
			  .c = &c,
			  .console_socket = -1,
			  .sync = -1,
			  .child = {.pidfd = -1}};
	int result;

	*ret_status = 0;
	if (spec_check_id(options->id) < 0 || bundle_check_preserved(options->preserve_fds) < 0)
		return -1;
	/* What the caller forgot to close ends where we execute ourselves: CVE-2024-21626. */
	if (fd_close_on_exec_from(3 + options->preserve_fds) < 0 || seal_self(rt->argv) < 0)
		return -1;
	if (container_open(rt, options->id, &c) < 0)
		return -1;
	result = exec(&e, ret_status);
	ns_plan_close(&e.plan);
	spec_free(&e.spec);
	arena_free(&e.arena);
	container_close(&c);
	return result;
}
