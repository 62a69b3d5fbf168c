/*
 * seccomp.h: a filter, compiled by libseccomp in the PARENT, installed as BPF by INIT.
 *
 *	PARENT  seccomp_compile(spec, cache, &arena, &bpf)   ready to be stored with the container
 *	INIT    seccomp_install(&bpf, spec, &listener)       seccomp(2); listener: a descriptor
 *	                                                     with SCMP_ACT_NOTIFY, else -1
 *	PARENT  seccomp_send_listener(spec, fd, pid, state)  to listenerPath
 *
 * libseccomp allocates and may fail in many ways: none of that runs in the container. From
 * seccomp_install() on, INIT is under the filter of the user: it has read(2) and write(2) left to
 * count on and no more, so the parent takes the listener by pidfd_getfd(2).
 * Next file: seccomp.c
 */
#pragma once

#include "../spec/spec.h"

/* A program for seccomp(2): instructions of 8 bytes, struct sock_filter. */
struct seccomp_bpf {
	void *code;
	size_t length; /* bytes */
};

/* cache_fd: directory with filters compiled before (by content), or -1. Memory: arena. */
int seccomp_compile(const struct spec_seccomp *seccomp, int cache_fd, struct arena *arena,
		    struct seccomp_bpf *ret_bpf) MUST_CHECK;

/* Whether there will be a listener: SCMP_ACT_NOTIFY is used. */
bool seccomp_has_listener(const struct spec_seccomp *seccomp);

/* Needs no_new_privs, or CAP_SYS_ADMIN in the user namespace. */
int seccomp_install(const struct seccomp_bpf *bpf, const struct spec_seccomp *seccomp,
		    int *ret_listener) MUST_CHECK;

/* Sends "The container process state" with the descriptor. state_json: what `state` prints. */
int seccomp_send_listener(const struct spec_seccomp *seccomp, int listener, pid_t pid,
			  const char *state_json) MUST_CHECK;

/* For `features`: what this libseccomp and this kernel know. */
int seccomp_list_actions(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
int seccomp_list_architectures(struct arena *arena, struct str_list *ret_names) MUST_CHECK;

/* The version of libseccomp, "2.5.4"; NULL: no memory. */
char *seccomp_library(struct arena *arena) MUST_CHECK;
