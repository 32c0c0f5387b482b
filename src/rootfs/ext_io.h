/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libext2fs's block I/O over a struct disk. Includes ext2fs.h, so only the
 * ext*.c files include this.
 *
 * Reads go through a cache of aligned pieces, since metadata lies in
 * clusters and a read through NBD costs 50 us whatever its length. Every read
 * also costs one unit of a budget: libext2fs follows on-disk pointers, and
 * with the budget no structure, however twisted, makes it read for ever.
 */
#ifndef ARMVM_ROOTFS_EXT_IO_H
#define ARMVM_ROOTFS_EXT_IO_H

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "base/err.h"
#include "disk/disk.h"

#define EXT_IO_PIECE  ((size_t)32 * 1024)
#define EXT_IO_PIECES 96

struct ext_io {
	struct disk *disk;
	uint32_t budget;                  /* reads left to the operation under way */
	uint64_t total;                   /* reads left to this file system */
	struct err err;                   /* the disk's own words when it failed */
	uint64_t piece_no[EXT_IO_PIECES]; /* number + 1; 0: empty */
	uint8_t *pieces;
};

void ext_io_init(struct ext_io *io, struct disk *disk);
void ext_io_release(struct ext_io *io);

/* Cached read of any range; -errno with io->err filled. */
int ext_io_read(struct ext_io *io, uint64_t off, void *bytes, size_t len);

/* Grants the next operation its budget. */
void ext_io_begin(struct ext_io *io, uint32_t budget);

extern struct struct_io_manager ext_io_manager;
/* The "name" with which the manager's open finds io again. */
#define EXT_IO_NAME 32
void ext_io_name(const struct ext_io *io, char name[EXT_IO_NAME]);

#endif
