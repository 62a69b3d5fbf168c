/* library.c: dlopen(3). See library.h; next file: digest.c */
#include "library.h"
#include "../base/err.h"

#include <dlfcn.h>

int library_load(const char *file, const char *const *names, size_t count, void *ret_functions)
{
	/* All names at once: none of them is looked for after a child has changed its root. */
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	void **functions = ret_functions; /* as dlsym(3) has it: pointers of one size */

	if (!library)
		return err_set(ENOENT, "load a library: %s", dlerror());
	for (size_t i = 0; i < count; i++) {
		functions[i] = dlsym(library, names[i]);
		if (!functions[i])
			return err_set(ENOSYS, "%s has no %s: it is too old", file, names[i]);
	}
	return 0;
}
