/* str.c: arenas, lists, numbers. See str.h; next file: fd.h */
#include "str.h"
#include "err.h"

#include <stdarg.h>
#include <string.h>

enum { BLOCK_SIZE = 16384, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	char data[] __attribute__((aligned(ALIGNMENT)));
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *memory;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!block || block->size - block->used < size) {
		size_t capacity = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;

		block = calloc(1, sizeof(*block) + capacity);
		if (!block) {
			err_set(ENOMEM, "out of memory");
			return NULL;
		}
		block->size = capacity;
		/* A block for one large thing is full: the one with room stays in front. */
		if (arena->blocks && capacity == size) {
			block->next = arena->blocks->next;
			arena->blocks->next = block;
		} else {
			block->next = arena->blocks;
			arena->blocks = block;
		}
	}
	memory = block->data + block->used;
	block->used += size;
	return memory;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	text = length < 0 ? NULL : arena_alloc(arena, length + 1);
	if (text)
		vsnprintf(text, length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_free(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}

void arena_join(struct arena *arena, struct arena *other)
{
	struct arena_block **end = &arena->blocks;

	while (*end)
		end = &(*end)->next;
	*end = other->blocks;
	other->blocks = NULL;
}

const char *str_map_get(const struct str_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return map->items[i].value;
	return NULL;
}

int str_map_set(struct str_map *map, struct arena *arena, const char *text)
{
	size_t length = strcspn(text, "="), i = 0;
	char *key = arena_copy(arena, text, length);
	char *value = arena_format(arena, "%s", text[length] ? text + length + 1 : "");
	struct str_pair *items = map->items;

	if (!key || !value)
		return -1;
	if (!*key)
		return err_set(EINVAL, "'%s': expected KEY=VALUE or KEY", text);
	while (i < map->count && strcmp(items[i].key, key) != 0)
		i++;
	if (i == map->count) {
		items = arena_alloc(arena, (map->count + 1) * sizeof(*items));
		if (!items)
			return -1;
		if (map->count)
			memcpy(items, map->items, map->count * sizeof(*items));
		*map = (struct str_map){items, map->count + 1};
	}
	items[i] = (struct str_pair){key, value};
	return 0;
}

bool str_map_matches(const struct str_map *map, const char *wanted)
{
	size_t length = strcspn(wanted, "=");

	for (size_t i = 0; i < map->count; i++)
		if (strlen(map->items[i].key) == length &&
		    memcmp(map->items[i].key, wanted, length) == 0)
			return !wanted[length] ||
			       strcmp(map->items[i].value, wanted + length + 1) == 0;
	return false;
}

int str_list_add(struct str_list *list, struct arena *arena, char *item)
{
	char **items = arena_alloc(arena, (list->count + 2) * sizeof(*items));

	if (!items)
		return -1;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count] = item;
	list->items = items;
	list->count++;
	return 0;
}

char *str_join(const struct str_list *list, const char *between, struct arena *arena)
{
	char *text = arena_format(arena, "%s", list->count ? list->items[0] : "");

	for (size_t i = 1; i < list->count && text; i++)
		text = arena_format(arena, "%s%s%s", text, between, list->items[i]);
	return text;
}

int str_split(const char *text, const char *separators, struct arena *arena, struct str_list *list)
{
	char *rest = arena_format(arena, "%s", text), *word;

	if (!rest)
		return -1;
	while ((word = strsep(&rest, separators)))
		if (*word && str_list_add(list, arena, word) < 0)
			return -1;
	return 0;
}

bool str_list_has(const struct str_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

int str_to_i64(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	const char *digits = text + (*text == '-');
	long long value;
	char *end;

	errno = 0;
	value = strtoll(text, &end, 10);
	/* strtoll(3) also takes leading spaces and '+'. */
	if (*digits < '0' || *digits > '9' || *end || errno || value < min || value > max)
		return err_set(EINVAL, "'%s': expected a number from %lld to %lld", text,
			       (long long)min, (long long)max);
	*ret_value = value;
	return 0;
}

int str_to_u32(const char *text, uint32_t max, uint32_t *ret_value)
{
	int64_t value;

	if (str_to_i64(text, 0, max, &value) < 0)
		return -1;
	*ret_value = value;
	return 0;
}

int str_find_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	int index = 0;

	for (const char *at = words; at; index++) {
		const char *bar = strchrnul(at, '|');

		if (bar - at == (ptrdiff_t)length && memcmp(at, word, length) == 0)
			return index;
		at = *bar ? bar + 1 : NULL;
	}
	return -1;
}

bool str_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

char *str_printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}
