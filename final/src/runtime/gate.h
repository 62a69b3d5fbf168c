/*
 * gate.h: where a created container waits until `start`, from another process, lets it go. Two
 * FIFOs in the container's directory, fifo(7):
 *
 *	create  gate_make(dir_fd, &gate)         makes and opens both, for init to inherit
 *	INIT    gate_wait(&gate)                 read(2) of one byte
 *	        ... startContainer hooks ...
 *	INIT    execve(2) closes `answer`;       or gate_refuse(&gate) writes the error record to it
 *	start   gate_open(dir_fd, pidfd, pid)    writes the byte, then reads `answer`
 *
 * What `start` reads decides: a record is the reason why a hook or execve(2) failed. The end of
 * the file says that nobody holds `answer` any more: the program was executed, or init died
 * before; the kernel's own mark on the process (PF_FORKNOEXEC) tells which.
 *
 * FIFOs, not a socket: without no_new_privs the container's seccomp filter is in force while init
 * waits, and a profile may forbid accept(2) but hardly read(2) and write(2). The directory is
 * 0700: who can open the gate may also write the record. Next file: init.h
 */
#pragma once

#include "../base/scope.h"

#include <sys/types.h>

struct gate {
	int wait, answer; /* init's ends, open for reading and writing: no end of file, no ENXIO */
};

int gate_make(int dir_fd, struct gate *ret_gate) MUST_CHECK;
void gate_close(struct gate *gate);
int gate_wait(const struct gate *gate) MUST_CHECK;
void gate_refuse(const struct gate *gate);

/*
 * EBUSY: another `start` is at it. The caller has seen that the container is waiting. Waits as long
 * as the startContainer hooks take.
 */
int gate_open(int dir_fd, int pidfd, pid_t pid) MUST_CHECK;
