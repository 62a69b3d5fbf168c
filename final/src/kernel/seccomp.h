/*
 * seccomp.h: a filter, compiled by libseccomp in the PARENT, loaded as BPF by INIT.
 *
 *	PARENT  seccomp_compile(spec, &bpf)         unknown calls: a warning; ready to be stored
 *	INIT    seccomp_load(&bpf, spec, &listener) seccomp(2); listener: a descriptor with
 *	                                            SCMP_ACT_NOTIFY, else -1
 *	PARENT  seccomp_send_listener(spec, fd, state_json)   to listenerPath, config-linux.md
 *"Seccomp"
 *
 * libseccomp allocates and may fail in many ways: none of that runs in the container.
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
int seccomp_load(const struct seccomp_bpf *bpf, const struct spec_seccomp *seccomp,
		 int *ret_listener) MUST_CHECK;
int seccomp_send_listener(const struct spec_seccomp *seccomp, int listener, pid_t pid,
			  const char *state_json) MUST_CHECK;

/* For `features`: what this libseccomp and this kernel know. */
int seccomp_list_actions(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
int seccomp_list_architectures(struct arena *arena, struct str_list *ret_names) MUST_CHECK;
