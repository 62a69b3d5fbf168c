/*
 * reference.c: from what people type to what a registry is asked for. See reference.h; next file:
 * layout.h
 */
#include "reference.h"
#include "../base/err.h"
#include "../store/digest.h"

#include <string.h>

enum { PATH_LONGEST = 255, TAG_LONGEST = 128 };

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static int refuse(const char *text, const char *reason)
{
	char shown[160];

	snprintf(shown, sizeof(shown), "%s", text);
	return err_set(EINVAL, "'%s' is no name of an image: %s", str_printable(shown), reason);
}

/* Letters and digits, with ".", "_", "__" or any number of "-" between them, not at an end. */
static bool is_component(const char *text, size_t length)
{
	bool separated = true;

	for (size_t i = 0; i < length; i++) {
		bool plain = strchr(LOWER DIGITS, text[i]) != NULL;
		char before = i > 0 ? text[i - 1] : '\0', first = i > 1 ? text[i - 2] : '\0';
		bool second =
			text[i] == before && (before == '-' || (before == '_' && first != '_'));

		if (!plain && (!strchr("._-", text[i]) || (separated && !second)))
			return false;
		separated = !plain;
	}
	return length > 0 && !separated;
}

static bool is_path(const char *path)
{
	if (strlen(path) > PATH_LONGEST)
		return false;
	for (const char *part = path;; part += strcspn(part, "/") + 1) {
		if (!is_component(part, strcspn(part, "/")))
			return false;
		if (!strchr(part, '/'))
			return true;
	}
}

/* Parts with dots between them, each of letters, digits and, inside, "-". */
static bool is_host(const char *host, size_t length)
{
	bool separated = true;

	for (size_t i = 0; i < length; i++) {
		bool plain = strchr(LOWER UPPER DIGITS, host[i]) != NULL;

		if (!plain && ((host[i] != '.' && host[i] != '-') ||
			       (separated && (i == 0 || host[i] != '-' || host[i - 1] != '-'))))
			return false;
		separated = !plain;
	}
	return length > 0 && !separated;
}

/* HOST[:PORT], [IPv6]:PORT */
static bool is_domain(const char *domain)
{
	const char *port = strrchr(domain, ':');
	size_t length = port ? (size_t)(port - domain) : strlen(domain);

	if (*domain == '[') {
		length = strspn(domain + 1, DIGITS "abcdefABCDEF:") + 2;
		if (domain[length - 1] != ']' || length < 4)
			return false;
		port = domain[length] ? domain + length : NULL;
	} else if (!is_host(domain, length)) {
		return false;
	}
	return !port || (*port == ':' && port[1] && strspn(port + 1, DIGITS) == strlen(port + 1));
}

static bool is_tag(const char *tag)
{
	size_t length = strlen(tag);

	return length > 0 && length <= TAG_LONGEST && *tag != '.' && *tag != '-' &&
	       strspn(tag, LOWER UPPER DIGITS "_.-") == length;
}

/* Whether what is before the first slash names a registry. */
static bool begins_with_domain(const char *text, const char *slash)
{
	size_t length = slash - text;

	return memchr(text, '.', length) || memchr(text, ':', length) || *text == '[' ||
	       (length == 9 && memcmp(text, "localhost", 9) == 0);
}

static int split_name(const char *text, char *name, struct arena *arena, struct reference *ref)
{
	char *slash = strchr(name, '/');

	if (slash && begins_with_domain(name, slash)) {
		*slash = '\0';
		ref->domain = name;
		ref->path = slash + 1;
	} else {
		ref->domain = arena_format(arena, "docker.io");
		ref->path = name;
	}
	if (ref->domain && strcmp(ref->domain, "index.docker.io") == 0)
		ref->domain = arena_format(arena, "docker.io");
	if (ref->domain && strcmp(ref->domain, "docker.io") == 0 && !strchr(ref->path, '/'))
		ref->path = arena_format(arena, "library/%s", ref->path);
	if (!ref->domain || !ref->path)
		return -1;
	if (!is_domain(ref->domain))
		return refuse(text, "its registry is not HOST or HOST:PORT");
	if (strspn(ref->path, UPPER LOWER DIGITS "/._-") == strlen(ref->path) &&
	    strpbrk(ref->path, UPPER))
		return refuse(text, "capital letters are for tags only");
	if (!is_path(ref->path))
		return refuse(
			text,
			"expected [REGISTRY/]NAME[:TAG], as in docker.io/library/busybox:1.36");
	return 0;
}

int reference_parse(const char *text, struct arena *arena, struct reference *ret)
{
	char *name = arena_format(arena, "%s", text), *at, *colon;
	struct reference ref = {0};

	if (!name)
		return -1;
	at = strchr(name, '@');
	if (at) {
		*at = '\0';
		ref.digest = at + 1;
		if (!digest_is_valid(ref.digest))
			return refuse(text,
				      "expected sha256: and 64 hexadecimal digits behind the @");
	}
	colon = strrchr(name, ':');
	if (colon && !strchr(colon, '/')) {
		*colon = '\0';
		ref.tag = colon + 1;
		if (!is_tag(ref.tag))
			return refuse(text,
				      "a tag is 1 to 128 of letters, digits, '_', '.' and '-'");
	}
	if (!ref.tag && !ref.digest && !(ref.tag = arena_format(arena, "latest")))
		return -1;
	if (split_name(text, name, arena, &ref) < 0)
		return -1;
	*ret = ref;
	return 0;
}

char *reference_full(const struct reference *ref, struct arena *arena)
{
	return arena_format(arena, "%s/%s%s%s%s%s", ref->domain, ref->path, ref->tag ? ":" : "",
			    ref->tag ? ref->tag : "", ref->digest ? "@" : "",
			    ref->digest ? ref->digest : "");
}

int reference_normalize(const char *text, struct arena *arena, char **ret_full)
{
	struct reference reference;
	char *full;

	if (reference_parse(text, arena, &reference) < 0)
		return -1;
	full = reference_full(&reference, arena);
	if (!full)
		return -1;
	*ret_full = full;
	return 0;
}

int reference_normalize_new(const char *text, struct arena *arena, char **ret_full)
{
	if (strchr(text, '@'))
		return err_set(EINVAL, "'%s': a new name has a tag, not a digest", text);
	return reference_normalize(text, arena, ret_full);
}

int reference_familiar(const char *full, struct arena *arena, char **ret_name, char **ret_tag,
		       char **ret_digest)
{
	struct reference ref;
	char *name;

	if (reference_parse(full, arena, &ref) < 0)
		return -1;
	if (strcmp(ref.domain, "docker.io") != 0)
		name = arena_format(arena, "%s/%s", ref.domain, ref.path);
	else
		name = arena_format(arena, "%s",
				    ref.path + (str_has_prefix(ref.path, "library/") ? 8 : 0));
	if (!name)
		return -1;
	*ret_name = name;
	*ret_tag = ref.tag;
	*ret_digest = ref.digest;
	return 0;
}
