/*
 * image.h: a root file system that comes as a tar, plain or compressed by gzip, bzip2, xz or zstd.
 *
 *	PARENT
 *	image_open(cfg)    cfg->rootfs is now the directory that holds the image
 *
 * An image is unpacked once, into DATA/images/KEY; KEY is made of what stat(2) says of the file,
 * so a tar that changes is another image. Whoever wrote the tar is trusted with nothing: see
 * image_unpack(). `rm -r DATA/images/KEY` is all it takes to forget one that no container uses.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>

struct config;

/* What an image may have at most, unpacked. Without, 4 MB of tar could fill any disk. */
#define IMAGE_MAX_BYTES (4LL << 30)
enum { IMAGE_MAX_MEMBERS = 1000000 };

/*
 * PARENT: unpacks cfg->image if that has not been done yet: in a child, into `image` in the
 * directory that overlay_create() has made; renamed when it is whole. So what an attempt that
 * failed leaves is removed with that. Several may try at once. Returns 0, or -1 after it has
 * printed why.
 */
int image_open(struct config *cfg);

/*
 * A child of its own: unpacks a tar into an empty directory, which is its root from then on.
 * Refused are members that lead out of it, by "..", by a symbolic link on the way or by a hard
 * link, and more than the limits say. A leading "/" is dropped, as tar(1) does. Left out, with one
 * line that counts them, are device nodes: /dev is made anew in every container, and elsewhere
 * they would not work. Owners are kept if we are root. Setuid bits are kept; extended attributes
 * are not, capabilities(7) of files among them. Returns 0, or -1 after it has printed why.
 */
int image_unpack(const char *file, const char *directory, long long max_bytes,
		 long long max_members);

/* Any process: copies a name, cut to `size`, with what a terminal could take for a command as ?. */
const char *image_printable(char *ret, size_t size, const char *name);

#endif
