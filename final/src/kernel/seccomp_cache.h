/*
 * seccomp_cache.h: filters that were compiled before, by the content of their profile. PARENT.
 *
 *	seccomp_cache_open(&cache, seccomp, architecture, version, &arena)
 *	if (!seccomp_cache_find(&cache, &arena, &bpf))
 *		... compile ..., seccomp_cache_add(&cache, &bpf)
 *
 * A file holds the whole profile, written out, and the program. Its name is a hash, and the hash
 * decides nothing: a program is taken only if the profile in front of it is the one that is asked
 * for, byte by byte. There is a fixed number of names, so the directory cannot grow; two profiles
 * with one name replace each other. A file that is torn, foreign or gone is compiled anew.
 * Next file: seccomp_cache.c
 */
#pragma once

#include "seccomp.h"

/* Bytes; the kernel takes 4096 instructions of 8. */
enum { SECCOMP_CACHE_MAX = 1 << 20 };

struct seccomp_cache {
	int dir_fd;
	char name[32];
	char *key; /* the profile written out: everything that the program depends on */
	size_t key_length;
};

/* dir_fd is set by the caller: a directory that only this user can write, see store_open(). */
int seccomp_cache_open(struct seccomp_cache *cache, const struct spec_seccomp *seccomp,
		       uint32_t architecture, unsigned int library_version,
		       struct arena *arena) MUST_CHECK;
bool seccomp_cache_find(const struct seccomp_cache *cache, struct arena *arena,
			struct seccomp_bpf *ret_bpf);

/* Best effort: a container starts without it as well. */
void seccomp_cache_add(const struct seccomp_cache *cache, const struct seccomp_bpf *bpf);
