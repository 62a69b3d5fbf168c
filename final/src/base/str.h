/*
 * str.h: text, numbers in text, and the memory they live in.
 *
 *	struct arena arena = {0};
 *	char *path = arena_format(&arena, "%s/%s", dir, id);     NULL: out of memory, error set
 *	if (str_to_int(text, 0, INT_MAX, &pid) < 0) ...          whole, in range, or refused
 *	arena_free(&arena);
 *
 * An arena is a bag of memory that is freed at once: a configuration is thousands of small strings
 * with one lifetime. Every process may use it; a child gets its parent's with the address space.
 * Next file: fd.h
 */
#pragma once

#include "scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	struct arena_block *blocks;
};

/* Zeroed and aligned for any type. NULL with the error record set if there is no memory. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
char *arena_copy(struct arena *arena, const char *text, size_t length) MUST_CHECK;
char *arena_format(struct arena *arena, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3);
void arena_free(struct arena *arena);
#define auto_arena __attribute__((cleanup(arena_free)))

/* All of other lives as long as arena from now on; other is empty then. */
void arena_join(struct arena *arena, struct arena *other);

/* Lists as the spec's structures have them: `LIST_OF(struct mount) mounts;` All have this layout.
 */
#define LIST_OF(type)                                                                              \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;                                                                      \
	}

/* items[count] is NULL: execve(2) takes it as it is. */
struct str_list {
	char **items;
	size_t count;
};

struct str_pair {
	char *key, *value;
};

struct str_map {
	struct str_pair *items;
	size_t count;
};

/* The value of a key, or NULL. */
const char *str_map_get(const struct str_map *map, const char *key);

/* "KEY=VALUE", or "KEY": its value is "" then. Of one key the last word counts. EINVAL: no key. */
int str_map_set(struct str_map *map, struct arena *arena, const char *text) MUST_CHECK;

/* Whether it has "KEY"; whether it has "KEY=VALUE" with that value. */
bool str_map_matches(const struct str_map *map, const char *wanted);

/* Appends; the old items stay where they were in the arena. */
int str_list_add(struct str_list *list, struct arena *arena, char *item) MUST_CHECK;
bool str_list_has(const struct str_list *list, const char *item);

/* "a,b,c": what is between is `between`. NULL: no memory. */
char *str_join(const struct str_list *list, const char *between, struct arena *arena) MUST_CHECK;

/* The words of a text, which one of `separators` is between, or several; empty ones are left out. */
int str_split(const char *text, const char *separators, struct arena *arena,
	      struct str_list *list) MUST_CHECK;

/* Values that may be absent; absent is not the same as 0. */
struct opt_bool {
	bool set, value;
};

struct opt_i64 {
	bool set;
	int64_t value;
};

struct opt_u64 {
	bool set;
	uint64_t value;
};

struct opt_u32 {
	bool set;
	uint32_t value;
};

/*
 * The whole text as a decimal number: no sign but '-', no space, no 0x. -1 and a line that names
 * the text and the range otherwise.
 */
int str_to_i64(const char *text, int64_t min, int64_t max, int64_t *ret_value) MUST_CHECK;
int str_to_u32(const char *text, uint32_t max, uint32_t *ret_value) MUST_CHECK;

/* Which of "one|two|three" it is, counted from 0; -1: none of them. No words: NULL. */
int str_find_word(const char *words, const char *word) MUST_CHECK;

bool str_has_prefix(const char *text, const char *prefix);

/*
 * Makes text from outside fit for one line of a terminal: control characters become '?'. For
 * names of files and IDs in messages, CVE-class "terminal escape injection". Changes it in place.
 */
char *str_printable(char *text);
