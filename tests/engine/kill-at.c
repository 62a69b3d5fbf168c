/*
 * kill-at: runs a command of husk, and ends one of its processes by SIGKILL right before it enters
 * its K-th system call of a kind.
 *
 *	kill-at list ROLE CMD...         prints "CALL K" for each point there is, in the order of time
 *	kill-at ROLE CALL K CMD...       0: delivered; 3: that point was not reached
 *	    -p PID, in front             a process that runs already takes part, too: a monitor
 *
 * CMD's output goes to where its errors go. ROLE: husk (the command itself), monitor (husk-monitor) or exit (husk internal-exit), with the
 * children of each that have not executed a program of their own. Whatever else is executed, the
 * runtime and the container, is let go at once. strace(1) cannot tell these apart: it would kill
 * each process that comes to its K-th call. Ends with the last process that could be meant.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PROCESSES = 256, NOT_REACHED = 3 };
enum {
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		  PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC
};

/* What makes, changes or removes something, or waits for somebody. */
#define CALL(name)                                                                                 \
	{                                                                                          \
#name, SYS_##name                                                                  \
	}
static const struct call {
	const char *name;
	long number;
} calls[] = {
	CALL(openat),	     CALL(mkdirat),    CALL(symlinkat), CALL(unlinkat),	 CALL(renameat),
	CALL(renameat2),     CALL(linkat),     CALL(write),	CALL(pwrite64),	 CALL(ftruncate),
	CALL(fsync),	     CALL(fchmodat),   CALL(fchown),	CALL(read),	 CALL(close),
	CALL(dup3),	     CALL(clone),      CALL(clone3),	CALL(execve),	 CALL(unshare),
	CALL(setns),	     CALL(mount),      CALL(umount2),	CALL(open_tree), CALL(move_mount),
	CALL(mount_setattr), CALL(fsopen),     CALL(fsconfig),	CALL(fsmount),	 CALL(flock),
	CALL(socket),	     CALL(socketpair), CALL(bind),	CALL(connect),	 CALL(sendto),
	CALL(sendmsg),	     CALL(recvfrom),   CALL(recvmsg),	CALL(wait4),	 CALL(pidfd_open),
	CALL(pipe2),	     CALL(exit_group), CALL(ppoll),
#ifdef SYS_poll
	CALL(poll),	     CALL(unlink),     CALL(rename),	CALL(mkdir),	 CALL(rmdir),
	CALL(vfork),
#endif
};
enum { CALLS = sizeof(calls) / sizeof(*calls) };

enum role { NOBODY, HUSK, MONITOR, EXIT };
static const char *const roles[] = {"", "husk", "monitor", "exit"};

struct process {
	pid_t pid;
	enum role role;
	unsigned int counts[CALLS];
};

static struct process processes[MAX_PROCESSES];
static unsigned int listed[CALLS]; /* points that are printed already: counts up to this */

static void give_up(const char *what)
{
	fprintf(stderr, "kill-at: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct process *find(pid_t pid)
{
	for (size_t i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	return NULL;
}

static struct process *add(pid_t pid, enum role role)
{
	struct process *process = find(pid);

	if (!process)
		process = find(0);
	if (!process)
		give_up("too many processes");
	*process = (struct process){.pid = pid, .role = role};
	return process;
}

static bool is_there(enum role role)
{
	for (size_t i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].pid && processes[i].role == role)
			return true;
	return false;
}

/* By what it executes. */
static enum role role_of(pid_t pid)
{
	char path[64], text[512] = "";
	const char *first, *second;
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "r");
	length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	second = text + strlen(text) + (strlen(text) < length);
	first = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
	if (strcmp(first, "husk-monitor") == 0)
		return MONITOR;
	if (strcmp(first, "husk") == 0)
		return strcmp(second, "internal-exit") == 0 ? EXIT : HUSK;
	return NOBODY;
}

static pid_t begin(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		raise(SIGSTOP); /* until we are there */
		execvp(*command, command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, WUNTRACED) != pid ||
	    ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0)
		give_up("trace the command");
	kill(pid, SIGCONT);
	add(pid, HUSK);
	return pid;
}

struct point {
	enum role role;
	const struct call *call; /* NULL: all are listed */
	unsigned int nth;
};

/* It is about to enter a call. True: that was the one. */
static bool enter(struct process *process, const struct point *point)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	for (size_t i = 0; i < CALLS; i++) {
		if ((long)info.entry.nr != calls[i].number)
			continue;
		process->counts[i]++;
		if (!point->call && process->counts[i] > listed[i])
			printf("%s %u\n", calls[i].name, ++listed[i]);
		if (point->call == &calls[i] && process->counts[i] == point->nth) {
			kill(process->pid, SIGKILL);
			return true;
		}
	}
	return false;
}

static void go_on(const struct process *process, const struct point *point, int signal)
{
	bool is_meant = process->role == point->role;

	ptrace(is_meant ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, NULL, (long)signal);
}

/* A stop of one of them. True: it was killed at the point. */
static bool handle(pid_t pid, int status, const struct point *point)
{
	struct process *process = find(pid);
	int event = status >> 16, signal = WSTOPSIG(status);
	unsigned long child;

	if (!process) /* its maker's event follows, or came before and said who it is */
		process = add(pid, NOBODY);
	if (signal == (SIGTRAP | 0x80)) {
		if (process->role == point->role && enter(process, point))
			return true;
		go_on(process, point, 0);
	} else if (event == PTRACE_EVENT_EXEC) {
		process->role = role_of(pid);
		if (process->role == NOBODY) {
			ptrace(PTRACE_DETACH, pid, NULL, 0L);
			process->pid = 0;
		} else {
			go_on(process, point, 0);
		}
	} else if (event && event != PTRACE_EVENT_STOP) {
		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0) {
			bool waits = find((pid_t)child); /* its first stop came before this */

			process = add((pid_t)child, find(pid)->role);
			if (waits)
				go_on(process, point, 0);
		}
		go_on(find(pid), point, 0);
	} else if (event == PTRACE_EVENT_STOP) {
		if (process->role != NOBODY)
			go_on(process, point, 0);
	} else {
		go_on(process, point, signal);
	}
	return false;
}

/* Whether somebody can still come to the point. */
static bool may_come(enum role role)
{
	return is_there(role) || is_there(HUSK) || (role == EXIT && is_there(MONITOR));
}

static int trace(pid_t command, const struct point *point)
{
	bool is_over = false, is_hit = false;
	int status;
	pid_t pid;

	while (!is_over || (!is_hit && may_come(point->role))) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno != EINTR)
			break;
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			is_hit |= handle(pid, status, is_hit ? &(struct point){0} : point);
			continue;
		}
		is_over |= pid == command;
		if (find(pid))
			find(pid)->pid = 0;
	}
	return is_hit || !point->call ? 0 : NOT_REACHED;
}

static enum role parse_role(const char *word)
{
	for (enum role role = HUSK; role <= EXIT; role++)
		if (strcmp(word, roles[role]) == 0)
			return role;
	fprintf(stderr, "kill-at: %s: expected husk, monitor or exit\n", word);
	exit(2);
}

static const struct call *parse_call(const char *word)
{
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(word, calls[i].name) == 0)
			return &calls[i];
	fprintf(stderr, "kill-at: %s: not among the calls\n", word);
	exit(2);
}

int main(int argc, char **argv)
{
	struct point point = {0};
	pid_t other = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && strcmp(argv[1], "-p") == 0) {
		other = atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc > 3 && strcmp(argv[1], "list") == 0) {
		point.role = parse_role(argv[2]);
		argv += 3;
	} else if (argc > 4) {
		point = (struct point){parse_role(argv[1]), parse_call(argv[2]),
				       strtoul(argv[3], NULL, 10)};
		argv += 4;
	} else {
		fprintf(stderr, "usage: kill-at [-p PID] {list ROLE | ROLE CALL K} CMD...\n");
		return 2;
	}
	if (other) {
		if (ptrace(PTRACE_SEIZE, other, NULL, OPTIONS) < 0 ||
		    ptrace(PTRACE_INTERRUPT, other, NULL, NULL) < 0)
			give_up("trace that process");
		add(other, role_of(other));
	}
	return trace(begin(argv), &point);
}
