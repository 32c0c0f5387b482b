/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the ext backend: ext.c opens and looks up, ext_map.c reads content,
 * ext_write.c changes. Nobody else includes this.
 */
#ifndef ARMVM_ROOTFS_EXT_H
#define ARMVM_ROOTFS_EXT_H

#include "rootfs/backend.h"
#include "rootfs/ext_io.h"

/* Reads granted to one operation: enough for a folder of 100000 entries or a file of 64 GiB. */
#define EXT_BUDGET 32768

/* Consecutive blocks of a file that are consecutive on disk. */
struct ext_run {
	uint64_t lblk, pblk, count;
	bool zero; /* allocated, never written */
};

/* Where a file's content is. Holes are in no run. */
struct ext_map {
	ext2_ino_t ino; /* 0: none */
	uint64_t size;
	struct ext_run *runs; /* in order of lblk, without overlap */
	size_t n, cap;
	uint8_t *inline_data; /* size bytes, when the content is in the inode */
};

struct ext_fs {
	struct rootfs base;
	ext2_filsys fs;
	struct ext_io io;
	struct ext_map map; /* of the file that was read last */
	bool bitmaps;       /* read in, for writing */
	struct disk *layer; /* what a journal's replay wrote; NULL: none was needed */
};

static inline struct ext_fs *ext_of(struct rootfs *fs)
{
	return (struct ext_fs *)fs;
}

/* Turns libext2fs's code into -errno and text; what the disk said comes first. */
int ext_fail(struct ext_fs *e, errcode_t code, struct err *err, const char *what);

/* Begins an operation (grants it its budget), then finds path. */
int ext_resolve(struct ext_fs *e, const char *path, bool follow, ext2_ino_t *ino, struct err *err);
/* *ino is 0 when dir has no such name. */
int ext_lookup(struct ext_fs *e, ext2_ino_t dir, const char *name, size_t len, ext2_ino_t *ino,
	struct err *err);

/* Writes to a layer over the disk what a mount would write there from the journal. */
int ext_journal_replay(struct ext_fs *e, struct disk *to, struct err *err);

int ext_map_load(struct ext_fs *e, ext2_ino_t ino, struct err *err);
void ext_map_forget(struct ext_fs *e);
/* Reads from the file that ext_map_load() loaded; *got is short at its end only. */
int ext_map_read(
	struct ext_fs *e, uint64_t off, void *bytes, size_t len, size_t *got, struct err *err);

int ext_commit(struct rootfs *fs, struct err *err);
int ext_write_file(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
	size_t len, int64_t mtime, struct err *err);
int ext_mkdir(struct rootfs *fs, const char *path, int64_t mtime, struct err *err);
int ext_symlink(
	struct rootfs *fs, const char *target, const char *path, int64_t mtime, struct err *err);
int ext_remove(struct rootfs *fs, const char *path, struct err *err);

#endif
