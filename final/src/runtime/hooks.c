/* hooks.c: running hooks, with their time limits. See hooks.h; next file: create.c */
#include "hooks.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/proc.h"
#include "../base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { LOOK_MS = 10 };

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

/* No pipe: a hook that does not read would block us. Sealed: the next hook gets the same. */
static int write_sealed(int fd, const char *text)
{
	if (fd_write(fd, text, strlen(text)) < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_sys("seal the state for hooks");
	return 0;
}

int hooks_open_state(const struct state *state, int *ret_fd)
{
	auto_close int fd = memfd_create("state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct arena arena = {0};
	char *text;
	int result;

	if (fd < 0)
		return err_sys("create memory file");
	result = state_format_oci(state, &arena, &text);
	if (result == 0)
		result = write_sealed(fd, text);
	arena_free(&arena);
	if (result == 0)
		*ret_fd = TAKE_FD(fd);
	return result;
}

/* In the child. */
static void execute(const struct spec_hook *hook, int state_fd)
{
	char *const alone[] = {hook->path, NULL}, *const nothing[] = {NULL};

	proc_reset_signals();
	if (setpgid(0, 0) < 0 || dup2(state_fd, STDIN_FILENO) < 0 || fd_close_on_exec_from(3) < 0)
		_exit(126);
	execve(hook->path, hook->args.count ? hook->args.items : alone,
	       hook->env.count ? hook->env.items : nothing);
	fprintf(stderr, "husk-runtime: hook %s: %s\n", hook->path, strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* As waitpid(2): 0 if it still runs. The clock is asked: where poll(2) is refused, too, we spin. */
static pid_t look_until_end(pid_t pid, int milliseconds, int *ret_status)
{
	int64_t end = now_ms() + milliseconds;
	pid_t ended;

	while ((ended = waitpid(pid, ret_status, WNOHANG)) == 0 && now_ms() < end)
		poll(NULL, 0, LOOK_MS);
	return ended;
}

/*
 * False: time is up, and the whole group is being killed. *ret_ended: pid if *ret_status is its
 * status already. The filter of the container may refuse pidfd_open(2) to us; wait4(2) we need
 * anyway.
 */
static bool wait_in_time(const struct spec_hook *hook, pid_t pid, pid_t *ret_ended, int *ret_status)
{
	int milliseconds = hook->timeout < INT_MAX / 1000 ? hook->timeout * 1000 : INT_MAX;
	auto_close int pidfd = sys_pidfd_open(pid, 0);
	bool in_time;

	if (pidfd >= 0) {
		in_time = proc_wait(pidfd, milliseconds);
	} else {
		*ret_ended = look_until_end(pid, milliseconds, ret_status);
		in_time = *ret_ended != 0;
	}
	if (!in_time) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL); /* it may not have made its group yet */
	}
	return in_time;
}

/* fork(2): of startContainer hooks the container's filter decides, and many refuse clone3(2). */
static int run_one(const struct spec_hook *hook, int state_fd)
{
	bool in_time = true;
	pid_t pid, ended = 0;
	int status;

	/* Asked before: else its status would be all there is to say. */
	if (access(hook->path, X_OK) < 0 && (errno == ENOENT || errno == EACCES))
		return err_sys("cannot be executed");
	if (lseek(state_fd, 0, SEEK_SET) < 0)
		return err_sys("rewind the state");
	pid = fork();
	if (pid < 0)
		return err_sys("fork");
	if (pid == 0)
		execute(hook, state_fd);
	if (hook->timeout > 0)
		in_time = wait_in_time(hook, pid, &ended, &status);
	while (ended != pid && (ended = waitpid(pid, &status, 0)) < 0)
		if (errno != EINTR)
			return err_sys("wait");
	if (!in_time)
		return err_set(ETIMEDOUT, "was not done within %d s, and was killed",
			       hook->timeout);
	if (WIFSIGNALED(status))
		return err_set(ECANCELED, "was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(ECANCELED, "ended with status %d", WEXITSTATUS(status));
	return 0;
}

int hooks_run(const struct spec *spec, enum spec_hook_kind kind, int state_fd)
{
	const struct spec_hook_list *hooks = &spec->hooks[kind];

	for (size_t i = 0; i < hooks->count; i++)
		if (run_one(&hooks->items[i], state_fd) < 0)
			return err_wrap("%s hook %s", kind_names[kind], hooks->items[i].path);
	return 0;
}

void hooks_run_after(const struct spec *spec, enum spec_hook_kind kind, const struct state *state)
{
	const struct spec_hook_list *hooks = &spec->hooks[kind];
	auto_close int state_fd = -1;

	if (hooks->count == 0)
		return;
	if (hooks_open_state(state, &state_fd) < 0) {
		log_warn("container '%s': no %s hook was run: %s", state->id, kind_names[kind],
			 err_last()->text);
		return;
	}
	for (size_t i = 0; i < hooks->count; i++)
		if (run_one(&hooks->items[i], state_fd) < 0)
			log_warn("container '%s': %s hook %s: %s", state->id, kind_names[kind],
				 hooks->items[i].path, err_last()->text);
}
