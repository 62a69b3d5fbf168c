/* libarchive.c: the one table of its functions. See libarchive.h; next file: layer.h */
#include "libarchive.h"

static struct libarchive functions;

int libarchive_load(void)
{
	static const char *const names[] = {LIBARCHIVE(LIBRARY_NAME)};

	return library_load("libarchive.so.13", names, ARRAY_SIZE(names), &functions);
}

const struct libarchive *libarchive(void)
{
	return &functions;
}
