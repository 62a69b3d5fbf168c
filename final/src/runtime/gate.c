/* gate.c: two FIFOs between `start` and the container's init. See gate.h; next file: init.h */
#include "gate.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

/* A write of up to PIPE_BUF bytes to a FIFO is atomic, pipe(7). */
_Static_assert(sizeof(struct err) <= PIPE_BUF, "an error record has to fit one write");

static int make_fifo(int dir_fd, const char *name, int *ret_fd)
{
	int fd;

	if (mkfifoat(dir_fd, name, 0600) < 0)
		return err_sys("make FIFO %s", name);
	fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys("open FIFO %s", name);
	*ret_fd = fd;
	return 0;
}

int gate_make(int dir_fd, struct gate *ret_gate)
{
	struct gate gate = {-1, -1};

	if (make_fifo(dir_fd, "gate", &gate.wait) < 0)
		return -1;
	if (make_fifo(dir_fd, "answer", &gate.answer) < 0) {
		close(gate.wait);
		return -1;
	}
	*ret_gate = gate;
	return 0;
}

void gate_close(struct gate *gate)
{
	scope_close(&gate->wait);
	scope_close(&gate->answer);
	*gate = (struct gate){-1, -1};
}

int gate_wait(const struct gate *gate)
{
	char byte;

	return fd_read(gate->wait, &byte, 1) == 1 ? 0 : err_sys("wait at the gate");
}

void gate_refuse(const struct gate *gate)
{
	if (fd_write(gate->answer, err_last(), sizeof(struct err)) < 0)
		return; /* then `start` sees the end, and that nothing was executed */
}

/* The end of `answer`: did it execute its program? A process that is gone may have, and ended. */
static int decide(int pidfd, pid_t pid)
{
	struct proc_stat stat;

	/* A zombie still has its flags; one that is reaped already has had a parent that knows. */
	if (proc_stat(pid, &stat) < 0)
		return proc_wait(pidfd, 0) ? 0 : -1;
	if (stat.flags & PROC_FORKED_NO_EXEC)
		return err_set(EPROTO,
			       "the container's process died before it had executed its program");
	return 0;
}

static int read_answer(int answer, int pidfd, pid_t pid)
{
	struct err refusal;
	ssize_t length = fd_read(answer, &refusal, sizeof(refusal));

	if (length < 0)
		return err_sys("read the answer of the container's process");
	if (length == sizeof(refusal)) {
		err_adopt(&refusal);
		return -1;
	}
	return decide(pidfd, pid);
}

static int was_opened(void)
{
	return err_set(EBUSY, "it is not waiting any more: it was started, or has died");
}

int gate_open(int dir_fd, int pidfd, pid_t pid)
{
	auto_close int gate = -1, answer = -1;
	struct proc_stat stat;

	/* For reading it can be opened without waiting for a writer; then reads shall wait. */
	answer = openat(dir_fd, "answer", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (answer < 0 || fcntl(answer, F_SETFL, 0) < 0)
		return err_sys("open FIFO answer");
	gate = openat(dir_fd, "gate", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (gate < 0 && errno == ENXIO) /* nobody reads */
		return was_opened();
	if (gate < 0)
		return err_sys("open FIFO gate");
	/* Gone with this process, however it ends; then the next `start` may try. */
	if (flock(gate, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? err_set(EBUSY, "it is being started already")
					    : err_sys("lock the gate");
	/* What execve(2) closes it closes one after the other: this gate may be the last of it. */
	if (proc_stat(pid, &stat) < 0 || !(stat.flags & PROC_FORKED_NO_EXEC))
		return was_opened();
	if (fd_write(gate, "s", 1) < 0)
		return err_wrap("open the gate");
	return read_answer(answer, pidfd, pid);
}
