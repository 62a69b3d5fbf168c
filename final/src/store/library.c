/* library.c: dlopen(3). See library.h; next file: digest.c */
#include "library.h"
#include "../base/err.h"

#include <dlfcn.h>
#include <string.h>

int library_load(const char *file, const char *const *names, size_t count, void *ret_functions)
{
	/* All names at once: none of them is looked for after a child has changed its root. */
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL), *function;

	if (!library)
		return err_set(ENOENT, "load a library: %s", dlerror());
	for (size_t i = 0; i < count; i++) {
		function = dlsym(library, names[i]);
		if (!function)
			return err_set(ENOSYS, "%s has no %s: it is too old", file, names[i]);
		memcpy((char *)ret_functions + i * sizeof(function), &function, sizeof(function));
	}
	return 0;
}
