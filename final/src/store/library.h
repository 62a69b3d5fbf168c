/*
 * library.h: libraries that few commands need are loaded by those that do. The dynamic loader takes
 * longer for libarchive and libnftables, with all that they need in turn, than a container takes.
 *
 *	#define NFTABLES(X) X(nft_ctx_new) X(nft_run_cmd_from_buffer)
 *	struct nftables { NFTABLES(LIBRARY_FIELD) } nftables;
 *	static const char *const names[] = {NFTABLES(LIBRARY_NAME)};
 *	library_load("libnftables.so.1", names, ARRAY_SIZE(names), &nftables)
 *	nftables.nft_ctx_new(0)
 *
 * Only `husk` does so: husk-runtime enters containers, where a name may lead to another file. Next
 * file: digest.h
 */
#pragma once

#include "../base/scope.h"

#include <stddef.h>

/* A pointer to a function, of the type that the library's header declares. */
#define LIBRARY_FIELD(function) __typeof__(function) *function;
#define LIBRARY_NAME(function) #function,

/* ret_functions: a structure of `count` pointers. What is loaded stays; twice costs next to nothing. */
int library_load(const char *file, const char *const *names, size_t count,
		 void *ret_functions) MUST_CHECK;
