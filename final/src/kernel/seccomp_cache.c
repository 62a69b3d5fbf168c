/* seccomp_cache.c: see seccomp_cache.h. Next file: limits.h */
#include "seccomp_cache.h"
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/log.h"
#include "../base/store.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>

enum { NAMES = 64 };

/* What a file begins with. */
struct header {
	uint64_t magic;
	uint64_t key_length, code_length;
};

static const uint64_t magic = 0x0131467075736b68;

/* FNV-1a, 64 bits: spreads profiles over names, nothing more. */
static uint64_t hash(const char *data, size_t length)
{
	uint64_t value = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)data[i]) * 0x100000001b3;
	return value;
}

/* Lengths stand before texts, so that two profiles cannot be written out alike. */
static void print_names(FILE *stream, const struct str_list *names)
{
	fprintf(stream, "%zu", names->count);
	for (size_t i = 0; i < names->count; i++) {
		fprintf(stream, ",%zu:", strlen(names->items[i]));
		fputs(names->items[i], stream);
	}
	fputc('\n', stream);
}

static void print_errno(FILE *stream, const struct opt_u32 *value)
{
	fprintf(stream, "%d,%u\n", value->set, value->set ? value->value : 0);
}

static void print_rule(FILE *stream, const struct spec_seccomp_rule *rule)
{
	fprintf(stream, "%u,", rule->action);
	print_errno(stream, &rule->errno_ret);
	print_names(stream, &rule->names);
	fprintf(stream, "%zu\n", rule->args.count);
	for (size_t i = 0; i < rule->args.count; i++)
		fprintf(stream, "%u,%d,%lu,%lu\n", rule->args.items[i].index,
			rule->args.items[i].op, rule->args.items[i].value,
			rule->args.items[i].value_two);
}

static void print_profile(FILE *stream, const struct spec_seccomp *seccomp)
{
	fprintf(stream, "%u,", seccomp->default_action);
	print_errno(stream, &seccomp->default_errno_ret);
	print_names(stream, &seccomp->architectures);
	fprintf(stream, "%zu\n", seccomp->syscalls.count);
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		print_rule(stream, &seccomp->syscalls.items[i]);
}

int seccomp_cache_open(struct seccomp_cache *cache, const struct spec_seccomp *seccomp,
		       uint32_t architecture, unsigned int library_version, struct arena *arena)
{
	auto_free char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return err_sys("memory");
	/* Of another version of ours the program may be another. */
	fprintf(stream, "%s,%x,%x\n", HUSK_VERSION, architecture, library_version);
	print_profile(stream, seccomp);
	if (fclose(stream) != 0)
		return err_sys("memory");
	cache->key = arena_copy(arena, text, length);
	cache->key_length = length;
	snprintf(cache->name, sizeof(cache->name), "seccomp-%02u",
		 (unsigned int)(hash(text, length) % NAMES));
	return cache->key ? 0 : -1;
}

/* The program stands before the profile: so it is aligned. */
static bool is_ours(const struct seccomp_cache *cache, const char *text, size_t length)
{
	const struct header *header = (const struct header *)text;

	return length > sizeof(*header) && header->magic == magic &&
	       header->key_length == cache->key_length && header->code_length < length &&
	       header->code_length % sizeof(struct sock_filter) == 0 &&
	       length == sizeof(*header) + header->code_length + header->key_length &&
	       memcmp(text + sizeof(*header) + header->code_length, cache->key,
		      cache->key_length) == 0;
}

bool seccomp_cache_find(const struct seccomp_cache *cache, struct arena *arena,
			struct seccomp_bpf *ret_bpf)
{
	size_t length;
	char *text;

	if (fd_read_file(cache->dir_fd, cache->name, SECCOMP_CACHE_MAX, arena, &text, &length) < 0)
		return false;
	if (!is_ours(cache, text, length))
		return false;
	*ret_bpf = (struct seccomp_bpf){.code = text + sizeof(struct header),
					.length = ((const struct header *)text)->code_length};
	return true;
}

void seccomp_cache_add(const struct seccomp_cache *cache, const struct seccomp_bpf *bpf)
{
	struct header header = {
		.magic = magic, .key_length = cache->key_length, .code_length = bpf->length};
	size_t length = sizeof(header) + bpf->length + cache->key_length;
	auto_free char *text = malloc(length);

	if (!text)
		return;
	memcpy(text, &header, sizeof(header));
	memcpy(text + sizeof(header), bpf->code, bpf->length);
	memcpy(text + sizeof(header) + bpf->length, cache->key, cache->key_length);
	if (store_write(cache->dir_fd, cache->name, text, length) < 0)
		log_debug("seccomp: filter not kept: %s", err_last()->text);
}
