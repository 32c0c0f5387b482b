/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A FAT volume that can be written to although its disk is not: files and
 * folders are read from the image when they are first looked at, and what is
 * created, changed, renamed or deleted stays in memory. It knows nothing of
 * guests; statuses are those that EFI_FILE_PROTOCOL answers (UEFI 2.10 13.5).
 *
 * Changes are to files: a reader of the volume's blocks does not see them, and
 * blocks that are written below are not seen here once they were read.
 *
 * Memory is bounded: EFI_VOLUME_FULL and EFI_OUT_OF_RESOURCES say so.
 */
#ifndef ARMVM_FIRMWARE_FS_FS_H
#define ARMVM_FIRMWARE_FS_FS_H

#include "base/err.h"
#include "base/sanitizer.h"
#include "uefi/status.h"

struct disk;

#define FS_NODES_MAX  100000u /* files and folders that were looked at */
#define FS_DEPTH_MAX  128     /* folders in folders */
#define FS_MEMORY_MAX WHEN_FUZZING(128u << 10, 48u << 20) /* bytes written */
#define FS_LABEL_MAX  11

/* EFI_FILE_* attributes, which are FAT's. */
#define FS_READ_ONLY  0x01u
#define FS_DIRECTORY  0x10u
#define FS_ARCHIVE    0x20u
#define FS_ATTRIBUTES 0x37u /* those that there are */
#define FS_SETTABLE   0x27u

struct fs_times {
	int64_t created, modified, accessed; /* seconds since 1970; -1: unknown */
};

/* A file or folder; its fields are for reading. */
struct fs_node {
	char *name;             /* "" is the root's */
	struct fs_node *parent; /* NULL: the root, or deleted */
	uint32_t attributes;
	bool is_dir;
	bool deleted;
	bool changed; /* not as the image has it */
	uint64_t size;
	int64_t created, modified, accessed; /* as in fs_times */
	struct fs_times dots;                /* of the entries "." and ".." in a folder */

	/* private */
	unsigned refs;
	unsigned depth;
	bool listed; /* a folder whose children are known */
	char short_name[13];
	uint32_t cluster;          /* where the image has it */
	uint64_t offset;           /* of its entry in the image; 0: the root */
	uint64_t base_size;        /* how much of its content is still the image's */
	struct fs_node **children; /* NULL: deleted, so that positions stay */
	size_t n_children;
	uint8_t **blocks; /* of FS_BLOCK bytes; NULL: the image's, or zeroes */
	size_t n_blocks;
};

#define FS_BLOCK 4096u

struct fs_info {
	uint64_t size, free; /* bytes */
	uint32_t block_size;
	bool read_only;
	const char *label; /* "" when there is none; belongs to the fs */
};

struct fs; /* opaque */

/* disk, the volume, must outlive it. Fails as fat_open() does. */
int fs_open(struct disk *disk, bool read_only, struct fs **out, struct err *err);
void fs_close(struct fs *fs);
DEFINE_CLEANUP(struct fs, fs_close)

/* The time that changes happen at, in seconds since 1970. */
void fs_set_time(struct fs *fs, int64_t now);

struct fs_node *fs_root(struct fs *fs);
/* A node that was handed out is kept until it is given back, even when it is deleted. */
struct fs_node *fs_hold(struct fs_node *node);
void fs_drop(struct fs *fs, struct fs_node *node);

/*
 * Finds path, relative to `from` unless it begins with a backslash, as edk2 does: "." and ".." are understood, also
 * from a file; the case of letters does not count, nor do blanks around a name and dots behind it; '/' separates
 * nothing; a backslash at the end asks for a folder; a path that begins with two leads to the root, whatever follows.
 * The node is not held. EFI_NOT_FOUND, also from what is deleted, EFI_INVALID_PARAMETER: no path,
 * EFI_VOLUME_CORRUPTED ...
 */
efi_status fs_find(struct fs *fs, struct fs_node *from, const char *path, struct fs_node **out);
/* attributes: of what would be made; only of a folder may the path end with a backslash when it is not there. */
efi_status fs_look_up(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_node **out);

/* The same for a file or folder that is made. EFI_INVALID_PARAMETER: a name that cannot be. */
efi_status fs_create(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_node **out);

/*
 * Removes it, read-only or not: whether it is open for writing is its opener's to know (UEFI 2.10 13.5).
 * EFI_ACCESS_DENIED: the root, or a folder that is not empty. What is deleted can be deleted again.
 */
efi_status fs_delete(struct fs *fs, struct fs_node *node);

/*
 * Gives it another name or place; path is relative to its folder. Its own name in another case changes nothing.
 * EFI_ACCESS_DENIED when there is something already, for the root, for a folder that would come to lie in itself or
 * has something open in it, and for another name when it is not writable.
 */
efi_status fs_rename(struct fs *fs, struct fs_node *node, const char *path, bool writable);

/* The first child at or behind *position, which is moved behind it; NULL in *out at the end. */
efi_status fs_next(struct fs *fs, struct fs_node *dir, uint64_t *position, struct fs_node **out);

/* Up to len bytes from off on; *got is less at the end. */
efi_status fs_read(
	struct fs *fs, struct fs_node *node, uint64_t off, void *to, size_t len, size_t *got);
/* All or nothing; what lies between the end and off becomes zeroes, also when len is 0. */
efi_status fs_write(
	struct fs *fs, struct fs_node *node, uint64_t off, const void *from, size_t len);
efi_status fs_resize(struct fs *fs, struct fs_node *node, uint64_t size);
/* Its entry is written: it was changed and looked at now, and the folders above it with it. */
void fs_touch(struct fs *fs, struct fs_node *node);
/* attributes: of FS_SETTABLE; times of -1 are left as they are. */
efi_status fs_set_facts(struct fs *fs, struct fs_node *node, uint32_t attributes, int64_t created,
	int64_t modified, int64_t accessed);

/*
 * Bytes of a folder's clusters: what the image has, or more once files were made in it. The root has
 * no entry to say so: 0.
 */
uint64_t fs_folder_size(struct fs *fs, const struct fs_node *dir);
void fs_get_info(struct fs *fs, struct fs_info *out);
/* The same without `free`, which may have to be counted. */
void fs_get_block(struct fs *fs, struct fs_info *out);
efi_status fs_set_label(struct fs *fs, const char *label);

/* "\EFI\BOOT", freed by the caller. */
char *fs_path(const struct fs_node *node);

#endif
