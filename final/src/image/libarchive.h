/*
 * libarchive.h: what we use of libarchive(3), under its own names. It is loaded by the commands that
 * read or write a tar (store/library.h).
 *
 *	libarchive_load()         first of all, and before a child gives up its root
 *	archive_read_new() ...
 *
 * Next file: layer.h
 */
#pragma once

#include "../store/library.h"

#include <archive.h>
#include <archive_entry.h>

/* clang-format off */
#define LIBARCHIVE(X) \
	X(archive_entry_clone) \
	X(archive_entry_copy_stat) \
	X(archive_entry_filetype) \
	X(archive_entry_free) \
	X(archive_entry_gid) \
	X(archive_entry_hardlink) \
	X(archive_entry_mtime) \
	X(archive_entry_mtime_nsec) \
	X(archive_entry_new) \
	X(archive_entry_pathname) \
	X(archive_entry_perm) \
	X(archive_entry_set_filetype) \
	X(archive_entry_set_hardlink) \
	X(archive_entry_set_mtime) \
	X(archive_entry_set_pathname) \
	X(archive_entry_set_perm) \
	X(archive_entry_set_rdev) \
	X(archive_entry_set_size) \
	X(archive_entry_set_symlink) \
	X(archive_entry_size) \
	X(archive_entry_uid) \
	X(archive_entry_unset_atime) \
	X(archive_entry_unset_birthtime) \
	X(archive_entry_unset_ctime) \
	X(archive_entry_unset_size) \
	X(archive_entry_xattr_add_entry) \
	X(archive_entry_xattr_clear) \
	X(archive_entry_xattr_next) \
	X(archive_entry_xattr_reset) \
	X(archive_errno) \
	X(archive_error_string) \
	X(archive_read_data_block) \
	X(archive_read_new) \
	X(archive_read_next_header) \
	X(archive_read_open) \
	X(archive_read_open_fd) \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_gzip) \
	X(archive_read_support_filter_xz) \
	X(archive_read_support_filter_zstd) \
	X(archive_read_support_format_raw) \
	X(archive_read_support_format_tar) \
	X(archive_set_error) \
	X(archive_write_close) \
	X(archive_write_data) \
	X(archive_write_data_block) \
	X(archive_write_disk_new) \
	X(archive_write_disk_set_options) \
	X(archive_write_finish_entry) \
	X(archive_write_free) \
	X(archive_write_header) \
	X(archive_write_new) \
	X(archive_write_open_fd) \
	X(archive_write_set_bytes_in_last_block) \
	X(archive_write_set_bytes_per_block) \
	X(archive_write_set_format_option) \
	X(archive_write_set_format_pax_restricted)

struct libarchive {
	LIBARCHIVE(LIBRARY_FIELD)
};

int libarchive_load(void) MUST_CHECK;

/* The functions; all NULL before libarchive_load(). */
const struct libarchive *libarchive(void);

#define archive_entry_clone libarchive()->archive_entry_clone
#define archive_entry_copy_stat libarchive()->archive_entry_copy_stat
#define archive_entry_filetype libarchive()->archive_entry_filetype
#define archive_entry_free libarchive()->archive_entry_free
#define archive_entry_gid libarchive()->archive_entry_gid
#define archive_entry_hardlink libarchive()->archive_entry_hardlink
#define archive_entry_mtime libarchive()->archive_entry_mtime
#define archive_entry_mtime_nsec libarchive()->archive_entry_mtime_nsec
#define archive_entry_new libarchive()->archive_entry_new
#define archive_entry_pathname libarchive()->archive_entry_pathname
#define archive_entry_perm libarchive()->archive_entry_perm
#define archive_entry_set_filetype libarchive()->archive_entry_set_filetype
#define archive_entry_set_hardlink libarchive()->archive_entry_set_hardlink
#define archive_entry_set_mtime libarchive()->archive_entry_set_mtime
#define archive_entry_set_pathname libarchive()->archive_entry_set_pathname
#define archive_entry_set_perm libarchive()->archive_entry_set_perm
#define archive_entry_set_rdev libarchive()->archive_entry_set_rdev
#define archive_entry_set_size libarchive()->archive_entry_set_size
#define archive_entry_set_symlink libarchive()->archive_entry_set_symlink
#define archive_entry_size libarchive()->archive_entry_size
#define archive_entry_uid libarchive()->archive_entry_uid
#define archive_entry_unset_atime libarchive()->archive_entry_unset_atime
#define archive_entry_unset_birthtime libarchive()->archive_entry_unset_birthtime
#define archive_entry_unset_ctime libarchive()->archive_entry_unset_ctime
#define archive_entry_unset_size libarchive()->archive_entry_unset_size
#define archive_entry_xattr_add_entry libarchive()->archive_entry_xattr_add_entry
#define archive_entry_xattr_clear libarchive()->archive_entry_xattr_clear
#define archive_entry_xattr_next libarchive()->archive_entry_xattr_next
#define archive_entry_xattr_reset libarchive()->archive_entry_xattr_reset
#define archive_errno libarchive()->archive_errno
#define archive_error_string libarchive()->archive_error_string
#define archive_read_data_block libarchive()->archive_read_data_block
#define archive_read_new libarchive()->archive_read_new
#define archive_read_next_header libarchive()->archive_read_next_header
#define archive_read_open libarchive()->archive_read_open
#define archive_read_open_fd libarchive()->archive_read_open_fd
#define archive_read_support_filter_bzip2 libarchive()->archive_read_support_filter_bzip2
#define archive_read_support_filter_gzip libarchive()->archive_read_support_filter_gzip
#define archive_read_support_filter_xz libarchive()->archive_read_support_filter_xz
#define archive_read_support_filter_zstd libarchive()->archive_read_support_filter_zstd
#define archive_read_support_format_raw libarchive()->archive_read_support_format_raw
#define archive_read_support_format_tar libarchive()->archive_read_support_format_tar
#define archive_set_error libarchive()->archive_set_error
#define archive_write_close libarchive()->archive_write_close
#define archive_write_data libarchive()->archive_write_data
#define archive_write_data_block libarchive()->archive_write_data_block
#define archive_write_disk_new libarchive()->archive_write_disk_new
#define archive_write_disk_set_options libarchive()->archive_write_disk_set_options
#define archive_write_finish_entry libarchive()->archive_write_finish_entry
#define archive_write_free libarchive()->archive_write_free
#define archive_write_header libarchive()->archive_write_header
#define archive_write_new libarchive()->archive_write_new
#define archive_write_open_fd libarchive()->archive_write_open_fd
#define archive_write_set_bytes_in_last_block libarchive()->archive_write_set_bytes_in_last_block
#define archive_write_set_bytes_per_block libarchive()->archive_write_set_bytes_per_block
#define archive_write_set_format_option libarchive()->archive_write_set_format_option
#define archive_write_set_format_pax_restricted libarchive()->archive_write_set_format_pax_restricted
/* clang-format on */
